"""A finding of a sequence shows the request and the response that its message is about."""

import copy
from typing import Any

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.messages import json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .shop import DOCUMENT, Shop

_SIZE = 3


def _document() -> dict[str, Any]:
    """Authors are listed page by page, and searched."""
    document = copy.deepcopy(DOCUMENT)
    document["paths"] = {path: document["paths"][path] for path in ("/authors/", "/authors/{id}/")}
    authors = document["paths"]["/authors/"]["get"]
    authors["parameters"] = [
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
        {"name": "search", "in": "query", "schema": {"type": "string"}},
    ]
    content = authors["responses"]["200"]["content"]["application/json"]
    properties = {"count": {"type": "integer"}, "next": {"type": ["string", "null"]}, "results": content["schema"]}
    content["schema"] = {"type": "object", "properties": properties}
    return document


class Paged(Shop):
    """The search is ignored; there is no page after the last one."""

    def _all(self, request: Request, name: str, of: Any = None) -> Response:
        response = super()._all(request, name, of)
        if request.method != "GET":
            return response
        text = dict(request.query).get("page", "1")
        page = int(text) if text.isdecimal() else 0
        items = response.json[(page - 1) * _SIZE : page * _SIZE] if page else []
        if not items:
            return Response(404, {"detail": "Invalid page."})
        is_last = page * _SIZE >= len(response.json)
        following = None if is_last else f"/v1/authors/?page={page + 1}"
        return Response(200, {"count": len(response.json), "next": following, "results": items})


def test_a_filter_that_finds_others_shows_the_page_with_one_of_them() -> None:
    contract = Contract(_document())
    with running(Paged()) as url:
        target = Target.at(url, contract.base_path)
        result = engine.run(contract, target, engine.Options(profile="quick", allow_unsafe=True, time_limit=60))

    (found,) = [finding for finding in result.findings if finding.rule == "filter-returns-other-items"]
    exchange = found.failure.exchange
    assert "search=" in exchange.request.target
    assert exchange.response is not None
    assert exchange.response.status == 200
    shown = [item["name"] for item in json_or_none(exchange.response.body)["results"]]
    assert any("quokka" not in name.lower() for name in shown)
