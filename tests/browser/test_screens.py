"""Every part of the console at three widths in both themes: nothing overflows, nothing is inaccessible.

`FLOWCONTRACT_IMAGES=docs/images` makes the pictures of the documentation anew; with `FLOWCONTRACT_ALL_IMAGES` set to
a folder, every part is pictured there, to be looked at.
"""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock

WIDTHS = {390: 844, 820: 1100, 1440: 900}
"""Heights by width."""
PARTS = {
    "examples": "#examples",
    "example": "#examples/1/0/default-source-enrollment",
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
    ("examples", 390, "light"),
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
        "examples": ".card",
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
    page.locator(places[part]).first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_whole_and_accessible_at_every_width(
    page: Any, busy: flowmock.Running, part: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="see `tox run -e browser`").Axe()
    page.emulate_media(color_scheme=scheme)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto("about:blank")
        newest = busy.mock.journal.recorded
        page.goto(busy.admin_url + PARTS[part].format(newest=newest, first=newest - 4))
        ready(page, part)

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if scheme == "light" or width == max(WIDTHS):  # Colors are those of the scheme at every width.
            found = axe.run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
        picture(page, part, width, scheme)


@pytest.mark.parametrize("width", WIDTHS)
def test_long_values_do_not_widen_the_page(page: Any, busy: flowmock.Running, width: int) -> None:
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(f"{busy.admin_url}#exchanges/{busy.mock.journal.recorded - 4}")
    ready(page, "exchange")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def picture(page: Any, part: str, width: int, scheme: str) -> None:
    """Keep a picture where one is asked for."""
    name = f"console-{part}-{width}-{scheme}.png"
    if folder := os.environ.get("FLOWCONTRACT_ALL_IMAGES"):
        page.screenshot(path=Path(folder) / name, full_page=True)
    if (folder := os.environ.get("FLOWCONTRACT_IMAGES")) and (part, width, scheme) in PASSED:
        from PIL import Image

        taken = Image.open(io.BytesIO(page.screenshot()))
        taken.convert("RGB").quantize(256, kmeans=1).save(Path(folder) / name, optimize=True)
