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
class ScriptStep:
    """One request of a script."""

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

    @property
    def rank(self) -> tuple[bool, int]:
        """IDs and headers go before members that have the same value by chance."""
        return self.name not in ("ID", "ETag"), self.step


def script(target: Target, steps: Sequence[ScriptStep]) -> str:
    """Shell commands that send a sequence again (they need jq); they end where a response lacks what comes next."""
    variables: dict[str, str] = {}
    taken: dict[int, list[tuple[str, _Source]]] = {}
    commands = []
    literal: set[str] = set()
    for number, step in enumerate(steps, 1):
        sources = list(_sources(steps[: number - 1]))
        for value in _used(step, literal):
            found = [source for shown, source in sources if shown == value]
            if value not in variables and found:
                variables[value] = f"value_{len(variables) + 1}"
                best = min(found, key=lambda source: source.rank)
                taken.setdefault(best.step, []).append((value, best))
        literal |= _literals(step)
        commands.append(curl(target, _with_variables(step, variables, literal), _quoted))
    lines: list[str] = []
    for number, (step, command) in enumerate(zip(steps, commands, strict=True), 1):
        lines += [
            f"# {number}. {' '.join(step.label.split())}",
            f"response=$({command}); printf '%s\\n\\n' \"$response\"",
        ]
        for value, source in taken.get(number, ()):
            lines += _extraction(variables[value], value, source)
    return "\n".join(lines) + "\n"


def _extraction(name: str, value: str, source: _Source) -> Iterator[str]:
    extract = source.extract
    if source.path:
        encoded = "|@uri" if percent_encoded(value, safe="-._~") != value and source.name != "ETag" else ""
        extract = _BODY + quote(f"{source.path} // empty{encoded}")
    yield f'{name}=$(printf %s "$response" | {extract})'
    yield f': "${{{name}:?step {source.step} gave no {source.name}}}"'


def _sources(steps: Sequence[ScriptStep]) -> Iterator[tuple[str, _Source]]:
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
        for path, value in _members(json_or_none(response.body)):
            name = path.rpartition(".")[2].strip('"')
            is_id = plain_name(name) == "id" or plain_name(name).endswith(("id", "uuid"))
            yield value, _Source(number, "ID" if is_id else name, "", path)


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


def _used(step: ScriptStep, literal: set[str]) -> Iterator[str]:
    """The values of a request that may come from an earlier response."""
    path, _, query = step.exchange.request.target.partition("?")
    yield from map(unquote, path.split("/"))
    for name, value in _queried(query):
        if _is_taken_over(name, value, step, literal):
            yield value
    yield from (value for name, value in step.exchange.request.headers if name.lower() in _CONDITIONS)
    yield from (str(value) for name, value in _leaves(json_or_none(step.exchange.request.body)) if _refers(name, step))


def _queried(query: str) -> list[tuple[str, str]]:
    return [(unquote(name), unquote(value)) for name, _, value in (pair.partition("=") for pair in query.split("&"))]


def _is_taken_over(name: str, value: str, step: ScriptStep, literal: set[str]) -> bool:
    """Whether a query parameter repeats what a server chose, a cursor or an ID, and not what the run made up."""
    if _refers(name, step) or plain_name(name).endswith("id"):
        return True
    return not value.isdecimal() and value not in literal


def _refers(name: str, step: ScriptStep) -> bool:
    return name in step.references


def _literals(step: ScriptStep) -> set[str]:
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


def _with_variables(step: ScriptStep, variables: Mapping[str, str], literal: set[str]) -> Request:
    """The request with shell variables in its path, query, conditions and references."""
    request = step.exchange.request
    path, mark, query = request.target.partition("?")
    segments = [_shown(unquote(part), part, variables) for part in path.split("/")]
    pairs = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if _is_taken_over(unquote(name), unquote(value), step, literal):
            value = _shown(unquote(value), value, variables)
        pairs.append(name + equals + value)
    headers = tuple(
        (name, _shown(value, value, variables) if name.lower() in _CONDITIONS else value)
        for name, value in request.headers
    )
    return replace(
        request,
        target="/".join(segments) + mark + "&".join(pairs),
        headers=headers,
        body=_body(step, variables),
    )


def _shown(value: str, otherwise: str, variables: Mapping[str, str]) -> str:
    return f"${{{variables[value]}}}" if value in variables else otherwise


def _body(step: ScriptStep, variables: Mapping[str, str]) -> bytes | None:
    body = step.exchange.request.body
    value = json_or_none(body)
    moved = _moved(value, "", step, variables)
    if moved == value:
        return body
    text = json.dumps(moved, ensure_ascii=False)
    return re.sub(r'"\0(\w+)"', r"${\1}", text.replace("\\u0000", "\0")).encode("utf-8", "surrogatepass")


def _moved(value: Any, name: str, step: ScriptStep, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _moved(member, key, step, variables) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(item, name, step, variables) for item in value]
    if isinstance(value, bool) or value is None or not _refers(name, step) or str(value) not in variables:
        return value
    variable = variables[str(value)]
    return f"${{{variable}}}" if isinstance(value, str) else f"\0{variable}"
