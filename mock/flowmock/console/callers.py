"""The callers of the mock, without their tokens, and how a request carries a credential."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from flowcontract.errors import UsageError
from flowcontract.openapi.model import Operation, SecurityScheme
from flowmock.journal.curl import VARIABLE, basic
from flowmock.security import Tokens

ANONYMOUS, INVALID = "anonymous", "invalid"
_LONG = 16
"""Characters of a token whose ends may be shown: the rest cannot be guessed."""


def as_json(tokens: Tokens, operations: Iterable[Operation]) -> dict[str, Any]:
    """The accepted tokens, masked and numbered, and how each security scheme of the operations carries one.

    `variable`: what stands for a token in commands; empty where any token will do.
    """
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
                "resource_ids": sorted(caller.resource_ids) if caller.resource_ids is not None else None,
            }
            for number, (value, caller) in enumerate(tokens.known.items(), 1)
        ],
        "schemes": [_scheme(scheme, to_copy(tokens)) for scheme in schemes.values()],
        "variable": VARIABLE if tokens.known else "",
    }


def to_copy(tokens: Tokens) -> str:
    """What stands for a token in text that can be copied: a variable for the mock's own, which are never printed.

    A mock that accepts any token gets one that works as it is.
    """
    return VARIABLE if tokens.known else tokens.usable


def masked(token: str) -> str:
    """A token with everything but its ends masked; a short one is masked completely."""
    return f"{token[:3]}…{token[-2:]}" if len(token) >= _LONG else "…"


def credential(tokens: Tokens, caller: str) -> str | None:
    """The token of a caller: none for `anonymous`, an invalid one for `invalid`, else that of a token's number.

    Without a caller, the token with the most permissions. Raises UsageError for an unknown number.
    """
    if caller == ANONYMOUS:
        return None
    if caller == INVALID:
        # A mock that accepts any token still rejects one that contains a space.
        return "no-such-token" if tokens.known else "not a token"
    if not caller:
        return tokens.usable
    numbered = {str(number): value for number, value in enumerate(tokens.known, 1)}
    if caller not in numbered:
        choices = ", ".join([ANONYMOUS, INVALID, *numbered])
        raise UsageError(f"unknown caller {caller[:40]!r}.", do=f"Use one of: {choices}.")
    return numbered[caller]


def credential_parameters(operation: Operation, token: str) -> Iterator[tuple[str, str, str]]:
    """How a call of an operation carries a token: `header` or `query`, name and value."""
    alternatives = [alternative for alternative in operation.security if alternative]
    for scheme in alternatives[0] if alternatives else ():
        yield _parameter(scheme, token)


def _parameter(scheme: SecurityScheme, token: str) -> tuple[str, str, str]:
    is_variable = token == VARIABLE
    if scheme.kind == "apiKey":
        if scheme.location == "cookie":
            return "header", "Cookie", f"{scheme.parameter}={token if is_variable else quote(token, safe='')}"
        return scheme.location, scheme.parameter, token
    if scheme.kind == "http" and scheme.scheme == "basic":
        # The shell cannot encode it: the variable holds the encoded credentials.
        return "header", "Authorization", f"Basic {token if is_variable else basic(token)}"
    name = scheme.scheme.capitalize() if scheme.kind == "http" else "Bearer"
    return "header", "Authorization", f"{name} {token}"


def _scheme(scheme: SecurityScheme, token: str) -> dict[str, str]:
    location, name, value = _parameter(scheme, token)
    is_basic = value.startswith("Basic ")
    return {
        "name": scheme.name,
        "sent": f"?{name}={value}" if location == "query" else f"{name}: {value}",
        "holds": "user:token in Base64" if is_basic else "the token",
    }
