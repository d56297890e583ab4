"""Mutated cases; importing this package registers every kind of them."""

from flowcontract.generation.mutations import bodies, credentials, queries, resource_ids

__all__ = ["bodies", "credentials", "queries", "resource_ids"]
