"""What happens to things at most once, such as a payment: whether their members say that it has happened."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flowcontract.openapi.values.names import words

_ENDS = frozenset({"archived", "canceled", "deleted", "failed", "refunded", "rejected", "revoked"})
"""What happens to few items, as names of moments say it."""
_NOUNS = {
    "cancel": "canceled", "cancelation": "canceled", "deletion": "deleted", "failure": "failed",
    "rejection": "rejected", "revocation": "revoked",
}  # fmt: skip
"""Other words for these."""
_ABOUT_ENDS = frozenset({"by", "code", "details", "message", "note", "reason"})
"""Words of names of what is known of them."""
_PROGRESS = frozenset(
    {"closed", "completed", "delivered", "finished", "fulfilled", "paid", "published", "resolved", "settled", "shipped"}
)
"""What happens to most items at last."""
_NOT_YET = frozenset(
    {"created", "draft", "due", "new", "open", "outstanding", "overdue", "pending", "planned", "queued", "requested"}
    | {"scheduled", "todo", "unpaid", "waiting"}
)
"""Words of statuses before that."""
_IN_PROGRESS = frozenset(
    {"active", "assigned", "blocked", "hold", "paused", "progress", "processing", "review", "running", "started"}
)
_BEFORE = {
    **dict.fromkeys(("closed", "resolved"), _IN_PROGRESS),
    **dict.fromkeys(("completed", "delivered", "finished", "fulfilled"), _IN_PROGRESS | {"canceled"}),
    "paid": frozenset({"canceled", "declined", "expired", "failed", "issued", "sent", "uncollectible", "void"}),
}
"""Words of further statuses before one of these."""
_DONE = frozenset({"complete", "completed", "done", "finished"})
"""Words of statuses that mean the same."""
OF_A_MOMENT = frozenset({"at", "date", "on", "time"})
_STATUSES = ("status", "state")
_PAYMENT_STATUSES = ("payment_status", "paymentStatus")


def has_not_happened(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is the moment of something that its object says has not happened, or about that.

    That is an end that the status does not name (`cancelled_at`), or what comes after the status (`paid_on` of what is
    overdue) or has a member of its own that is false (`is_paid`).
    """
    if (flag := flag_of(name, tuple(value))) and isinstance(value[flag], bool):
        return not value[flag]
    events = _events(name)
    if not events:
        return False
    if any(item is False and events >= (_plain_words(key) - {"has", "is", "was"}) for key, item in value.items()):
        return True
    statuses = [value[key] for key in _STATUSES if isinstance(value.get(key), str)]
    if "paid" in events:
        statuses = [value[key] for key in _PAYMENT_STATUSES if isinstance(value.get(key), str)] or statuses
    named = {word for status in statuses for word in _plain_words(status)}
    if events & _ENDS:
        return bool(statuses or "deleted" in events) and not events & named
    before = _NOT_YET.union(*(_BEFORE.get(event, ()) for event in events), (f"un{event}" for event in events))
    return "not" in named or (not events & named and not before.isdisjoint(named))


def has_happened(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is the moment of something that its object says has happened, by its status or a truth value."""
    if (flag := flag_of(name, tuple(value))) and value[flag] is True:
        return True
    if OF_A_MOMENT.isdisjoint(words(name)):
        return False
    events = _events(name)
    named = {word for key in _STATUSES if isinstance(value.get(key), str) for word in _plain_words(value[key])}
    return bool(events & named or (events & _DONE and named & _DONE)) and "not" not in named


def is_about_status(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is about the end that the status of its object names, such as a `cancellation`."""
    named = {word for key in _STATUSES if isinstance(value.get(key), str) for word in _plain_words(value[key])}
    return bool(_events(name) & _ENDS & named)


def may_not_have_happened(name: str, names: tuple[str, ...]) -> bool:
    """Whether a member is the moment of something that may not have happened. `names`: the members of its object."""
    return bool(_events(name) or flag_of(name, names))


def is_of_event(name: str) -> bool:
    """Whether a member is the moment of something that happens to few items or late, or about what happens to few."""
    return bool(_events(name))


@lru_cache(4096)
def flag_of(name: str, names: tuple[str, ...]) -> str:
    """The member that says whether something has happened: `checked_in` or `is_checked_in` of `checked_in_at`."""
    *event, last = words(name)
    is_moment = bool(event) and last in OF_A_MOMENT
    return next((each for each in names if is_moment and each != name and _without_verb(each) == event), "")


def _without_verb(name: str) -> list[str]:
    found = list(words(name))
    return found[1:] if found[0] in ("has", "is", "was") else found


@lru_cache(4096)
def _events(name: str) -> frozenset[str]:
    """What a member with this name is the moment of, among what happens to few items or late; empty for nothing.

    Also what it is about (`cancellation`, `rejection_reason`), among what happens to few.
    """
    found = _plain_words(name)
    if not found.isdisjoint(OF_A_MOMENT):
        return frozenset(_NOUNS.get(word, word) for word in found) & (_ENDS | _PROGRESS)
    nouns, about = found & _NOUNS.keys(), found & _ABOUT_ENDS
    ends = {_NOUNS.get(word, word) for word in found - about} if nouns - {"cancel"} or about else set()
    return frozenset(ends) if ends <= _ENDS else frozenset()


@lru_cache(4096)
def _plain_words(text: str) -> frozenset[str]:
    return frozenset(word.replace("cancell", "cancel") for part in text.split() for word in words(part))
