"""A real browser: the system's Chromium, driven by Playwright. Without either, these tests are skipped."""

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import flowmock

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own profile, which fails the test when a script on it fails."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def mock() -> Iterator[flowmock.Running]:
    """A mock of this test's own."""
    with flowmock.running(tokens=["browser-token-0123456789"]) as running:
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
def console(page: Any, mock: flowmock.Running) -> Callable[[], Any]:
    """Open the console and wait until it is live."""

    def opened() -> Any:
        page.goto(mock.admin_url)
        page.get_by_text("live", exact=True).wait_for()
        return page

    return opened
