"""The mock serves the contract of any release, several at once, and changes from one to another while it runs."""

import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result
from flowcontract.errors import UsageError
from flowcontract.http.target import Target
from flowcontract.openapi import documents, releases
from flowcontract.openapi.contract import Contract, carried
from flowmock import startup
from flowmock.application import Mock
from flowmock.creation import create
from flowmock.server.reload import Reloader
from flowmock.settings import Settings

FLOW = "/flows/instances/default-authentication-flow/"
TOKEN = "editions-test-token"


@pytest.fixture
def several() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN], release=["2025.10.0", "2025.12.2"]) as running:
        yield running


@pytest.fixture
def one() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN], release="2025.12.0") as running:
        yield running


def get(url: str) -> tuple[int, Any]:
    host, _, path = url.removeprefix("http://").partition("/")
    return _asked(host, "GET", f"/{path}", None, {"Authorization": f"Bearer {TOKEN}"})


def admin(running: flowmock.Running, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    content = json.dumps(body) if body is not None else None
    return _asked(running.origin.removeprefix("http://"), method, f"/__mock__{path}", content, {})


def _asked(host: str, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if "json" in response.headers["Content-Type"] else text
    finally:
        connection.close()


@pytest.mark.parametrize("name", releases.names()[:: len(releases.names()) // 2])
def test_the_mock_of_a_release_passes_the_gate_at_that_release(name: str) -> None:
    contract = releases.load(name)
    with flowmock.running(tokens=[TOKEN, "other-token:none"], release=name) as running:
        target = Target.at(running.url, contract.base_path, token=TOKEN, none_token="other-token")
        run_result = engine.run(contract, target, engine.Options(profile="quick"))

    assert run_result.result is Result.PASSED, [finding.rule for finding in run_result.open_findings]


def test_a_single_release_is_served_at_the_base_path(one: flowmock.Running) -> None:
    assert one.url == one.at("2025.12.0") == f"{one.origin}/api/v3"
    status, body = get(one.url + FLOW)
    assert status == 200
    assert body["background_url"] == "/static/dist/assets/images/flow_background.jpg"
    assert "background_themed_urls" not in body


def test_several_releases_are_served_under_their_names(several: flowmock.Running) -> None:
    _, old = get(several.at("2025.10.0") + FLOW)
    _, new = get(f"{several.origin}/2025.12.2/api/v3{FLOW}")

    assert "background_url" not in old
    assert new["background_themed_urls"] is None
    assert get(f"{several.origin}/api/v3{FLOW}")[0] == 404
    with pytest.raises(UsageError, match=r"2025\.10\.0, 2025\.12\.2"):
        several.at("2025.12.0")


def test_a_repeated_release_is_served_once() -> None:
    with flowmock.running(release=["2022.5.1", "2022.5.1"]) as running:
        assert "layout" in get(running.url + FLOW)[1]


def test_the_start_panel_has_the_url_of_each_release(several: flowmock.Running) -> None:
    result = json.loads(startup.as_json(several))

    assert result["releases"] == {name: several.at(name) for name in ("2025.10.0", "2025.12.2")}


def test_another_document_has_no_releases() -> None:
    contract = Contract.load(Path(__file__).parents[1] / "data/contracts/things.yaml")
    with pytest.raises(UsageError, match="has no releases"), flowmock.running(contract, release="2025.12.2"):
        pass


def test_the_admin_api_lists_the_releases(one: flowmock.Running) -> None:
    status, result = admin(one, "GET", "/releases")

    assert status == 200
    assert [each["release"] for each in result["releases"]] == releases.names()
    assert all(each["change"] for each in result["releases"])
    assert result["served"] == [{"release": "2025.12.0", "like": "2025.12.0", "base_path": "/api/v3"}]


def test_without_a_release_the_contract_has_its_own_version(anyone: flowmock.Running) -> None:
    _, result = admin(anyone, "GET", "/releases")

    assert result["served"] == [{"release": "2024.8.1", "like": "2024.4.0", "base_path": "/api/v3"}]


def test_a_contract_without_releases_has_none() -> None:
    contract = Contract.load(Path(__file__).parents[1] / "data/contracts/things.yaml")
    with flowmock.running(contract) as running:
        assert admin(running, "GET", "/releases") == (200, {"releases": [], "served": []})
        status, result = admin(running, "PUT", "/release", {"release": "2025.12.2"})

    assert status == 400
    assert "has no releases" in result["error"]


def test_the_release_changes_while_the_mock_runs_until_it_is_reset(one: flowmock.Running) -> None:
    status, result = admin(one, "PUT", "/release", {"release": "2025.12.2"})
    assert status == 200
    assert result["served"] == [{"release": "2025.12.2", "like": "2025.12.2", "base_path": "/api/v3"}]
    assert "background_themed_urls" in get(one.url + FLOW)[1]

    admin(one, "POST", "/reset")
    assert "background_themed_urls" not in get(one.url + FLOW)[1]
    assert admin(one, "GET", "/releases")[1]["served"][0]["release"] == "2025.12.0"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"release": "2030.1.0"}, "Did you mean '2026.2.0'"),
        ({"release": "2025.12"}, "2025.12.0, 2025.12.2"),
        ({"release": None}, "expected a string, got null"),
        ({"relaese": "2025.12.2"}, "Did you mean 'release'"),
        (["2025.12.2"], "expected a mapping, got a list"),
    ],
)
def test_an_invalid_release_changes_nothing(one: flowmock.Running, body: Any, expected: str) -> None:
    status, result = admin(one, "PUT", "/release", body)

    assert status == 400
    assert expected in result["error"]
    assert "background_themed_urls" not in get(one.url + FLOW)[1]


def test_several_served_releases_cannot_be_switched(several: flowmock.Running) -> None:
    status, result = admin(several, "PUT", "/release", {"release": "2025.12.2"})

    assert status == 400
    assert "/2025.10.0/api/v3, /2025.12.2/api/v3" in result["error"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(carried(""), tmp_path / "spec")
    return tmp_path / "spec"


def _title(mock: Mock) -> str:
    return str(mock.compiled.main.document["info"]["title"])


def test_a_changed_document_does_not_switch_the_release_back(checkout: Path) -> None:
    mock = create(Contract.load(checkout / "openapi.yaml"), Settings(watch=False))
    reloader = Reloader(mock, [].append)
    mock.serve_release("2025.12.2")
    document = documents.read(checkout / "openapi.yaml")
    document["info"]["title"] = "changed"
    documents.write(checkout / "openapi.yaml", documents.dump(document))

    reloader.reload({(checkout / "openapi.yaml").resolve()})

    assert _title(mock) == "changed"
    assert mock.compiled.main.version == "2025.12.2"


def test_a_changed_overlay_of_a_release_is_served(checkout: Path) -> None:
    mock = create(Contract.load(checkout / "openapi.yaml"), Settings(watch=False, release=("2026.2.0",)))
    reloader = Reloader(mock, [].append)
    path = checkout / "overlays" / "releases" / "2026.2.0.yaml"
    overlay = documents.read(path)
    overlay["actions"].append({"target": "$.info", "update": {"title": "changed"}})
    documents.write(path, documents.dump(overlay))

    reloader.reload({path.resolve()})

    assert _title(mock) == "changed"


def test_a_contract_without_a_known_version_is_like_no_release(checkout: Path) -> None:
    document = documents.read(checkout / "openapi.yaml")
    document["info"]["version"] = "next"
    documents.write(checkout / "openapi.yaml", documents.dump(document))

    with flowmock.running(Contract.load(checkout / "openapi.yaml")) as mock:
        status, result = admin(mock, "GET", "/releases")

    assert status == 200
    assert result["served"][0]["release"] == "next"
    assert result["served"][0]["like"] is None
