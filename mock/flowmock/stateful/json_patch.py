"""Changes of an object that a JSON patch lists (RFC 6902)."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from flowcontract.openapi import media_types
from flowmock.messages import Call
from flowmock.stateful.rejections import ChangeRejectedError


def is_json_patch(call: Call) -> bool:
    """Whether the body of a request is a JSON patch."""
    return media_types.essence(call.header("content-type") or "") == "application/json-patch+json"


def patched(before: Mapping[str, Any], call: Call, read_only: Iterable[str]) -> dict[str, Any]:
    """An object after a JSON patch, which does not change what only the server writes. Raises ChangeRejectedError."""
    try:
        after = JSONPatch(call.json).apply(copy.deepcopy(dict(before)))
    except (JSONPatchError, JSONPointerError, TypeError) as error:
        raise ChangeRejectedError(f"The patch cannot be applied: {error}.", 400, 409, 422) from error
    if not isinstance(after, dict):
        raise ChangeRejectedError("The patched item is not an object.", 400, 409, 422)
    return after | {name: before[name] for name in read_only if name in before}
