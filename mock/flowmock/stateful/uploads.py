"""Uploaded files: a download of what a file was uploaded for returns this file, with its type and name."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flowcontract.openapi import media_types
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import words
from flowmock.examples.headers import Context
from flowmock.examples.responses import UPLOADED, Responses, usual
from flowmock.generation import files
from flowmock.messages import Call, Reply
from flowmock.negotiation.media_types import choose
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.nested import values_of
from flowmock.stateful.store import Items, Name, Store
from flowmock.validation import requests

_MAX_BYTES = 64 * 1024 * 1024
"""Of the files of a session; beyond, the oldest are dropped."""
_BYTES = "application/octet-stream"


class Uploads:
    """The files that clients uploaded by the operations of one contract."""

    def __init__(self, collections: Collections, store: Store, responses: Responses) -> None:
        self._collections = collections
        self._store = store
        self._responses = responses

    def keep(self, operation: Operation, call: Call, created: Access | None) -> None:
        """Keep the file in the body of a request that succeeded. `created`: where it created an item, if it did."""
        file = requests.file_in(operation, call) if operation.method in ("POST", "PUT", "PATCH") else None
        if file is None:
            return
        path, values = operation.base_path + operation.path.rstrip("/"), values_of(operation, call)
        if created is not None:
            resource, parents = created.main
            path, values = resource.path, (*parents, next(reversed(created.stored.items), ""))
        kept = self._files(call)
        kept.pop(_key(path, values), None)
        kept[_key(path, values)] = {"content": file.content, "type": file.content_type or "text/plain",
                                    "name": file.filename or ""}  # fmt: skip
        size = sum(len(each["content"]) for each in kept.values())
        while size > _MAX_BYTES:
            size -= len(kept.pop(next(iter(kept)))["content"])

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a download, of what is at its path, or of the item above it; None for anything else.

        It has the type that the file was uploaded with, also where the download documents others. None, too, where the
        client does not accept that, or where the response is not a file.
        """
        status, response = usual(operation)
        kept = self._files(call) if operation.method == "GET" and response else {}
        file = self._file(operation, call, kept) if kept else None
        if response is None or file is None:
            return None
        of_files = [name for name, media in response.media.items() if _is_of_files(media)]
        own = media_types.best_match(file["type"], of_files)
        kind = file["type"] if own is not None or _BYTES not in of_files else _BYTES
        if not of_files or choose(call.header("accept"), (kind,)) is None:
            return None
        headers = self._responses.headers(kind, response, Context(status, None, file["content"], call))
        named, rule = files.named(headers, file["name"]), "stateful: uploaded file"
        is_documented = own is not None or kind == _BYTES
        details = {UPLOADED: True}
        return Reply(status, named, file["content"], rule, within_contract=is_documented, details=details)

    def _file(self, operation: Operation, call: Call, kept: Items) -> Mapping[str, Any] | None:
        path, values = operation.base_path + operation.path.rstrip("/"), values_of(operation, call)
        resource, action = self._collections.related.by_operation.get(operation.id, (None, ""))
        at = self._collections.access(resource, operation, call) if resource and action == "read" else None
        if at is not None and at.stored.find(at.id_in_path) is None:
            return None
        above, _, last = path.rpartition("/")
        own = kept.get(_key(path, values))
        is_below = above.endswith("}") and not last.endswith("}") and files.OTHERS.isdisjoint(words(last))
        return own or (kept.get(_key(above, values)) if is_below else None)

    def _files(self, call: Call) -> Items:
        return self._store.of(Name(call.session, "uploads", ())).items


def _is_of_files(media: MediaType) -> bool:
    """Whether a media type can be that of a file, and is not the description of one."""
    schema = media.schema or {}
    is_described = next(members(schema, media.schemas), None) is not None
    return not media.is_json and not is_described and media.schemas.resolve(schema).get("type") in (None, "string")


def _key(path: str, values: tuple[str, ...]) -> str:
    segments = ("{}" if each.startswith("{") else each for each in path.split("/"))
    return " ".join(("/".join(segments), *(quote(each, safe="") for each in values)))
