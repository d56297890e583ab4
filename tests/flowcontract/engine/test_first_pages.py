"""A run that creates items looks at the last page of a list before."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.messages import json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}
THING = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}}
PAGE = {
    "type": "object",
    "required": ["count", "next", "results"],
    "properties": {"count": {"type": "integer"}, "next": {"type": ["string", "null"]}, "results": {"type": "array"}},
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


THINGS = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": {
                "get": {
                    "operationId": "list",
                    "parameters": [
                        {"name": "page", "in": "query", "schema": {**NUMBER, "default": 1}},
                        {"name": "page_size", "in": "query", "schema": {**NUMBER, "default": 10, "maximum": 50}},
                    ],
                    "responses": {
                        "200": {"description": "Some.", **_json(PAGE)},
                        "400": {"description": "Invalid."},
                        "404": {"description": "No such page."},
                    },
                },
                "post": {
                    "operationId": "add",
                    "requestBody": {"required": True, **_json(THING)},
                    "responses": {"201": {"description": "Added.", **_json(THING)}, "400": {"description": "Invalid."}},
                },
            },
            "/things/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": NUMBER}],
                "get": {
                    "operationId": "read",
                    "responses": {"200": {"description": "It.", **_json(THING)}, "404": {"description": "None."}},
                },
            },
        },
    }
)


class _Things:
    """Things that cannot be deleted, so that the list grows; its last, incomplete page is lost."""

    def __init__(self, count: int) -> None:
        self.things = [{"id": number, "name": f"Thing {number}"} for number in range(1, count + 1)]

    def __call__(self, request: Request) -> Response:
        above, _, last = request.path.rpartition("/")
        if above.endswith("/things") and request.method == "GET":
            found = [thing for thing in self.things if str(thing["id"]) == last]
            return Response(200, found[0]) if found else Response(404, {})
        if last != "things" or request.method not in ("GET", "POST"):
            return Response(405 if last == "things" else 404, {}, {"Allow": "GET, POST"})
        if request.method == "GET":
            return self.listed(dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True)))
        sent = json_or_none(request.body)
        if not isinstance(sent, dict) or not isinstance(sent.get("name"), str) or not sent["name"]:
            return Response(400, {})
        self.things.append({"id": len(self.things) + 1, "name": sent["name"]})
        return Response(201, self.things[-1])

    def listed(self, query: dict[str, str]) -> Response:
        texts = [query.get("page", "1"), query.get("page_size", "10")]
        if not all(text.isascii() and text.isdecimal() and 0 < len(text) < 9 and int(text) for text in texts):
            return Response(400, {})
        page, size = map(int, texts)
        if size > 50:
            return Response(400, {})
        pages = max(1, len(self.things) // size)
        if page > pages:
            return Response(404, {})
        shown = self.things[(page - 1) * size : page * size]
        more = "/things" if page < pages else None
        return Response(200, {"count": len(self.things), "next": more, "results": shown})


def test_a_lost_last_page_is_shown_by_a_request_that_a_fresh_server_answers_alike() -> None:
    with running(_Things(7)) as url:
        target = Target.at(url.removesuffix("/v1"), "")
        options = engine.Options(profile="quick", allow_unsafe=True, time_limit=60)
        result = engine.run(THINGS, target, options)
    (finding,) = [each for each in result.findings if each.rule == "pages-leave-out-items"]

    assert not finding.script
    query = dict(parse_qsl(urlsplit(finding.failure.exchange.request.target).query))
    fresh = _Things(7).listed(query)
    assert (fresh.status, finding.failure.exchange.response and finding.failure.exchange.response.status) == (404, 404)
