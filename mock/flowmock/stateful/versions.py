"""Optimistic locking by a member of the body: a change that names another version than the current one is rejected.

The server counts versions; what a client sends says only what it has read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import snake_case
from flowmock.generation.new_items import LOCKS, VERSIONS
from flowmock.generation.relations import is_marked
from flowmock.resources.references import Item
from flowmock.stateful.access import Access
from flowmock.stateful.rejections import ChangeRejectedError

_STALE = re.compile(
    r"concurren|optimistic|\bstale\b|outdated|\block(?:ing)?\b|meanwhile|last read|version (?:conflict|mismatch)"
    r"|(?:another|current|different|newer|older) version|(?:been|was) (?:changed|modified)",
    re.IGNORECASE,
)
"""What a description says that is about locking, where a client may choose the version of what it creates, too."""


def check(at: Access, item: Item, sent: Mapping[str, Any]) -> None:
    """Raises ChangeRejectedError where the body of a request names another version than that of the item.

    That is 409 or 412, whichever the contract documents; without either, versions are not compared.
    """
    if not {"409", "412"} & at.operation.responses.keys():
        return
    for name in locks(at):
        if name in item and sent.get(name) is not None and sent[name] != item[name]:
            raise ChangeRejectedError(
                f"{name} {sent[name]} is not the current one: it is {item[name]} now.", *(409, 412), current=item
            )


def locks(at: Access) -> Iterator[str]:
    """The members in the body of a request that say which version of an item a client has read."""
    for name, schema, media in _sendable(at.operation):
        own = snake_case(name)
        if name not in at.resource.properties():
            continue
        is_counted = own in VERSIONS and media.schemas.resolve(schema).get("type") in ("integer", ["integer", "null"])
        if own in LOCKS or (is_counted and (not _is_chosen(at, name) or _says_so(at.operation, schema))):
            yield name


def _sendable(operation: Operation) -> Iterator[tuple[str, Any, MediaType]]:
    """The members of the bodies of an operation, with their schemas."""
    for media in operation.request_media.values():
        for name, schema in members(media.schema or {}, media.schemas) if media.is_json else ():
            yield name, schema, media


def _is_chosen(at: Access, name: str) -> bool:
    """Whether a creation of an item may say which version it is."""
    create = at.resource.operations.get("create")
    sent = _sendable(create) if create else ()
    return any(each == name and not is_marked(schema, "readOnly", media.schemas) for each, schema, media in sent)


def _says_so(operation: Operation, schema: Any) -> bool:
    """Whether a description says that a version is for locking."""
    said = [str(schema.get("description", ""))] if isinstance(schema, Mapping) else []
    said += [each.description for status, each in operation.responses.items() if status in ("409", "412")]
    return any(map(_STALE.search, said))
