"""The console page, used as a person does."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Open = Callable[..., Any]
Call = Callable[..., None]
GUEST = "guest-token-9876543210"


# Examples


def test_the_examples_are_cards(console: Open) -> None:
    page = console("examples")

    card = page.get_by_role("link", name="default-source-enrollment")
    card.wait_for()
    assert "enrollment" in card.inner_text()
    assert page.get_by_role("link", name="unknown-flow").is_visible()


def test_a_search_shows_the_examples_that_contain_a_value(console: Open) -> None:
    page = console("examples")
    page.get_by_role("link", name="initial-setup").wait_for()

    page.get_by_label("Find").fill("default-oobe")

    assert page.locator(".card").count() == 1


def test_an_example_is_json_with_the_origin_of_every_field(console: Open, mock: flowmock.Running) -> None:
    page = console("examples")
    page.get_by_role("link", name="initial-setup").click()

    page.get_by_role("heading", name="initial-setup").wait_for()
    rows = page.locator(".json tbody tr").filter(has=page.locator(".origin"))
    example = mock.mock.compiled.main.operations["flows_instances_retrieve"].success()
    assert example
    assert rows.count() == len(example.media["application/json"].examples["initial-setup"].value)
    first = rows.filter(has_text='"slug"').inner_text()
    assert "example" in first
    assert "page" in first
    assert page.locator(".sources").get_by_text("examples/initial-setup.yaml").is_visible()


def test_json_and_curl_are_copied(console: Open, mock: flowmock.Running) -> None:
    page = console("examples/1/0/initial-setup")

    page.get_by_role("button", name="Copy JSON").click()
    page.get_by_text("JSON copied.").wait_for()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["slug"] == "initial-setup"

    page.get_by_role("button", name="Copy curl").click()
    page.get_by_text("curl copied.").wait_for()
    line = page.evaluate("navigator.clipboard.readText()")
    assert line.startswith("curl ")
    assert "${FLOWCONTRACT_TOKEN}" in line
    assert line.endswith(f"{mock.url}/flows/instances/initial-setup/")


def test_an_example_has_a_preview(console: Open) -> None:
    page = console("examples/1/0/initial-setup")

    page.get_by_role("link", name="Try it").click()

    page.locator(".result", has_text="example initial-setup").wait_for()
    assert page.get_by_label("slug", exact=True).input_value() == "initial-setup"


# Exchanges


def test_exchanges_are_shown_live(console: Open, call: Call) -> None:
    page = console()
    assert page.get_by_text("No requests yet").is_visible()

    call()

    line = page.locator(".row")
    line.wait_for()
    assert "/api/v3/flows/instances/initial-setup/" in line.inner_text()
    assert "example initial-setup" in line.inner_text()
    line.click()
    body = page.get_by_label("Response body")
    assert '"slug": "initial-setup"' in body.inner_text()
    body.locator("summary").first.click()
    assert '"slug"' not in body.inner_text()


def test_violations_of_the_request_are_shown(console: Open, call: Call) -> None:
    call(method="POST")
    page = console()

    assert "1 violation" in page.locator(".row").inner_text()
    page.locator(".row").click()
    page.get_by_text("the contract has no operation for this method and path").wait_for()


def test_tokens_are_not_on_the_page(console: Open, call: Call, mock: flowmock.Running) -> None:
    call(f"initial-setup/?token={mock.token}", Cookie=f"a={mock.token}")
    page = console()
    page.locator(".row").click()

    page.get_by_text("Bearer [token all]").wait_for()
    assert mock.token not in page.content()


def test_an_exchange_is_copied_as_curl_without_its_token(console: Open, call: Call, mock: flowmock.Running) -> None:
    call(Prefer="wait=0")
    page = console()
    page.locator(".row").click()

    page.get_by_role("button", name="Copy curl").click()

    page.get_by_text("curl copied.").wait_for()
    line = page.evaluate("navigator.clipboard.readText()")
    assert "${FLOWCONTRACT_TOKEN}" in line
    assert "prefer: wait=0" in line
    assert mock.token not in line


def test_the_filters_hide_other_exchanges(console: Open, call: Call) -> None:
    call()
    call("default-user-settings-flow/")
    call("unknown/", **{"X-Mock-Session": "worker-7"})
    call(method="POST")
    page = console()
    rows = page.locator(".row")
    rows.nth(3).wait_for()

    page.get_by_label("Filter").fill("user-settings")
    assert rows.count() == 1
    page.get_by_label("Filter").fill("worker-7")
    assert rows.count() == 1
    page.get_by_label("Filter").fill("")
    page.get_by_label("Status").select_option("4xx")
    assert rows.count() == 2
    page.get_by_label("with violations").check()
    assert rows.count() == 1
    page.get_by_label("Filter").fill("fits nothing")
    assert page.get_by_text("No exchanges match the filter").is_visible()


def test_the_list_pauses_and_resumes(console: Open, call: Call) -> None:
    page = console()
    page.get_by_role("button", name="Pause").click()
    call()
    page.get_by_role("button", name="Resume (1 waiting)").wait_for()
    assert page.locator(".row").count() == 0

    page.get_by_role("button", name="Resume").click()

    page.locator(".row").wait_for()


def test_a_restarted_mock_is_followed(page: Any, send: Callable[..., None]) -> None:
    with flowmock.running() as first:
        send(first, "initial-setup/")
        send(first, "initial-setup/")
        page.goto(f"{first.admin_url}#exchanges")
        page.locator(".row").nth(1).wait_for()
    page.get_by_text("not live").wait_for()

    with flowmock.running(port=int(first.origin.rpartition(":")[2])) as second:
        send(second, "default-user-settings-flow/")
        page.locator(".row", has_text="default-user-settings-flow").wait_for()

        assert page.locator(".row").count() == 1


def test_exchanges_are_deleted(console: Open, call: Call, mock: flowmock.Running) -> None:
    call()
    page = console()
    page.locator(".row").wait_for()

    page.get_by_role("button", name="Clear").click()

    page.get_by_text("No requests yet").wait_for()
    assert len(mock.mock.journal) == 0


def test_the_journal_is_downloaded_as_har(console: Open, call: Call, mock: flowmock.Running) -> None:
    call()
    page = console()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download HAR").click()

    assert download.value.suggested_filename == "flowmock.journal.har"
    har = download.value.path().read_text("utf-8")
    assert json.loads(har)["log"]["entries"][0]["request"]["url"] == f"{mock.url}/flows/instances/initial-setup/"
    assert mock.token not in har


def test_an_exchange_is_replayed_and_compared_with_the_first(console: Open, call: Call, mock: flowmock.Running) -> None:
    call()
    mock.mock.scenarios.activate(["forbidden"])
    page = console()
    page.locator(".row").click()

    page.get_by_role("button", name="Replay").click()

    difference = page.get_by_label("Difference of two exchanges")
    difference.locator("tr.changed", has_text="response status").wait_for()
    assert difference.locator("tr.removed", has_text="response body /slug").count() == 1
    page.get_by_label("Compare with").select_option("nothing")
    difference.wait_for(state="detached")


# Scenarios


def test_a_scenario_is_activated_and_deactivated_with_an_immediate_preview(
    console: Open, mock: flowmock.Running
) -> None:
    page = console("scenarios")
    button = page.get_by_role("button", name="forbidden", exact=True)
    page.locator(".outcome", has_text="200").wait_for()

    button.focus()
    page.keyboard.press("Enter")
    page.locator("#active", has_text="forbidden").wait_for()
    page.locator(".outcome", has_text="403").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    assert [each.scenario.name for each in mock.mock.scenarios.active()] == ["forbidden"]
    assert len(mock.mock.journal) == 0

    button.click()
    page.locator("#active", has_text="none").wait_for()
    page.locator(".outcome", has_text="200").wait_for()
    assert mock.mock.scenarios.active() == ()


def test_a_scenario_for_a_number_of_responses_and_a_session(console: Open, call: Call, mock: flowmock.Running) -> None:
    page = console("scenarios")
    page.get_by_role("combobox", name="Session").fill("worker-7")
    page.get_by_role("spinbutton", name="For").fill("2")
    page.get_by_role("combobox", name="Session").press("Tab")

    page.get_by_role("button", name="not-found", exact=True).click()

    page.locator("#active", has_text="2 left").wait_for()
    page.locator(".outcome", has_text="404").wait_for()
    assert [each.left for each in mock.mock.scenarios.active("worker-7")] == [2]
    assert mock.mock.scenarios.active() == ()

    call(**{"X-Mock-Session": "worker-7"})
    page.locator("#active", has_text="1 left").wait_for()

    page.get_by_role("button", name="Use those of all clients").click()
    page.locator("#active", has_text="none").wait_for()
    assert mock.mock.scenarios.sessions() == ()


def test_a_delay_and_a_fault_are_added_to_active_scenarios(console: Open, mock: flowmock.Running) -> None:
    page = console("scenarios")
    page.get_by_role("button", name="not-found", exact=True).click()
    page.get_by_role("spinbutton", name="Delay").fill("1.5")
    page.get_by_role("button", name="Add delay").click()
    page.locator(".outcome", has_text="after 1.5 s").wait_for()

    page.get_by_role("combobox", name="Fault").select_option("truncate")
    assert page.get_by_text("Promise the whole body, send half of it, close.").is_visible()
    page.get_by_role("button", name="Add fault").click()

    page.locator(".outcome", has_text="network fault: truncate").wait_for()
    names = [each.scenario.name for each in mock.mock.scenarios.active()]
    assert names == ["not-found", "delay-1.5s", "fault-truncate"]

    page.get_by_role("button", name="Deactivate not-found").click()
    page.locator(".pill").nth(1).wait_for()
    page.get_by_role("button", name="Deactivate all").click()
    page.locator("#active", has_text="none").wait_for()


def test_on_a_narrow_screen_a_message_shows_the_result(console: Open) -> None:
    page = console("scenarios")
    page.set_viewport_size({"width": 390, "height": 700})

    page.get_by_role("button", name="defect-outage", exact=True).click()

    message = page.get_by_text("Response now: 500")
    message.wait_for()
    page.wait_for_function("document.querySelector('.notice.message').getBoundingClientRect().top >= 0")
    page.get_by_role("button", name="Close the message").click()
    assert message.count() == 0


def test_the_call_of_the_preview_can_be_edited(console: Open) -> None:
    page = console("scenarios")
    page.locator(".outcome", has_text="200").wait_for()

    page.get_by_label("slug", exact=True).fill("nobody-has-this")
    page.get_by_label("slug", exact=True).press("Enter")
    page.locator(".outcome", has_text="404").wait_for()

    page.get_by_label("slug", exact=True).fill("initial-setup")
    page.get_by_role("combobox", name="As").select_option("anonymous")
    page.locator(".outcome", has_text="403").wait_for()
    page.get_by_text("security: no credentials").wait_for()

    page.get_by_role("combobox", name="As").select_option("1")
    page.get_by_label("Prefer").fill("code=404")
    page.get_by_label("Prefer").press("Enter")
    page.locator(".result", has_text="Prefer code=404").wait_for()


def test_a_scenario_is_made_saved_edited_and_deleted(console: Open, mock: flowmock.Running) -> None:
    page = console("scenarios")
    page.get_by_role("link", name="New scenario").click()
    page.get_by_label("Name").fill("overloaded")
    page.get_by_role("button", name="Save and activate").click()
    page.locator("#active", has_text="overloaded").wait_for()
    page.locator(".outcome", has_text="503").wait_for()

    with page.expect_download() as download:
        page.get_by_role("link", name="Save to a file").click()
    assert "code: 503" in download.value.path().read_text("utf-8")

    page.get_by_role("link", name="Edit overloaded").click()
    definition = page.get_by_label("Definition")
    definition.fill(definition.input_value().replace("503", "404"))
    page.get_by_role("button", name="Save and activate").click()
    page.locator(".outcome", has_text="404").wait_for()

    page.get_by_role("link", name="Edit overloaded").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator(".outcome", has_text="200").wait_for()
    assert "overloaded" not in mock.mock.scenarios.available


def test_mistakes_in_a_scenario_are_shown_and_it_can_be_corrected(console: Open) -> None:
    page = console("scenarios/new")
    page.get_by_label("Name").fill("mine")
    page.get_by_label("Definition").fill("{")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The definition is not JSON").wait_for()

    page.get_by_label("Definition").fill('{"response": {"cod": 404}}')
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Did you mean 'code'?").wait_for()

    page.get_by_label("Definition").fill('{"response": {"code": 404}}')
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Scenario mine saved.").wait_for()
    assert page.get_by_role("button", name="mine", exact=True).get_attribute("aria-pressed") == "false"


def test_a_scenario_of_a_file_is_copied(console: Open, mock: flowmock.Running) -> None:
    page = console("scenarios")

    page.get_by_role("link", name="Copy rate-limited").click()
    assert page.get_by_label("Name").input_value() == "rate-limited-copy"
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("Scenario rate-limited-copy saved.").wait_for()
    assert "rate-limited-copy" in mock.mock.scenarios.available


def test_a_scenario_is_made_of_an_exchange(console: Open, call: Call, mock: flowmock.Running) -> None:
    call(Prefer="code=404")
    page = console()
    page.locator(".row").click()
    page.get_by_role("link", name="Make a scenario of this").click()
    page.get_by_role("heading", name="Scenario of exchange 1").wait_for()

    page.get_by_role("button", name="Save and activate").click()

    page.locator("#active", has_text="exchange-1").wait_for()
    assert [each.scenario.name for each in mock.mock.scenarios.active()] == ["exchange-1"]


def test_on_a_narrow_screen_the_switches_come_before_the_preview(console: Open) -> None:
    page = console("scenarios")
    page.set_viewport_size({"width": 390, "height": 700})

    top = "element => element.getBoundingClientRect().top"
    switch, preview = page.locator(".switch").first, page.locator(".preview")
    assert switch.evaluate(top) < preview.evaluate(top)


# Access


def test_tokens_are_masked_and_listed_with_their_response(console: Open, mock: flowmock.Running) -> None:
    page = console("access")

    rows = page.get_by_label("Responses by caller").locator("tbody tr")
    rows.nth(3).wait_for()
    assert [code.inner_text() for code in rows.locator(".status").all()] == ["200", "403", "403", "403"]
    assert page.get_by_text("Authorization: Bearer ${FLOWCONTRACT_TOKEN}").is_visible()
    assert mock.token not in page.content()
    assert GUEST not in page.content()


def test_without_tokens_the_page_shows_how_to_set_some(page: Any) -> None:
    with flowmock.running() as mock:
        page.goto(f"{mock.admin_url}#access")
        page.get_by_text("it accepts any token").wait_for()


# Releases


def test_another_release_is_served(console: Open, mock: flowmock.Running) -> None:
    page = console("releases")

    page.get_by_role("button", name="Serve 2025.12.2").click()

    page.get_by_text("Serving release 2025.12.2 now.").wait_for()
    page.locator(".top", has_text="2025.12.2").wait_for()
    assert mock.mock.compiled.main.version == "2025.12.2"
    page.get_by_role("link", name="Examples").click()
    page.get_by_role("link", name="initial-setup").click()
    added = page.locator(".json tr", has_text='"background_url"')
    added.wait_for()
    assert added.locator(".origin.overlay").count() == 2


def test_two_releases_are_shown_side_by_side_with_their_differences(console: Open) -> None:
    page = console("releases")
    page.get_by_label("Old").select_option("2024.4.0")
    page.get_by_label("New").select_option("2025.12.2")
    table = page.get_by_label("Two releases side by side")
    added = table.locator("tr.added", has_text="/background_url")
    added.wait_for()
    assert "added" in added.inner_text()
    assert table.locator("tr.same").count() == 0

    page.get_by_label("only differences").uncheck()

    assert table.locator("tr.same", has_text="/slug").is_visible()
    assert page.get_by_text("is new, and always sent").first.is_visible()


def test_a_contract_without_releases_says_so(page: Any, billing: Any) -> None:
    with flowmock.running(billing) as mock:
        page.goto(f"{mock.admin_url}#releases")
        page.get_by_text("No other releases").wait_for()


# Any contract


def test_another_contract_has_its_own_examples(page: Any, billing: Any) -> None:
    with flowmock.running(billing) as mock:
        page.goto(mock.admin_url)
        page.locator(".card").first.wait_for()

        assert page.locator(".what").inner_text() == f"{billing.title} {billing.version}"


# The page itself


def test_the_views_are_accessible_by_keyboard(console: Open) -> None:
    page = console("examples")
    page.get_by_role("link", name="Mock console").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Scenarios", level=1).wait_for()
    assert page.get_by_role("navigation").locator("[aria-current=page]").inner_text().startswith("Scenarios")


def test_a_theme_is_chosen_and_saved(console: Open) -> None:
    page = console("access")
    page.get_by_label("Theme").select_option("Dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.reload()
    page.get_by_role("heading", name="Access", level=1).wait_for()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_label("Theme").select_option("Light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_errors_are_shown(console: Open) -> None:
    page = console("scenarios")
    page.get_by_role("combobox", name="Session").fill("x" * 300)
    page.get_by_role("combobox", name="Session").press("Tab")

    page.get_by_role("button", name="forbidden", exact=True).click()

    page.get_by_text("expected a name of at most 200 characters").wait_for()


@pytest.mark.parametrize("path", ["", "contract/"])
def test_the_page_runs_under_a_strict_policy(page: Any, mock: flowmock.Running, path: str) -> None:
    answer = page.goto(mock.admin_url + path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    made = page.evaluate("() => { try { document.body.innerHTML = '<b>x</b>' } catch (error) { return error.name } }")
    assert made == "TypeError"
    page.evaluate("window.blocked = []")  # As it was meant to be.


def test_nothing_is_loaded_from_other_origins(page: Any, mock: flowmock.Running) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "#exchanges", "#scenarios", "#access", "#releases", "contract/"):
        page.goto(mock.admin_url + path)
        page.get_by_role("heading", level=1).wait_for()

    assert {url for url in asked if not url.startswith((mock.origin, "data:"))} == set()


# Operations


def test_all_operations_are_found_by_tag_path_and_summary(page: Any) -> None:
    ok = {"responses": {"200": {"description": ""}}}
    paths = {
        "/cats": {"get": ok | {"summary": "List cats", "tags": ["animals"]}, "post": ok | {"tags": ["animals"]}},
        "/health": {"get": ok | {"summary": "Whether it runs"}},
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": paths})
    with flowmock.running(contract) as mock:
        page.goto(mock.admin_url)
        page.get_by_role("heading", name="Operations", exact=True).wait_for()
        assert page.locator(".group h2").all_inner_texts() == ["animals 2", "Other operations 1"]

        page.get_by_label("Find").fill("get cats")
        assert [text.split("\n") for text in page.locator(".operations a").all_inner_texts()] == [
            ["GET", "/cats", "List cats"]
        ]

        page.get_by_role("link", name="List cats").click()
        page.get_by_role("heading", name="Examples").wait_for()


def test_one_operation_is_broken_and_undone_where_it_is_shown(page: Any) -> None:
    problem = {"503": {"description": "busy"}}
    paths = {
        "/cats": {"get": {"operationId": "listCats", "responses": {"200": {"description": ""}} | problem}},
        "/dogs": {"get": {"operationId": "listDogs", "responses": {"200": {"description": ""}}}},
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": paths})
    with flowmock.running(contract) as mock:
        page.goto(mock.admin_url)
        page.get_by_role("link", name="/cats").click()
        page.get_by_label("Break it").select_option("503")
        page.get_by_role("button", name="Break", exact=True).click()
        page.get_by_text("Broken now").wait_for()
        assert [httpx.get(f"{mock.url}/{path}").status_code for path in ("cats", "dogs")] == [503, 200]

        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Broken now").wait_for(state="detached")
        assert httpx.get(f"{mock.url}/cats").status_code == 200

        page.get_by_role("link", name="Who called it?").click()
        page.get_by_role("heading", name="Exchanges").wait_for()
        assert page.locator(".exchanges .target").all_inner_texts() == ["/cats", "/cats"]

        page.get_by_role("button", name="Show those of all operations").click()
        page.get_by_text("/dogs").wait_for()
