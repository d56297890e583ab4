"""What an answer tells that it should not: the inside of the server, the caller's input, credentials."""

import re
from collections.abc import Iterator
from functools import lru_cache

from flowcontract.checks.interaction import Context, Interaction, Violation

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


def inside(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No trace, path, query or setting of the server, in an error or a header."""
    headers = interaction.response.headers
    error = interaction.status >= 400
    asked = interaction.exchange.request.target
    for kind, pattern, texts in (
        ("trace", _TRACES, [interaction.text] if error or not interaction.is_json else []),
        ("file path", _PATHS, [interaction.text] if error else []),
        ("setting", _SETTINGS, [interaction.text] if error else []),
        ("trace", _TRACES, [f"{name}: {value}" for name, value in headers if name.lower() != "allow"]),
    ):
        for text in texts:
            found = _found(pattern, text)
            if found and found not in asked:
                message = f"An answer without a {kind} of the server's was expected; it holds {found[:80]!r}."
                yield Violation("information-disclosure", message, interaction.operation.pointer, kind)
                return


def _found(pattern: re.Pattern[str], text: str) -> str:
    """What a pattern finds first. Most answers say the same in many lines, so short texts are looked up only once."""
    return _found_once(pattern, text) if len(text) < _SHORT else _search(pattern, text)


def _search(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


_found_once = lru_cache(maxsize=4096)(_search)


def existence(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No answer to a caller without credentials names a key that exists and was not asked for."""
    if interaction.operation.is_open or interaction.with_credentials:
        return
    asked = interaction.exchange.request.target
    named = [key for key in context.known if len(key) >= _DISTINCT and key not in asked and key in interaction.text]
    if named:
        yield Violation(
            "resource-enumeration",
            f"No word of what exists was expected; {min(named)!r} came.",
            interaction.operation.pointer + "/security",
            "names",
        )


def reflection(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No error repeats the key; no answer carries markup or headers that came with the request."""
    pointer = interaction.operation.pointer
    if interaction.response.header("X-Flowcontract-Injected") is not None:
        yield Violation(
            "reflected-input", "A header was expected to stay a key; it came back as a header.", pointer, "header"
        )
    if interaction.status < 400:
        return
    keys = [
        value for value in interaction.probe.values.values() if len(value) >= _DISTINCT and value in interaction.text
    ]
    markup = "<script>alert(1)" in interaction.text and not interaction.is_json
    if markup or (keys and interaction.is_json):
        yield Violation(
            "reflected-input",
            "An error with a fixed text was expected; it repeats the input.",
            pointer,
            "markup" if markup else "key",
        )


def secret(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No credentials in an answer. A token's value was already replaced by its shell expression."""
    response = interaction.response
    texts = [interaction.text, *(value for _, value in response.headers)]
    sent = [
        value.rpartition(" ")[2]
        for name, value in interaction.exchange.request.headers
        if name.lower() == "authorization"
    ]
    marks = ["${FLOWCONTRACT_TOKEN", *(value for value in sent if value.startswith("flowcontract-"))]
    if any(mark in text for mark in marks for text in texts):
        yield Violation(
            "credential-leak",
            "An answer without credentials was expected; it holds a token.",
            interaction.operation.pointer,
            "token",
        )
