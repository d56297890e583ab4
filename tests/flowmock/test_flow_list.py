"""The list of flows, as the real server was observed to give it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock

ROOT = Path(__file__).parents[2]
FLOWS = "/flows/instances/"
SLUGS = sorted(path.stem for path in (ROOT / "spec" / "examples").glob("*.yaml"))

Get = Callable[..., Any]


@pytest.fixture(scope="module")
def running() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=("all", "one:initial-setup", "nothing:none")) as serves:
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


@pytest.mark.parametrize("query", ["?search=no-such-word", "?designation=recovery", "?designation=bogus"])
def test_a_stateful_mock_filters_a_single_flow_as_well(query: str, running: flowmock.Running, ask: Any) -> None:
    path = f"{FLOWS}initial-setup/{query}"
    with flowmock.running(tokens=("all",), stateful=True) as stateful:
        found, usual = (ask(mock, path, token="all") for mock in (stateful, running))

    assert (found.status, found.json) == (usual.status, usual.json)
    assert found.status in (400, 404)
