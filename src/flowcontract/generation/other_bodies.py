"""Other valid bodies of an operation whose first one was rejected: a rule in words may forbid a value of that one."""

from collections.abc import Iterator
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.generation.bodies import written
from flowcontract.generation.sequences.bodies import json_media
from flowcontract.generation.sequences.fields import fields
from flowcontract.http.messages import json_or_none
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import valid_value

_MOST = 8
"""Other bodies of one operation."""
_SEEDS = 8
"""Values that are made, of which the one with the most properties is sent."""


def other_bodies(operation: Operation, body: bytes | None) -> Iterator[tuple[str, tuple[bytes, str]]]:
    """Valid JSON bodies unlike a rejected one, each with what is different about it and its media type.

    The other examples of the contract, every other value of an enumeration, then one with the optional properties.
    """
    media, sent = json_media(operation), json_or_none(body)
    if media is None or not isinstance(sent, dict):
        return
    others = [(f"example {name}", example.value) for name, example in list(media.examples.items())[1:]]
    for name, field in fields(media).items():
        choices = field.fact("enum") if name in sent and not field.read_only else None
        found = choices if isinstance(choices, list) else []
        others += [(f"{name}={choice}", {**sent, name: choice}) for choice in found]
    others.append(("optional properties", {**_whole(media), **sent}))
    tried = [sent]
    for label, value in others:
        content = written(media, value)
        if value not in tried and content is not None and next(media.request_errors(value), None) is None:
            tried.append(value)
            yield label, content
        if len(tried) > _MOST:
            return


def _whole(media: MediaType) -> dict[str, Any]:
    """A valid object with its optional properties; empty if none can be made."""
    try:
        made = [
            valid_value(media.schemas, media.schema_pointer, seed=seed, direction="request", minimal=False)
            for seed in range(_SEEDS)
        ]
    except ContractError:
        return {}
    return max((one for one in made if isinstance(one, dict)), key=len, default={})
