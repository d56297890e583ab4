"""Request bodies: valid, or with one mutation. They are sent with --allow-unsafe only."""

import copy
import json
from typing import Any

from flowcontract.checks.probe import Expect, Probe
from flowcontract.generation.dictionary import ALPHABETS
from flowcontract.generation.mutations.operation_context import INVALID, MutationContext, Nonce, kind
from flowcontract.generation.mutations.random_choice import SeededRandom

_ALPHABETS = tuple(ALPHABETS)
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 10**40, "", "\0", "null", "k" * 5000, "\ud800",
    [], {}, [None], {"a": {}},
)  # fmt: skip


@kind(30, "body")
def content(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A valid body, unchanged, with one value changed, or truncated."""
    body = copy.deepcopy(rng.pick(context.bodies))
    style = rng.pick(("valid", "wrong value", "missing property", "unknown property", "cut"))
    name = nonce.text()
    if isinstance(body, dict) and body:
        field = rng.pick(sorted(body))
        if style == "wrong value":
            body[field] = rng.pick(_ODD_VALUES) if rng.below(3) else rng.text(ALPHABETS[rng.pick(_ALPHABETS)], 9)
        elif style == "missing property":
            del body[field]
        elif style == "unknown property":
            body[name] = rng.pick(_ODD_VALUES)
    text = json.dumps(body)
    if style == "cut":
        text = text[: rng.below(len(text))]
    values = context.existing(rng)
    media = next(iter(context.operation.request_media))
    return Probe(
        name=f"body/{style}",
        reason="a body is accepted or rejected, as documented",
        operation=context.operation.id,
        request=context.builder.request(
            context.raw(values), context.valid, headers=(("Content-Type", media), ("X-Fuzz", name)), body=text.encode()
        ),
        expect=Expect.DOCUMENTED,
        values=values,
        tolerated=INVALID if style != "valid" else (),
        odd=style == "cut",
        trigger=style,
    )
