"""What a creation refers to may have to be in another state, to which an action leads."""

import json
import re
from typing import Any

from tests.faulty_servers.crud.messages import NOTHING, Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Json = dict[str, Any]
NUMBER = {"type": "integer"}
ID = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
LINE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
ORDER = {
    "type": "object",
    "required": ["customer"],
    "properties": {"id": {**NUMBER, "readOnly": True}, "customer": {"type": "string", "minLength": 1}},
}
BILL = {
    "type": "object",
    "required": ["order_id"],
    "properties": {"id": {**NUMBER, "readOnly": True}, "order_id": NUMBER},
}


def operation(name: str, status: str, what: str = "", sent: str = "") -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{what}"}}}
    media = {"application/json": {"schema": {"$ref": f"#/components/schemas/{sent}"}}}
    error = {"description": "Not possible."}
    done = {"description": "Done.", **({"content": content} if what else {})}
    responses = {status: done, **dict.fromkeys(("400", "404", "405", "409", "415", "422"), error)}
    return {
        "operationId": name,
        "responses": responses,
        **({"requestBody": {"required": True, "content": media}} if sent else {}),
    }


def kind(name: str, what: str) -> Json:
    return {
        f"/{name}": {"post": operation(f"add_{name}", "201", what, what)},
        f"/{name}/{{id}}": {
            "parameters": [ID],
            "get": operation(f"get_{name}", "200", what),
            "delete": operation(f"remove_{name}", "204"),
        },
    }


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": kind("orders", "Order")
        | {"/orders/{id}/confirm": {"parameters": [ID], "post": operation("confirm", "200", "Order")}}
        | kind("bills", "Bill")
        | {
            "/bills/{id}/lines": {"parameters": [ID], "post": operation("add_line", "201", "Bill", "Line")},
            "/bills/{id}/lines/{line}": {
                "parameters": [ID, {**ID, "name": "line"}],
                "delete": operation("remove_line", "204"),
            },
        },
        "components": {"schemas": {"Order": ORDER, "Bill": BILL, "Line": LINE}},
    }
)


class Orders:
    """Bills are created for confirmed orders alone, once; a line of a bill is answered with the bill."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Json]] = {"orders": {}, "bills": {}}
        self.confirmed: set[int] = set()
        self.last = 0
        self.billed: list[int] = []

    def __call__(self, request: Request) -> Response:
        path = re.fullmatch(r"/v1/(orders|bills)(?:/([0-9]{1,9}))?(?:/(confirm|lines))?", request.path)
        if path is None:
            return Response(404, {})
        name, number, action = path[1], int(path[2] or 0), path[3] or ""
        if path[2] and number not in self.rows[name]:
            return Response(404, {})
        of_one = {"": {"GET", "HEAD", "DELETE"}, "confirm": {"POST"}, "lines": {"POST"}}
        allowed = of_one if path[2] else {"": {"POST"}}
        if request.method not in allowed.get(action, ()):
            return Response(405, {}, {"Allow": ", ".join(allowed.get(action, ()))})
        if request.method in ("GET", "HEAD") or action == "confirm":
            self.confirmed |= {number} if action == "confirm" else set()
            return Response(200, self.rows[name][number])
        if request.method == "DELETE":
            del self.rows[name][number]
            return Response(204, NOTHING)
        if request.header("content-type") != "application/json":
            return Response(415, {})
        member, wanted = {"orders": ("customer", str), "bills": ("order_id", int)}[name]
        member, wanted = ("text", str) if action else (member, wanted)
        try:
            sent = json.loads(request.body)
        except ValueError:
            return Response(400, {})
        if not isinstance(sent, dict) or type(sent.get(member)) is not wanted or sent[member] == "":
            return Response(422, {})
        if action:
            return Response(201, self.rows[name][number])
        if name == "bills":
            if sent["order_id"] not in self.confirmed or sent["order_id"] in self.billed:
                return Response(409, {})
            self.billed.append(sent["order_id"])
        self.last += 1
        self.rows[name][self.last] = {**sent, "id": self.last}
        return Response(201, self.rows[name][self.last])


def test_an_action_makes_a_creation_possible() -> None:
    server = Orders()
    with running(server) as url:
        options = engine.Options(profile="quick", allow_unsafe=True)
        result = engine.run(CONTRACT, Target.at(url, CONTRACT.base_path), options)

    tested = {each.operation for each in result.coverage if each.tested}
    assert {"add_bills", "get_bills", "remove_bills", "add_line"} <= tested
    assert len(server.billed) > 1, "each bill is for an order of its own"
    assert [(one.rule, one.failure.message) for one in result.open_findings] == []
    assert not server.rows["bills"]
