"""The console: what the mock serves, what it was asked and which state it is in, in a browser.

Plain files without a build step, lit-html to put values into pages as text, and a policy that lets nothing else in.
The contract itself is shown by Swagger UI, from the package that Connexion brings.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from flowmock.admin import endpoints
from flowmock.admin.endpoints import READER, Endpoint, in_json

if TYPE_CHECKING:
    from flowmock.application import Mock
    from flowmock.console.catalogue import Catalogue

_STATIC = Path(__file__).resolve().with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types {makers}"
)


def routes(mock: "Mock", trusted: Callable[[Endpoint], Endpoint]) -> list[Route]:
    """The pages, their files, and what they ask for; paths are those after `/__mock__`."""
    console = _Console(mock)
    return [
        Route("/", _page("console.html", makers="lit-html")),
        Route("/contract/", _page("contract.html", makers="'none'")),
        Route("/static/swagger-ui/{name}", _swagger),
        Route("/static/{name:path}", _static),
        Route("/access", trusted(console.access)),
        Route("/contracts/{number:int}", trusted(console.contract)),
        Route("/operations", trusted(console.operations)),
        Route("/operations/{number:int}", trusted(console.operation)),
        Route("/rehearse", trusted(console.rehearse), methods=["POST"]),
        Route("/releases/compare", trusted(console.compare)),
    ]


class _Console:
    """The endpoints, over one mock. What they need is imported when it is asked for."""

    def __init__(self, mock: "Mock") -> None:
        self._mock = mock

    @property
    def _catalogue(self) -> "Catalogue":
        from flowmock.console.catalogue import Catalogue

        return Catalogue(self._mock.compiled.routes, seed=self._mock.settings.seed)

    async def access(self, _request: Request) -> Response:
        """Who may call, without a token's value."""
        from flowmock.console import callers

        operations = (each for contract in self._mock.compiled.contracts for each in contract.operations.values())
        return in_json(callers.listed(self._mock.tokens, operations))

    async def contract(self, request: Request) -> Response:
        """A served document, with this mock as its server."""
        served = self._mock.compiled.contracts
        if request.path_params["number"] >= len(served):
            raise HTTPException(404, f"there are {len(served)} contracts, counted from 0.")
        contract = served[request.path_params["number"]]
        return in_json({**contract.document, "servers": [{"url": contract.base_path or "/"}]})

    async def operations(self, _request: Request) -> Response:
        return in_json({"operations": self._catalogue.operations()})

    async def operation(self, request: Request) -> Response:
        """One operation with its examples, and the origin of every field."""
        found = self._catalogue.detail(request.path_params["number"], endpoints.origin(request))
        if found is None:
            raise HTTPException(404, "there is no operation of this number.")
        return in_json(found)

    async def rehearse(self, request: Request) -> Response:
        """What a call would be answered now."""
        from flowmock.console.rehearsal import rehearse

        return in_json(rehearse(self._mock, self._catalogue, await endpoints.body(request), endpoints.origin(request)))

    async def compare(self, request: Request) -> Response:
        """Two releases beside one another."""
        from flowmock.console import side_by_side

        asked = READER.mapping(dict(request.query_params), "", ("old", "new"))
        old, new = (READER.text(asked.get(name), f"/{name}") for name in ("old", "new"))
        return in_json(side_by_side.shown(old, new, self._mock.contracts[0]))


def _page(name: str, *, makers: str) -> Endpoint:
    """A page under the policy; `makers`: who may make markup out of text there."""

    async def page(request: Request) -> Response:
        if not request.scope["path"].endswith("/"):  # Its addresses are relative.
            return RedirectResponse(request.scope["path"] + "/")
        return _file(_STATIC / name, {"Content-Security-Policy": _POLICY.format(makers=makers)})

    return page


async def _static(request: Request) -> Response:
    """A style sheet or script of a page."""
    path = (_STATIC / request.path_params["name"]).resolve()
    if not path.is_relative_to(_STATIC):
        raise HTTPException(404, "there is no such file.")
    return _file(path)


async def _swagger(request: Request) -> Response:
    """A file of Swagger UI, as its package has it."""
    import swagger_ui_bundle

    folder = Path(swagger_ui_bundle.swagger_ui_path)
    path = folder / request.path_params["name"]
    if path.parent != folder:
        raise HTTPException(404, "there is no such file.")
    return _file(path)


def _file(path: Path, headers: dict[str, str] | None = None) -> Response:
    if path.suffix not in _TYPES or not path.is_file():
        raise HTTPException(404, "there is no such file.")
    safe = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=safe | (headers or {}))
