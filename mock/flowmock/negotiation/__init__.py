"""Content negotiation and `Prefer`."""
