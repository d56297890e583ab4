"""Whatever others choose (slugs, titles, headers, queries, whole contracts) stays text on every page of the mock."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.scenarios.active import Activation

MARKUP = '<img src=x onerror="owned=1"><b class=made><script>owned=2'
"""Without a slash, so that it can be a part of a path."""
KEY = "<img/src=x/onerror=owned=3>"
"""Markup that can be a key of a token: no space, no comma."""


def is_text(page: Any, *places: str) -> None:
    """No script ran, no element was made, and the markup can be read in these places."""
    assert page.evaluate("typeof owned") == "undefined"
    assert page.locator("img[src=x], b.made, [onerror], [onload], iframe, body script:not([src])").count() == 0
    for place in places:
        assert "<b class=made>" in page.locator(place).first.inner_text()


@pytest.fixture
def hostile(tmp_path: Path) -> Contract:
    """A contract in which everything that can be chosen is markup."""
    example = {"summary": MARKUP, "value": {"slug": MARKUP, "title": MARKUP, MARKUP: [MARKUP]}}
    schema = {
        "type": "object",
        "description": MARKUP,
        "properties": {"slug": {"type": "string"}, "title": {"type": "string"}},
    }
    parameter = {"name": "slug", "in": "path", "required": True, "description": MARKUP, "schema": {"type": "string"}}
    operation = {
        "operationId": MARKUP,
        "summary": MARKUP,
        "description": MARKUP,
        "tags": [MARKUP],
        "parameters": [parameter],
        "responses": {
            "200": {
                "description": MARKUP,
                "content": {"application/json": {"schema": schema, "examples": {MARKUP: example}}},
            }
        },
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": MARKUP, "version": "1.0", "description": MARKUP, "contact": {"url": "javascript:owned=4"}},
        "paths": {"/things/{slug}": {"get": operation}},
        "x-flowcontract-captured": MARKUP,
        "x-flowcontract-provenance": {"/paths": MARKUP},
    }
    later = {"target": "$..examples.*.value", "update": {"title": f"later {MARKUP}", f"new {MARKUP}": MARKUP}}
    releases = {"base": "1.0", "first": "1.0", "last": "2.0", "releases": {"1.0": MARKUP, "2.0": MARKUP}}
    folder = tmp_path / "overlays" / "releases"
    folder.mkdir(parents=True)
    (folder / "index.yaml").write_text(json.dumps(releases))
    (folder / "2.0.yaml").write_text(json.dumps({"overlay": "1.0.0", "info": {}, "actions": [later]}))
    (tmp_path / "openapi.yaml").write_text(json.dumps(document))
    return Contract.load(tmp_path / "openapi.yaml")


@pytest.fixture
def of_markup(hostile: Contract) -> Iterator[flowmock.Running]:
    with flowmock.running(hostile, tokens=[f"some-token-0123456789:{KEY}"]) as running:
        yield running


def test_in_what_was_asked_and_answered(
    console: Callable[..., Any], call: Callable[..., None], mock: flowmock.Running
) -> None:
    answer = {"code": 200, "body": {"title": MARKUP}, "headers": {"X-Hostile": MARKUP}}
    mock.mock.scenarios.define("hostile", {"summary": MARKUP, "response": answer})
    mock.mock.scenarios.activate([Activation("hostile")])
    mock.mock.scenarios.activate([Activation("hostile")], MARKUP)
    call(f"{quote(MARKUP, safe='')}/?{quote(MARKUP)}={quote(MARKUP)}", **{"X-Mine": MARKUP, "X-Mock-Session": MARKUP})

    page = console("exchanges")
    page.locator(".row").click()
    page.get_by_label("Response body").wait_for()
    is_text(page, ".exchange .headers", ".exchange .body", ".row .marks")

    page.goto(f"{mock.admin_url}#scenarios")
    page.locator(".result").wait_for()
    is_text(page, "#scenario-list", ".result .body", ".scope")


@pytest.mark.parametrize(
    ("part", "places"),
    [
        ("operations/0", [".what", ".heading", ".cards", ".response h3", ".response .body"]),
        (f"operations/0/0/{quote(MARKUP, safe='')}", [".detail h2", ".json", ".sources"]),
        ("scenarios", [".result"]),
        ("releases", [".releases", ".sides"]),
    ],
)
def test_in_the_contract(page: Any, of_markup: flowmock.Running, part: str, places: list[str]) -> None:
    page.goto(f"{of_markup.admin_url}#{part}")
    page.locator(places[-1]).first.wait_for()

    is_text(page, *places)


def test_in_what_a_token_may_view(page: Any, of_markup: flowmock.Running) -> None:
    page.goto(f"{of_markup.admin_url}#access")
    page.get_by_text(KEY).first.wait_for()

    is_text(page)


def test_in_swagger_ui(page: Any, of_markup: flowmock.Running) -> None:
    page.goto(f"{of_markup.admin_url}contract/")
    page.locator(".responses-table pre.microlight").first.wait_for()

    is_text(
        page,
        ".info .title",
        ".info .markdown",
        ".opblock-tag",
        ".opblock-summary-description",
        ".responses-table pre.microlight",
    )
    assert page.locator("a[href^='javascript:']").count() == 0


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v3/flows/instances/{quote(MARKUP, safe='')}/",
        f"/api/v3/flows/instances/{quote(MARKUP, safe='')}/?{quote(MARKUP)}={quote(MARKUP)}",
        f"/api/v3/flows/instances/initial-setup/?__code={quote(MARKUP)}",
        f"/api/v3/flows/instances/initial-setup/?__example={quote(MARKUP)}",
        f"/{quote(MARKUP, safe='')}",
        f"/__mock__/{quote(MARKUP, safe='')}",
        f"/__mock__/static/{quote(MARKUP, safe='')}",
        f"/__mock__/exchanges?{quote(MARKUP)}=1",
        f"/__mock__/scenarios?session={quote(MARKUP)}",
        f"/__mock__/releases/compare?old={quote(MARKUP)}&new={quote(MARKUP)}",
    ],
)
def test_in_every_other_answer_that_a_browser_can_open(page: Any, mock: flowmock.Running, path: str) -> None:
    page.context.set_extra_http_headers({"Authorization": f"Bearer {mock.token}"})

    page.goto(mock.origin + path)

    is_text(page)
