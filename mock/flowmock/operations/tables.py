"""Exports of lists: `GET /orders/export`, or `GET /orders` with `Accept: text/csv`, has the rows of `GET /orders`."""

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flowcontract.openapi import media_types, parameters
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowmock.examples.headers import Context
from flowmock.examples.responses import SIZED
from flowmock.generation import content, files
from flowmock.messages import Call, Reply
from flowmock.operations.related import RelatedOperations
from flowmock.operations.success import Success

if TYPE_CHECKING:
    from flowmock.stateful.dispatch import Stateful

_CSV = "text/csv"
_SEPARATORS = {"pipe": "|", "semicolon": ";", "tab": "\t"}
_SEPARATED = re.compile(rf"\b({'|'.join(_SEPARATORS)})s?[- ](?:as |delimited|separat)", re.IGNORECASE)
_BYTE_ORDER_MARK = re.compile(r"(?<!without )(?<!no )\b(?:BOM|byte order mark)\b", re.IGNORECASE)
_NAMES = ("name", "title", "label", "display_name", "full_name", "number", "code", "id")
"""Members that stand for an object in a field, the best first."""


class Tables:
    """The export of one operation."""

    def __init__(self, success: Success, related: RelatedOperations, stateful: "Stateful | None") -> None:
        self._success = success
        self._related = related
        self._stateful = stateful

    def reply(self, call: Call) -> Reply | None:
        """The reply with the rows of a list, as CSV; None for any other operation, and for other media types."""
        media = self._success.accepted(call) if self._success.is_of_list else None
        listed = self._listed if media and media_types.essence(media.name) == _CSV and not media.examples else None
        if media is None or listed is None or self._success.documented is None:
            return None
        lists, operation = self._related.lists(), self._success.operation
        resource = lists.related.listed_by(listed)
        items = self._stateful.items(listed, call) if self._stateful else lists.items(listed, call)
        if resource is None or items is None:
            return None
        page = lists.page(resource, operation, call, items)
        if isinstance(page, Reply):
            return page
        shown = resource.list_item_media() or resource.media
        names = [name for name, _ in members(shown.schema or {}, shown.schemas)]
        rows = [names, *([_field(item.get(name)) for name in names] for item in page.items)]
        text = self._described(media)
        separated = _SEPARATED.search(text)
        body = content.csv_of(rows, _SEPARATORS[separated[1].lower()] if separated else ",")
        body = b"\xef\xbb\xbf" + body if _BYTE_ORDER_MARK.search(text) else body
        context = Context(self._success.status, None, body, call)
        headers = self._success.responses.headers(media.name, self._success.documented, context)
        filename = f"{listed.path.rstrip('/').rpartition('/')[2]}.csv"
        details = {} if call.list_size is None else {SIZED: True}
        rule = f"{len(page.items)} rows of {listed.path}"
        return Reply(self._success.status, files.named(headers, filename), body, rule, details=details)

    @cached_property
    def _listed(self) -> Operation | None:
        """The list that is exported: that of the operation itself, else without an ending, else above its path."""
        operation, lists = self._success.operation, self._related.lists()
        path = operation.path.rstrip("/")
        paths = (path, path.removesuffix(".csv"), path.rpartition("/")[0])
        gets = [each for each in self._success.responses.contract.operations.values() if each.method == "GET"]
        found = (each for path in paths for each in gets if path and each.path.rstrip("/") == path)
        return next((each for each in found if lists.related.listed_by(each)), None)

    def _described(self, media: MediaType) -> str:
        """What the contract says of the export."""
        documented = self._success.documented
        texts = [self._success.operation.description, documented.description if documented else ""]
        return " ".join([*texts, str((media.schema or {}).get("description", ""))])


def _field(value: Any) -> str:
    """A value as the text of a field: an object is what it is called."""
    if isinstance(value, list):
        return ", ".join(map(_field, value))
    if isinstance(value, dict):
        known = next((value[name] for name in _NAMES if isinstance(value.get(name), str | int)), None)
        return str(known) if known is not None else json.dumps(value, ensure_ascii=False)
    return "" if value is None else parameters.text(value)
