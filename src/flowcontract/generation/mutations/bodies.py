"""Cases about the request's content: right, or with one thing wrong. They are sent under --allow-unsafe only."""

import copy
import json
from typing import Any

from flowcontract.checks.probe import Expect, Probe
from flowcontract.generation.dictionary import ALPHABETS
from flowcontract.generation.mutations.operation_context import INVALID, Deck, Nonce, kind
from flowcontract.generation.mutations.random_choice import Dice

_ALPHABETS = tuple(ALPHABETS)
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 10**40, "", "\0", "null", "k" * 5000, "\ud800",
    [], {}, [None], {"a": {}},
)  # fmt: skip


@kind(30, "body")
def content(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A valid body, as it is or with one value changed, or cut in the middle."""
    body = copy.deepcopy(dice.pick(deck.bodies))
    style = dice.pick(("valid", "wrong value", "missing property", "unknown property", "cut"))
    name = nonce.text()
    if isinstance(body, dict) and body:
        field = dice.pick(sorted(body))
        if style == "wrong value":
            body[field] = dice.pick(_ODD_VALUES) if dice.below(3) else dice.text(ALPHABETS[dice.pick(_ALPHABETS)], 9)
        elif style == "missing property":
            del body[field]
        elif style == "unknown property":
            body[name] = dice.pick(_ODD_VALUES)
    text = json.dumps(body)
    if style == "cut":
        text = text[: dice.below(len(text))]
    values = deck.existing(dice)
    media = next(iter(deck.operation.request_media))
    return Probe(
        name=f"body/{style}",
        reason="a body is accepted or refused, as the contract documents",
        operation=deck.operation.id,
        request=deck.form.request(
            deck.raw(values), deck.good, headers=(("Content-Type", media), ("X-Fuzz", name)), body=text.encode()
        ),
        expect=Expect.DOCUMENTED,
        values=values,
        tolerated=INVALID if style != "valid" else (),
        odd=style == "cut",
        trigger=style,
    )
