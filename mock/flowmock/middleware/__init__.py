"""The ASGI layers of the mock."""
