"""A real browser: the system's Chromium, driven by Playwright. Without either, these tests are skipped."""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

DOCUMENTS = Path(__file__).resolve().parents[1] / "data" / "docs"
# The same browser without its windows takes half as long, where it is installed.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP foreign.example 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not here; see `tox run -e browser`")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this system; Debian's package is `chromium`")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


WATCH = """
window.blocked = [];
document.addEventListener("securitypolicyviolation", (event) => {
  // DOMPurify, within Swagger UI, asks to make markup, is refused, and is not needed.
  const { violatedDirective: directive, blockedURI: uri } = event;
  if (directive !== "trusted-types") window.blocked.push(`${directive} ${uri}`);
});
"""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own profile, which fails the test when a script on it fails or its policy blocks something."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    opened.add_init_script(WATCH)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    blocked = opened.evaluate("window.blocked ?? []")
    context.close()
    assert errors == []
    assert blocked == []


@pytest.fixture
def mock() -> Iterator[flowmock.Running]:
    """A mock of this test's own."""
    with flowmock.running(tokens=["browser-token-0123456789", "guest-token-9876543210:none"]) as running:
        yield running


@pytest.fixture
def frontend() -> Iterator[str]:
    """The origin of a page that is not the mock's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><title>A frontend</title><h1>A frontend</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(page: Any) -> Callable[[flowmock.Running, str], Any]:
    """Open a page of a mock and wait until it is live: then its view is loaded, but not yet the exchanges of before."""

    def visited(mock: flowmock.Running, path: str) -> Any:
        page.goto(mock.admin_url + path)
        page.get_by_text("live", exact=True).wait_for()
        return page

    return visited


@pytest.fixture
def console(visit: Callable[[flowmock.Running, str], Any], mock: flowmock.Running) -> Callable[..., Any]:
    """Open a part of the console of this test's mock and wait until it is live."""
    return lambda part="exchanges": visit(mock, f"#{part}")


@pytest.fixture(scope="session")
def send() -> Callable[..., None]:
    """Send a mock a request as an app would, whatever the answer."""

    def sent(
        mock: flowmock.Running, path: str, *, token: str | None = None, method: str = "GET", **headers: str
    ) -> None:
        credentials = {"Authorization": f"Bearer {token or mock.token}"}
        request = Request(f"{mock.url}/flows/instances/{path}", method=method, headers=credentials | headers)
        with contextlib.suppress(HTTPError), urlopen(request, timeout=10):
            pass

    return sent


@pytest.fixture
def call(mock: flowmock.Running, send: Callable[..., None]) -> Callable[..., None]:
    """Send the mock of this test a request."""

    def called(path: str = "initial-setup/", **more: str) -> None:
        send(mock, path, **more)

    return called


@pytest.fixture
def billing() -> Contract:
    """A contract that has nothing to do with flows."""
    return Contract.load(DOCUMENTS / "billing.yaml")


@pytest.fixture
def shop() -> Contract:
    """Another one."""
    return Contract.load(DOCUMENTS / "shop.yaml")


@pytest.fixture
def pets() -> Contract:
    """A plain document: an open operation, one for a caller, and a list with a documented error."""
    pet = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    error = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}

    def responses(schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "200": {"description": "", "content": {"application/json": {"schema": schema}}},
            "403": {"description": "Denied", "content": {"application/json": {"schema": error}}},
        }

    paths = {
        "/about": {"get": {"responses": responses({"type": "object"}), "security": []}},
        "/me": {"get": {"summary": "The caller", "responses": responses(pet)}},
        "/pets": {"get": {"summary": "List pets", "responses": responses({"type": "array", "items": pet})}},
    }
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Pets", "version": "1"},
            "paths": paths,
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        }
    )
