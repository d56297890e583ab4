"""Every bundled scenario breaks the contract if, and only if, it says so.

The check here is small and only knows the contract; it shares no code with the scenarios.
"""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock import faults
from flowmock.scenarios import definitions
from flowmock.scenarios.active import Activation, Scenarios

CONTRACT = Contract.load()
SCENARIOS = Scenarios.carried([CONTRACT]).available
OPERATION = CONTRACT.operation("flows_instances_retrieve")
TOKEN = "scenario-token-0123456789"
KNOWN = "/flows/instances/default-authentication-flow/"
# Requests that show a scenario: an existing flow, an unknown one, and those that only some scenarios match.
PROBES = [
    *[(KNOWN, TOKEN)] * 3,
    ("/flows/instances/unknown-flow/", TOKEN),
    (KNOWN, ""),
    (KNOWN, "t\xf6ken"),
    ("/flows/instances/%00/", TOKEN),
    ("/flows/instances/cache_info/", TOKEN),
    ("/flows/instances/import/", TOKEN),
]


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STALL", 0.2)
    monkeypatch.setattr(faults, "PAUSE", 0.0)


def broken(mock: flowmock.Running, probe: tuple[str, str]) -> str:
    """Why the answer to a probe breaks the contract; empty where it does not."""
    path, token = probe
    host, _, port = mock.origin.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        connection.request("GET", CONTRACT.base_path + path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    except (http.client.HTTPException, OSError) as error:
        return f"no whole answer: {error!r}"
    finally:
        connection.close()
    slug = path.rstrip("/").rpartition("/")[2]
    return judged(OPERATION, response.status, response.headers["Content-Type"] or "", body, slug)


def judged(operation: Operation, status: int, content_type: str, body: bytes, slug: str) -> str:
    answer = operation.response(status)
    if answer is None:
        return f"{status} is not documented"
    media = answer.media_for(content_type)
    if media is None:
        return f"{content_type!r} is not documented for {status}"
    if not media.is_json:
        return ""
    try:
        value = json.loads(body)
    except ValueError:
        return "no JSON"
    if status == 200 and value.get("slug") != slug:
        return "not the one that was asked for"
    return "; ".join(error.message for error in media.errors(value))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_breaks_the_contract_if_it_says_so(mock: flowmock.Running, name: str) -> None:
    mock.mock.reset()
    mock.mock.scenarios.activate([Activation(name)])

    with ThreadPoolExecutor(len(PROBES)) as pool:
        found = list(pool.map(lambda probe: broken(mock, probe), PROBES))

    assert any(found) is SCENARIOS[name].breaks_contract, found
    # The journal agrees.
    marked = [not entry.reply.within_contract for entry in mock.mock.journal.entries()]
    assert any(marked) is SCENARIOS[name].breaks_contract
    assert sum(map(bool, found)) <= sum(marked)


def test_without_scenarios_responses_conform_to_the_contract(mock: flowmock.Running) -> None:
    mock.mock.reset()

    assert [broken(mock, probe) for probe in PROBES] == [""] * len(PROBES)


def test_all_scenarios_that_a_frontend_needs_are_bundled() -> None:
    wanted = {
        *("forbidden", "not-found", "rate-limited", "server-error", "bad-gateway", "login-redirect", "slow"),
        *("stalled", "truncated", "connection-reset", "wrong-content-type", "null-title", "later-authentication"),
        *("long-title", "rtl-title", "emoji-title", "moving-cache-count"),
        *("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs"),
    }

    assert wanted <= set(SCENARIOS)
    assert all(each.summary for each in SCENARIOS.values())


ALL_DEFECTS = [Activation(name) for name in SCENARIOS if name.startswith("defect-") and name != "defect-outage"]


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/flows/instances/%00/", TOKEN, 500),
        ("/flows/instances/initial-setup%00/", TOKEN, 500),
        ("/flows/instances/%00/", "wrong", 403),
        ("/flows/instances/%00/", "", 403),
        (KNOWN, "t\xf6ken", 500),
        (KNOWN, "\xff", 500),
        (KNOWN, "wrong", 403),
        ("/flows/instances/cache_info/", TOKEN, 200),
        ("/flows/instances/cache_info/", "", 403),
        ("/flows/instances/cache_clear/", TOKEN, 405),
        ("/flows/instances/import/", TOKEN, 405),
        ("/flows/instances/import/", "wrong", 403),
        ("/flows/instances/unknown-flow/", TOKEN, 404),
        (KNOWN, TOKEN, 200),
    ],
)
def test_a_defect_occurs_where_the_real_server_has_it(
    mock: flowmock.Running, path: str, token: str, status: int
) -> None:
    mock.mock.reset()
    mock.mock.scenarios.activate(ALL_DEFECTS)

    assert status_of(mock, path, {"Authorization": f"Bearer {token}"}) == status


def test_earlier_decisions_take_precedence_over_a_defect(mock: flowmock.Running) -> None:
    mock.mock.reset()
    mock.mock.scenarios.activate(ALL_DEFECTS)

    # The answer's form is negotiated before a token is read.
    assert status_of(mock, KNOWN, {"Authorization": "Bearer t\xf6ken", "Accept": "text/html"}) == 406


def status_of(mock: flowmock.Running, path: str, headers: dict[str, str]) -> int:
    host, _, port = mock.origin.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("GET", CONTRACT.base_path + path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "scenarios.md"


def test_the_guide_lists_every_scenario_and_fault() -> None:
    text = GUIDE.read_text(encoding="utf-8")

    assert [name for name in (*SCENARIOS, *faults.NAMES) if f"`{name}`" not in text] == []


def test_the_scenarios_in_the_guide_are_valid(tmp_path: Path) -> None:
    blocks = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    path = tmp_path / "scenarios.yaml"

    for block in blocks:
        path.write_text(block.partition("```")[0], encoding="utf-8")
        assert definitions.load(path, [CONTRACT])


def test_the_changing_count_changes(mock: flowmock.Running, ask: Callable[..., object]) -> None:
    mock.mock.reset()
    mock.mock.scenarios.activate([Activation("moving-cache-count")])

    counts = [ask(mock, KNOWN, token=TOKEN).json["cache_count"] for _ in range(3)]  # type: ignore[attr-defined]

    assert counts == [1, 2, 3]


def test_scenarios_of_another_contract_are_not_available(contract_of: Callable[..., Contract]) -> None:
    other = contract_of({"/things/": {"get": {"operationId": "things", "responses": {"200": {"description": ""}}}}})

    names = set(Scenarios.carried([other]).available)

    assert "rate-limited" in names
    assert "null-title" not in names
    assert "defect-nul" not in names
