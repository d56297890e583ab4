"""The ASGI middlewares of the mock, one a module; `flowmock.application` puts them in order.

A layer that only passes a request or a message on is a plain function that returns the next layer's awaitable: a
coroutine of its own for each would cost every request a dozen.
"""
