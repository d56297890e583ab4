"""The list of flows, added to the bundled contract as the guide says, as the real server was observed to give it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract import capture
from flowcontract.openapi import assemble, documents
from flowcontract.openapi.contract import Contract

ROOT = Path(__file__).parents[2]
ADDED = ROOT / "examples" / "add-operation"
FLOWS = "/flows/instances/"
SLUGS = sorted(path.stem for path in (ROOT / "spec" / "examples").glob("*.yaml"))

Get = Callable[..., Any]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The bundled contract with one operation more."""
    captured = tmp_path_factory.mktemp("contract") / "captured.yaml"
    whole = capture.combine(
        schema=str(ADDED / "server.yaml"),
        operations=["flows_instances_list"],
        add_to=ROOT / "spec" / "captured" / "2024.8.1.yaml",
    )
    documents.write(captured, documents.dump(whole.document))
    overlays = [ROOT / "spec" / "overlays" / "observed.yaml", ADDED / "list.yaml"]
    return Contract(assemble.build(captured, overlays, ROOT / "spec" / "examples"))


@pytest.fixture(scope="module")
def running(contract: Contract) -> Iterator[flowmock.Running]:
    with flowmock.running(contract, tokens=("all", "one:initial-setup", "nothing:none")) as serves:
        yield serves


@pytest.fixture
def get(running: flowmock.Running, ask: Callable[..., Any]) -> Get:
    """`get("?page=2")`: the response to a request for the list."""

    def got(query: str = "", token: str = "all", method: str = "GET") -> Any:
        return ask(running, FLOWS + query, method=method, token=token or None)

    return got


def test_all_flows_are_on_one_page(get: Get) -> None:
    found = get()

    assert [flow["slug"] for flow in found.json["results"]] == SLUGS
    assert found.json["pagination"] == {
        "next": 0,
        "previous": 0,
        "count": 13,
        "current": 1,
        "total_pages": 1,
        "start_index": 1,
        "end_index": 13,
    }
    assert found["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_every_flow_of_the_list_can_be_read(get: Get) -> None:
    flows = get().json["results"]

    assert [get(f"{flow['slug']}/").json for flow in flows] == flows


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("?slug=initial-setup", ["initial-setup"]),
        ("?slug=initial", []),
        ("?designation=recovery", []),
        ("?designation=enrollment", ["default-source-enrollment"]),
        ("?designation=", SLUGS),
        ("?search=SOURCE enroll".replace(" ", "%20"), ["default-source-enrollment"]),
        ("?search=pre-auth", ["default-source-pre-authentication"]),
        ("?flow_uuid=44212e41f29b444d906d343d3374e321", ["default-authentication-flow"]),
        ("?ordering=-slug&page_size=2", SLUGS[:-3:-1]),
        ("?page_size=5&page=3", SLUGS[10:]),
        ("?unknown=1", SLUGS),
    ],
)
def test_filters_search_order_and_pages(query: str, slugs: list[str], get: Get) -> None:
    assert [flow["slug"] for flow in get(query).json["results"]] == slugs


@pytest.mark.parametrize(
    ("query", "token", "status", "body"),
    [
        ("", "", 403, {"detail": "Authentication credentials were not provided."}),
        ("", "nothing", 403, {"detail": "You do not have permission to perform this action."}),
        ("", "unknown", 403, {"detail": "Token invalid/expired"}),
        ("?page=2", "all", 404, {"detail": "Invalid page."}),
        (
            "?designation=bogus",
            "all",
            400,
            {"designation": ["Select a valid choice. bogus is not one of the available choices."]},
        ),
    ],
)
def test_error_responses(query: str, token: str, status: int, body: Any, get: Get) -> None:
    found = get(query, token)

    assert (found.status, found.json) == (status, body)


def test_a_caller_lists_what_it_may_view(get: Get) -> None:
    found = get(token="one").json

    assert [flow["slug"] for flow in found["results"]] == ["initial-setup"]
    assert found["pagination"]["count"] == 1


def test_flows_are_not_created(get: Get) -> None:
    assert get(method="POST").status == 403
    assert get(method="PUT").status == 405
