"""The mock uses only documented names of Connexion, Starlette and uvicorn: their next releases can be installed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "mock").rglob("*.py")), ROOT / "src" / "flowcontract" / "http" / "server.py"]

CONNEXION = "https://connexion.readthedocs.io/en/stable"
STARLETTE = "https://www.starlette.io"
UVICORN = "https://www.uvicorn.org"
DOCUMENTED = {
    "connexion.ConnexionMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.datastructures.MediaTypeDict": f"{CONNEXION}/validation.html",
    "connexion.exceptions.OAuthProblem": f"{CONNEXION}/exceptions.html",
    "connexion.exceptions.ProblemException": f"{CONNEXION}/exceptions.html",
    "connexion.lifecycle.ConnexionRequest": f"{CONNEXION}/request.html",
    "connexion.middleware.request_validation.RequestValidationMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.middleware.routing.RoutingMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.middleware.security.SecurityMiddleware": f"{CONNEXION}/middleware.html",
    "starlette.applications.Starlette": f"{STARLETTE}/applications/",
    "starlette.exceptions.HTTPException": f"{STARLETTE}/exceptions/",
    "starlette.middleware.Middleware": f"{STARLETTE}/middleware/",
    "starlette.middleware.cors.CORSMiddleware": f"{STARLETTE}/middleware/#corsmiddleware",
    "starlette.requests.Request": f"{STARLETTE}/requests/",
    "starlette.responses.RedirectResponse": f"{STARLETTE}/responses/#redirectresponse",
    "starlette.responses.Response": f"{STARLETTE}/responses/",
    "starlette.responses.StreamingResponse": f"{STARLETTE}/responses/#streamingresponse",
    "starlette.routing.Route": f"{STARLETTE}/routing/",
    **{
        f"starlette.types.{name}": f"{STARLETTE}/middleware/#pure-asgi-middleware"
        for name in ("ASGIApp", "Message", "Receive", "Scope", "Send")
    },
    "uvicorn": f"{UVICORN}/",
    "uvicorn.Config": f"{UVICORN}/#config-and-server-instances",
    "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol": f"{UVICORN}/settings/#implementation",
}
"""Names that are imported, and the page that documents each."""
# Of asyncio.Protocol, of httptools.HttpRequestParser's callbacks, and of uvicorn.Server.
OVERRIDDEN = {
    *("connection_made", "connection_lost", "data_received"),
    *("on_message_begin", "on_headers_complete", "on_message_complete"),
    *("startup", "shutdown", "capture_signals"),
}


def imported(tree: ast.Module) -> Iterator[str]:
    """Every name that is imported of the three packages, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_documented_names_are_imported(path: Path) -> None:
    names = set(imported(ast.parse(path.read_text("utf-8"))))
    used = {name for name in names if name.partition(".")[0] in ("connexion", "starlette", "uvicorn")}

    assert used <= DOCUMENTED.keys()


def test_every_documented_name_is_used() -> None:
    used = {name for path in FILES for name in imported(ast.parse(path.read_text("utf-8")))}

    assert DOCUMENTED.keys() <= used


def test_of_uvicorn_only_callbacks_and_documented_methods_are_overridden() -> None:
    from flowcontract.http.server import HttpToolsProtocol, Server
    from flowmock.server import process, protocol

    for ours, theirs in ((protocol.Protocol, HttpToolsProtocol), (process.Server, Server), (Server, Server.__base__)):
        overridden = {name for name in vars(ours) if callable(getattr(ours, name)) and hasattr(theirs, name)}
        assert {name for name in overridden if not name.startswith("__")} <= OVERRIDDEN
