"""Compatibility of clients with other releases: the diff of two contracts, and real clients run against the mock."""
