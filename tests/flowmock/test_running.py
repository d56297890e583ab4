"""The mock in Python: a context manager and a fixture, ready when they give themselves."""

import gc
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import flowmock
from flowcontract.errors import MockError
from flowcontract.openapi.contract import Contract


def test_it_serves_as_the_block_begins_and_is_gone_as_it_ends(ask, flow):
    with flowmock.running() as running:
        assert ask(running, flow, token=running.token).status == 200
        port = int(running.origin.rpartition(":")[2])

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_the_address_is_what_a_client_is_given(flow):
    with flowmock.running() as running:
        asked = urllib.request.Request(running.url + flow, headers={"Authorization": f"Bearer {running.token}"})
        with urllib.request.urlopen(asked) as answer:
            assert answer.status == 200

    assert running.url == f"{running.origin}/api/v3"
    assert running.admin_url == f"{running.origin}/__mock__/"


def test_the_fixture(flow_mock, ask, flow):
    assert ask(flow_mock, flow, token=flow_mock.token).json["slug"] == "default-authentication-flow"


@pytest.mark.parametrize("several", [str, Path, lambda path: [path]])
def test_files_are_given_one_by_one_or_in_a_list(several, tmp_path, ask, flow):
    path = tmp_path / "own.yaml"
    path.write_text("teapot: {summary: No coffee., response: {code: 418}}", encoding="utf-8")

    with flowmock.running(scenario_file=several(path), scenario="teapot") as running:
        assert ask(running, flow, token=running.token).status == 418


def test_several_run_beside_each_other_and_leave_no_thread(ask, flow):
    before = threading.active_count()
    with flowmock.running(tokens=["one"]) as one, flowmock.running(tokens=["two"]) as two:
        assert [ask(one, flow, token=token).status for token in ("one", "two")] == [200, 403]
        assert [ask(two, flow, token=token).status for token in ("one", "two")] == [403, 200]

    gc.collect()  # An open socket would warn here, and warnings are errors.
    assert threading.active_count() <= before


def test_a_connection_that_is_still_open_does_not_hold_the_end():
    with flowmock.running() as running:
        host, _, port = running.origin.removeprefix("http://").rpartition(":")
        wire = socket.create_connection((host, int(port)))
        wire.sendall(b"GET /api/v3/flows")
    wire.close()


def test_a_port_that_is_taken_is_told():
    with flowmock.running() as running:
        port = int(running.origin.rpartition(":")[2])
        with pytest.raises(MockError, match=f"cannot listen on 127.0.0.1:{port}.*--port"), flowmock.running(port=port):
            pass


def test_another_contract_is_served_under_its_own_base_path(ask, contract_of):
    example = {"id": 1, "name": "one"}
    answer = {"200": {"description": "", "content": {"application/json": {"example": example}}}}
    contract = contract_of(
        {"/things/{id}": {"get": {"responses": answer}}}, servers=[{"url": "https://example.com/v1/"}]
    )
    with flowmock.running(contract) as running:
        found = ask(running, "/things/1")
        unknown = ask(running, "/nothing")

    assert running.url.endswith("/v1")
    assert (found.status, found.json, found["content-type"]) == (200, example, "application/json")
    assert (unknown.status, unknown["content-type"]) == (404, "application/problem+json")


def test_several_contracts_are_served_at_once(contract_of):
    answer = {"responses": {"204": {"description": ""}}}
    one = contract_of({"/a": {"get": answer}}, servers=[{"url": "/one"}])
    two = contract_of({"/a": {"get": answer}}, servers=[{"url": "/two"}])
    with flowmock.running([Contract.load(), one, two]) as running:
        found = {path: status(running.origin + path) for path in ("/one/a", "/two/a", "/three/a")}

    assert found == {"/one/a": 204, "/two/a": 204, "/three/a": 404}


def status(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
