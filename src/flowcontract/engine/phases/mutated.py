"""Mutated cases of some operations, with the seed of the session."""

from flowcontract.engine.session import Session
from flowcontract.generation import mutations

CASES = 120
"""Cases of one operation in one session."""


def run(session: Session) -> None:
    """Send mutated cases of each operation; unsafe ones are about objects that the session created."""
    for operation in session.selection.operations:
        if operation.id not in session.known and session.known:
            continue  # What is not served says nothing about its input.
        context = session.context_of(operation)
        items = session.send(mutations.draw(session.contract, context, session.options.seed, CASES))
        session.interactions += items
        if session.is_over:
            return
