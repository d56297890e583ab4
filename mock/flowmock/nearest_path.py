"""What a client may have meant by a path that no contract has."""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from flowmock.messages import Call
from flowmock.routing import Route, Routes

_ALIKE = 0.6
"""How much a segment resembles the one that it is taken for (difflib's ratio)."""
_LONG = 500
"""Characters of a path up to which the nearest one is looked for."""


def message(call: Call, routes: Routes, *, console: str = "") -> str:
    """Why there is a 404: the path as received, and the nearest path of the contracts, else how their paths begin.

    `console`: the path of the console, if there is one.
    """
    expected = f"expected a path of the API, got {call.path}"
    if call.path == "/" and console:
        expected = f"{expected} (the console is at {console})"
    if len(call.path) > _LONG:
        return expected
    if other := _with_other_slash(call, routes):
        how = "without the trailing slash" if call.path.endswith("/") else "with a trailing slash"
        return f"{expected}; did you mean {other} ({how})?"
    bases = sorted({route.base_path for route in routes.all if route.base_path})
    if bases and not any(call.path.startswith(f"{base}/") for base in bases):
        below = f"; paths begin with {' or '.join(bases)}"
        full = next((base + call.path for base in bases if routes.find(base + call.path, base + call.raw_path)), "")
        return f"{expected}{below}: did you mean {full}?" if full else f"{expected}{below}"
    near = _nearest(call.path, routes.all)
    return f"{expected}; did you mean {near}?" if near else expected


def _with_other_slash(call: Call, routes: Routes) -> str:
    """The path without its trailing slash, or with one, where that is a path of the contracts; else empty."""
    if call.path.endswith("/"):
        other, raw = call.path[:-1], call.raw_path[:-1]
    else:
        other, raw = f"{call.path}/", f"{call.raw_path}/"
    return other if routes.find(other, raw) else ""


def _nearest(path: str, routes: Iterable[Route]) -> str:
    """The template that resembles a path most; empty where none does. One with as many segments goes first."""
    below = {
        route.base_path + route.template: (
            _segments(path.removeprefix(route.base_path)),
            _segments(route.template),
        )
        for route in routes
        if path.startswith(f"{route.base_path}/")
    }
    return _best((_alike(*pair), template) for template, pair in below.items()) or _best(
        (float(_alike(*pair) == 1), template)  # A segment too many or too few is difference enough.
        for template, (segments, wanted) in below.items()
        if abs(len(wanted) - len(segments)) == 1
        for pair in _without_one(segments, wanted)
    )


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _best(scored: Iterable[tuple[float, str]]) -> str:
    score, template = max(scored, key=lambda each: each[0], default=(0.0, ""))
    return template if score >= _ALIKE else ""


def _without_one(segments: list[str], wanted: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Pairs of the same length: a path has a segment too many, or lacks one."""
    whole = segments if len(segments) > len(wanted) else wanted
    for index in range(len(whole)):
        part = whole[:index] + whole[index + 1 :]
        yield (part, wanted) if whole is segments else (segments, part)


def _alike(segments: list[str], wanted: list[str]) -> float:
    """How much segments resemble those of a template, by the one that differs most; a parameter may be anything."""
    if len(segments) != len(wanted):
        return 0.0
    literal = [(one, other) for one, other in zip(segments, wanted, strict=True) if "{" not in other]
    least = 1.0 if literal else 0.0
    for one, other in literal:
        if one != other:
            matcher = SequenceMatcher(None, one, other)
            least = min(least, matcher.ratio()) if matcher.quick_ratio() >= _ALIKE else 0.0
        if not least:
            break
    return least
