"""Expected and actual side by side: the excerpt of the contract and the response, with the violated part marked."""

import contextlib
import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from flowcontract.checks.findings import Failure
from flowcontract.http.messages import json_or_none
from flowcontract.openapi import pointers
from flowcontract.text import body_excerpt, one_line

_AROUND = 4
"""Lines shown before and after a marked one."""
_MOST_LINES = 400
"""Lines of a JSON document that are looked at."""
_BODY_LINES = 12
"""Lines of a body without a marked part."""
_STATUS_KEY = re.compile(r" {2}['\"]?(\d{3}|\dXX|default)['\"]?:")
"""A status in the excerpt of `responses`."""
_EXPECTED = re.compile(r"Expected (.+?), (?:but|got|found) ")
"""The expectation in the message of a failure."""
_LONGEST = 300
"""Characters of a line."""
_REPEATED = re.compile(r"(\S)\1{39,}")
"""One character so often that its number says more."""
_LEFT = 10
"""Characters that are left of these."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a side."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """What one side shows."""

    title: str
    caption: str
    """Where it comes from: file and line of the contract, or a request."""
    lines: tuple[Line, ...]


def _short(text: str) -> str:
    """One line of evidence, without the same character again and again."""
    return one_line(_REPEATED.sub(lambda run: f"{run[1] * _LEFT}… ({len(run[0]):,} times {run[1]})", text), _LONGEST)


def where(failure: Failure) -> str:
    """The operation, the status and the part of the response: `GET /books/{id} → 200 → /title`.

    A part of the request stands before the status: `GET /books → query parameter limit → 200`. Where the response of
    another operation shows what is wrong, it comes last: `PATCH /books/{id}, seen in GET /books/{id} → 200`.
    """
    shown = failure.seen_in or failure.endpoint
    method, _, path = shown.partition(" ")
    sent = failure.exchange.request.method
    steps = [f"{sent} {path}" if path and sent != method else shown or failure.operation]
    if failure.seen_in not in ("", failure.endpoint):
        steps[0] = f"{failure.endpoint}, seen in {steps[0]}"
    if failure.part and not _is_in_response(failure):
        steps.append(failure.part)
    if failure.exchange.response is not None:
        steps.append(str(failure.exchange.response.status))
    if _is_in_response(failure):
        steps.append(failure.part)
    return one_line(" → ".join(steps))


def _is_in_response(failure: Failure) -> bool:
    """Whether the violated part is one of the response body, as a JSON Pointer."""
    return failure.part.startswith("/")


def sent_value(failure: Failure) -> str:
    """The value of the part of a request that a failure is about, as JSON on one line; empty where it is about none."""
    kind, _, name = failure.part.partition(" parameter ")
    exchanges = (failure.exchange, *(step.exchange for step in reversed(failure.steps)))
    if kind == "query" and name:
        query = failure.exchange.request.parameters
        values = [value for sent, value in query if sent == name]
        return _short(f"{name}={values[0]}") if values else ""
    if failure.part != "body" and not failure.part.startswith("body/"):
        return ""
    tokens = list(takewhile("…".__ne__, pointers.split(failure.part.removeprefix("body"))))  # Any item of a list.
    for exchange in exchanges:
        with contextlib.suppress(LookupError):
            body = json_or_none(exchange.request.body)
            if body is not None:
                return _short(json.dumps(pointers.get(body, tokens), ensure_ascii=False))
    return ""


def sides(failure: Failure) -> tuple[Side, Side] | None:
    """Expected and actual; None where there is no response, or nothing to show beside it."""
    if failure.exchange.response is None:
        return None
    compared = _compared(failure)
    if compared:
        return compared
    contract = _contract(failure)
    return (contract, _response(failure)) if contract.lines else None


def _compared(failure: Failure) -> tuple[Side, Side] | None:
    """Two JSON documents that should be equal, each with the lines that differ marked."""
    if failure.expected is not None and failure.actual is not None:
        expected, actual = _pretty(failure.expected), _pretty(failure.actual)
        captions = str(_file(failure)), _request(failure)
    elif failure.other is not None:
        expected, actual = _body_lines(failure.other), _body_lines(failure.exchange)
        captions = one_line(f"{failure.other.request.method} {failure.other.request.target}", 120), _request(failure)
    else:
        return None
    if not expected or not actual or expected == actual:
        return None
    marked: tuple[set[int], set[int]] = (set(), set())
    matcher = difflib.SequenceMatcher(None, expected[:_MOST_LINES], actual[:_MOST_LINES], autojunk=False)
    for kind, start, stop, other_start, other_stop in matcher.get_opcodes():
        if kind != "equal":
            marked[0].update(range(start, stop))
            marked[1].update(range(other_start, other_stop))
    left, right = (
        tuple(_shown([Line(text, index in marks) for index, text in enumerate(texts[:_MOST_LINES])]))
        for texts, marks in zip((expected, actual), marked, strict=True)
    )
    return Side("Expected", captions[0], left), Side("Actual", captions[1], right)


def _contract(failure: Failure) -> Side:
    """The excerpt of the contract, with the violated keyword marked."""
    texts = failure.excerpt.splitlines()
    last = (pointers.split(failure.location.pointer) or [""])[-1]
    is_keyword = [bool(re.match(rf"\s+['\"]?{re.escape(last)}['\"]?:", text)) for text in texts]
    found = is_keyword.index(True) if True in is_keyword else -1
    if last == "responses":
        if _is_documented(failure, texts) and (match := _EXPECTED.match(failure.message)):
            return Side("Expected", _caption(failure), (Line(_short(match[1]), is_marked=True),))
        # Nothing is marked: no single one of the documented statuses is expected.
        return Side("Expected", f"{_statuses(failure, texts)}{_caption(failure)}", tuple(_lines(texts, set())))
    marked = {found}
    for index in range(found + 1, len(texts) if found >= 0 else 0):  # The values of a list belong to its keyword.
        if not texts[index].lstrip().startswith("- "):
            break
        marked.add(index)
    return Side("Expected", _caption(failure), tuple(_lines(texts, marked)))


def _documented(texts: Sequence[str]) -> list[str]:
    return [match[1] for text in texts if (match := _STATUS_KEY.match(text))]


def _is_documented(failure: Failure, texts: Sequence[str]) -> bool:
    """Whether the status is documented: then the rule expects another one for this request, or another body."""
    response = failure.exchange.response
    return response is not None and str(response.status) in _documented(texts)


def _statuses(failure: Failure, texts: Sequence[str]) -> str:
    """Which statuses are expected where the server returned another one: the beginning of a caption."""
    documented = _documented(texts)
    if not documented or failure.exchange.response is None:
        return ""
    got = str(failure.exchange.response.status)
    expected = f"not {got}; documented:" if got in documented else "one of the documented statuses:"
    return f"{expected} {', '.join(documented)}; "


def _lines(texts: Sequence[str], marked: set[int]) -> Iterator[Line]:
    for index, text in enumerate(texts):
        yield Line(_short(text), index in marked)


def _caption(failure: Failure) -> str:
    return f"contract, {_file(failure)}" if failure.location.file else "contract"


def _response(failure: Failure) -> Side:
    """The response, with the part that violates the contract marked."""
    response = failure.exchange.response
    assert response is not None
    lines: tuple[Line, ...] = ()
    if _is_in_response(failure) and failure.actual is not None:
        with contextlib.suppress(RecursionError):  # Nested too deeply to be shown line by line.
            lines = tuple(_shown(list(_json(failure.actual, failure.part))))
    return Side("Actual", _request(failure), lines or tuple(_head_and_body(failure)))


def _head_and_body(failure: Failure) -> Iterator[Line]:
    """Status, the headers that the message names, and the beginning of the body."""
    response = failure.exchange.response
    assert response is not None
    headers = [
        (name, value)
        for name, value in response.headers
        if _is_named(name, failure.message)
        or (name.lower() == "content-type" and value.partition(";")[0].lower() in failure.message.lower())
    ]
    yield Line(f"HTTP {response.status}", str(response.status) in failure.message and not headers)
    for name, value in headers:
        yield Line(_short(f"{name}: {value}"), is_marked=True)
    body = body_excerpt(response.body).text.splitlines()
    if body:
        yield Line("")
    yield from (Line(_short(text)) for text in body[:_BODY_LINES])
    if len(body) > _BODY_LINES:
        yield Line("…")


def _is_named(header: str, message: str) -> bool:
    """Whether a message is about a header: messages capitalize the names of headers, but no word such as "server"."""
    found = re.findall(rf"(?<![\w-]){re.escape(header)}(?![\w-])", message, re.IGNORECASE)
    return any(name != name.lower() for name in found)


def _json(value: Any, part: str) -> Iterator[Line]:
    """A JSON document line by line; the value at the pointer `part` is marked, or a line that says it is missing."""
    tokens = pointers.split(part)
    try:
        pointers.get(value, tokens)
        is_missing = False
    except LookupError:
        is_missing = True
    yield from _node(value, "", tokens, is_missing=is_missing, depth=0, comma="", is_marked=not tokens)


def _node(
    value: Any, label: str, tokens: Sequence[str] | None, *, is_missing: bool, depth: int, comma: str, is_marked: bool
) -> Iterator[Line]:
    """`tokens`: the rest of the pointer to the marked part; None away from it."""
    pad = "  " * depth
    if not isinstance(value, dict | list) or not (value or (tokens and is_missing)):
        text = json.dumps(value, ensure_ascii=False, default=str)
        yield Line(_short(f"{pad}{label}{text}{comma}"), is_marked)
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    yield Line(_short(f"{pad}{label}{opening}"), is_marked)
    items: list[tuple[str, Any]] = [
        (str(key), item) for key, item in (value.items() if isinstance(value, dict) else enumerate(value))
    ]
    if tokens and len(tokens) == 1 and is_missing:
        absent = f"{pad}  {json.dumps(tokens[0], ensure_ascii=False)}: (missing)"
        yield Line(_short(absent), is_marked=True)
    for number, (key, item) in enumerate(items, 1):
        name = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        inner = tokens[1:] if tokens and tokens[0] == key else None
        marked = is_marked or (inner is not None and not inner)
        end = "," if number < len(items) else ""
        yield from _node(
            item, name, inner, is_missing=is_missing, depth=depth + 1, comma=end, is_marked=marked
        )  # fmt: skip
    yield Line(f"{pad}{closing}{comma}", is_marked)


def _shown(lines: list[Line]) -> Iterator[Line]:
    """The marked lines with some around them; `…` where lines are left out."""
    marked = [index for index, line in enumerate(lines) if line.is_marked]
    if not marked:
        yield from lines[:_BODY_LINES]
        if len(lines) > _BODY_LINES:
            yield Line("…")
        return
    kept = {near for index in marked for near in range(index - _AROUND, index + _AROUND + 1)}
    is_gap = False
    for index, line in enumerate(lines):
        if index in kept:
            yield line
        elif not is_gap:
            yield Line("…")
        is_gap = index not in kept


def _pretty(value: Any) -> list[str]:
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return [_short(line) for line in text.splitlines()]


def _body_lines(exchange: Any) -> list[str]:
    if exchange.response is None:
        return []
    try:
        return _pretty(json.loads(exchange.response.body))
    except (ValueError, RecursionError):
        text = body_excerpt(exchange.response.body).text
        return [_short(line) for line in text.splitlines()[:_BODY_LINES]]


def _file(failure: Failure) -> str:
    location = failure.location
    return one_line(f"{location.file}:{location.line}" if location.file else location.pointer)


def _request(failure: Failure) -> str:
    request = failure.exchange.request
    return one_line(f"{request.method} {request.target}", 120)
