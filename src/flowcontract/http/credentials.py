"""The shell expressions that stand for the caller's credentials in requests, and their values.

A variable is named `FLOWCONTRACT_…`; its value stands in `Target.tokens`. In a request, and in a printed curl command,
only expressions of these forms appear:

| expression | value |
|---|---|
| `${NAME}` | the value |
| `${NAME%?}`, `${NAME^^}`, `${NAME,,}` | without its last character, in upper case, in lower case |
| `${NAME#*:}` | what follows the first colon: the password of `USER:PASSWORD` |
| `${NAME_URLENCODED}` | percent-encoded, for a query parameter |
| `$(printf %s "${NAME}" \\| base64 -w0)` | in base64, for HTTP Basic; also `${NAME%?}` |
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote

TOKEN = "FLOWCONTRACT_TOKEN"  # noqa: S105 - the name of a variable
"""The token of the caller, who has permission to read everything."""
TOKEN_NONE = "FLOWCONTRACT_TOKEN_NONE"  # noqa: S105
"""The token of a caller without any permission."""
OTHER_TOKEN = "FLOWCONTRACT_OTHER_TOKEN"  # noqa: S105
"""The token of a second user, who must not have access to the first user's resources."""
READ_ONLY_TOKEN = "FLOWCONTRACT_READ_ONLY_TOKEN"  # noqa: S105
"""The token of a caller who may read what the first may read, and change nothing."""
OPTIONS = {
    TOKEN: "--token",
    TOKEN_NONE: "--token-none",
    OTHER_TOKEN: "--other-token",
    READ_ONLY_TOKEN: "--read-only-token",
}
"""The options that give these tokens."""
AUTH = "FLOWCONTRACT_AUTH"
"""USER:PASSWORD of the caller, for HTTP Basic (RFC 7617)."""
PROXY_AUTH = f"{AUTH}_PROXY"
"""USER:PASSWORD for the forward proxy: no request has it but the client's own header, and no option names it."""
PASSWORD = """$(printf %s flowcontract:"${FLOWCONTRACT_TOKEN}" | base64 -w0)"""  # noqa: S105
"""The shell expression of the token as the password of Basic credentials."""
BASIC = """$(printf %s "${FLOWCONTRACT_AUTH}" | base64 -w0)"""
"""The shell expression of USER:PASSWORD as Basic credentials."""
CUT_BASIC = """$(printf %s "${FLOWCONTRACT_AUTH%?}" | base64 -w0)"""
"""The same without the last character of the password."""

_URLENCODED = "_URLENCODED"
_NAME = r"FLOWCONTRACT_(?:TOKEN|OTHER_TOKEN|READ_ONLY_TOKEN|AUTH|KEY|HEADER)(?:_[A-Z0-9_]+)?"
_BASE64 = rf'\$\(printf %s (flowcontract:)?"\$\{{({_NAME})(%\?)?\}}" \| base64 -w0\)'
EXPRESSION = re.compile(rf"{_BASE64}|\$\{{({_NAME})(%\?|\^\^|,,|#\*:)?\}}")
"""Any shell expression of ours in a text."""


def key_variable(scheme: str) -> str:
    """The variable of the API key of a security scheme."""
    return f"FLOWCONTRACT_KEY_{_capitals(scheme)}"


def header_variable(name: str) -> str:
    """The variable of the value of an extra header."""
    return f"FLOWCONTRACT_HEADER_{_capitals(name)}"


def in_query(variable: str, values: Mapping[str, str]) -> str:
    """The expression of a variable as the value of a query parameter."""
    value = values.get(variable, "")
    return f"${{{variable}}}" if quote(value, safe="") == value else f"${{{variable}{_URLENCODED}}}"


def variables(text: str) -> frozenset[str]:
    """The variables whose values a text needs."""
    names = (match[2] or match[4] for match in EXPRESSION.finditer(text))
    return frozenset(name.removesuffix(_URLENCODED) for name in names)


def option(variable: str) -> str:
    """The option that gives the value of a variable."""
    if variable in OPTIONS:
        return OPTIONS[variable]
    kinds = {AUTH: "--auth", "FLOWCONTRACT_KEY_": "--api-key", "FLOWCONTRACT_HEADER_": "--header"}
    return next(name for begin, name in kinds.items() if variable.startswith(begin))


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace shell expressions by their values; an unknown variable is empty, as in a shell."""

    def value(match: re.Match[str]) -> str:
        user, in_base64, cut, variable, change = match.groups()
        if in_base64:
            secret = _value(in_base64, values)
            return as_base64((user or "") + (secret[:-1] if cut else secret))
        plain = _value(variable, values)
        if change == "#*:":
            return plain.partition(":")[2]
        return {"%?": plain[:-1], "^^": plain.upper(), ",,": plain.lower()}.get(change, plain)

    return EXPRESSION.sub(value, text) if "FLOWCONTRACT_" in text else text


def as_base64(text: str) -> str:
    """A text in UTF-8 and base64, as HTTP Basic sends it."""
    return b64encode(text.encode()).decode("ascii")


def _value(variable: str, values: Mapping[str, str]) -> str:
    if variable not in values and variable.endswith(_URLENCODED):
        return quote(values.get(variable.removesuffix(_URLENCODED), ""), safe="")
    return values.get(variable, "")


def _capitals(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "UNNAMED"
