"""What is recorded through the proxy is replayed by the mock, and holds nobody's secret."""

import copy
import http.client
import json
from pathlib import Path
from typing import Any

import flowmock
from flowcontract.cli.proxy import proxying
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.overlay import Draft, Overlay
from flowcontract.proxy.recording import Recorder

SECRETS = [f"quite-secret-{place}-0123456789" for place in ("header", "query", "cookie", "body", "token", "mail@x.org")]


def contract() -> Contract:
    properties = {
        "id": {"type": "integer"},
        "note": {"type": "string"},
        "accessToken": {"type": "string"},
        "phone": {"type": "integer"},
    }
    schema = {
        "type": "object",
        "required": ["id", "email"],
        "properties": {**properties, "email": {"type": "string", "format": "email"}},
    }
    examples = {
        f"n{number}": {
            "value": {
                "id": number,
                "note": f"thing {number}, ask {SECRETS[5]}",
                "accessToken": SECRETS[4],
                "email": SECRETS[5],
                "phone": 5550100 + number,
            }
        }
        for number in range(50)
    }
    answer = {"description": "One.", "content": {"application/json": {"schema": schema, "examples": examples}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = {"operationId": "one", "parameters": [parameter], "security": [{"t": []}], "responses": {"200": answer}}
    return Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Small", "version": "1"},
            "paths": {"/things/{id}/": {"get": operation}},
            "components": {"securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}},
        }
    )


def get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    connection.request("GET", path, body, headers)
    response = connection.getresponse()
    return response.status, response.getheader("Content-Type"), json.loads(response.read())


def test_exchanges_hold_no_secret_and_replay_as_recorded(tmp_path: Path) -> None:
    small = contract()
    recorder = Recorder(small)
    headers = {"Authorization": f"Bearer {SECRETS[0]}", "Cookie": f"session={SECRETS[2]}"}
    with flowmock.running(small) as upstream, proxying(small, upstream.url) as running, running.serving():
        running.proxy.checker.observers.append(recorder)
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"))
        for number in range(250):
            query = f"?token={SECRETS[1]}" if number % 10 == 9 else ""
            body = json.dumps({"password": SECRETS[3]}).encode() if number % 10 == 8 else None
            get(connection, f"/things/{number % 50}/{query}", headers, body)
        connection.close()
    written = recorder.write(tmp_path / "new")

    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()]
    assert len(texts) == len(written) == 2
    assert not [secret for secret in SECRETS for text in texts if secret in text]
    scenario = documents.read(written[0])
    rules = scenario["recorded"]["rules"]
    assert len(rules) + recorder.left_out.total() == 250
    assert len(rules) == 40
    body = rules[0]["response"]["body"]
    assert body == {
        "id": body["id"],
        "note": f"thing {body['id']}, ask redacted@example.com",
        "accessToken": "redacted",
        "email": "redacted@example.com",
        "phone": 0,
    }
    with flowmock.running(small, scenario_file=(str(written[0]),), scenario="recorded") as mock:
        connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"))
        for rule in rules:
            path = f"/things/{rule['when']['path']['id']}/"
            came = get(connection, path, {"Authorization": "Bearer another-one"})
            assert came == (200, "application/json", rule["response"]["body"])
        connection.close()


def test_recorded_successes_become_examples_that_the_build_can_lay_over_the_contract(tmp_path: Path) -> None:
    small = contract()
    recorder = Recorder(small)
    with flowmock.running(small) as upstream, proxying(small, upstream.url) as running, running.serving():
        running.proxy.checker.observers.append(recorder)
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"))
        assert get(connection, "/things/7/", {"Authorization": "Bearer good-for-all"})[0] == 200
        connection.close()
    written = recorder.write(tmp_path)

    draft = Draft(copy.deepcopy(dict(small.document)))
    draft.apply(Overlay.load(written[1]))
    media = draft.document["paths"]["/things/{id}/"]["get"]["responses"]["200"]["content"]["application/json"]
    assert media["examples"]["recorded-7"]["value"]["id"] == 7
    assert "n7" in media["examples"]


def test_refusals_of_a_token_and_bodies_are_not_kept(tmp_path: Path) -> None:
    small = contract()
    recorder = Recorder(small)
    with (
        flowmock.running(small, tokens=["the-right-one"]) as upstream,
        proxying(small, upstream.url) as running,
        running.serving(),
    ):
        running.proxy.checker.observers.append(recorder)
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"))
        connection.request("GET", "/things/1/", headers={"Authorization": "Bearer a-wrong-one"})
        connection.getresponse().read()
        connection.close()

    recorder.write(tmp_path)
    assert recorder.left_out.total() == 1
    assert documents.read(tmp_path / "scenario.yaml") == {}
