"""Sequences of requests as shell scripts: IDs, ETags and cursors come from the new responses."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote

from flowcontract.http.curl import curl, quote, quoted
from flowcontract.http.messages import Exchange, Request, json_or_none
from flowcontract.http.target import Target
from flowcontract.text import plain_name

VARIABLE = re.compile(r"\$\{value_\d+\}")
_CONDITIONS = ("if-match", "if-none-match")
_quoted = partial(quoted, variables=VARIABLE, any_shell=True)
_DEPTH = 6
_ITEMS = 20
"""Items of a list of which values are taken."""
_BODY = "tr -d '\\r' | sed '1,/^$/d' | jq -r "


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One request of a sequence."""

    label: str
    """What it does, in words."""
    exchange: Exchange
    references: tuple[str, ...] = ()
    """Members of the body whose values come from earlier responses."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a value stands in a response."""

    step: int
    name: str
    """What it is, in a message: `ID`, `ETag`, `next_cursor`."""
    extract: str
    """Shell commands from the response to the value."""
    path: str = ""
    """The jq path, of a value in a body."""
    collection: str = ""
    """Where the request of the step created something: the last word of its path."""

    def rank(self, place: str) -> tuple[bool, bool, int]:
        """What `place` is called after goes first: the same number may be an ID in several collections.

        IDs and headers go before members that have the same value by chance.
        """
        return not _names(place, self.collection), self.name not in ("ID", "ETag"), self.step


_Used = tuple[str, str]
"""A value in a request, and its place: the name of its member or parameter, or the path segment before it."""


def script(target: Target, steps: Sequence[SequenceStep]) -> str:
    """Shell commands that send a sequence again (they need jq); they end where a response lacks what comes next."""
    variables: dict[_Used, str] = {}
    names: dict[tuple[str, _Source], str] = {}
    commands = []
    literal: set[str] = set()
    for number, step in enumerate(steps, 1):
        sources = list(_sources(steps[: number - 1]))
        for value, place in _used(step, literal):
            found = [source for shown, source in sources if shown == value]
            if (value, place) not in variables and found:
                best = min(found, key=lambda source: source.rank(place))
                variables[value, place] = names.setdefault((value, best), f"value_{len(names) + 1}")
        literal |= _literals(step)
        request = _with_variables(step, variables, literal)
        commands.append(curl(target, request, _quoted, response=step.exchange.response))
    lines: list[str] = []
    for number, (step, command) in enumerate(zip(steps, commands, strict=True), 1):
        lines += [
            f"# {number}. {' '.join(step.label.split())}",
            f"response=$({command}); printf '%s\\n\\n' \"$response\"",
        ]
        for (value, source), name in names.items():
            lines += _extraction(name, value, source) if source.step == number else ()
    return "\n".join(lines) + "\n"


def _extraction(name: str, value: str, source: _Source) -> Iterator[str]:
    extract = source.extract
    if source.path:
        encoded = "|@uri" if percent_encoded(value, safe="-._~") != value and source.name != "ETag" else ""
        extract = _BODY + quote(f"{source.path} // empty{encoded}")
    yield f'{name}=$(printf %s "$response" | {extract})'
    yield f': "${{{name}:?step {source.step} gave no {source.name}}}"'


def _sources(steps: Sequence[SequenceStep]) -> Iterator[tuple[str, _Source]]:
    """What later requests may take over from responses, and how a shell extracts it."""
    for number, step in enumerate(steps, 1):
        response = step.exchange.response
        if response is None or response.status >= 400:
            continue
        if etag := response.header("ETag"):
            yield etag, _Source(number, "ETag", _header("ETag"))
        if location := response.header("Location"):
            yield location, _Source(number, "Location", _header("Location"))
            last = unquote(location.rstrip("/").rpartition("/")[2])
            yield last, _Source(number, "Location", _header("Location") + " | sed 's:/*$::; s:.*/::'")
        for link in response.header_values("Link"):
            for name, value in re.findall(r"[?&]([\w.-]+)=([^&>]+)", link):
                pattern = rf"s/^Link:.*[?&]{re.escape(name)}=\([^&>]*\).*/\1/Ip"
                yield unquote(value), _Source(number, "Link", f"tr -d '\\r' | sed -n {quote(pattern)}")
        request = step.exchange.request
        collection = request.path.rstrip("/").rpartition("/")[2] if request.method == "POST" else ""
        for path, value in _members(json_or_none(response.body)):
            name = path.rpartition(".")[2].strip('"')
            is_id = plain_name(name) == "id" or plain_name(name).endswith(("id", "uuid"))
            yield value, _Source(number, "ID" if is_id else name, "", path, collection)


def _header(name: str) -> str:
    return f"tr -d '\\r' | sed -n 's/^{name}: *//Ip'"


def _members(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Texts and numbers of a body, with their jq paths."""
    if depth > _DEPTH:
        return
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(f"{path}.{json.dumps(name)}", member) for name, member in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path or '.'}[{index}]", item) for index, item in enumerate(value[:_ITEMS])]
    for name, member in inner:
        if isinstance(member, str | int) and not isinstance(member, bool) and str(member):
            yield name, str(member)
        yield from _members(member, name, depth + 1)


def _names(place: str, collection: str) -> bool:
    """Whether a path segment, a member or a parameter is called after a collection: `authors`, `author_id`."""
    stem = re.sub(r"ies$", "y", plain_name(collection)).removesuffix("s")
    return bool(stem) and re.fullmatch(rf"{re.escape(stem)}s?(?:id|uuid|slug|key)?s?", plain_name(place)) is not None


def _placed(path: str) -> list[_Used]:
    segments = path.split("/")
    return [(unquote(segment), before) for before, segment in zip(["", *segments], segments, strict=False)]


def _used(step: SequenceStep, literal: set[str]) -> Iterator[_Used]:
    """The values of a request that may come from an earlier response."""
    path, _, query = step.exchange.request.target.partition("?")
    yield from _placed(path)
    for name, value in _queried(query):
        if _is_taken_over(name, value, step, literal):
            yield value, name
    yield from ((value, name) for name, value in step.exchange.request.headers if name.lower() in _CONDITIONS)
    body = json_or_none(step.exchange.request.body)
    yield from ((str(value), name) for name, value in _leaves(body) if _refers(name, step))


def _queried(query: str) -> list[tuple[str, str]]:
    return [(unquote(name), unquote(value)) for name, _, value in (pair.partition("=") for pair in query.split("&"))]


def _is_taken_over(name: str, value: str, step: SequenceStep, literal: set[str]) -> bool:
    """Whether a query parameter repeats what a server chose, a cursor or an ID, and not what the run made up."""
    if _refers(name, step) or plain_name(name).endswith("id"):
        return True
    return not value.isdecimal() and value not in literal


def _refers(name: str, step: SequenceStep) -> bool:
    return name in step.references


def _literals(step: SequenceStep) -> set[str]:
    """What a body says of its own."""
    leaves = _leaves(json_or_none(step.exchange.request.body))
    return {str(value) for name, value in leaves if not _refers(name, step)}


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif value is not None and not isinstance(value, bool):
        yield name, value


def _with_variables(step: SequenceStep, variables: Mapping[_Used, str], literal: set[str]) -> Request:
    """The request with shell variables in its path, query, conditions and references."""
    request = step.exchange.request
    path, mark, query = request.target.partition("?")
    parts = zip(_placed(path), path.split("/"), strict=True)
    segments = [_shown(value, place, part, variables) for (value, place), part in parts]
    pairs = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if _is_taken_over(unquote(name), unquote(value), step, literal):
            value = _shown(unquote(value), unquote(name), value, variables)
        pairs.append(name + equals + value)
    headers = tuple(
        (name, _shown(value, name, value, variables) if name.lower() in _CONDITIONS else value)
        for name, value in request.headers
    )
    return replace(
        request,
        target="/".join(segments) + mark + "&".join(pairs),
        headers=headers,
        body=_body(step, variables),
    )


def _shown(value: str, place: str, otherwise: str, variables: Mapping[_Used, str]) -> str:
    return f"${{{variables[value, place]}}}" if (value, place) in variables else otherwise


def _body(step: SequenceStep, variables: Mapping[_Used, str]) -> bytes | None:
    body = step.exchange.request.body
    value = json_or_none(body)
    moved = _moved(value, "", step, variables)
    if moved == value:
        return body
    text = json.dumps(moved, ensure_ascii=False)
    return re.sub(r'"\0(\w+)"', r"${\1}", text.replace("\\u0000", "\0")).encode("utf-8", "surrogatepass")


def _moved(value: Any, name: str, step: SequenceStep, variables: Mapping[_Used, str]) -> Any:
    if isinstance(value, dict):
        return {key: _moved(member, key, step, variables) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(item, name, step, variables) for item in value]
    if isinstance(value, bool) or value is None or not _refers(name, step) or (str(value), name) not in variables:
        return value
    variable = variables[str(value), name]
    return f"${{{variable}}}" if isinstance(value, str) else f"\0{variable}"
