"""Servers that send far too much, to commands with 1 GB of memory: they end as usual and say what they left out."""

import gzip
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

resource = pytest.importorskip("resource", reason="limits of memory are set by POSIX")

LIMIT = 1024 * 1024 * 1024
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}
GET = {
    "operationId": "readThing",
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 8}}],
    "responses": {
        "200": {"description": "A thing.", "content": {"application/json": {"schema": THING}}},
        "404": {"description": "None."},
    },
}
DOCUMENT = {
    "openapi": "3.1.1",
    "info": {"title": "Things", "version": "1"},
    "paths": {"/things/{id}": {"get": GET}},
}
BODIES = {
    "2 MB": json.dumps({"id": "a", "text": "x" * 2_000_000}).encode(),
    "a bomb": gzip.compress(b" " * 300_000_000 + b'{"id": "a"}'),
    "large headers": b'{"id": "a"}',
}
HEADERS: dict[str, list[tuple[str, str]]] = {
    "2 MB": [],
    "a bomb": [("Content-Encoding", "gzip")],
    "large headers": [(f"X-Header-{number}", "v" * 60_000) for number in range(90)],
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kind = ""

    def respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = BODIES[self.kind]
        self.send_response(200)
        for header in [("Content-Type", "application/json"), *HEADERS[self.kind], ("Content-Length", str(len(body)))]:
            self.send_header(*header)
        try:
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:  # The client has read enough.
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=list(BODIES))
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The kind of a server and its URL."""
    handler = type("Kind", (Handler,), {"kind": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        Thread(target=running.serve_forever, daemon=True).start()
        yield request.param, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return tmp_path / "openapi.json"


def limited(*words: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    """A command with 1 GB of memory."""
    return subprocess.Popen(
        [sys.executable, "-m", "flowcontract", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)),
        **more,
    )


def ended(process: subprocess.Popen[str]) -> str:
    printed, _ = process.communicate(timeout=240)
    assert process.returncode in (0, 1, 2), printed
    assert "Traceback" not in printed
    assert "MemoryError" not in printed
    assert "unexpected error" not in printed.lower()
    return printed


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def test_the_gate(server: tuple[str, str], spec: Path, tmp_path: Path) -> None:
    kind, url = server

    printed = ended(
        limited("gate", url, "--spec", str(spec), "--param", "id=a", "--time-limit", "60", "--report", "reports",
                folder=tmp_path)
    )  # fmt: skip

    left_out = {
        "2 MB": "Only the beginning of|Each phase has a share of the time limit",
        "a bomb": "Too long to be read to the end",
        "large headers": "headers of more than 256 KiB",
    }
    assert re.search(left_out[kind], printed)
    assert 0 < max(sizes(tmp_path / "reports")) <= 25_000_000


def test_a_campaign(server: tuple[str, str], spec: Path, tmp_path: Path) -> None:
    _, url = server

    printed = ended(
        limited("fuzz", url, "--spec", str(spec), "--param", "id=a", "--cases", "100", "--time", "20s",
                "--workers", "1", "--keep", "50MB", "--database", "campaign.db", "--report", "reports", folder=tmp_path)
    )  # fmt: skip

    assert "requests" in printed
    assert sum(sizes(tmp_path)) <= 60_000_000


def test_the_proxy(server: tuple[str, str], spec: Path, tmp_path: Path) -> None:
    kind, url = server
    proxy = limited(
        "proxy", "--upstream", url, "--spec", str(spec), "--port", "0", "--json", "--report", "reports",
        "--record", "recorded", folder=tmp_path, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert proxy.stdout is not None
        started = json.loads(proxy.stdout.readline())
        address = next(value for value in started.values() if str(value).startswith("http://")).rpartition("/")[2]
        for _ in range(100 if kind == "2 MB" else 10):
            client = http.client.HTTPConnection(address, timeout=30)
            client.request("GET", "/things/a")
            assert client.getresponse().status in (200, 502)
            client.close()
    finally:
        proxy.terminate()
    ended(proxy)

    assert 0 < max(sizes(tmp_path / "reports")) <= 25_000_000
    assert sum(sizes(tmp_path)) <= 60_000_000
