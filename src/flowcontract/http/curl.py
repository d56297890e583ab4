"""Requests as curl commands."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote, urlsplit

from flowcontract.http.credentials import EXPRESSION
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.target import Target


def curl(target: Target, request: Request) -> str:
    """The shell command that repeats this request; shell expressions stand for credentials.

    `--path-as-is`, `--globoff` and `--request-target` keep the target byte for byte.
    """
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET" or request.body is not None:
        words += ["-X", quote(request.method)]
    named = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        words += ["-H", quote(f"{name}: {value}" if value.strip() else f"{name};")]
    if "accept" not in named:
        words += ["-H", quote("Accept:")]
    if request.body is not None:
        words += ["--data-binary", quote(request.body.decode("utf-8", "surrogateescape"))]
    parts = urlsplit(target.origin)
    plain = f"{parts.scheme}://{parts.netloc}"
    if re.fullmatch(r"/[!-~]*", request.target) and "#" not in request.target:
        words.append(quote(plain + request.target))
    else:
        words += ["--request-target", quote(request.target), quote(plain)]
    return " ".join(words)


_REPEATED = re.compile(r"([^'!\x00-\x1f\x7f-\U0010ffff]{1,40}?)\1{19,}")
"""A printable text that is repeated."""
_LONG = 200
"""Characters from which on repeated text is written by printf."""
_SEARCHED = 100_000
"""Characters of a text in which repetitions are looked for."""


def quote(word: str) -> str:
    """Quote a word for a POSIX shell, leaving our expressions to be expanded by it.

    Long repetitions are written by printf: nobody wants to read a parameter 1,200 times.
    """
    if len(word) < _LONG and re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII):
        return word
    pieces = []
    last = 0
    for match in EXPRESSION.finditer(word):
        pieces += [_literal(word[last : match.start()]), f'"{match[0]}"']
        last = match.end()
    return "".join([*pieces, _literal(word[last:])]) or "''"


def _literal(text: str) -> str:
    """A literal shell word, with printf for what is repeated."""
    if not _LONG <= len(text) <= _SEARCHED:
        return _quoted(text)
    pieces = []
    last = 0
    for match in _REPEATED.finditer(text):
        if len(match[0]) >= _LONG:
            unit = match[1].replace("\\", "\\\\").replace("%", "%%")
            count = len(match[0]) // len(match[1])
            pieces += [_quoted(text[last : match.start()]), f"\"$(printf '{unit}%.0s' $(seq {count}))\""]
            last = match.end()
    return "".join([*pieces, _quoted(text[last:])])


def _quoted(text: str) -> str:
    """A literal shell word: in single quotes, or with escapes for what a terminal would not show."""
    if not all(" " <= character <= "~" for character in text):
        return "$'" + "".join(_ansi_c(byte) for byte in text.encode("utf-8", "surrogateescape")) + "'"
    return "'" + text.replace("'", "'\"'\"'") + "'" if text else ""


def _ansi_c(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return "\\" + character
    return character if 32 <= byte < 127 else f"\\x{byte:02x}"


def script(target: Target, exchanges: Sequence[tuple[str, Exchange]]) -> str:
    """Shell commands that send a sequence again: IDs, ETags and cursors come from the new responses (needs jq).

    `exchanges`: what each request does, in words, and the exchange.
    """
    lines: list[str] = []
    variables: dict[str, str] = {}
    for number, (label, exchange) in enumerate(exchanges, 1):
        later = [one.request for _, one in exchanges[number:]]
        command = _with_variables(curl(target, exchange.request), variables)
        lines += [f"# {number}. {' '.join(label.split())}", f"response=$({command}); printf '%s\\n\\n' \"$response\""]
        for value, extract in _values(exchange):
            if value not in variables and any(_uses(request, value) for request in later):
                name = f"value_{len(variables) + 1}"
                variables[value] = name
                lines.append(f'{name}=$(printf %s "$response" | {extract})')
    return "\n".join(lines) + "\n"


def _values(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What later requests may take over from a response, and how a shell extracts it."""
    response = exchange.response
    if response is None:
        return
    for header in ("ETag", "Location"):
        if value := response.header(header):
            extract = f"tr -d '\\r' | sed -n 's/^{header}: *//Ip'"
            yield value, extract
            if header == "Location":
                yield value.rstrip("/").rpartition("/")[2], f"{extract} | sed 's:/*$::; s:.*/::'"
    with contextlib.suppress(ValueError, RecursionError):
        for path, value in _members(json.loads(response.body or b"null")):
            yield value, f"tr -d '\\r' | sed '1,/^$/d' | jq -r {quote(path)}"


def _members(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Texts and numbers of an object and of the objects in it, with their jq paths."""
    if isinstance(value, dict) and depth < 3:
        for name, member in value.items():
            inner = f"{path}.{json.dumps(name)}"
            if isinstance(member, str | int) and not isinstance(member, bool) and str(member):
                yield inner, str(member)
            yield from _members(member, inner, depth + 1)


def _uses(request: Request, value: str) -> bool:
    segments = [unquote(part) for part in re.split(r"[/?&=]", request.target)]
    return value in segments or any(value == text for _, text in request.headers)


def _with_variables(command: str, variables: Mapping[str, str]) -> str:
    """A command whose path segments, query values and headers come from shell variables."""
    for value, name in variables.items():
        shown = f"'\"${{{name}}}\"'"
        text = re.escape(quote_url(value))
        command = re.sub(rf"(?<=/){text}(?=[/?'\s]|$)|(?<==){text}(?=[&'\s]|$)", f"\0{name}\0", command)
        command = command.replace(f"If-Match: {value}", f"If-Match: {shown}")
        command = command.replace(f"If-None-Match: {value}", f"If-None-Match: {shown}")
    return _placed(command)


def _placed(command: str) -> str:
    """Put variables into a command: inside quotes the quotes are interrupted."""
    words = []
    quoted = False
    for piece in re.split(r"(\0\w+\0|')", command):
        if piece == "'":
            quoted = not quoted
            words.append(piece)
        elif piece.startswith("\0"):
            name = piece.strip("\0")
            words.append(f"'\"${{{name}}}\"'" if quoted else f'"${{{name}}}"')
        else:
            words.append(piece)
    return "".join(words)


def quote_url(value: str) -> str:
    """A value as a path segment or a query value is written."""
    return percent_encoded(value, safe="-._~")
