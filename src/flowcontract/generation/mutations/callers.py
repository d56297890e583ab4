"""Wrong credentials: tokens of any alphabet, other schemes, tokens with more, with headers that claim something."""

import random
from collections.abc import Iterator

from flowcontract.checks.probe import Probe
from flowcontract.generation.dictionary import ALPHABETS, PLAIN
from flowcontract.generation.parameter_names import FIELDS, PARAMETERS
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.probes.credentials import CLAIMS
from flowcontract.generation.probes.operation_context import title
from flowcontract.generation.request_builder import TOKEN, Credentials, credentials_with, header_of
from flowcontract.openapi.contract import Contract

_REASON = "unauthorized callers are denied"
_SCHEMES = ("Basic", "Token", "Digest", "ApiKey", "Negotiate", "JWT", "OAuth", "AWS4-HMAC-SHA256", "Hawk", "Mutual")
_NOT_IN_A_HEADER = frozenset("\r\n\0${}")
"""Characters that end a header, and those of our own expressions for tokens."""


def denied(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """Callers without permission, for an existing resource if one is known."""
    values = context.any_values
    if context.operation.is_open or values is None or context.target.any_token or not context.unauthorized:
        return
    while True:
        for caller in _callers(context, rng):
            yield context.denied(f"credentials/{caller.label}", caller, _resource(context, rng, values))
            alone = rng.choice(context.unauthorized)
            header, name = rng.choice((*FIELDS, *CLAIMS)), rng.choice(PARAMETERS)
            more = Credentials(
                "with more", _REASON, (*alone.headers, header), "&".join(filter(None, (alone.query, f"{name}=1"))),
                odd=True, trigger=alone.trigger,
                is_somebody=alone.is_somebody,
            )  # fmt: skip
            tolerated = (400, 406, 415, 431, *((404,) if alone.is_somebody else ()))
            yield context.denied(
                f"credentials/with {header[0]}", more, _resource(context, rng, values), tolerated=tolerated
            )


def _resource(context: OperationContext, rng: random.Random, values: dict[str, str]) -> dict[str, str]:
    return rng.choice(context.known) if context.known and title(values) else values


def _callers(context: OperationContext, rng: random.Random) -> Iterator[Credentials]:
    scheme = context.operation.security[0][0]
    # Two letters at least: one in place of the last letter of a token could be the same one.
    word = "".join(rng.choices(PLAIN, k=rng.randint(2, 40)))
    yield _placed(context, "wrong token", word)
    if context.target.tokens.get("FLOWCONTRACT_TOKEN"):
        changed = rng.choice((TOKEN + word, word + TOKEN, "${FLOWCONTRACT_TOKEN%?}" + word, f"{TOKEN}.{word}"))
        yield _placed(context, "token with more", changed)
    if scheme.kind == "apiKey" and scheme.location != "header":
        return
    alphabet = rng.choice(list(ALPHABETS))
    letters = [letter for letter in ALPHABETS[alphabet] if letter not in _NOT_IN_A_HEADER] or ["a"]
    token = "".join(rng.choices(letters, k=rng.randint(1, 20))).strip() or "a"
    trigger = "" if token.isascii() else "a non-ASCII token"
    yield _placed(context, f"{alphabet} token", token, odd=True, trigger=trigger)
    other = rng.choice([name for name in _SCHEMES if name.lower() != scheme.scheme])
    yield Credentials("other scheme", _REASON, ((header_of(scheme), f"{other} {rng.choice((TOKEN, word))}"),))


def _placed(context: OperationContext, label: str, value: str, *, odd: bool = False, trigger: str = "") -> Credentials:
    where = credentials_with(context.operation, value, context.target)
    return Credentials(label, _REASON, where.headers, where.query, odd=odd, trigger=trigger)
