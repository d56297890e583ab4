"""What a fault is: the conforming server with one method replaced, and a conversation that shows it.

    @fault("paging", pages)
    class LastPageIsEmpty(Api):
        \"\"\"The last page of projects is empty.\"\"\"

        def page(self, items, page, size):
            ...

A conversation is a function that sends requests through a Client, and may use what came before. A fault is real
when a conversation comes out differently than with the conforming server; a test holds that for each of them.
"""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .handling import BASE, OWNER
from .messages import NOTHING, Request, Response
from .server import Api


@dataclass(slots=True)
class Client:
    """Sends requests to a server and keeps what a client can see of the responses."""

    serve: Callable[[Request], Response]
    seen: list[tuple[Any, ...]] = field(default_factory=list)

    def send(
        self,
        method: str,
        path: str,
        body: Any = NOTHING,
        *,
        token: str | None = OWNER,
        raw: bytes | None = None,
        media: str = "application/json",
        **headers: str,
    ) -> Response:
        """Header names have `_` for `-`; `raw` is a body that is not the JSON of a value."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            sent.setdefault("authorization", f"Bearer {token}")
        content = b"" if body is NOTHING else json.dumps(body).encode()
        content = content if raw is None else raw
        if (content or raw is not None) and media:
            sent["content-type"] = media
        target = path if path.startswith(BASE) else BASE + path
        response = self.serve(Request(method, target, sent, content))
        self.seen.append(response.shown())
        return response

    def get(self, path: str, **more: Any) -> Response:
        return self.send("GET", path, **more)

    def post(self, path: str, body: Any = NOTHING, **more: Any) -> Response:
        return self.send("POST", path, body, **more)

    def patch(self, path: str, body: Any, etag: str = "", **more: Any) -> Response:
        return self.send("PATCH", path, body, **({"if-match": etag} if etag else {}), **more)

    def put(self, path: str, body: Any, etag: str = "", **more: Any) -> Response:
        return self.send("PUT", path, body, **({"if-match": etag} if etag else {}), **more)

    def delete(self, path: str, etag: str = "", **more: Any) -> Response:
        return self.send("DELETE", path, **({"if-match": etag} if etag else {}), **more)

    def project(self, **members: Any) -> str:
        """Create a project; its path."""
        return self.location(self.post("/projects", {"title": "Rain barrel", **members}))

    def location(self, response: Response, otherwise: str = "/projects/nowhere") -> str:
        """The path of what was created."""
        return response.headers.get("Location", otherwise)

    def etag(self, path: str) -> str:
        """The ETag of a read."""
        return self.get(path).headers.get("ETag", '"0-00000000"')

    def ids(self, response: Response) -> list[Any]:
        """The IDs of a list."""
        items = response.json.get("items", ()) if isinstance(response.json, dict) else ()
        return [item.get("id") for item in items]


Conversation = Callable[[Client], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the contract of the API."""

    name: str
    kind: str
    """The class that it belongs to."""
    about: str
    """One sentence."""
    server: type[Api]
    conversation: Conversation

    def is_visible(self) -> bool:
        """Whether the conversation comes out differently than with the conforming server."""
        return talk(self.conversation, self.server) != _expected(self.conversation)


@functools.cache
def _expected(conversation: Conversation) -> list[tuple[Any, ...]]:
    return talk(conversation, Api)


def talk(conversation: Conversation, server: type[Api]) -> list[tuple[Any, ...]]:
    """What a client sees of a conversation with a fresh server."""
    client = Client(server())
    conversation(client)
    return client.seen


FAULTS: dict[str, Fault] = {}
"""By name, in the order of writing."""


def add(kind: str, conversation: Conversation, server: type[Api], name: str = "", about: str = "") -> None:
    """Put a server into the catalogue; its name and docstring say what is wrong."""
    name = name or re.sub("(?<!^)(?=[A-Z])", "-", server.__name__).lower()
    assert name not in FAULTS, name
    FAULTS[name] = Fault(name, kind, about or (server.__doc__ or "").strip(), server, conversation)


def fault(kind: str, conversation: Conversation) -> Callable[[type[Api]], type[Api]]:
    """Put a class into the catalogue."""

    def put(server: type[Api]) -> type[Api]:
        add(kind, conversation, server)
        return server

    return put


def responses(
    kind: str,
    conversation: Conversation,
    name: str,
    about: str,
    change: Callable[[Response], Response],
    *,
    of: str = "",
    status: int = 0,
) -> None:
    """A fault in the responses of an operation (`METHOD /path/{pattern}`) with this status."""
    method, _, pattern = of.partition(" ")
    path = re.compile(BASE + re.sub(r"\{\w+\}", "[^/]+", pattern)) if pattern else None

    class Changed(Api):
        def finish(self, request: Request, response: Response) -> Response:
            is_meant = status in (0, response.status) and method in ("", request.method)
            if is_meant and (path is None or path.fullmatch(request.path)):
                return change(response)
            return response

    add(kind, conversation, Changed, name, about)
