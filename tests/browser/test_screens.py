"""Every part of the console at three widths in both themes: nothing overflows, nothing is inaccessible.

`FLOWCONTRACT_IMAGES=docs/images` makes the pictures of the documentation anew; with `FLOWCONTRACT_ALL_IMAGES` set to
a folder, every part is pictured there, to be looked at.
"""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import flowmock
from flowcontract.openapi.contract import Contract

WIDTHS = {390: 844, 820: 1100, 1440: 900}
"""Heights by width."""
PARTS = {
    "operations": "#operations",
    "operation": "#operations/1",
    "example": "#operations/1/0/default-source-enrollment",
    "exchanges": "#exchanges",
    "exchange": "#exchanges/{newest}",
    "difference": "#exchanges/{newest}/{first}",
    "scenarios": "#scenarios",
    "editor": "#scenarios/exchange/{newest}",
    "access": "#access",
    "releases": "#releases",
    "contract": "contract/",
}
PASSED = {
    ("example", 1440, "light"),
    ("exchange", 1440, "dark"),
    ("scenarios", 1440, "light"),
    ("scenarios", 390, "dark"),
    ("access", 820, "light"),
    ("releases", 1440, "dark"),
    ("contract", 1440, "light"),
    ("operation", 390, "light"),
}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def used() -> Iterator[flowmock.Running]:
    """A mock that has been in use."""
    tokens = ["admin-token-0123456789", "guest-token-9876543210:none", "single-token-55555:initial-setup"]
    with flowmock.running(tokens=tokens) as running:
        yield running


@pytest.fixture
def busy(used: flowmock.Running, send: Callable[..., None]) -> flowmock.Running:
    used.mock.reset()
    send(used, "default-authentication-flow/?" + "long=" + "x" * 300, Accept="x" * 300)
    send(used, "nobody-has-this/")
    send(used, "initial-setup/", token="guest-token-9876543210")
    send(used, "initial-setup/", method="POST", **{"X-Mock-Session": "worker-3"})
    used.mock.scenarios.activate(["later-layout"])
    send(used, "default-user-settings-flow/?expand=stages", Prefer="wait=0.01", Cookie="theme=dark")
    used.mock.scenarios.activate(["rate-limited"], "worker-3")
    return used


def ready(page: Any, part: str) -> None:
    places = {
        "operations": ".operations",
        "operation": ".card",
        "example": ".json",
        "exchanges": ".row >> nth=4",
        "exchange": ".exchange",
        "difference": ".sides",
        "scenarios": ".result",
        "editor": "textarea",
        "access": ".status",
        "releases": ".sides",
        "contract": ".responses-table pre.microlight",
    }
    page.get_by_text("live", exact=True).wait_for()
    page.locator(places[part]).first.wait_for()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_whole_and_accessible_at_every_width(page: Any, busy: flowmock.Running, part: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="see `tox run -e browser`").Axe()
    newest = busy.mock.journal.recorded
    page.goto(busy.admin_url + PARTS[part].format(newest=newest, first=newest - 4))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            ready(page, part)

            assert page.evaluate("document.documentElement.scrollWidth") <= width
            # Colors are those of the scheme at every width, and nothing else depends on the scheme.
            of_scheme = {"runOnly": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else {}
            if scheme == "light" or width == max(WIDTHS):
                found = axe.run(page, options=of_scheme).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
            picture(page, part, width, scheme)


def test_the_navigation_has_room_for_its_counts(page: Any, mock: flowmock.Running) -> None:
    mock.mock.scenarios.activate(["rate-limited"])
    with httpx.Client() as client:
        for _ in range(100):
            client.get(f"{mock.url}/flows/instances/")
    page.set_viewport_size({"width": 390, "height": WIDTHS[390]})
    page.goto(f"{mock.admin_url}#exchanges")
    page.get_by_role("navigation").get_by_text("100", exact=True).wait_for()

    inside = "[...document.querySelectorAll('nav a')].every((each) => each.scrollWidth <= each.clientWidth)"
    assert page.evaluate(inside)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_long_values_do_not_widen_the_page(page: Any, busy: flowmock.Running) -> None:
    page.goto(f"{busy.admin_url}#exchanges/{busy.mock.journal.recorded - 4}")
    ready(page, "exchange")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})

        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def large() -> Iterator[flowmock.Running]:
    """A mock of many operations with long names, one of which is broken, and of which requests are recorded."""
    name = "a_rather_long_name_of_a_resource"
    schema = {"type": "object", "required": [name], "properties": {name: {"type": "string", "minLength": 300}}}
    media = {"application/vnd.example.a-rather-long-media-type.v1+json": {"schema": schema}}
    operation = {
        "summary": "Something that takes a rather long sentence to say, and NamesWithoutAnySpaceInThem" + "X" * 60,
        "tags": ["T" * 80],
        "responses": {
            status: {"description": "D" * 90, "content": media} for status in ("200", "400", "404", "default")
        },
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 90}}],
    }
    paths = {
        f"/{name}/{number}/{name * 3}/{{{name}}}": {
            method: operation | {"operationId": f"{method}_{name * 3}_{number}"} for method in ("get", "put", "delete")
        }
        for number in range(40)
    }
    schemes = {"S" * 60: {"type": "apiKey", "in": "header", "name": "X-" + "K" * 60}}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "L" * 60, "version": "V" * 40},
            "paths": paths,
            "components": {"securitySchemes": schemes},
            "security": [{scheme: [] for scheme in schemes}],
        }
    )
    with flowmock.running(contract, tokens=[f"token-{name}:{name * 3}"]) as running:
        broken = {"when": {"operation": f"get_{name * 3}_0"}, "response": {"code": 503}}
        running.mock.scenarios.define(f"get-{name.replace('_', '-')}-"[:40] + ".503", broken)
        running.mock.scenarios.activate([f"get-{name.replace('_', '-')}-"[:40] + ".503", "slow"])
        httpx.get(f"{running.url}/{name}/0/{name * 3}/{'v' * 300}")
        yield running


@pytest.mark.parametrize(
    ("part", "place"),
    [
        *(("#operations", ".operations"), ("#operations/0", ".response"), ("#operations/3", ".response")),
        *(("#operations/0/0/generated", ".json"), ("#exchanges", ".row"), ("#exchanges/1", ".exchange")),
        *(("#scenarios", ".result"), ("#scenarios/0", ".result"), ("#scenarios/new", "textarea")),
        *(("#scenarios/exchange/1", "textarea"), ("#access", ".status"), ("#releases", ".empty")),
        ("contract/", ".opblock-tag"),
    ],
)
def test_no_page_of_a_large_contract_is_wider_than_the_screen(
    page: Any, visit: Callable[..., Any], large: flowmock.Running, part: str, place: str
) -> None:
    page.set_default_timeout(60_000)  # Swagger UI takes seconds for hundreds of operations.
    visit(large, part)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        page.locator(place).first.wait_for()

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OUTSIDE) == []


OUTSIDE = """() => [...document.querySelectorAll("main :is(input, select, button, .button, p, pre, .card, .mark)")]
  .filter((each) => !each.closest(".scroll, .swagger-ui, .hidden, pre") && each.getClientRects().length)
  .map((each) => [each, each.closest("section, form, main")])
  .filter(([each, around]) => each.getBoundingClientRect().right > around.getBoundingClientRect().right + 1)
  .map(([each]) => each.outerHTML.slice(0, 200))"""
"""Finds what reaches out of the card that it is in."""


def picture(page: Any, part: str, width: int, scheme: str) -> None:
    """Keep a picture where one is asked for."""
    name = f"console-{part}-{width}-{scheme}.png"
    if folder := os.environ.get("FLOWCONTRACT_ALL_IMAGES"):
        page.screenshot(path=Path(folder) / name, full_page=True)
    if (folder := os.environ.get("FLOWCONTRACT_IMAGES")) and (part, width, scheme) in PASSED:
        from PIL import Image

        taken = Image.open(io.BytesIO(page.screenshot()))
        taken.convert("RGB").quantize(256, kmeans=1).save(Path(folder) / name, optimize=True)
