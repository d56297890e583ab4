"""The contract of every release has the facts of its history."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from flowcontract.compatibility.diff import Changes
from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi import releases
from flowcontract.openapi.contract import Contract

OPERATION = "flows_instances_retrieve"
HISTORY = [
    "2021.8.4 2021.9.1 2022.5.1 2022.7.1 2022.9.0 2022.10.2 2022.11.0 2022.11.2 2023.3.0 2024.2.0",
    "2024.4.0 2024.12.0 2025.10.0 2025.12.0 2025.12.2 2026.2.0",
]
NAMES = " ".join(HISTORY).split()


def flow(contract: Contract) -> Any:
    return contract.document["components"]["schemas"]["Flow"]


def values(contract: Contract, field: str) -> set[str]:
    schema = flow(contract)["properties"][field]
    return set(contract.resolve(schema["allOf"][0] if "allOf" in schema else schema)["enum"])


def test_the_releases_are_those_that_changed_the_contract() -> None:
    assert releases.names() == NAMES
    assert all(release.change for release in releases.listed())


@pytest.mark.parametrize("published_only", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_document_of_a_release_is_valid(name: str, published_only: bool) -> None:
    contract = releases.load(name, published_only=published_only)

    assert list(OpenAPIV30SpecValidator(contract.document).iter_errors()) == []
    assert contract.version == name
    assert set(contract.operation(OPERATION).responses) == {"200", "400", "403"} | (
        set() if published_only else {"404", "405", "406"}
    )


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_are_true_to_it(name: str) -> None:
    contract = releases.load(name)
    operation = contract.operation(OPERATION)

    assert len(operation.example_path_values()) == 13
    for answer in operation.responses.values():
        for media in answer.media.values():
            for example in media.examples.values():
                assert list(media.errors(example.value)) == [], example.name
                if answer.status == "200":
                    assert set(example.value) == set(flow(contract)["properties"])


@pytest.mark.parametrize(
    ("field", "since"),
    [
        ("layout", "2022.5.1"),
        ("denied_action", "2022.7.1"),
        ("background_url", "2025.12.0"),
        ("background_themed_urls", "2025.12.2"),
    ],
)
def test_a_field_is_there_since_its_release(field: str, since: str) -> None:
    having = [name for name in NAMES if field in flow(releases.load(name))["properties"]]

    assert having == NAMES[NAMES.index(since) :]


def test_a_field_came_went_and_came_back() -> None:
    having = {name for name in NAMES if "authentication" in flow(releases.load(name))["properties"]}

    assert set(NAMES) - having == {"2021.8.4", "2021.9.1", "2022.5.1", "2022.7.1", "2022.9.0", "2022.11.0"}


@pytest.mark.parametrize(
    ("field", "value", "since"),
    [
        ("authentication", "require_superuser", "2022.11.2"),
        ("authentication", "require_outpost", "2024.2.0"),
        ("authentication", "require_redirect", "2024.12.0"),
        ("layout", "sidebar_right", "2022.5.1"),
        ("layout", "sidebar_left_frame_background", "2026.2.0"),
        ("layout", "sidebar_right_frame_background", "2026.2.0"),
    ],
)
def test_a_value_is_there_since_its_release(field: str, value: str, since: str) -> None:
    later = NAMES[NAMES.index("2022.11.2") :] if field == "authentication" else NAMES[NAMES.index("2022.5.1") :]

    having = [name for name in later if value in values(releases.load(name), field)]

    assert having == NAMES[NAMES.index(since) :]


def test_the_background_of_2025_12_breaks_both_ways() -> None:
    old, new = flow(releases.load("2025.10.0")), flow(releases.load("2025.12.0"))

    assert "background" in old["required"]
    assert old["properties"]["background"]["readOnly"] is True
    assert "background" not in new["required"]
    assert "readOnly" not in new["properties"]["background"]
    assert "background_url" in new["required"]
    assert old["properties"]["slug"]["maxLength"] == 50
    assert "maxLength" not in new["properties"]["slug"]


def test_themed_urls_are_required_and_may_be_null() -> None:
    contract = releases.load("2025.12.2")
    success = contract.operation(OPERATION).success()
    assert success is not None
    media = success.media["application/json"]
    body = dict(next(iter(media.examples.values())).value)

    assert body["background_themed_urls"] is None
    assert media.is_valid(body | {"background_themed_urls": {"light": "/a", "dark": "/b"}})
    assert not media.is_valid(body | {"background_themed_urls": "/a"})
    del body["background_themed_urls"]
    assert not media.is_valid(body)


@pytest.mark.parametrize(("name", "kind"), [("2024.2.0", "apiKey"), ("2024.4.0", "http"), ("2026.2.0", "http")])
def test_the_token_became_a_bearer_token(name: str, kind: str) -> None:
    ((scheme,),) = releases.load(name).operation(OPERATION).security

    assert (scheme.published or scheme.kind) == kind
    assert (scheme.kind, scheme.scheme) == ("http", "bearer"), "what the server wants"


def test_a_component_was_renamed() -> None:
    assert "LayoutEnum" in releases.load("2023.3.0").document["components"]["schemas"]
    assert "FlowLayoutEnum" in releases.load("2024.2.0").document["components"]["schemas"]


def test_the_first_release_required_detail_of_validation_errors() -> None:
    required = [
        name for name in NAMES if "required" in releases.load(name).document["components"]["schemas"]["ValidationError"]
    ]

    assert required == ["2021.8.4"]


@pytest.mark.parametrize(
    ("asked", "is_like"),
    [
        ("2024.8.1", "2024.4.0"),
        ("2024.10.5", "2024.4.0"),
        ("2022.11.1", "2022.11.0"),
        ("2022.10.4", "2022.10.2"),
        ("2025.12.1", "2025.12.0"),
        ("2026.2.3", "2026.2.0"),
        ("2022.10.1", "2022.9.0"),
    ],
)
def test_a_release_between_has_the_contract_of_the_one_before(asked: str, is_like: str) -> None:
    one, other = releases.load(asked), releases.load(is_like)

    assert one.version == asked
    assert one.document["components"] == other.document["components"]
    assert one.document["paths"] == other.document["paths"]


def test_the_projects_own_release_is_the_contract_itself() -> None:
    own = Contract.load()

    assert releases.load(own.version).document == own.document


def test_what_an_overlay_of_a_release_added_says_so() -> None:
    provenance = releases.load("2025.12.2").document["x-flowcontract-provenance"]

    assert provenance["/components/schemas/ThemedUrls"] == "overlays/releases/2025.12.2.yaml"


@pytest.mark.parametrize("name", ["", "latest", "2021.6.1", "2026.2.4", "3000.1", "2024", "2024.x", "2024.²"])
def test_a_release_that_is_not_known_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match=r"2021\.8\.4.*2026\.2\.0"):
        releases.load(name)


@pytest.mark.parametrize(
    ("name", "near"), [("2026.3.0", "2026.2.0"), ("2020.1.1", "2021.8.4"), ("v2025.12.2", "2025.12.2")]
)
def test_the_refusal_names_those_near_it(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{near}'"):
        releases.load(name)


def test_a_series_is_taken_where_all_of_it_has_one_contract() -> None:
    assert releases.load("2024.8").document["components"] == releases.load("2024.8.1").document["components"]
    with pytest.raises(UsageError, match=r"releases of 2025\.12 have several contracts.*2025\.12\.0, 2025\.12\.2"):
        releases.load("2025.12")


def test_a_prefix_stands_before_the_base_path() -> None:
    assert releases.load("2025.12.2", prefix="/2025.12.2").base_path == "/2025.12.2/api/v3"


@pytest.mark.parametrize(
    "index",
    [
        "",
        "releases: []",
        "base: 1.0.0\nfirst: 1.0.0\nlast: 2.0.0\nreleases: {2.0.0: x}",
        "base: '1.1'\nfirst: '1.0'\nlast: '1.1'\nreleases: {'1.1': x, '1.0': y}",
        "base: '1.1'\nreleases: {'1.1': x}",
    ],
)
def test_an_index_that_is_none_is_refused(index: str, tmp_path: Path) -> None:
    (tmp_path / "index.yaml").write_text(index, encoding="utf-8")

    with pytest.raises(ContractError, match=r"index\.yaml"):
        releases.names(tmp_path)


def test_the_base_has_operations_whose_history_is_not_known() -> None:
    assert set(releases.load("2024.8.1").operations) == {OPERATION, "flows_instances_list"}


@pytest.mark.parametrize("name", ["2024.2.0", "2024.12.0", "2026.2.0"])
def test_other_releases_do_not_claim_them(name: str) -> None:
    contract = releases.load(name)

    assert set(contract.operations) == {OPERATION}
    assert contract.document[releases.UNDESCRIBED] == ["flows_instances_list"]


@pytest.mark.parametrize(("old", "new"), [("2024.2.0", "2024.8.1"), ("2024.8.1", "2024.12.0")])
def test_an_operation_that_is_not_described_is_neither_new_nor_removed(old: str, new: str) -> None:
    changes = Changes.between(releases.load(old), releases.load(new))

    assert not any(found.rule in ("operation-removed", "operation-added") for _, found in changes.found)
