"""The contract, shown by Swagger UI."""

from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract


def test_the_operation_is_shown_and_tried_against_this_mock(page: Any, mock: flowmock.Running) -> None:
    page.goto(f"{mock.admin_url}contract/")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(mock.token)
    page.locator(".auth-btn-wrapper").get_by_text("Authorize").click()
    page.locator(".auth-btn-wrapper").get_by_text("Close").click()
    read = page.locator(".opblock", has_text="/flows/instances/{slug}/")
    read.get_by_placeholder("slug").fill("initial-setup")

    read.get_by_role("button", name="Execute").click()

    page.locator(".live-responses-table", has_text='"slug": "initial-setup"').wait_for()
    (entry,) = mock.mock.journal.entries()
    assert (entry.call.path, entry.reply.status) == ("/api/v3/flows/instances/initial-setup/", 200)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_every_version_of_openapi_is_rendered(page: Any, version: str) -> None:
    text = {"application/json": {"schema": {"type": "string"}}}
    pets = {"get": {"summary": "All pets", "responses": {"200": {"description": "OK", "content": text}}}}
    document = {"openapi": version, "info": {"title": "Pets", "version": "1"}, "paths": {"/pets": pets}}

    with flowmock.running(Contract(document)) as mock:
        page.goto(f"{mock.admin_url}contract/")

        page.locator(".opblock", has_text="/pets").wait_for()


def test_one_of_several_documents_is_chosen(page: Any, billing: Any, shop: Any) -> None:
    with flowmock.running([billing, shop]) as mock:
        page.goto(f"{mock.admin_url}contract/")
        page.get_by_role("heading", name=billing.title).wait_for()

        page.get_by_label("Document").select_option(f"{shop.title} {shop.version}")

        page.get_by_role("heading", name=shop.title).wait_for()


def test_the_page_follows_the_theme_of_the_console(page: Any, mock: flowmock.Running) -> None:
    page.goto(mock.admin_url)
    page.get_by_label("Theme").select_option("Dark")
    page.get_by_role("link", name="Contract").click()
    page.locator(".swagger-ui").first.wait_for()

    assert "invert" in page.evaluate("getComputedStyle(document.querySelector('.swagger-ui')).filter")


def test_the_page_has_the_frame_of_the_others(page: Any, mock: flowmock.Running) -> None:
    frame = []
    for path in ("", "contract/"):
        page.goto(mock.admin_url + path)
        page.get_by_text("live", exact=True).wait_for()
        frame.append((page.locator("header").inner_text(), page.locator("nav li").all_inner_texts()))
        assert page.locator("nav .icon").count() == len(frame[0][1])
    assert frame[0] == frame[1]

    page.locator(".swagger-ui").first.wait_for()
    page.get_by_label("Theme").select_option("Dark")
    assert "invert" in page.evaluate("getComputedStyle(document.querySelector('.swagger-ui')).filter")
    page.get_by_role("navigation").get_by_role("link", name="Operations").click()
    page.get_by_role("heading", name="Operations", level=1).wait_for()
