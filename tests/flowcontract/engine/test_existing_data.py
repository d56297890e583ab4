"""With --allow-unsafe, a run changes and deletes only what it created, whoever sends the requests."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.faulty_servers.crud.serving import running
from tests.flowcontract.campaigns.conftest import Here

from flowcontract import engine
from flowcontract.engine import comparison, events
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver
from flowcontract.engine.campaigns.plan import Settings
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .shop import DOCUMENT, Shop

CONTRACT = Contract(DOCUMENT)
_ITEM = re.compile(r"/v1/(authors|books|loans)/(\d+)/")


def _touched(shop: Shop) -> list[tuple[str, str, int]]:
    """Unsafe requests about what was there before, whatever their response was."""
    found = []
    for method, path, status in shop.unsafe:
        match = _ITEM.match(path)
        if match and int(match[2]) in shop.seeded[match[1]]:
            found.append((method, path, status))
    return found


def _gate(shop: Shop, **options: Any) -> Any:
    with running(shop) as url:
        target = Target.at(url, CONTRACT.base_path)
        return engine.run(CONTRACT, target, engine.Options(allow_unsafe=True, time_limit=30, **options))


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_a_gate_leaves_existing_data_as_it_was_and_nothing_of_its_own(profile: str) -> None:
    shop = Shop()

    result = _gate(shop, profile=profile)

    assert shop.rows == shop.seeded
    assert _touched(shop) == []
    assert shop.last["authors"] > 5, "the run creates authors"
    assert shop.last["notes"] > 8, "and notes of its authors"
    assert shop.last["loans"] > 8, "and calls the action of its authors"
    notes = " ".join(result.notes)
    assert "POST /books/ was rejected with 400" in notes
    assert "Books are bought, not created." in notes


def test_a_campaign_leaves_existing_data_as_it_was(tmp_path: Path) -> None:
    shop = Shop()
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    contract = Contract.load(file)
    with running(shop) as url, Database(tmp_path / "campaign.db") as database:
        target = Target.at(url, contract.base_path)
        prepared = session.begin(database, contract, target, Settings(allow_unsafe=True))
        Driver(database, prepared.campaign, prepared.plan, Here(), Budget(cases=1500)).run()

    assert shop.rows == shop.seeded
    assert _touched(shop) == []
    assert shop.last["authors"] > 5


def test_what_a_run_created_is_deleted_where_an_error_ends_it() -> None:
    shop = Shop()

    def fails(event: events.Event) -> None:
        if event == events.PhaseStarted("probes"):
            raise RuntimeError("a rule of the user")

    options = engine.Options(allow_unsafe=True, profile="quick")
    with running(shop) as url, pytest.raises(RuntimeError):
        engine.run(CONTRACT, Target.at(url, CONTRACT.base_path), options, fails)

    assert shop.last["authors"] > max(shop.seeded["authors"])
    assert shop.rows == shop.seeded


def test_a_comparison_changes_only_what_is_named() -> None:
    given = {operation: [{"id": "3"}] for operation in ("get_author", "delete_author", "patch_author")}
    shops = Shop(), Shop()
    with running(shops[0]) as left, running(shops[1]) as right:
        targets = [Target.at(url, CONTRACT.base_path) for url in (left, right)]
        options = comparison.Options(path_values=given, allow_unsafe=True)
        result = comparison.run(CONTRACT, *targets, options)

    for shop in shops:
        assert {number: shop.rows["authors"][number] for number in range(1, 6)} == shop.seeded["authors"]
        assert _touched(shop) == []
    assert any(re.match(r"Not sent to A: \d+ unsafe requests? of ", note) for note in result.notes)


class Hoarding(Shop):
    """Nothing can be deleted."""

    def _one(self, request: Any, name: str, number: int) -> Any:
        if request.method == "DELETE":
            return Shop._all(self, request, "loans")  # 405
        return super()._one(request, name, number)


def test_what_cannot_be_deleted_is_listed() -> None:
    shop = Hoarding()

    result = _gate(shop, profile="quick")

    (note,) = [note for note in result.notes if note.startswith("Created by this run and still there")]
    paths = set(re.findall(r"(?: |^)(/\w+/[\w/]+)(?=[,.])", re.sub(r"\d+ more in \S+", "", note)))
    expected = {
        f"/{name}/{number}" if name != "notes" else f"/authors/{row['of']}/notes/{number}"
        for name, rows in shop.rows.items()
        for number, row in rows.items()
        if number not in shop.seeded[name]
    }
    # The notes of an author who is still there are parts of what is named.
    expected = {path for path in expected if path.rpartition("/notes/")[0] not in expected}
    more = sum(map(int, re.findall(r"(\d+) more in /", note)))
    assert {path.rstrip("/") for path in paths} <= expected
    assert len(paths) + more == len(expected)
    assert _touched(shop) == []
