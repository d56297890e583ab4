"""The console page: scenarios and live exchanges in a browser. Plain files, and a policy that lets nothing else in."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

_STATIC = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


async def page(request: Request) -> Response:
    """The page itself. Its addresses are relative, so the slash at the end must be there."""
    if not request.scope["path"].endswith("/"):
        return RedirectResponse(request.scope["path"] + "/")
    return _file("console.html")


async def asset(request: Request) -> Response:
    """A style sheet or script of the page."""
    return _file(request.path_params["name"])


def _file(name: str) -> Response:
    path = _STATIC / name
    if path.parent != _STATIC or path.suffix not in _TYPES or not path.is_file():
        raise HTTPException(404, "there is no such file.")
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=_HEADERS)
