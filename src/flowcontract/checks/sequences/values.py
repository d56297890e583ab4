"""Whether what a server returns equals what was sent to it, and how it differs."""

import contextlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_DURATION = re.compile(
    r"P(?=[\dT])(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_DECIMAL = re.compile(r"(?P<sign>-?)0*(?P<rest>\d*\.\d+)")
"""A decimal number as text; without a point, leading zeros may be those of a code."""
_ID = re.compile(r"^(?:id|uuid)$|_(?:id|uuid)$|[a-z](?:Id|Uuid)$")
_VERSION = re.compile(r"^(?:version|lock_?version|revision|rev)$", re.IGNORECASE)
_SECOND = 1.0

Schemas = Mapping[str, Mapping[str, Any]]
"""Schemas of properties by name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that came back differently."""

    pointer: str
    """Names of members, joined by slashes."""
    expected: Any
    actual: Any
    is_normalized: bool = False
    """The value has the same meaning in another form: trimmed text, lower case, a reordered set."""


MISSING = "(missing)"
"""The actual value of a member that is not there."""


def differences(
    sent: Any, got: Any, *, pointer: str = "", schema: Mapping[str, Any] | None = None
) -> Iterator[Difference]:
    """How a returned value differs from the one that was sent; members that the server adds are not differences."""
    facts = schema or {}
    if isinstance(sent, Mapping) and isinstance(got, Mapping):
        members = facts.get("properties") or {}
        for name, value in sent.items():
            if pointer.count("/") > 0 and _ID.search(name):
                continue  # Servers give parts of a resource IDs of their own.
            inner = f"{pointer}/{name}"
            if name in got:
                yield from differences(value, got[name], pointer=inner, schema=members.get(name))
            elif value not in (None, "", [], {}):
                yield Difference(inner, value, MISSING)
    elif isinstance(sent, list) and isinstance(got, list):
        yield from _list_differences(sent, got, pointer, facts)
    elif not same(sent, got, str(facts.get("format") or "")):
        yield Difference(pointer, sent, got, is_normalized=_is_normalized(sent, got, facts))


def _list_differences(sent: list[Any], got: list[Any], pointer: str, facts: Mapping[str, Any]) -> Iterator[Difference]:
    items = facts.get("items") if isinstance(facts.get("items"), Mapping) else None
    if len(sent) == len(got):
        found = [
            difference
            for index, (one, other) in enumerate(zip(sent, got, strict=True))
            for difference in differences(one, other, pointer=f"{pointer}/{index}", schema=items)
        ]
        if not found:
            return
        if all(difference.is_normalized for difference in found):
            yield from found
            return
    # Within a part with alternatives, the schema of a list is not known: it may be a set as well.
    parts = [facts, *(facts.get("anyOf") or ()), *(facts.get("oneOf") or ())]
    is_set = any(isinstance(part, Mapping) and part.get("uniqueItems") is True for part in parts)
    may_be_set = is_set or (pointer.count("/") > 1 and not facts.keys() - {"$ref"})
    is_reordered = may_be_set and sorted(map(repr, sent)) == sorted(map(repr, got))
    yield Difference(pointer, sent, got, is_normalized=is_reordered)


def same(sent: Any, got: Any, text_format: str = "") -> bool:
    """Whether two values mean the same: equal, the same number, the same instant, or a duration and its seconds."""
    if isinstance(sent, bool) or isinstance(got, bool):
        return sent is got
    if isinstance(sent, int | float) and isinstance(got, int | float):
        return sent == got
    if sent == got:
        return True
    if isinstance(sent, str) and isinstance(got, int | float):
        return (match := _DURATION.fullmatch(sent)) is not None and _seconds(match) == got
    if isinstance(sent, int | float) and isinstance(got, str):
        return _number(got) is not None and _number(got) == _number(str(sent))
    if not (isinstance(sent, str) and isinstance(got, str)):
        return False
    if text_format == "uuid":
        return sent.lower() == got.lower()
    if text_format in ("decimal", "number"):
        return _number(sent) is not None and _number(sent) == _number(got)
    if _TIME.match(sent) and _TIME.match(got) and text_format in ("", "date-time"):
        one, other = _instant(sent), _instant(got)
        return one is not None and one == other
    return False


def sort_keys(values: Sequence[Any], ranks: Sequence[Any] = ()) -> Iterator[list[Any]]:
    """The keys of the values in each order that they may have; the contract seldom says which one is meant.

    Texts have the order of their characters or of their letters and digits in any case, of the numbers in them, or of
    the decimal numbers, times, durations or ranks that they all are. `ranks`: the values of an enumeration, in order.
    """
    yield list(values)
    if not all(isinstance(value, str) for value in values):
        return
    yield [re.sub(r"[\W_]", "", value.casefold()) for value in values]
    yield [[int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", value)] for value in values]
    durations = [_DURATION.fullmatch(value) for value in values]
    for keys in (
        list(map(_number, values)),
        list(map(_instant, values)),
        [_seconds(match) if match else None for match in durations],
        [ranks.index(value) if value in ranks else None for value in values],
    ):
        if None not in keys:
            yield keys


def _number(text: str) -> Decimal | None:
    with contextlib.suppress(InvalidOperation):
        return Decimal(text)
    return None


def _seconds(duration: re.Match[str]) -> float:
    """The length of a duration of ISO 8601 without years and months."""
    parts = {unit: float(text or 0) for unit, text in duration.groupdict().items()}
    return timedelta(**parts).total_seconds()


def _instant(text: str) -> datetime | None:
    """A time with its zone; None for one that cannot be read."""
    text = text.upper()
    if not _ZONE.search(text):
        return None
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text).astimezone(UTC)
    return None


def _is_normalized(sent: Any, got: Any, facts: Mapping[str, Any]) -> bool:
    """Whether a value came back in another form that many servers choose without a loss of meaning."""
    if sent is None or (sent == "" and isinstance(got, str)):
        return True  # Nothing was said: the server chooses a value.
    if not (isinstance(sent, str) and isinstance(got, str)):
        return False
    if got in (sent.strip(), sent.lower(), sent.upper(), sent.strip().lower()):
        return sent.strip() != "" and (sent.isascii() or got == sent.strip())
    one_number, other_number = _DECIMAL.fullmatch(sent), _DECIMAL.fullmatch(got)
    if one_number and other_number:
        return one_number.group("sign", "rest") == other_number.group("sign", "rest")
    if facts.get("format") in ("email", "uri", "url", "hostname", "idn-email", "iri", "uri-reference"):
        return got.rstrip("/").lower() == sent.strip().rstrip("/").lower()
    if _TIME.match(sent):
        one, other = _instant(sent), _instant(got)
        return one is not None and other is not None and abs((one - other).total_seconds()) < _SECOND
    return False


def is_trimmed(sent: Any, got: Any) -> bool:
    """Whether only the white space around a text was left out."""
    return isinstance(sent, str) and sent != got and got == sent.strip() != ""


def shown(value: Any, limit: int = 80, *, escaped: bool = False) -> str:
    """A value in a message, as JSON; `escaped`: without characters beyond ASCII, of which some look alike."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=escaped, default=str)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def look_alike(one: Any, other: Any) -> bool:
    """Whether two texts differ in characters that a reader cannot tell apart."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    return one != other and unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


def texts(body: Mapping[str, Any]) -> dict[str, str]:
    """The texts in a body, by the names of its fields."""
    return {name: value for name, value in body.items() if isinstance(value, str)}


def shows(item: Any, sent: Mapping[str, Any]) -> bool:
    """Whether a resource has the texts that were sent, in the server's own form of them."""
    named = texts(sent)
    if not named or not isinstance(item, Mapping):
        return False
    return all(each.is_normalized for each in differences(named, item))


def is_version(name: str) -> bool:
    """Whether a property counts the changes of its resource."""
    return _VERSION.match(name) is not None
