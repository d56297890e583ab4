"""Runs against a server: the gate, comparisons of two servers, and fuzz campaigns."""
