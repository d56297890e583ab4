"""The campaign database: who may open it, what it refuses, and how large it gets."""

import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowcontract.engine.campaigns.database import Batch, Campaign, Database, StoredGroup, Triage
from flowcontract.engine.campaigns.plan import Ranges, Settings, Shard
from flowcontract.engine.campaigns.serialization import dumps, loads
from flowcontract.errors import UsageError

pytestmark = pytest.mark.usefixtures("few_probes")


def test_only_its_owner_may_read_it(database: Database) -> None:
    assert database.path.stat().st_mode & 0o777 == 0o600


def _begin(database: Database, name: str, settings: Settings) -> Campaign:
    return database.begin(
        name=name, target="http://127.0.0.1:1", contract="c", source="", document="{}", digest="d", settings=settings
    )


def test_settings_are_what_they_were(database: Database) -> None:
    settings = Settings(
        seed=3, path_values={"read": ({"id": "a"},)}, include=(("path", "/a/*"),), severities={"slow-response": "off"}
    )

    begun = _begin(database, "night", settings)

    assert database.campaign(begun.id).settings == settings
    assert loads(dumps(settings), Settings) == settings


def test_two_campaigns_may_begin_at_once(tmp_path: Path) -> None:
    with Database(tmp_path / "c.db") as one, Database(tmp_path / "c.db") as other:
        for database in (one, other):
            _begin(database, "", Settings())

        assert [campaign.id for campaign in one.campaigns()] == [1, 2]


def _ended(database: Database) -> Campaign:
    campaign = _begin(database, "", Settings())
    database.close_campaign(campaign, "complete", "")
    return campaign


def test_the_number_of_a_deleted_campaign_is_never_given_again(database: Database) -> None:
    _ended(database)
    database.delete(_ended(database))

    assert _ended(database).id == 3


def test_a_database_of_the_format_before_keeps_its_campaigns(tmp_path: Path) -> None:
    with Database(tmp_path / "c.db") as database:
        _ended(database)
        before = database.campaigns()
    with sqlite3.connect(tmp_path / "c.db") as old:
        ((table,),) = old.execute("SELECT sql FROM sqlite_schema WHERE name = 'campaign'")
        old.executescript(
            "ALTER TABLE campaign RENAME TO newer;"
            f"{table.replace(' AUTOINCREMENT', '')};"
            "INSERT INTO campaign SELECT * FROM newer; DROP TABLE newer; PRAGMA user_version = 5"
        )
    old.close()

    with Database(tmp_path / "c.db") as database:
        assert database.campaigns() == before
        database.delete(_ended(database))
        assert _ended(database).id == 3


def test_it_stays_below_its_size_and_keeps_every_finding(things: Any, fuzz: Any, tmp_path: Path) -> None:
    things.change = lambda ask, reply: type(reply)(500, {"detail": "long " * 4000}) if "'" in ask.key else reply
    with Database(tmp_path / "c.db", keep=250_000) as database:
        prepared, _ = fuzz(database)
        (kept, *_) = database.groups(prepared.campaign).values()
        groups = [
            StoredGroup(replace(kept.group, violation=replace(kept.group.violation, group_key=f"{n}")), 0.0, float(n))
            for n in range(100)
        ]

        database.write(prepared.campaign, Batch(groups=groups))

        assert database.size <= 2 * 250_000
        assert len(database.groups(prepared.campaign)) >= 100
        assert all(k.group.exchange.response.cut for k in database.groups(prepared.campaign).values())  # type: ignore[union-attr]


def test_what_cannot_be_shortened_stays_with_the_number_of_requests(things: Any, fuzz: Any, tmp_path: Path) -> None:
    things.change = lambda ask, reply: type(reply)(500, {"detail": "No."}) if "'" in ask.key else reply
    with Database(tmp_path / "c.db", keep=1) as database:
        earlier, _ = fuzz(database, 60)
        database.close_campaign(earlier.campaign, "complete", "")
        sent = sum(point.requests for point in database.points(earlier.campaign))

        prepared, state = fuzz(database, 60)
        (kept, *_) = database.groups(prepared.campaign).values()
        request = replace(kept.group.exchange.request, body=b"long " * 4000)
        group = replace(kept.group, exchange=replace(kept.group.exchange, request=request))
        for _ in range(2):
            database.write(prepared.campaign, Batch(groups=[replace(kept, group=group)]))

        assert database.groups(prepared.campaign)[group.key].group.exchange.request == request
        assert sum(point.requests for point in database.points(prepared.campaign)) == state.requests
        assert sum(point.requests for point in database.points(earlier.campaign)) == sent
        assert not database.features(earlier.campaign)


def test_numbers_of_shards_are_kept_as_ranges() -> None:
    ranges = Ranges()
    for number in (3, 0, 1, 5):
        ranges.add(Shard("fuzzing", number))

    assert ranges.ranges() == [("fuzzing", 0, 2), ("fuzzing", 3, 4), ("fuzzing", 5, 6)]
    assert Shard("fuzzing", 1) in ranges
    assert Shard("fuzzing", 2) not in ranges


def test_another_file_or_format_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE their (own INTEGER)")
    other.close()
    Database(tmp_path / "old.db").__exit__()
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute("PRAGMA user_version = 3")
    old.close()

    with pytest.raises(UsageError, match="is not a campaign database"):
        Database(tmp_path / "other.db")
    with pytest.raises(UsageError, match="expected a campaign database of format 6, got format 3"):
        Database(tmp_path / "old.db")


def test_any_text_can_be_stored(database: Database) -> None:
    """A server may send lone surrogates, and a command line bytes that are no text."""
    campaign = _begin(database, "night \udcff", Settings())

    database.write(campaign, Batch(counts=Counter({("left", "/things/\ud800/", ""): 1}), features=["shape|\udfff"]))
    database.decide("0a1b2c", Triage("known", note="\udcff"))

    assert database.campaign().name == "night \\udcff"
    assert database.counts(campaign) == {("left", "/things/\\ud800/", ""): 1}
    assert database.triage()["0a1b2c"].note == "\\udcff"
