"""What an answer tells that it should not: the inside of the server, the caller's input, credentials."""

import re
from collections.abc import Iterator
from functools import lru_cache

from flowcontract.checks.interaction import Answered, Context, Finding

_TRACES = re.compile(
    r"Traceback \(most recent call last\)|^\s*File \"[^\"]+\", line \d+|\.(?:py|rb|php)\"?, line \d+"
    r"|\.rb:\d+:in\b|^\s*at [\w.$<>]+ ?\([^)\n]*:\d+(?::\d+)?\)|goroutine \d+ \[|panicked at|Exception in thread"
    r"|(?:java|org|com)\.[\w.]+(?:Exception|Error)\b|\b[\w.]*(?:psycopg2?|sqlite3|sqlalchemy|MySQLdb)\b[\w.]*"
    r"|\bORA-\d{5}|syntax error at or near|You have an error in your SQL syntax|\bSELECT\b.{1,200}\bFROM\b"
    r"|Werkzeug Debugger|root:[x*]:0:0:|Stack ?trace|stack backtrace",
    re.MULTILINE | re.IGNORECASE,
)
_PATHS = re.compile(
    r"(?<![\w/.:-])/(?:usr|home|var|opt|srv|root|etc|tmp|app|code|workspace|lib|mnt|data|proc|Users|private)"
    r"/[\w.@-]+[\w/.@-]*|\b[A-Z]:\\\\?[\w .-]+\\"
    r"|(?<![\w.])(?:/[\w.-]+){2,}\.(?:py|rb|php|js|ts|go|rs|java|class|so|conf|ya?ml|toml|sqlite3?|db)\b"
)
_SETTINGS = re.compile(
    r"\b(?:SECRET_KEY|DATABASE_URL|AWS_SECRET\w*|PASSWORD|PRIVATE KEY|API_KEY)\b\s*[=:\"']", re.IGNORECASE
)
_SHORT = 1000
_DISTINCT = 12
"""Letters from which on a key is too long to stand in an error by chance."""


def inside(_context: Context, answered: Answered) -> Iterator[Finding]:
    """No trace, path, query or setting of the server, in an error or a header."""
    headers = answered.response.headers
    error = answered.status >= 400
    asked = answered.exchange.request.target
    for kind, pattern, texts in (
        ("trace", _TRACES, [answered.text] if error or not answered.is_json else []),
        ("file path", _PATHS, [answered.text] if error else []),
        ("setting", _SETTINGS, [answered.text] if error else []),
        ("trace", _TRACES, [f"{name}: {value}" for name, value in headers if name.lower() != "allow"]),
    ):
        for text in texts:
            found = _found(pattern, text)
            if found and found not in asked:
                message = f"An answer without a {kind} of the server's was expected; it holds {found[:80]!r}."
                yield Finding("no-leak", message, answered.operation.pointer, kind)
                return


def _found(pattern: re.Pattern[str], text: str) -> str:
    """What a pattern finds first. Most answers say the same in many lines, so short texts are looked up only once."""
    return _found_once(pattern, text) if len(text) < _SHORT else _search(pattern, text)


def _search(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


_found_once = lru_cache(maxsize=4096)(_search)


def existence(context: Context, answered: Answered) -> Iterator[Finding]:
    """No answer to a caller without credentials names a key that exists and was not asked for."""
    if answered.operation.is_open or answered.with_credentials:
        return
    asked = answered.exchange.request.target
    named = [key for key in context.known if len(key) >= _DISTINCT and key not in asked and key in answered.text]
    if named:
        yield Finding(
            "refusal-tells-nothing",
            f"No word of what exists was expected; {min(named)!r} came.",
            answered.operation.pointer + "/security",
            "names",
        )


def reflection(_context: Context, answered: Answered) -> Iterator[Finding]:
    """No error repeats the key; no answer carries markup or headers that came with the request."""
    pointer = answered.operation.pointer
    if answered.response.header("X-Flowcontract-Injected") is not None:
        yield Finding(
            "no-reflection", "A header was expected to stay a key; it came back as a header.", pointer, "header"
        )
    if answered.status < 400:
        return
    keys = [value for value in answered.probe.values.values() if len(value) >= _DISTINCT and value in answered.text]
    markup = "<script>alert(1)" in answered.text and not answered.is_json
    if markup or (keys and answered.is_json):
        yield Finding(
            "no-reflection",
            "An error with a fixed text was expected; it repeats the input.",
            pointer,
            "markup" if markup else "key",
        )


def secret(_context: Context, answered: Answered) -> Iterator[Finding]:
    """No credentials in an answer. A token's value was already replaced by its shell expression."""
    response = answered.response
    texts = [answered.text, *(value for _, value in response.headers)]
    sent = [
        value.rpartition(" ")[2] for name, value in answered.exchange.request.headers if name.lower() == "authorization"
    ]
    marks = ["${FLOWCONTRACT_TOKEN", *(value for value in sent if value.startswith("flowcontract-"))]
    if any(mark in text for mark in marks for text in texts):
        yield Finding(
            "no-secret",
            "An answer without credentials was expected; it holds a token.",
            answered.operation.pointer,
            "token",
        )
