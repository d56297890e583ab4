"""Values that several tests of flowcontract start from."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from flowcontract import engine
from flowcontract.checks.findings import Failure, Finding, FindingStatus, Result, RunResult
from flowcontract.http.curl import curl
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location

RUN_RESULTS = Path(__file__).resolve().parents[1] / "data" / "run_results"


@pytest.fixture
def hands_out() -> Iterator[Callable[[int, bytes], str]]:
    """A server on a free port with the same response to every request; gives its URL."""
    with contextlib.ExitStack() as stack:
        yield lambda status, body: stack.enter_context(_serving(status, body))


@contextlib.contextmanager
def _serving(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/schema/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def run_result_of() -> Callable[[str], RunResult]:
    """The result in `tests/data/run_results/NAME.yaml`."""
    return lambda name: _run_result(documents.read(RUN_RESULTS / f"{name}.yaml"))


@pytest.fixture
def failed(run_result_of: Callable[[str], RunResult]) -> RunResult:
    return run_result_of("failed")


def _run_result(data: dict[str, Any]) -> RunResult:
    exchanges = {name: _exchange(raw) for name, raw in data["exchanges"].items()}
    return RunResult(
        result=Result[data["result"]],
        operations=tuple(data["operations"]),
        findings=tuple(_finding(raw, exchanges, data) for raw in data["findings"]),
        notes=tuple(data["notes"]),
        statuses=tuple((int(status), count) for status, count in data["statuses"].items()),
        rules=tuple(data["rules"].items()),
        exchanges=tuple(exchanges.values()),
        **{
            name: data[name]
            for name in ("headline", "contract", "target", "profile", "seed", "requests", "seconds", "started")
        },
    )


def _exchange(raw: dict[str, Any]) -> Exchange:
    request = Request(raw["method"], raw["target"], tuple(raw.get("headers", {}).items()))
    if "error" in raw:
        return Exchange(request, None, raw["error"], 1.5)
    headers = tuple(raw["response_headers"].items())
    return Exchange(request, Response(raw["status"], headers, raw["body"].encode(), raw["elapsed"]), "", 1767323045.25)


def _finding(raw: dict[str, Any], exchanges: dict[str, Exchange], data: dict[str, Any]) -> Finding:
    exchange = exchanges[raw["exchange"]]
    failure = Failure(
        rule=raw["rule"],
        operation=data["operations"][0],
        location=Location(raw["location"], "spec/openapi.yaml", raw["line"]),
        message=raw["message"],
        identity=json.dumps([raw["rule"], raw["message"]]),
        probe=raw["probe"],
        reason=raw["reason"],
        exchange=exchange,
        other=exchanges.get(raw.get("other")),
        expected=raw.get("expected"),
        actual=raw.get("actual"),
    )
    return Finding(
        rule=raw["rule"],
        title=raw["title"],
        advice=raw["advice"],
        fingerprint=raw["fingerprint"],
        failure=failure,
        curl=curl(Target.at(data["target"], "/api/v3"), exchange.request),
        count=raw["count"],
        probes=tuple(raw["probes"]),
        status=FindingStatus[raw.get("status", "OPEN")],
        note=raw.get("note", ""),
    )


TOKEN = "token-of-the-things"
THINGS = Path(__file__).resolve().parents[1] / "data" / "contracts" / "things.yaml"


@dataclass(frozen=True)
class Ask:
    """A request as the server of things reads it."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    key: str

    @property
    def allowed(self) -> bool:
        return self.headers.get("authorization") == f"Bearer {TOKEN}"


@dataclass(frozen=True)
class Reply:
    """A response of the server of things."""

    status: int
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    media: str = "application/json"


Change = Callable[[Ask, Reply], Reply]


class Things:
    """A conforming server of `things.yaml`: the operation as documented, 403 and 404 as JSON, 405 with Allow."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        examples = contract.operation("things_read").responses["200"].media["application/json"].examples
        self.things = {example.value["id"]: example.value for example in examples.values()}
        self.change: Change = lambda _ask, reply: reply
        self.asked: list[Ask] = []
        self.port = 0
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        """Serve: on a free port the first time, on the same one later. Nothing to do while it serves."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), _handler(self))
            self.port = self._server.server_port
            Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def target(self) -> Target:
        return Target.at(self.url, self.contract.base_path, token=TOKEN)

    def answer(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        return self.change(ask, self._right(ask))

    def _right(self, ask: Ask) -> Reply:
        if ask.method not in ("GET", "HEAD"):
            return Reply(405, {"detail": "No."}, {"Allow": "GET, HEAD"})
        if not ask.allowed:
            return Reply(403, {"detail": "No."})
        if ask.key not in self.things:
            return Reply(404, {"detail": "Not here."})
        return Reply(200, self.things[ask.key])


def _handler(things: Things) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            path = urlsplit(self.path).path
            key = unquote(path.removeprefix("/api/things/").removesuffix("/"))
            headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}
            reply = things.answer(Ask(self.command, self.path, headers, key))
            body = json.dumps(reply.json).encode() if reply.body is None else reply.body
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": reply.media, "Content-Length": str(len(body)), **reply.headers
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.handle_one
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that has hung up is no error."""


@pytest.fixture
def things() -> Iterator[Things]:
    """A conforming server that a test may change: `things.change = lambda ask, reply: ...`."""
    served = Things(Contract.load(THINGS))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def run_gate(things: Things) -> Callable[..., RunResult]:
    """Run the gate against the server of things: `run_gate(profile="quick")`.

    Over one connection, whatever the machine is busy with: a server that looks slow would get several requests at once.
    """

    def run(contract: Contract | None = None, **options: Any) -> RunResult:
        path_values = {"things_read": [{"id": key} for key in things.things]}
        chosen = {"profile": "quick", "path_values": path_values, "timeout": 10.0, "workers": 1, **options}
        return engine.run(contract or things.contract, things.target, engine.Options(**chosen))

    return run
