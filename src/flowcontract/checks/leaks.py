"""Leak checks: internals of the server, the caller's input, existing resources and credentials in responses."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote, unquote_plus

from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.http.credentials import EXPRESSION, expand
from flowcontract.http.secret_detection import may_be_secret, words_of
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.text import one_line, url_without_secrets

_TRACES = re.compile(
    r"Traceback \(most recent call last\)|^\s*File \"[^\"]+\", line \d+|\.(?:py|rb|php)\"?, line \d+"
    r"|\.rb:\d+:in\b|(?:^|\\n|&nbsp;)\s*at (?:async |new )?[\w.$<>]+ ?\([^)\n]*:\d+(?::\d+)?\)"
    r"|goroutine \d+ \[|panicked at|Exception in thread"
    r"|\.php(?:</b>)? on line (?:<b>)?\d|\) in \S+:line \d|\b(?:System|Microsoft)\.[\w.]*Exception\b"
    r"|(?:java|org|com)\.[\w.]+(?:Exception|Error)\b|\b(?:psycopg2?|sqlite3|sqlalchemy|MySQLdb)\.\w[\w.]*"
    r"|\bORA-\d{5}|syntax error at or near|You have an error in your SQL syntax|(?-i:\bSELECT\b.{1,200}\bFROM\b)"
    r"|\b(?:Operational|Programming|Integrity)Error\b|SQLSTATE\[|relation \\?\"[^\"]+\" does not exist"
    r"|\*\* \([\w.]+(?:Error|Exception)\)|\bE(?:CONNREFUSED|NOTFOUND|HOSTUNREACH)\b|\buid=\d+\([\w-]+\) gid="
    r"|Werkzeug Debugger|root:[x*]:0:0:|\"stack_?trace\"\s*:\s*[\"\[]|stack (?:trace|backtrace):\s",
    re.MULTILINE | re.IGNORECASE,
)
_PATHS = re.compile(
    r"(?<![\w/.:-])/(?:usr|home|var|opt|srv|root|etc|tmp|app|code|workspace|lib|mnt|data|proc|Users|private)"
    r"/[\w.@-]+[\w/.@-]*|\b[A-Z]:\\\\?[\w .-]+\\"
    r"|(?<![\w.])(?:/[\w.-]+){2,}\.(?:py|rb|php|js|ts|go|rs|java|class|so|conf|ya?ml|toml|sqlite3?|db)\b"
)
_URLS = re.compile(r"(?:\b[a-z][a-z0-9+.-]*:)?//[^\s\"'<>]+|\b(?:src|href|action)\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.I)
"""URLs, and attributes that hold one: their paths are not paths of the server's disk."""
_SETTINGS = re.compile(
    r"\b(?:SECRET_KEY|DATABASE_URL|AWS_SECRET\w*|PASSWORD|PRIVATE KEY|API_KEY)\b\s*[=:\"']", re.IGNORECASE
)
_HOSTS = re.compile(
    r"(?://|(?<![\w.-]))(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}:\d{2,5}\b"
    r"|//(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:svc\.cluster\.local\b|(?:internal|intranet|localdomain|corp):\d{2,5}\b)"
)
"""Private addresses as of servers, with a port or in a URL: an address alone may be the caller's. Internal names."""
_KEYS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://(?!(?i:user(?:name)?:(?:pass(?:word|wd)?|pwd)@))[^\s/:@\"'<>]+:[^\s/@\"'<>]+@[\w.-]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""URLs with a password, but not those that show where it stands, `user:password@`; and private keys."""
_SECRET_MEMBER = re.compile(
    r"(?:\w*_)?(?:password|passwd|passphrase|secret|secret_key|private_key|api_key|access_token|refresh_token)(?:_hash)?"
)
"""Names of members whose texts are secrets, as words in lower case with `_` between. Fewer than are redacted: a login
returns a `token`."""
_NAMES = {
    "trace": "stack trace or database error",
    "file path": "file path of the server",
    "setting": "server setting",
    "host": "address of an internal host",
    "key": "password or private key",
}
_EDGE = 20_000
"""Characters at each end of a long response that are searched for a trace."""
_CACHED_TEXT = 1000
"""Longest text, in characters, whose search result is cached."""
_MATCHES = 20
"""Matches in a text that are looked at: the first ones may quote the request."""
_HEADER = re.compile(r"FLOWCONTRACT_HEADER_([A-Z0-9_]+)")
"""The name of an extra header of the caller, in the expression of its value."""
_LEAST_SECRET = 8
"""Shortest credential, in characters, that does not appear in a text by chance."""
COMPUTATION, _RESULT = "1787*1789", "3196943"
"""What probes put into templates, and what a server that executes it responds with."""
_SECRET_LENGTH = 8
"""Shortest text, in characters, of a member that is a secret and not a mark."""
_DISTINCTIVE = 12
"""Shortest resource ID, in characters, that does not appear in an error response by chance."""


def internals(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No stack trace, file path, query, host, key or setting of the server in an error response or a header.

    No success has an undocumented secret.
    """
    headers = interaction.response.headers
    error = interaction.status >= 400
    request = interaction.request
    body = (request.body or b"").decode("utf-8", "replace")
    requested = f"{context.target.url} {request.target} {unquote_plus(request.target)} {body}"
    lines = [f"{name}: {value}" for name, value in headers if name.lower() != "allow"]
    # Most responses are successes in JSON, of which only the headers are searched. PHP writes a slash in JSON as `\\/`.
    text = interaction.text.replace("\\/", "/") if error or not interaction.is_json else ""
    for kind, pattern, texts in (
        ("trace", _TRACES, [_edges(text)]),
        ("file path", _PATHS, [_URLS.sub("", text)] if error else []),
        ("setting", _SETTINGS, [text] if error else []),
        ("trace", _TRACES, lines),
        ("host", _HOSTS, [text] if error else []),
        ("key", _KEYS, [text, *lines] if error else lines),
    ):
        for match in (match for each in texts for match in _matches(pattern, each)):
            # A message may quote what it was asked: in quotation marks, or followed by a colon.
            name = match.rstrip("=:\"' ")
            # Or it names a field that the contract has.
            if name in requested or name in _property_names(context.contract):
                continue
            if _is_json_pointer(context.contract, name):
                continue
            message = f"Expected no {_NAMES[kind]} in the response, got {url_without_secrets(match)[:80]!r}."
            yield Violation("information-disclosure", message, interaction.operation.pointer, kind)
            return
    if interaction.success and interaction.is_json:
        for name in _undocumented_secrets(context.contract, interaction.json):
            message = f"Expected no undocumented secret in the response, got the field {name!r}."
            yield Violation("information-disclosure", message, interaction.operation.pointer, f"secret {name}")


def _undocumented_secrets(contract: Contract, body: Any) -> Iterator[str]:
    """The names of secrets in members, of an object or of the items of a list, that the contract does not have."""
    documented = _property_names(contract)
    for item in body if isinstance(body, list) else [body]:
        # An object without any documented member is a map: its names are data.
        if isinstance(item, dict) and not documented.isdisjoint(item):
            yield from _secrets({name: part for name, part in item.items() if name not in documented})


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _secrets(item)
    for name, part in value.items() if isinstance(value, dict) else ():
        if not isinstance(part, str):
            yield from _secrets(part)
        elif _KEYS.search(part) or (_SECRET_MEMBER.fullmatch("_".join(words_of(name))) and len(part) >= _SECRET_LENGTH):
            yield name


@lru_cache(maxsize=16)
def _property_names(contract: Contract) -> frozenset[str]:
    """The names of all properties in the document."""
    names: set[str] = set()
    nodes: list[Any] = [contract.document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            names |= set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
    return frozenset(names)


def _is_json_pointer(contract: Contract, text: str) -> bool:
    """Whether a path names a part of a body, as error messages do: `/data/attributes/title`."""
    if not text.startswith("/"):
        return False
    names = _property_names(contract)
    return all(part in names or part.isdecimal() for part in text.strip("/.").split("/"))


def _edges(text: str) -> str:
    """A text without the middle, where it is long: a trace is in place of a response, or it breaks one off."""
    return text if len(text) <= 2 * _EDGE else f"{text[:_EDGE]}\n{text[-_EDGE:]}"


def _matches(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """The first different matches. Most responses repeat, so results are cached, fewer for long texts."""
    return (_cached_search if len(text) < _CACHED_TEXT else _cached_long_search)(pattern, text)


def _search(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0] for match in islice(pattern.finditer(text), _MATCHES)))


_cached_search = lru_cache(maxsize=4096)(_search)
_cached_long_search = lru_cache(maxsize=64)(_search)


def existence(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No denied response to a caller without credentials names an existing resource that was not requested.

    A success of the operation without credentials is another finding.
    """
    served = interaction.success and interaction.request.method == interaction.operation.method
    if interaction.operation.is_open or interaction.with_credentials or served:
        return
    target = interaction.request.target
    requested = f"{target} {unquote(target)}"
    named = [
        value
        for value in context.known_ids
        if len(value) >= _DISTINCTIVE and value not in requested and value in interaction.text
    ]
    if named:
        yield Violation(
            "resource-enumeration",
            f"Response to an unauthenticated request reveals an existing resource: {min(named)!r}.",
            interaction.operation.pointer + "/security",
            "names",
        )


def reflection(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No error response repeats the resource ID; no response has markup or headers from the request."""
    pointer, text = interaction.operation.pointer, interaction.text
    if interaction.response.header("X-Flowcontract-Injected") is not None:
        message = "Expected a line break in the request not to start a response header, got X-Flowcontract-Injected."
        yield Violation("reflected-input", message, pointer, "header")
    if COMPUTATION in unquote(interaction.request.target) and _RESULT in text:
        message = f"Expected {COMPUTATION} in the request to remain text, got its value, {_RESULT}, in the response."
        yield Violation("reflected-input", message, pointer, "expression")
    if interaction.status < 400:
        return
    ids = [value for value in interaction.probe.values.values() if len(value) >= _DISTINCTIVE and value in text]
    if "<script>alert(1)" in text and interaction.content_type in ("text/html", "application/xhtml+xml", ""):
        message = "Expected an error message without markup from the request, got <script>alert(1)."
        yield Violation("reflected-input", message, pointer, "markup")
    elif ids and interaction.is_json:
        message = f'Expected a fixed error message, got one that repeats the resource ID "{one_line(ids[0], 60)}".'
        yield Violation("echoed-resource-id", message, pointer, "key")


def credentials(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No credentials in a response. A token's value was already replaced by its shell expression.

    One as short as a word may be in any text by chance.
    """
    response = interaction.response
    sent = [value.rpartition(" ")[2] for name, value in interaction.request.headers if name.lower() == "authorization"]
    made_up = [value for value in sent if value.startswith("flowcontract-")]

    def is_leak(text: str) -> bool:
        return any(value in text for value in made_up) or any(
            _cannot_be_a_word(match[0], expand(match[0], context.target.tokens)) for match in EXPRESSION.finditer(text)
        )

    # A header may be there several times.
    places = [("the body", interaction.text), *((f"the header {name}", value) for name, value in response.headers)]
    found = [place for place, text in places if is_leak(text)]
    if found[:1] == ["the body"] and interaction.is_json:
        texts = ((at, value) for at, value in pointers.walk(interaction.json) if at and isinstance(value, str))
        found = [f"the body, at {one_line(at, 80)}" for at, text in texts if is_leak(text)] or found
    if found:
        message = f"Expected no credentials in the response, got a token in {found[0]}."
        yield Violation("credential-leak", message, interaction.operation.pointer, "token")


def _cannot_be_a_word(expression: str, value: str) -> bool:
    """Whether a credential appears in no text by chance: a password may be a word, a header may hold a plain value."""
    header = _HEADER.search(expression)
    if header and not may_be_secret(header[1]):
        return False
    return len(value) >= _LEAST_SECRET and not (expression.endswith("#*:}") and value.isalpha())
