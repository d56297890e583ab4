"""Every way to make a case. Importing this package fills the table `flowcontract.fuzz.deck.KINDS`."""

from flowcontract.fuzz.kinds import bodies, callers, keys, queries

__all__ = ["bodies", "callers", "keys", "queries"]
