"""Each fault is real, each conforming server conforms, and bytes are written as a server says."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .catalogue import FAMILIES, FAULTS, VARIANTS, Fault, Variant
from .crud.catalogue import FAULTS as CRUD_FAULTS
from .fault import KNOWN, UNKNOWN, ask_for, get
from .server import TOKEN, Ask, Serve, Server, ServerResponse, known_flows, running

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"


@contextmanager
def asking(serve: Serve) -> Iterator[Transport]:
    with running(serve) as url, Transport(Target.at(url, "/api/v3", token=TOKEN), timeout=5) as transport:
        yield transport


def sent(transport: Transport, method: str = "GET", key: str = KNOWN, token: str = "${FLOWCONTRACT_TOKEN}") -> Exchange:
    headers = (("Authorization", f"Bearer {token}"),) if token else ()
    return transport.send(Request(method, f"/api/v3/flows/instances/{key}/", headers))


def test_the_catalogue_is_large_and_every_family_is_in_it() -> None:
    assert len(FAULTS) >= 150
    assert {family.__name__ for family in FAMILIES} >= {fault.faulty.__module__ for fault in FAULTS.values()} - {
        f"{__package__}.fault",
        f"{__package__}.changes",
    }
    assert len(VARIANTS) >= 15


def test_the_docs_have_the_number_of_faults() -> None:
    page = PROOF.read_text("utf-8")

    assert f"{len(FAULTS)} servers, each with one fault, and {len(VARIANTS)} conforming ones" in page
    assert f"{len(CRUD_FAULTS)} servers, each with one fault" in page


def test_each_fault_shows_in_the_requests_that_witness_it() -> None:
    assert not [name for name, fault in FAULTS.items() if not fault.shows(Server())]


def test_each_fault_says_in_a_sentence_what_is_wrong() -> None:
    assert not [name for name, fault in FAULTS.items() if not fault.about.endswith(".") or "\n" in fault.about]


def test_a_fault_by_input_shows_in_each_of_its_requests_whatever_came_before() -> None:
    def shows_always(fault: Fault) -> bool:
        server = Server()
        faulty = fault.over(server)
        first, second = ([faulty(ask) for ask in fault.witness] for _ in range(2))
        right = [Server()(ask) for ask in fault.witness]
        return first == second and not server.memory and all(map(ServerResponse.__ne__, first, right))

    assert not [name for name, fault in FAULTS.items() if fault.by_input and not shows_always(fault)]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_each_right_variant_serves_the_flows_and_denies_strangers(variant: Variant) -> None:
    serve = variant.over(Server())
    media = Contract.load().operation("flows_instances_retrieve").responses["200"].media["application/json"]

    for key in variant.keys or known_flows():
        answer = serve(get(key))
        assert answer.status == 200
        if not answer.header("Transfer-Encoding"):
            assert not list(media.errors(json.loads(answer.body)))
            assert answer.json["slug"] == key
    assert serve(get("surely-no-flow")).status == 404
    assert serve(get(token=None)).status == 403
    assert serve(ask_for(KNOWN, "POST", token=None)).status in (403, 405)


def test_the_right_server_says_on_the_wire_what_the_contract_says() -> None:
    answers = Contract.load().operation("flows_instances_retrieve").responses
    with asking(Server()) as transport:
        for method, key, token, status in (
            ("GET", KNOWN, TOKEN, 200),
            ("GET", "%2D%4Dixed_Case-2", TOKEN, 200),
            ("GET", UNKNOWN, TOKEN, 404),
            ("GET", "%00%ff", TOKEN, 404),
            ("GET", KNOWN, "", 403),
            ("GET", KNOWN, TOKEN[:-1], 403),
            ("DELETE", KNOWN, TOKEN, 405),
        ):
            response = sent(transport, method, key, token).response
            assert response is not None
            assert response.status == status
            media = answers[str(status)].media["application/json"]
            assert not list(media.errors(json.loads(response.body)))
            assert (response.header("Allow") == "GET, HEAD") == (status == 405)


def test_head_has_the_headers_of_get_and_no_body() -> None:
    with asking(Server()) as transport:
        whole, head = sent(transport).response, sent(transport, "HEAD").response

    assert whole is not None
    assert head is not None
    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


def test_a_request_with_a_body_does_not_spoil_the_next() -> None:
    with running(Server()) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        path = f"/api/v3/flows/instances/{KNOWN}/"
        statuses = []
        for body in (b"{}", iter([b"{", b"}"]), None):
            connection.request("GET", path, body, {"Authorization": f"Bearer {TOKEN}"}, encode_chunked=True)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()

    assert statuses == [200, 200, 200]


@pytest.mark.parametrize(
    ("change", "error", "complete"),
    [
        ({"cut": 5, "length": 40, "end": "close"}, "", False),
        ({"cut": 5, "length": 40, "end": "stall"}, "", False),
        ({"cut": -1, "end": "reset"}, "reset", False),
        ({"status_line": "200 OK", "end": "close"}, "garbage", False),
        ({"body": b"{}", "length": None, "end": "close"}, "", True),
    ],
    ids=["closed", "stalled", "reset", "no HTTP", "ended by closing"],
)
def test_a_fault_may_lie_on_the_wire(change: dict[str, object], error: str, complete: bool) -> None:
    def broken(ask: Ask) -> ServerResponse:
        return Server()(ask).but(**change)

    patience = 0.3 if change["end"] == "stall" else 5.0
    with running(broken) as url, Transport(Target.at(url, "/api/v3", token=TOKEN), timeout=patience) as transport:
        exchange = sent(transport)

    assert exchange.error.startswith(error)
    assert (exchange.response is not None and exchange.response.complete) == complete


def test_a_fault_that_crashes_is_no_fault() -> None:
    def crashing(ask: Ask) -> ServerResponse:
        raise LookupError("a mistake in the catalogue")

    with pytest.raises(LookupError, match="a mistake"), asking(crashing) as transport:
        sent(transport)


def test_connections_and_turns_are_counted() -> None:
    seen: list[tuple[int, int]] = []

    def noting(ask: Ask) -> ServerResponse:
        seen.append((ask.connection, ask.turn))
        return Server()(ask)

    with asking(noting) as transport:
        sent(transport)
        sent(transport)
        transport.close()
        sent(transport)

    assert seen == [(1, 1), (1, 2), (2, 1)]
