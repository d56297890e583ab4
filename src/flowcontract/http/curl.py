"""Requests as curl commands."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from flowcontract.http.credentials import EXPRESSION
from flowcontract.http.messages import Request, Response
from flowcontract.http.target import Target


def quote(word: str) -> str:
    """Quote a word for a shell, leaving our expressions to be expanded by it."""
    return quoted(word)


_WAIT = 5
"""Seconds in which a server sends a body in response to HEAD, if it sends any."""


def curl(
    target: Target, request: Request, quote: Callable[[str], str] = quote, *, response: Response | None = None
) -> str:
    """The shell command that repeats this request; shell expressions stand for credentials.

    `--path-as-is`, `--globoff` and `--request-target` keep the target byte for byte. `quote` quotes a word;
    `response`: what the command is to show.
    """
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if request.method == "HEAD" and response is not None and response.surplus:
        words += ["-X", "HEAD", "--max-time", str(_WAIT)]  # With `--head`, curl reads no body.
    elif request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET" or request.body is not None:
        words += ["-X", quote(request.method)]
    named = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        words += ["-H", quote(f"{name}: {value}" if value.strip() else f"{name};")]
    if "accept" not in named:
        words += ["-H", quote("Accept:")]
    if request.body is not None:
        if "content-type" not in named:
            words += ["-H", quote("Content-Type:")]
        # After `--data-binary`, curl takes what begins with `@` for the name of a file.
        option = "--data-raw" if request.body.startswith(b"@") else "--data-binary"
        words += [option, quote(request.body.decode("utf-8", "surrogateescape"))]
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


def quoted(word: str, variables: re.Pattern[str] | None = None, *, any_shell: bool = False) -> str:
    """Quote a word for a shell, leaving our expressions and those of a pattern to be expanded by it.

    Long repetitions, such as a parameter 1,200 times, are written by printf. `any_shell`: without `$'…'`,
    which not every shell knows.
    """
    if len(word) < _LONG and re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII):
        return word
    pieces = []
    last = 0
    found = [*EXPRESSION.finditer(word), *(variables.finditer(word) if variables else ())]
    for match in sorted(found, key=lambda match: match.start()):
        pieces += [_literal(word[last : match.start()], any_shell), f'"{match[0]}"']
        last = match.end()
    return "".join([*pieces, _literal(word[last:], any_shell)]) or "''"


def _literal(text: str, any_shell: bool) -> str:
    """A literal shell word, with printf for what is repeated."""
    if not _LONG <= len(text) <= _SEARCHED:
        return _quoted(text, any_shell)
    pieces = []
    last = 0
    for match in _REPEATED.finditer(text):
        if len(match[0]) >= _LONG:
            unit = match[1].replace("\\", "\\\\").replace("%", "%%")
            count = len(match[0]) // len(match[1])
            pieces += [_quoted(text[last : match.start()], any_shell), f"\"$(printf '{unit}%.0s' $(seq {count}))\""]
            last = match.end()
    return "".join([*pieces, _quoted(text[last:], any_shell)])


def _quoted(text: str, any_shell: bool) -> str:
    """A literal shell word: in single quotes, or with escapes for what a terminal would not show."""
    if not all(" " <= character <= "~" for character in text):
        if any_shell:
            return "\"$(printf '" + "".join(_octal(byte) for byte in text.encode("utf-8", "surrogateescape")) + "')\""
        return "$'" + "".join(_ansi_c(byte) for byte in text.encode("utf-8", "surrogateescape")) + "'"
    return "'" + text.replace("'", "'\"'\"'") + "'" if text else ""


def _ansi_c(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return "\\" + character
    return character if 32 <= byte < 127 else f"\\x{byte:02x}"


def _octal(byte: int) -> str:
    character = chr(byte)
    if character == "%":
        return "%%"
    return character if 32 <= byte < 127 and character not in "\\'" else f"\\{byte:03o}"
