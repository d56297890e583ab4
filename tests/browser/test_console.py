"""The console page, used as a person does."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

import flowmock
from flowmock.scenarios import Wanted

FLOW = "/flows/instances/initial-setup/"
MARKUP = '<img src=x onerror="owned=1">'


def call(mock: flowmock.Running, path: str = FLOW, **headers: str) -> None:
    request = Request(mock.url + path, headers={"Authorization": f"Bearer {mock.token}", **headers})
    with urlopen(request, timeout=10):
        pass


def test_exchanges_show_up_while_they_happen(console: Callable[[], Any], mock: flowmock.Running) -> None:
    page = console()
    assert page.get_by_text("Nothing has been asked yet.").is_visible()

    call(mock)

    line = page.locator("#exchanges summary")
    line.wait_for()
    assert "GET /api/v3/flows/instances/initial-setup/" in line.inner_text()
    line.click()
    assert "example initial-setup" in line.inner_text()
    assert '"slug": "initial-setup"' in page.locator("#exchanges pre").last.inner_text()


def test_tokens_are_not_on_the_page(console: Callable[[], Any], mock: flowmock.Running) -> None:
    call(mock, FLOW + f"?token={mock.token}", Cookie=f"a={mock.token}")
    page = console()
    page.locator("#exchanges summary").click()

    page.get_by_text("Bearer [token all]").wait_for()
    assert mock.token not in page.content()


def test_a_scenario_is_switched_on_and_off(console: Callable[[], Any], mock: flowmock.Running) -> None:
    page = console()
    button = page.get_by_role("button", name="forbidden")

    button.focus()
    page.keyboard.press("Enter")
    page.locator("#active", has_text="forbidden").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    assert [each.state.name for each in mock.mock.scenarios.active()] == ["forbidden"]

    button.click()
    page.locator("#active", has_text="none").wait_for()
    assert mock.mock.scenarios.active() == ()


def test_a_scenario_for_a_number_of_answers_and_a_session(console: Callable[[], Any], mock: flowmock.Running) -> None:
    page = console()
    page.get_by_label("Session").fill("worker-7")
    page.get_by_label("For").fill("2")

    page.get_by_role("button", name="slow", exact=True).click()

    page.locator("#active", has_text="slow (2 left)").wait_for()
    assert [each.left for each in mock.mock.scenarios.active("worker-7")] == [2]
    assert mock.mock.scenarios.active() == ()


def test_the_filter_hides_what_does_not_hold_its_text(console: Callable[[], Any], mock: flowmock.Running) -> None:
    call(mock)
    call(mock, "/flows/instances/default-user-settings-flow/")
    page = console()
    page.locator("#exchanges li").nth(1).wait_for()

    page.get_by_label("Filter").fill("user-settings")

    assert page.locator("#exchanges li:visible").count() == 1


def test_markup_stays_text(console: Callable[[], Any], mock: flowmock.Running) -> None:
    scenarios = mock.mock.scenarios
    answer = {"code": 200, "body": {"detail": MARKUP}, "headers": {"X-Hostile": MARKUP}}
    scenarios.define("hostile", {"summary": MARKUP, "answer": answer})
    scenarios.set([Wanted("hostile")])
    call(
        mock,
        f"/flows/instances/{quote(MARKUP, safe='')}/?q={quote(MARKUP)}",
        **{"X-Mine": MARKUP},
    )

    page = console()
    page.locator("#exchanges summary").first.click()
    page.locator("#exchanges pre").last.wait_for()

    assert MARKUP in page.locator("#states").inner_text()
    assert MARKUP in page.locator("#exchanges").inner_text()
    assert page.locator("#exchanges img, #states img, main script").count() == 0
    assert page.evaluate("typeof owned") == "undefined"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_is_wider_than_the_window(
    console: Callable[[], Any], mock: flowmock.Running, width: int, scheme: str
) -> None:
    call(mock, FLOW + "?" + "long=" + "x" * 500)
    page = console()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("#exchanges summary").click()
    page.locator("#exchanges pre").last.wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_runs_under_a_strict_policy(page: Any, mock: flowmock.Running) -> None:
    answer = page.goto(mock.admin_url)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
