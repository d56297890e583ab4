"""Downloads of generated files: they have the type, the size and the name that JSON states of the file elsewhere."""

from dataclasses import replace
from functools import cached_property
from typing import Any

from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.model import Operation
from flowcontract.openapi.values.names import words
from flowmock.examples.headers import Context
from flowmock.examples.responses import UPLOADED
from flowmock.generation import files
from flowmock.messages import Call, Reply
from flowmock.negotiation.media_types import choose
from flowmock.operations.related import RelatedOperations
from flowmock.operations.success import Success

_TYPES = ("contenttype", "mediatype", "mimetype")
_SIZES = ("size", "filesize", "sizebytes", "sizeinbytes", "bytes", "bytesize", "contentlength")
_NAMES = ("filename", "originalname", "originalfilename", "name")
"""Members of what is said of a file, as plain names, the likeliest first."""
_MAX_BYTES = 16 * 1024 * 1024
"""Of a file that is as long as its size says."""


class DescribedFiles:
    """The downloads of one operation."""

    def __init__(self, success: Success, related: RelatedOperations) -> None:
        self._success = success
        self._related = related

    def of(self, reply: Reply, call: Call) -> Reply:
        """The reply with the file as it is described; the same where nothing describes it, or a client uploaded it."""
        documented = self._success.documented
        if not self._reads or documented is None or reply.status != self._success.status or UPLOADED in reply.details:
            return reply
        found = self._description(call)
        stated = _member(found, _TYPES, str) if found else None
        if found is None or stated is None:
            return reply
        names = [name for name, media in documented.media.items() if not media.is_json and not media.examples]
        kind = media_types.essence(stated)
        if media_types.best_match(kind, names) is None or choose(call.header("accept"), (kind,)) is None:
            return reply
        sent = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
        content = files.FILES.get(kind, reply.body if media_types.essence(sent) == kind else b"")
        size = _member(found, _SIZES, int)
        if size is not None and len(content) < size <= _MAX_BYTES:
            content += (b"\n" if kind.startswith("text/") else b"\0") * (size - len(content))
        context = Context(reply.status, None, content, call)
        headers = self._success.responses.headers(kind, documented, context)
        headers = files.named(headers, _member(found, _NAMES, str) or "")
        return Reply(reply.status, headers, content, f"{reply.rule}; as described")

    @cached_property
    def _reads(self) -> list[tuple[Operation, int]]:
        """The reads that may describe the file, the nearest first, and how many parameters of the path are below."""
        operation, documented = self._success.operation, self._success.documented
        names = documented.media if documented and operation.method == "GET" else ()
        if not any(files.is_file(media_types.essence(name)) for name in names):
            return []
        path = operation.path.rstrip("/")
        if not path.endswith("}"):
            path, _, last = path.rpartition("/")
            if not files.OTHERS.isdisjoint(words(last)) or not path.endswith("}"):
                return []
            own = self._read_at(path)
            if own:
                return [(own, 0)]
        collection = path.rpartition("/")[0]
        reads = (self._read_at(each) for each in (collection, collection.rpartition("/")[0]))
        return [(each, 1) for each in reads if each]

    def _read_at(self, path: str) -> Operation | None:
        gets = (each for each in self._success.responses.contract.operations.values() if each.method == "GET")
        return next((each for each in gets if path and each.path.rstrip("/") == path), None)

    def _description(self, call: Call) -> dict[str, Any] | None:
        """The object that describes the file: that of its own read, or the one with its ID in a list."""
        asked = replace(call, headers=tuple(pair for pair in call.headers if pair[0] != "accept"), list_size=None)
        file_id = [*call.path_values.values()][-1] if call.path_values else ""
        for read, below in self._reads:
            names = (each.name for each in read.path_parameters())
            values = {name: call.path_values[name] for name in names if name in call.path_values}
            body = self._related.body(read, replace(asked, path_values=values))
            objects = (each for _, each in pointers.walk(body) if isinstance(each, dict))
            known = (each for each in objects if not below or str(each.get("id")) == file_id)
            if found := next((each for each in known if _member(each, _TYPES, str)), None):
                return found
        return None


def _member(item: dict[str, Any], names: tuple[str, ...], kind: type) -> Any:
    """The value of the first of these members that has a type; None for none."""
    plain = {"".join(words(name)): value for name, value in item.items()}
    return next((plain[name] for name in names if type(plain.get(name)) is kind and plain[name]), None)
