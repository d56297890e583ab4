"""Who may call the mock, in words that give no token away; and how a call shows a credential."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from flowcontract.errors import UsageError
from flowcontract.openapi.model import Operation, SecurityScheme
from flowmock.security import Tokens

VARIABLE = "${FLOWCONTRACT_TOKEN}"
"""Stands for a token in whatever can be copied; a shell puts the value in."""
ANONYMOUS, REFUSED = "anonymous", "refused"
_LONG = 16
"""Characters from which on the ends of a token may be shown: what is left cannot be guessed."""


def listed(tokens: Tokens, operations: Iterable[Operation]) -> dict[str, Any]:
    """The tokens that are accepted, masked, by number; and every way in which the operations want one shown."""
    schemes = {
        scheme.name: scheme for operation in operations for alternative in operation.security for scheme in alternative
    }
    return {
        "any": not tokens.known,
        "tokens": [
            {
                "number": number,
                "masked": masked(value),
                "role": caller.role,
                "keys": sorted(caller.keys) if caller.keys is not None else None,
            }
            for number, (value, caller) in enumerate(tokens.known.items(), 1)
        ],
        "schemes": [_told(scheme) for scheme in schemes.values()],
        "variable": VARIABLE,
    }


def masked(token: str) -> str:
    """As much of a token as helps to tell it from others, and no more."""
    return f"{token[:3]}…{token[-2:]}" if len(token) >= _LONG else "…"


def credential(tokens: Tokens, caller: str) -> str | None:
    """The token of a caller: `anonymous` has none, `refused` a wrong one, else it is the number of a listed one.

    Without a caller it is one that may view the most. Raises UsageError for a number that is none.
    """
    if caller == ANONYMOUS:
        return None
    if caller == REFUSED:
        # A mock that takes any token refuses only what can be none.
        return "no-such-token" if tokens.known else "not a token"
    if not caller:
        return tokens.usable
    numbered = {str(number): value for number, value in enumerate(tokens.known, 1)}
    if caller not in numbered:
        choices = ", ".join([ANONYMOUS, REFUSED, *numbered])
        raise UsageError(f"a caller was expected, not {caller[:40]!r}.", do=f"There are: {choices}.")
    return numbered[caller]


def sent(operation: Operation, token: str) -> Iterator[tuple[str, str, str]]:
    """How a call of an operation shows a token: `header` or `query`, name and value."""
    alternatives = [alternative for alternative in operation.security if alternative]
    for scheme in alternatives[0] if alternatives else ():
        yield _sent(scheme, token)


def _sent(scheme: SecurityScheme, token: str) -> tuple[str, str, str]:
    is_variable = token == VARIABLE
    if scheme.kind == "apiKey":
        if scheme.location == "cookie":
            return "header", "Cookie", f"{scheme.parameter}={token if is_variable else quote(token, safe='')}"
        return scheme.location, scheme.parameter, token
    if scheme.kind == "http" and scheme.scheme == "basic":
        # A shell cannot encode it in passing: the variable holds what comes after the scheme.
        return "header", "Authorization", f"Basic {token if is_variable else _basic(token)}"
    spoken = scheme.scheme.capitalize() if scheme.kind == "http" else "Bearer"
    return "header", "Authorization", f"{spoken} {token}"


def _basic(token: str) -> str:
    return base64.b64encode(f"user:{token}".encode()).decode()


def _told(scheme: SecurityScheme) -> dict[str, str]:
    place, name, value = _sent(scheme, VARIABLE)
    is_basic = value.startswith("Basic ")
    return {
        "name": scheme.name,
        "sent": f"?{name}={value}" if place == "query" else f"{name}: {value}",
        "holds": "user:token in Base64" if is_basic else "the token",
    }
