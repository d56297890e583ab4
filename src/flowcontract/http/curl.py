"""Requests as curl commands."""

import re
from urllib.parse import urlsplit

from flowcontract.http.credentials import EXPRESSION
from flowcontract.http.messages import Request
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


def quote(word: str) -> str:
    """Quote a word for a POSIX shell, leaving our expressions to be expanded by it."""
    if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII):
        return word
    pieces = []
    last = 0
    for match in EXPRESSION.finditer(word):
        pieces += [_literal(word[last : match.start()]), f'"{match[0]}"']
        last = match.end()
    return "".join([*pieces, _literal(word[last:])]) or "''"


def _literal(text: str) -> str:
    """A literal shell word: in single quotes, or with escapes for what a terminal would not show."""
    if not all(" " <= character <= "~" for character in text):
        return "$'" + "".join(_ansi_c(byte) for byte in text.encode("utf-8", "surrogateescape")) + "'"
    return "'" + text.replace("'", "'\"'\"'") + "'" if text else ""


def _ansi_c(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return "\\" + character
    return character if 32 <= byte < 127 else f"\\x{byte:02x}"
