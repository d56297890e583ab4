"""Single things, which belong to no collection (`/users/me`, `/settings`): their reads show what PUT and PATCH changed,
and actions that return them.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.values import members
from flowmock.examples.headers import Context
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.examples.sent_values import over, with_sent
from flowmock.generation.relations import is_marked
from flowmock.lists.envelopes import json_media
from flowmock.messages import Call, Reply
from flowmock.resources.current_user import in_login, read_of_current_user
from flowmock.stateful import json_patch
from flowmock.stateful.nested import values_of
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.store import Name, Store
from flowmock.validation import requests

_ONLY = ""
"""The ID of a single thing."""


class Singles:
    """The single things of one contract."""

    def __init__(
        self, contract: Contract, responses: Responses, store: Store, read: Callable[[Operation, Call], Reply | None]
    ) -> None:
        """`read`: replies to a read of the contract."""
        self._responses = responses
        self._store = store
        self._read = read
        self._current_user = read_of_current_user(contract)
        self._reads = {each.path: each for each in contract.operations.values() if each.method == "GET"}

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a read of what was changed, or to a change; None where the reply is as without memory.

        Raises ChangeRejectedError.
        """
        status, response = usual(operation)
        media = accepted_media(response, call)
        if operation.method == "GET":
            body = self._store.known(_name(operation, call)).get(_ONLY)
            if body is None or media is None or not media.is_json:
                return None
            return self._responses.body(status, response, media, body, "stateful: read", call)
        if operation.method == "POST" and media and self._current_user:
            self._log_in(self._current_user, operation, media, call)
        read = self.changed(operation, response, media)
        shown = json_media(read.success()) if read else None
        before = self.body(read, call) if read and shown else None
        if read is None or shown is None or before is None:
            return None
        is_patch = operation.method == "PATCH" and json_patch.is_json_patch(call)
        seed = self._responses.seed
        after = _patched(before, shown, call) if is_patch else with_sent(before, operation, shown, call, seed)
        self._store.of(_name(read, call)).items[_ONLY] = after
        if response is None or media is None:
            headers = self._responses.headers("", response, Context(status, call=call))
            return Reply(status, headers, b"", "stateful: changed")
        # Else it is about something else.
        is_shown = media.schema == shown.schema
        return self._responses.body(status, response, media, after, "stateful: changed", call) if is_shown else None

    def _log_in(self, read: Operation, operation: Operation, media: MediaType, call: Call) -> None:
        """Remember who logged in, with what was sent, if the operation is a login."""
        sent = requests.value_of_body(operation, call)
        shown, user = json_media(read.success()), self.body(read, call)
        if in_login(operation, media, read) and isinstance(sent, Mapping) and shown and user:
            self._store.of(_name(read, call)).items[_ONLY] = over(user, sent, shown)

    def changed(
        self, operation: Operation, response: DocumentedResponse | None, media: MediaType | None
    ) -> Operation | None:
        """The read of what an operation changes: of what it returns, else that of its path."""
        read = self._responses.changed_item(operation, response, media) if response and media else None
        return read or (self._reads.get(operation.path) if operation.method in ("PUT", "PATCH") else None)

    def body(self, read: Operation, call: Call) -> dict[str, object] | None:
        """What a read gives for the path of a call; None where it gives no object."""
        reply = self._read(read, call)
        with contextlib.suppress(ValueError):  # The read has another format.
            body = orjson.loads(reply.body) if reply and reply.status == 200 else None
            return body if isinstance(body, dict) else None
        return None


def _patched(before: Mapping[str, Any], media: MediaType, call: Call) -> dict[str, Any]:
    """An object after a JSON patch. Raises ChangeRejectedError where it would not be valid."""
    schemas = media.schemas
    read_only = [name for name, each in members(media.schema or {}, schemas) if is_marked(each, "readOnly", schemas)]
    after = json_patch.patched(before, call, read_only)
    if error := next(media.errors(after), None):
        raise ChangeRejectedError(f"{error.instance or '/'}: {error.message}.", 400, 422)
    return after


def _name(operation: Operation, call: Call) -> Name:
    return Name(call.session, operation.base_path + operation.path, values_of(operation, call))
