"""The console: examples, exchanges and scenarios of the mock, in a browser.

Plain files without a build step. lit-html inserts values as text only, under a strict Content-Security-Policy.
Swagger UI shows the contract.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from flowmock.admin import endpoints
from flowmock.admin.endpoints import READER, Endpoint, Trusted, json_response

if TYPE_CHECKING:
    from flowmock.application import Mock
    from flowmock.console.catalog import Catalog

_STATIC = Path(__file__).resolve().with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html"
)


def routes(mock: "Mock", trusted: Trusted) -> list[Route]:
    """The pages, their files and their endpoints. Paths are relative to `/__mock__`."""
    console = _Console(mock)
    return [
        Route("/", _page("console.html")),
        Route("/contract/", _page("contract.html")),
        Route("/static/swagger-ui/{name}", _swagger),
        Route("/static/{name:path}", _static),
        Route("/access", trusted(console.access)),
        Route("/contracts/{number:int}", trusted(console.contract)),
        Route("/operations", trusted(console.operations)),
        Route("/operations/{number:int}", trusted(console.operation)),
        Route("/preview", trusted(console.preview), methods=["POST"]),
        Route("/releases/compare", trusted(console.compare)),
    ]


class _Console:
    """The endpoints of one mock. Imports inside functions keep the start of the mock fast."""

    def __init__(self, mock: "Mock") -> None:
        self._mock = mock

    @property
    def _catalog(self) -> "Catalog":
        from flowmock.console.catalog import Catalog

        return Catalog(self._mock.compiled, self._mock.tokens, seed=self._mock.compiled.seed)

    async def access(self, _request: Request) -> Response:
        """The accepted tokens, masked, and whether changes are remembered."""
        from flowmock.console import callers

        operations = (each for contract in self._mock.compiled.contracts for each in contract.operations.values())
        is_stateful = self._mock.store is not None
        return json_response(callers.as_json(self._mock.tokens, operations) | {"stateful": is_stateful})

    async def contract(self, request: Request) -> Response:
        """A served document, with this mock as its server."""
        served = self._mock.compiled.contracts
        if request.path_params["number"] >= len(served):
            raise HTTPException(404, f"Expected the number of a contract, 0 to {len(served) - 1}.")
        contract = served[request.path_params["number"]]
        return json_response({**contract.document, "servers": [{"url": contract.base_path or "/"}]})

    async def operations(self, _request: Request) -> Response:
        """Every operation in short, and the number of the one to begin with."""
        return json_response(self._catalog.operations())

    async def operation(self, request: Request) -> Response:
        """One operation with its examples and the origin of every field."""
        operation = self._catalog.detail(request.path_params["number"], endpoints.origin(request))
        if operation is None:
            raise HTTPException(404, "Unknown operation number.")
        return json_response(operation)

    async def preview(self, request: Request) -> Response:
        """The response that a call would get now."""
        from flowmock.console.preview import preview

        raw, origin = await endpoints.body(request), endpoints.origin(request)
        return json_response(await preview(self._mock, self._catalog, raw, origin))

    async def compare(self, request: Request) -> Response:
        """Two releases side by side."""
        from flowmock.console import side_by_side

        query = READER.mapping(dict(request.query_params), "", ("old", "new"))
        old, new = (READER.string(query.get(name), f"/{name}") for name in ("old", "new"))
        return json_response(side_by_side.as_json(old, new, self._mock.contracts[0]))


def _page(name: str) -> Endpoint:
    """A page under the policy."""

    async def page(request: Request) -> Response:
        if not request.scope["path"].endswith("/"):  # The links of the page are relative.
            return RedirectResponse(request.scope["path"] + "/")
        return _file(_STATIC / name, {"Content-Security-Policy": _POLICY})

    return page


async def _static(request: Request) -> Response:
    """A style sheet or script."""
    return _file(_files(_STATIC).get(request.path_params["name"]))


async def _swagger(request: Request) -> Response:
    """A file of the Swagger UI package."""
    import flask_swagger_ui

    return _file(_files(Path(flask_swagger_ui.__file__).with_name("dist")).get(request.path_params["name"]))


@cache
def _files(folder: Path) -> dict[str, Path]:
    """What can be served of a folder, by the names that requests have for it."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _TYPES}


def _file(path: Path | None, headers: dict[str, str] | None = None) -> Response:
    if path is None:
        raise HTTPException(404, "File not found.")
    safe = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=safe | (headers or {}))
