"""A server that repeats the caller's credentials in every spelling: no file and no line of any command has them."""

import base64
import contextlib
import html
import http.client
import io
import json
import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest

from flowcontract.cli import main

CORE = "Qv7zNw83Kd"
"""What stands in the middle of the token: every spelling has it, once it is read."""
TOKEN = f'tk/"{CORE}"+<&=/end'
SPELLINGS: dict[str, Callable[[str], str]] = {
    "literal": str,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent in lower case": lambda text: "".join(f"%{ord(each):02x}" for each in text),
    "percent in both cases": lambda text: quote(text, safe="").replace("%2F", "%2f"),
    "form": quote_plus,
    "escaped slash": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "unicode escapes": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "HTML": lambda text: html.escape(text),
    "HTML numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "base64 of the header": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "base64 of the request": lambda text: base64.urlsafe_b64encode(f"Authorization: {text}".encode()).decode(),
}
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
DOCUMENT = {
    "openapi": "3.1.1",
    "info": {"title": "Echo", "version": "1"},
    "security": [{"token": []}],
    "paths": {
        "/echo/{name}": {
            "get": {
                "operationId": "echo",
                "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {"description": "An echo.", "content": {"application/json": {"schema": THING}}},
                    "401": {"description": "No."},
                },
            }
        }
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}


class Echo(BaseHTTPRequestHandler):
    """Every response has what came, in headers, body and a URL."""

    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        spelled = {name: spell(sent) for name, spell in SPELLINGS.items()}
        body = json.dumps({"id": "no integer", **spelled, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        for name, text in spelled.items():
            self.send_header(f"X-{name.replace(' ', '-')}", text)
        self.send_header("Link", f"<http://other.example/?token={quote(sent, safe='')}>; rel=next")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return tmp_path


def command(desk: Path, *words: str, codes: Iterable[int] = (0, 1, 2)) -> str:
    """What a command prints that runs in a folder with the token in its environment."""
    printed = io.StringIO()
    with (
        contextlib.chdir(desk),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("FLOWCONTRACT_TOKEN", TOKEN)
        try:
            code = main.main(list(words))
        except SystemExit as stopped:  # As argparse ends.
            code = int(str(stopped.code))
    assert code in codes, printed.getvalue()
    return printed.getvalue()


def readings(text: str) -> Iterator[str]:
    """A text as it stands, and with each spelling read."""
    yield text
    for read in (unquote, unquote_plus, lambda each: unquote(unquote(each)), html.unescape):
        yield read(text)
    escapes = text.replace("\\\\", "\\")
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), escapes)
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        plain = run.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            yield base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1")


def assert_no_credentials(name: str, text: str) -> None:
    for reading in readings(text):
        at = reading.lower().find(CORE.lower())
        assert at < 0, f"{name}: …{reading[max(0, at - 60) : at + 40]}…"


def contents(desk: Path) -> Iterator[tuple[str, str]]:
    """Every file that commands wrote; of databases, each value too."""
    for path in sorted(desk.rglob("*")):
        if not path.is_file() or path.name == "openapi.json":
            continue
        raw = path.read_bytes()
        yield path.name, raw.decode("utf-8", "replace")
        if raw.startswith(b"SQLite format 3"):
            with sqlite3.connect(path) as database:
                names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                rows = [row for name in names for row in database.execute(f"SELECT * FROM {name}")]
            for value in (value for row in rows for value in row):
                if isinstance(value, bytes):
                    with contextlib.suppress(zlib.error):
                        value = zlib.decompress(value)
                    value = value.decode("utf-8", "replace")
                yield path.name, str(value)


def assert_clean(desk: Path, printed: str, *, files: int = 0) -> None:
    assert_no_credentials("the terminal", printed)
    found = list(contents(desk))
    assert len({name for name, _ in found}) >= files, sorted({name for name, _ in found})
    for name, text in found:
        assert_no_credentials(name, text)


def test_the_gate_and_its_reports(url: str, desk: Path) -> None:
    words = ("gate", url, "--spec", "openapi.json", "--param", "name=a", "--profile", "quick", "--time-limit", "60")
    printed = command(desk, *words, "--report", "reports", "--write-baseline", "baseline.json", "--verbose")
    printed += command(desk, *words, "--json", "--baseline", "baseline.json")

    assert "[schema]" in printed or "schema" in printed
    assert_clean(desk, printed, files=8)


def test_a_campaign_its_database_and_a_replay(url: str, desk: Path) -> None:
    words = ("--spec", "openapi.json", "--database", "campaign.db")
    printed = command(
        desk, "fuzz", url, *words, "--param", "name=a", "--cases", "150", "--time", "60s", "--workers", "1",
        "--report", "reports",
    )  # fmt: skip
    shown = command(desk, "campaigns", "show", "--database", "campaign.db", "--json")
    printed += shown
    finding = re.search(r'"id": ?"([0-9a-f]{6,})"', shown)
    if finding:
        printed += command(desk, "replay", finding[1], *words)

    assert_clean(desk, printed, files=3)


def test_a_comparison(url: str, desk: Path) -> None:
    words = ("compare", url, url, "--spec", "openapi.json", "--param", "name=a")

    printed = command(desk, *words, "--time-limit", "40") + command(desk, *words, "--time-limit", "40", "--json")

    assert_clean(desk, printed)


def test_the_proxy_its_report_and_its_record(url: str, desk: Path) -> None:
    proxy = subprocess.Popen(
        [sys.executable, "-m", "flowcontract", "proxy", "--upstream", url, "--spec", "openapi.json", "--port", "0",
         "--json", "--report", "reports", "--record", "recorded"],
        cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert proxy.stdout is not None
        started = proxy.stdout.readline()
        address = next(value for value in json.loads(started).values() if str(value).startswith("http://"))
        client = http.client.HTTPConnection(address.rpartition("/")[2], timeout=30)
        for spell in SPELLINGS.values():
            headers = {"Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN}
            client.request("GET", f"/echo/a?access_token={quote(spell(TOKEN), safe='')}", headers=headers)
            client.getresponse().read()
        client.close()
    finally:
        proxy.terminate()
    printed, _ = proxy.communicate(timeout=120)

    assert_clean(desk, started + printed, files=8)


def test_errors_of_commands(url: str, desk: Path) -> None:
    (desk / "fixture.json").write_text('{"id": 1}', encoding="utf-8")
    printed = command(desk, "check-fixture", "fixture.json", "--spec", "openapi.json")
    printed += command(desk, "gate", "http://127.0.0.1:1", "--spec", "openapi.json", "--param", "name=a", "--debug")
    printed += command(desk, "gate", url, "--spec", "missing.json")
    printed += command(desk, "fuzz", url, "--spec", "openapi.json", "--cases", "none")
    printed += command(desk, "capture", f"{url}/page.mdx", "--output", "captured.yaml")
    printed += command(desk, "verify", "--url", url)

    assert_clean(desk, printed)
