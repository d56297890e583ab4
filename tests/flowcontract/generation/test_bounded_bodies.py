"""What Schemathesis's transport reads of a response is bounded, as what our own client reads is."""

import gzip
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from flowcontract.generation.schemathesis_phases import GeneratedCase
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .coverage import coverage_cases

OBJECT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
CONTRACT = Contract(
    {
        "openapi": "3.1.1",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/all": {
                "get": {
                    "operationId": "all",
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 3}}],
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": OBJECT}}}},
                }
            }
        },
    }
)
SMALL = json.dumps({"id": "a"}).encode()
Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with one body for everything."""
    servers = []

    def started(body: bytes, **headers: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def cases(url: str) -> list[GeneratedCase]:
    return coverage_cases(CONTRACT, Target(url, ""))


def test_a_body_that_decodes_to_too_much_is_left_out(serve: Serve) -> None:
    bomb = gzip.compress(b" " * 100_000_000 + SMALL)

    found = cases(serve(bomb, Content_Encoding="gzip"))

    responses = [case.exchange.response for case in found]
    assert responses
    assert all(each is not None and each.cut and not each.body for each in responses)
    assert all(case.complaints == () for case in found)


def test_a_coded_body_is_decoded_and_checked(serve: Serve) -> None:
    found = cases(serve(gzip.compress(SMALL), Content_Encoding="gzip"))

    bodies = {case.exchange.response.body for case in found if case.exchange.response}
    assert bodies == {SMALL}
    assert all(not case.exchange.response.cut for case in found if case.exchange.response)


def test_a_large_body_is_read_to_its_end(serve: Serve) -> None:
    found = cases(serve(json.dumps({"id": "x" * 3_000_000}).encode()))

    assert all(case.exchange.response is not None for case in found)
    assert all("schema" not in complaint.check for case in found for complaint in case.complaints)
