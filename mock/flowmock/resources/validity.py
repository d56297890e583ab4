"""Whether an item is valid: truth values such as `active` agree with its period (`valid_from`, `valid_until`)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flowcontract.openapi.values.names import snake_case, words
from flowcontract.openapi.values.plausible import kind_of_moment

_VALID = frozenset({"active", "current", "effective", "valid"})
_INVALID = frozenset({"expired"})
_FROM = frozenset({"active_from", "effective_from", "valid_from"})
_UNTIL = frozenset({"active_until", "effective_to", "effective_until", "expires_at", "expires_on", "valid_thru"})
_UNTIL |= frozenset({"valid_to", "valid_until"})


def flags(names: Iterable[str], item: Mapping[str, Any], today: date) -> dict[str, bool]:
    """The truth values with these names that say whether an item is valid, as its period says it; none without one."""
    plain = {snake_case(name): value for name, value in item.items()}
    begins = [value for name, value in plain.items() if name in _FROM and _is_date(value)]
    ends = [value for name, value in plain.items() if name in _UNTIL and _is_date(value)]
    if not begins and not ends:
        return {}
    day = today.isoformat()
    is_valid = all(each[:10] <= day for each in begins) and all(each[:10] >= day for each in ends)
    found = {}
    for name in names:
        own = [word for word in words(name) if word != "is"]
        if len(own) == 1 and own[0] in _VALID | _INVALID:
            found[name] = is_valid == (own[0] in _VALID)
    return found


def _is_date(value: Any) -> bool:
    return kind_of_moment(value) in ("date", "time")
