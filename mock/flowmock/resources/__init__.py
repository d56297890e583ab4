"""The resources of a contract, whatever clients change: their items, references between them, and their lists."""
