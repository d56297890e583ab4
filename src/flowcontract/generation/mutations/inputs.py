"""Documented input: parameters and JSON bodies at the boundaries of their schemas, and beyond."""

import contextlib
import copy
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote_plus
from uuid import UUID

from flowcontract.checks import Interaction, request_validity
from flowcontract.checks.probe import Expect, Probe
from flowcontract.errors import ContractError
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, boundaries
from flowcontract.generation.probes import OperationContext
from flowcontract.http.messages import Exchange, Request
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Parameter
from flowcontract.openapi.values import valid_value

_REJECTED = (400, 415, 422)
"""Statuses for invalid input, documented or not."""
_LONGEST = 300
"""Characters of a value that is written into a query or a header."""
_ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 10**40, "", " ", "\0", "null", "k" * 5000, "\ud800", "é\u202e",
    [], {}, [None], {"a": {}},
)  # fmt: skip
_BAD_TEXTS = [text for texts in BREAKERS.values() for text in texts if not set(text) & set("#&?/ ")]
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}\.0+")
_BOOLEANS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n", "null", "none"})
_BODIES = 5
"""Valid bodies that are mutated in one session."""


def parameters(contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """Values of query and header parameters: each boundary of the schema, then known-bad strings and any text."""
    usable = [p for p in context.operation.parameters if p.location in ("query", "header") and not p.content]
    if not usable or not context.authorized or not context.known:
        return
    for texts in zip(*(_boundaries(contract, parameter, rng) for parameter in usable), strict=True):
        for parameter, text in zip(usable, texts, strict=True):
            if text is not None:
                yield _with_parameter(context, rng, parameter, text)
    while True:
        parameter = rng.choice(usable)
        letters = ALPHABETS[rng.choice(list(ALPHABETS))]
        text = quote("".join(rng.choices(letters, k=rng.randint(1, 20))), safe="")
        yield _with_parameter(context, rng, parameter, rng.choice((text, rng.choice(_BAD_TEXTS))))


def _boundaries(contract: Contract, parameter: Parameter, rng: random.Random) -> list[str | None]:
    """The texts of a parameter in random order, filled up with None to the same number for all."""
    schema = contract.resolve(parameter.schema)
    texts: list[str | None] = []
    if isinstance(schema, Mapping):
        with contextlib.suppress(TypeError, ValueError):  # A schema whose bounds are not numbers.
            texts = list(dict.fromkeys(value.text for value in boundaries(schema) if len(value.text) <= _LONGEST))
    rng.shuffle(texts)
    return [*texts, *[None] * 400][:400]


def _with_parameter(context: OperationContext, rng: random.Random, parameter: Parameter, text: str) -> Probe:
    values = rng.choice(context.known)
    plain = context.plain(values)
    request = plain.request
    if parameter.location == "query":
        path, _, query = request.target.partition("?")
        others = [part for part in query.split("&") if part and part.partition("=")[0] != quote(parameter.name)]
        request = replace(request, target=f"{path}?{'&'.join([*others, f'{quote(parameter.name)}={text}'])}")
    else:
        others_sent = [pair for pair in request.headers if pair[0].lower() != parameter.name.lower()]
        request = replace(request, headers=(*others_sent, (parameter.name, text)))
    lenient = may_be_read(parameter, unquote_plus(text))
    return _checked(
        context, plain, request, f"input/{parameter.name}", f"the parameter {parameter.name}", lenient=lenient
    )


def may_be_read(parameter: Parameter, text: str) -> bool:
    """Whether a lenient server may read an invalid text as a valid value: ` 7`, `+7`, `yes`, a word in capitals.

    The contract may be read otherwise, but no client relies on it, so it is not a finding.
    """
    schema = parameter.resolve(parameter.schema)
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), None) if len(kinds) < 3 else None
    plain = text.strip()
    if not plain or plain != text:
        return True
    if kinds == "integer" and _WHOLE_NUMBER.fullmatch(text):
        return parameter.is_valid(int(float(text)))  # For JSON Schema, `2.0` is an integer.
    if kinds in ("integer", "number"):
        return any(letter.isdigit() for letter in text) and not _PLAIN_NUMBER.fullmatch(text)
    if kinds == "boolean":
        return text.lower() in _BOOLEANS
    if isinstance(schema, Mapping) and schema.get("enum"):
        return text.lower() in {str(choice).lower() for choice in schema["enum"]}
    if isinstance(schema, Mapping) and schema.get("format") == "uuid":
        with contextlib.suppress(ValueError):
            return bool(UUID(text))
    return kinds != "string" or "date" in str(schema.get("format", ""))


def bodies(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """Bodies: valid ones with all that is optional, and with one value that is changed, left out, or added."""
    media = context.operation.request_json
    if media is None or not context.authorized or not context.known or context.operation.method == "DELETE":
        return
    valid = list(_valid_bodies(media, rng))
    for body in valid:
        yield _with_body(context, rng, media, body, "valid")
    while valid:
        body = copy.deepcopy(rng.choice(valid))
        yield _with_body(context, rng, media, *_mutated(body, rng))


def _valid_bodies(media: MediaType, rng: random.Random) -> Iterator[Any]:
    yield from (example.value for example in media.examples.values())
    for _ in range(_BODIES if media.schema is not None else 0):
        with contextlib.suppress(ContractError):
            yield valid_value(media.schemas, media.schema_pointer, seed=rng.randrange(2**31), direction="request")


def _mutated(body: Any, rng: random.Random) -> tuple[Any, str]:
    """A body with one mutation, and its name."""
    if not isinstance(body, dict) or not body:
        return rng.choice(_ODD_VALUES), "another type"
    name = rng.choice(sorted(body))
    kind = rng.choice(("wrong value", "wrong value", "missing field", "unknown field", "nested value"))
    if kind == "missing field":
        del body[name]
    elif kind == "unknown field":
        body["flowcontract"] = rng.choice(_ODD_VALUES)
    elif kind == "nested value" and isinstance(body[name], dict | list) and body[name]:
        inner = body[name]
        body[name] = _mutated(inner, rng)[0] if isinstance(inner, dict) else [*inner, rng.choice(_ODD_VALUES)]
    else:
        body[name] = rng.choice(_ODD_VALUES)
    return body, kind


def _with_body(context: OperationContext, rng: random.Random, media: MediaType, body: Any, kind: str) -> Probe:
    values = rng.choice(context.known)
    plain = context.plain(values)
    headers = [pair for pair in plain.request.headers if pair[0].lower() != "content-type"]
    request = replace(
        plain.request, headers=(*headers, ("Content-Type", media.name)), body=json.dumps(body).encode("ascii")
    )
    return _checked(context, plain, request, f"body/{kind}", f"a body: {kind}")


def _checked(
    context: OperationContext, plain: Probe, request: Request, name: str, trigger: str, *, lenient: bool = False
) -> Probe:
    """What a conforming server does with a request depends on whether it is valid."""
    probe = replace(
        plain, name=name, request=request, reason="special characters are accepted or rejected, as documented",
        expect=Expect.DOCUMENTED, tolerated=_REJECTED, odd=True, may_exist=True, is_generated=True,
        trigger=f"generated input: {trigger}",
    )  # fmt: skip
    invalid = request_validity.invalid_part(Interaction(probe, context.operation, Exchange(request, None)))
    return replace(probe, expect=Expect.REJECTED) if invalid is not None and not lenient else probe
