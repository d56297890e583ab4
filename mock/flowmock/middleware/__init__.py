"""The ASGI middlewares of the mock, one a module; `flowmock.application` puts them in order."""
