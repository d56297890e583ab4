"""The mock's own interface, in front of everything that it mocks."""

from collections.abc import Awaitable, Callable
from functools import cached_property

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/__mock__"
"""Where the mock's own interface begins."""


class Admin:
    """Serves what is under PREFIX by the mock's own interface."""

    def __init__(self, app: ASGIApp, make: Callable[[], ASGIApp]) -> None:
        """`make`: makes the interface, when it is first called."""
        self.app = app
        self._make = make

    @cached_property
    def _interface(self) -> ASGIApp:
        return self._make()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        path = scope["path"]
        if PREFIX not in path:
            return self.app(scope, receive, send)
        root = scope.get("root_path", "") + PREFIX
        if path.startswith(f"{root}/"):
            return self._interface({**scope, "root_path": root}, receive, send)
        if path == root:
            return RedirectResponse(f"{root}/")(scope, receive, send)
        return self.app(scope, receive, send)
