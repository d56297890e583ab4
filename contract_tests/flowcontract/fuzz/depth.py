"""Cases that Schemathesis and Hypothesis think of: few, and slow to draw beside breadth, but shaped by the schemas."""

from dataclasses import replace
from urllib.parse import unquote

from flowcontract import generated
from flowcontract.fuzz.deck import Deck
from flowcontract.fuzz.plan import DEPTH_BLOCK
from flowcontract.probe import Expect, Probe


def block(deck: Deck, seed: int, number: int) -> tuple[Probe, ...]:
    """The cases of one block: the same for the same contract, seed, number and version of the libraries."""
    drawn = generated.cases(deck.contract, deck.operation, seed=seed * 1_000_003 + number, count=DEPTH_BLOCK)
    return tuple(_probe(deck, case) for case in drawn)


def _probe(deck: Deck, case: generated.Case) -> Probe:
    values = {name: unquote(raw, errors="surrogateescape") for name, raw in case.path.items()}
    request = deck.form.request(dict(case.path), deck.good, headers=case.headers, query=case.query, body=case.body)
    probe = Probe(
        "key/generated",
        case.reason,
        deck.operation.id,
        request,
        Expect.ANY,
        values,
        odd=True,
        trigger="generated input",
    )
    if case.plain and deck.shapes:
        name = deck.parameters[-1]
        expect, odd, seen = deck.expected(name, case.path.get(name, ""), values.get(name, ""), values)
        return replace(probe, expect=expect, odd=odd, values=seen, plausible=True)
    return probe
