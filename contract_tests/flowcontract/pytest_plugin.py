"""Options and fixtures for pytest."""
