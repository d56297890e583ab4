"""Scenarios: named behavior that a client can activate."""
