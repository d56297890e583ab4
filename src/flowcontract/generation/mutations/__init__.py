"""Every way to make a case. Importing this package fills the table `flowcontract.generation.mutations.operation_context.KINDS`."""

from flowcontract.generation.mutations import bodies, credentials, queries, resource_ids

__all__ = ["bodies", "credentials", "queries", "resource_ids"]
