"""Our module, in every state that the server can be in. The fixture `flow_mock` comes with flowcontract."""

from collections.abc import Iterator

import httpx
import pytest
from flowmock import Running
from flowmock.scenarios.active import Activation

from flow_titles import FlowError, NoSuchFlow, NotAllowed, title

SLUG = "default-authentication-flow"


@pytest.fixture
def client(flow_mock: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {flow_mock.token}"}
    with httpx.Client(base_url=flow_mock.url, headers=headers) as client:
        yield client


def test_the_title_of_a_flow(client: httpx.Client, flow_mock: Running) -> None:
    assert title(client, SLUG) == "Welcome to authentik!"

    (call,) = flow_mock.mock.journal.entries()
    assert call.call.path == f"/api/v3/flows/instances/{SLUG}/"
    assert call.violations == []  # Nothing in our request that the contract does not allow.


def test_a_flow_without_a_title_is_called_by_its_slug(client: httpx.Client, flow_mock: Running) -> None:
    flow_mock.mock.scenarios.activate(["empty-title"])

    assert title(client, SLUG) == SLUG


def test_an_unknown_flow(client: httpx.Client) -> None:
    with pytest.raises(NoSuchFlow):
        title(client, "no-such-flow")


def test_a_token_without_the_right(client: httpx.Client, flow_mock: Running) -> None:
    flow_mock.mock.scenarios.activate(["forbidden"])

    with pytest.raises(NotAllowed):
        title(client, SLUG)


def test_a_busy_server_is_waited_for(client: httpx.Client, flow_mock: Running) -> None:
    flow_mock.mock.scenarios.activate([Activation("rate-limited", calls=2)])  # For two calls, then as usual.
    waits: list[float] = []

    assert title(client, SLUG, sleep=waits.append) == "Welcome to authentik!"
    assert waits == [5.0, 5.0]  # It asks for 30 seconds; we wait no longer than our users would.


def test_a_server_that_stays_busy(client: httpx.Client, flow_mock: Running) -> None:
    flow_mock.mock.scenarios.activate(["rate-limited"])

    with pytest.raises(FlowError, match="still busy after 3 tries"):
        title(client, SLUG, sleep=lambda _: None)


@pytest.mark.parametrize(
    "state", ["server-error", "bad-gateway", "empty-body", "truncated", "connection-reset", "no-http", "missing-title"]
)
def test_whatever_goes_wrong_is_one_kind_of_error(state: str, client: httpx.Client, flow_mock: Running) -> None:
    flow_mock.mock.scenarios.activate([state])

    with pytest.raises(FlowError):
        title(client, SLUG)
