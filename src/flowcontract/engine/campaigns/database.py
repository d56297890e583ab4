"""The campaign database: one SQLite file with all campaigns, written while they run.

Each write is one transaction that stores some shards together with all of their results, synced to disk: however the
process ends, the file is consistent. Only the driver writes.
"""

import os
import re
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from flowcontract.engine.campaigns.plan import BEGINNING, FailureGroup, Knowledge, Ranges, Settings, Shard
from flowcontract.engine.campaigns.serialization import dumps, loads
from flowcontract.errors import UsageError
from flowcontract.http.redaction import Redactor

APPLICATION = 0x464C4346
"""`FLCF`: marks an SQLite file as a campaign database."""
VERSION = 6
"""Version of the tables and of the JSON text in them."""
_REUSED_NUMBERS = 5
"""The version before: the number of the newest campaign was given again after it was deleted."""
KILLED = "its process was killed"
"""Why a campaign ended whose process could not say so."""
_LEASE = 30.0
"""Seconds after its last write in which a running campaign of another machine counts as running."""
_LARGE = 16 * BEGINNING
"""Characters of a stored group from which on shortening its bodies may be worth it."""

_SCHEMA = """
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, target TEXT NOT NULL, contract TEXT NOT NULL,
    source TEXT NOT NULL, document TEXT NOT NULL, digest TEXT NOT NULL, settings TEXT NOT NULL, started TEXT NOT NULL,
    seconds REAL NOT NULL DEFAULT 0, cpu REAL NOT NULL DEFAULT 0, state TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL, beat REAL NOT NULL, knowledge TEXT
);
CREATE TABLE done (campaign INTEGER, source TEXT, start INTEGER, stop INTEGER, PRIMARY KEY (campaign, source, start))
    WITHOUT ROWID;
CREATE TABLE counter (campaign INTEGER, what TEXT, a TEXT, b TEXT, n INTEGER, PRIMARY KEY (campaign, what, a, b))
    WITHOUT ROWID;
CREATE TABLE curve (
    campaign INTEGER, second INTEGER, source TEXT, requests INTEGER, cpu REAL, features INTEGER, findings INTEGER,
    PRIMARY KEY (campaign, second, source)
) WITHOUT ROWID;
CREATE TABLE feature (campaign INTEGER, name TEXT, PRIMARY KEY (campaign, name)) WITHOUT ROWID;
CREATE TABLE failure (campaign INTEGER, key TEXT, first REAL, last REAL, data TEXT, PRIMARY KEY (campaign, key));
CREATE TABLE triage (
    fingerprint TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, link TEXT NOT NULL, expires TEXT NOT NULL,
    changed REAL NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign of a database."""

    id: int
    name: str
    target: str
    contract: str
    """What reports call its contract."""
    source: str
    """The file or the URL that the contract was read from; empty if there was neither."""
    digest: str
    """Identifies the contract and its base path."""
    settings: Settings
    started: str
    """ISO 8601, UTC."""
    seconds: float
    """How long it ran, without pauses."""
    cpu: float
    """CPU seconds of its workers."""
    state: str
    """`running`, `stopped` (can be resumed) or `complete`."""
    ended: str
    """Why it ended the last time."""


@dataclass(frozen=True, slots=True)
class Triage:
    """The decision about a finding."""

    state: str
    """`open`, `known`, `fixed`, `wontfix` or `false-positive`."""
    note: str = ""
    link: str = ""
    expires: str = ""
    """ISO date from which on the finding is open again; empty for never."""
    changed: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group of failures as the database stores it."""

    group: FailureGroup
    first: float
    """Seconds from the start of the campaign to the first occurrence."""
    last: float
    """Time of the last occurrence, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a source did in one second of a campaign."""

    second: int
    source: str
    requests: int
    cpu: float
    features: int
    """New features, see `discovery`."""
    findings: int
    """New groups of failures."""


@dataclass(slots=True)
class Batch:
    """The content of one transaction."""

    done: list[Shard] = field(default_factory=list)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    points: list[Point] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    groups: list[StoredGroup] = field(default_factory=list)
    """Complete groups that replace the stored ones."""
    knowledge: Knowledge | None = None
    seconds: float = 0.0
    cpu: float = 0.0


class Database:
    """An open database. Raises UsageError if the file is not one, has another version, or cannot be written."""

    def __init__(self, path: Path, *, create: bool = True, keep: int | None = None) -> None:
        """`keep`: bytes that the file may have; then bodies of responses are cut, those of old campaigns first."""
        self.path = path
        self._keep = keep
        self._shortened: dict[int, int] = {}
        """Length of the groups that were shortened, by row."""
        if not create and not os.path.isfile(path):  # noqa: PTH113  Path.is_file raises for a name that is too long
            raise UsageError(
                f"the campaign database {path} does not exist.",
                do="Check --database, or run `flowcontract fuzz` first. A finding of `gate` has a curl command.",
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # Only its owner may read it.
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except (sqlite3.Error, OSError, ValueError) as error:  # ValueError: a NUL in the name.
            raise UsageError(
                f"cannot use {path} as a campaign database: {error}.", do="Choose another file with --database."
            ) from error

    def _open(self) -> None:
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        # Two campaigns may begin at once: who comes second finds the tables.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._check_format()
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _check_format(self) -> None:
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise UsageError(f"{self.path} is not a campaign database.", do="Choose another file with --database.")
        elif version == _REUSED_NUMBERS:
            self._db.execute("ALTER TABLE campaign RENAME TO earlier")
            self._db.execute(_SCHEMA.partition(";")[0])
            self._db.execute("INSERT INTO campaign SELECT * FROM earlier")
            self._db.execute("DROP TABLE earlier")
            self._db.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise UsageError(
                f"expected a campaign database of format {VERSION}, got format {version}: {self.path}.",
                do="Use the flowcontract release that wrote it, or choose another file with --database.",
            )

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # A full disk has ended it.
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _rows(self, statement: str, values: Sequence[Any], *kinds: type | tuple[type, ...]) -> list[tuple[Any, ...]]:
        """The rows of a query; `kinds` are the types of its columns. Raises UsageError for any other type."""
        try:
            rows = self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        for row in rows:
            if not all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
                raise self._unusable("a row has a value of an unexpected type")
        return rows

    def _unusable(self, error: object) -> UsageError:
        return UsageError(
            f"cannot use the campaign database {self.path}: {error}.",
            do="Check the disk, or choose another file with --database.",
        )

    # Campaigns

    def begin(
        self, *, name: str, target: str, contract: str, source: str, document: str, digest: str, settings: Settings
    ) -> Campaign:
        """Create a campaign, which this process runs. `document` is the contract as JSON."""
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with self._transaction():
            row = self._db.execute(
                "INSERT INTO campaign"
                " (name, target, contract, source, document, digest, settings, started, state, owner, beat)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?)",
                _storable((
                    name, target, contract, source, document, digest, dumps(settings), started,
                    _this_process(), time.time(),
                )),
            )  # fmt: skip
        return self.campaign(int(row.lastrowid or 0))

    def change_settings(self, campaign: Campaign, settings: Settings) -> None:
        """Give a campaign new limits."""
        with self._transaction():
            self._db.execute("UPDATE campaign SET settings = ? WHERE id = ?", (dumps(settings), campaign.id))

    def claim(self, campaign: Campaign) -> None:
        """Let this process run a campaign. Raises UsageError if another process runs it."""
        with self._transaction():
            statement = "SELECT state, owner, beat FROM campaign WHERE id = ?"
            for state, owner, beat in self._rows(statement, (campaign.id,), str, str, (int, float)):
                if state == "running" and _is_alive(owner, beat):
                    raise UsageError(
                        f"campaign {campaign.id} is running in another process ({owner}).",
                        do="Stop it first, or start a new campaign.",
                    )
            self._db.execute(
                "UPDATE campaign SET state = 'running', owner = ?, beat = ? WHERE id = ?",
                (_this_process(), time.time(), campaign.id),
            )

    def campaigns(self) -> list[Campaign]:
        """All campaigns, oldest first."""
        names = [each.name for each in fields(Campaign)]
        types: dict[Any, type | tuple[type, ...]] = {int: int, float: (int, float)}
        kinds = [types.get(each.type, str) for each in fields(Campaign)]
        statement = f"SELECT {', '.join(names)} FROM campaign ORDER BY id"  # noqa: S608 - our own names
        found = [dict(zip(names, row, strict=True)) for row in self._rows(statement, (), *kinds)]
        campaigns = [Campaign(**{**each, "settings": loads(each["settings"], Settings)}) for each in found]
        statement = "SELECT id, owner, beat FROM campaign WHERE state = 'running'"
        running = self._rows(statement, (), int, str, (int, float))
        killed = {number for number, owner, beat in running if not _is_alive(owner, beat)}
        return [replace(each, state="stopped", ended=KILLED) if each.id in killed else each for each in campaigns]

    def campaign(self, wanted: int | str = "") -> Campaign:
        """The campaign with this ID, or the newest. Raises UsageError if it does not exist."""
        found = self.campaigns()
        if not found:
            raise UsageError(f"{self.path} has no campaigns yet.", do="Run `flowcontract fuzz URL` first.")
        if wanted == "":
            return found[-1]
        for campaign in found:
            if str(campaign.id) == str(wanted):
                return campaign
        raise UsageError(
            f"{self.path} has no campaign {wanted!r}.", do=f"Choose one of: {', '.join(str(c.id) for c in found)}."
        )

    def document(self, campaign: Campaign) -> str:
        """The contract of a campaign as JSON, as it was when the campaign began."""
        ((text,),) = self._rows("SELECT document FROM campaign WHERE id = ?", (campaign.id,), str)
        return str(text)

    def close_campaign(self, campaign: Campaign, state: str, ended: str) -> None:
        """Set the state of a campaign, `stopped` or `complete`, and why it ended."""
        with self._transaction():
            self._db.execute(
                "UPDATE campaign SET state = ?, ended = ? WHERE id = ?", _storable((state, ended, campaign.id))
            )

    def delete(self, campaign: Campaign) -> None:
        """Delete a campaign with its results. Raises UsageError if a process runs it."""
        self.claim(campaign)
        with self._transaction():
            for table in ("done", "counter", "curve", "feature", "failure"):
                self._db.execute(f"DELETE FROM {table} WHERE campaign = ?", (campaign.id,))  # noqa: S608 - our own names
            self._db.execute("DELETE FROM campaign WHERE id = ?", (campaign.id,))
        self._free_pages()

    # Results

    def write(self, campaign: Campaign, batch: Batch) -> None:
        """Add the results of some shards in one transaction."""
        number = campaign.id
        groups = Redactor().value([kept.group for kept in batch.groups])
        with self._transaction():
            ranges = self.ranges(campaign)
            for shard in batch.done:
                ranges.add(shard)
            self._db.execute("DELETE FROM done WHERE campaign = ?", (number,))
            self._many("INSERT INTO done VALUES (?, ?, ?, ?)", [(number, *each) for each in ranges.ranges()])
            self._many(
                "INSERT INTO counter VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (campaign, what, a, b) DO UPDATE SET n = n + excluded.n",
                [(number, *key, count) for key, count in batch.counts.items()],
            )
            self._many(
                "INSERT INTO curve VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (campaign, second, source) DO UPDATE SET"
                " requests = requests + excluded.requests, cpu = cpu + excluded.cpu,"
                " features = features + excluded.features, findings = findings + excluded.findings",
                [(number, p.second, p.source, p.requests, p.cpu, p.features, p.findings) for p in batch.points],
            )
            self._many("INSERT OR IGNORE INTO feature VALUES (?, ?)", [(number, name) for name in batch.features])
            self._many(
                "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?)",
                [
                    (number, kept.group.key, kept.first, kept.last, dumps(group))
                    for kept, group in zip(batch.groups, groups, strict=True)
                ],
            )
            self._db.execute(
                "UPDATE campaign SET seconds = ?, cpu = ?, beat = ?, knowledge = coalesce(?, knowledge) WHERE id = ?",
                (
                    batch.seconds, batch.cpu, time.time(),
                    dumps(Redactor().value(batch.knowledge)) if batch.knowledge else None, number,
                ),
            )  # fmt: skip
        self._bound(campaign)

    def _many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._db.executemany(statement, map(_storable, rows))

    def _bound(self, campaign: Campaign) -> None:
        """Keep the size of the file: shorten the bodies of responses, the oldest first, then what else is not needed.

        Findings stay, and how many requests each campaign sent: with very many of them the file is larger.
        """
        if not self._is_too_large():
            return
        statement = "SELECT rowid, length(data) FROM failure WHERE length(data) > ? ORDER BY campaign, last"
        found = self._rows(statement, (_LARGE,), int, int)
        rows = [row for row, length in found if self._shortened.get(row) != length]
        for start in range(0, len(rows), 50):
            self._shorten(rows[start : start + 50])
            if not self._is_too_large():
                return
        statement = (
            "SELECT DISTINCT campaign FROM feature JOIN campaign ON id = campaign"
            " WHERE id != ? AND state != 'running' ORDER BY id"
        )
        for (number,) in self._rows(statement, (campaign.id,), int):
            self._forget_course(number)
            if not self._is_too_large():
                return

    def _is_too_large(self) -> bool:
        """Whether the file is larger than it may be, without the pages that are free."""
        if self._keep is None or self.size <= self._keep:
            return False
        self._free_pages()
        return self.size > self._keep

    def _free_pages(self) -> None:
        """Give unused pages back to the disk; where another process is writing, the next call does it."""
        with suppress(sqlite3.OperationalError):
            self._db.executescript("PRAGMA incremental_vacuum")  # `execute` would end it after one page.

    def _shorten(self, rows: Sequence[int]) -> None:
        """Shorten the bodies of groups of failures."""
        with self._transaction():
            for row in rows:
                for (data,) in self._rows("SELECT data FROM failure WHERE rowid = ?", (row,), str):
                    text = dumps(loads(data, FailureGroup).shortened())
                    self._db.execute("UPDATE failure SET data = ? WHERE rowid = ?", (text, row))
                    self._shortened[row] = len(text)

    def _forget_course(self, number: int) -> None:
        """Forget when a campaign saw what: only the sums of its curves are left."""
        with self._transaction():
            sums = self._db.execute(
                "SELECT campaign, max(second), source, sum(requests), sum(cpu), sum(features), sum(findings)"
                " FROM curve WHERE campaign = ? GROUP BY source",
                (number,),
            ).fetchall()
            self._db.execute("DELETE FROM curve WHERE campaign = ?", (number,))
            self._many("INSERT INTO curve VALUES (?, ?, ?, ?, ?, ?, ?)", sums)
            self._db.execute("DELETE FROM feature WHERE campaign = ?", (number,))

    @property
    def size(self) -> int:
        """Bytes of the file."""
        pages = self._db.execute("PRAGMA page_count").fetchone()[0]
        return int(pages * self._db.execute("PRAGMA page_size").fetchone()[0])

    def knowledge(self, campaign: Campaign) -> Knowledge | None:
        """What the first shard learned; None if it has not run."""
        for (text,) in self._rows("SELECT knowledge FROM campaign WHERE id = ?", (campaign.id,), (str, type(None))):
            return loads(text, Knowledge) if text else None
        return None

    def ranges(self, campaign: Campaign) -> Ranges:
        """The shards that have run."""
        statement = "SELECT source, start, stop FROM done WHERE campaign = ?"
        return Ranges([(row[0], row[1], row[2]) for row in self._rows(statement, (campaign.id,), str, int, int)])

    def counts(self, campaign: Campaign) -> Counter[tuple[str, str, str]]:
        """All counters."""
        rows = self._rows("SELECT what, a, b, n FROM counter WHERE campaign = ?", (campaign.id,), str, str, str, int)
        return Counter({(what, a, b): n for what, a, b, n in rows})

    def retested(self, campaign: Campaign) -> set[str]:
        """Keys of the failures of earlier campaigns that were sent again, where that showed whether they are there."""
        rows = self._rows("SELECT a FROM counter WHERE campaign = ? AND what = 'retested'", (campaign.id,), str)
        return {key for (key,) in rows}

    def points(self, campaign: Campaign) -> list[Point]:
        """The curves of the sources, in order of time."""
        statement = (
            "SELECT second, source, requests, cpu, features, findings FROM curve WHERE campaign = ? ORDER BY second"
        )
        rows = self._rows(statement, (campaign.id,), int, str, int, (int, float), int, int)
        return [Point(*row) for row in rows]

    def features(self, campaign: Campaign) -> set[str]:
        """The features of the responses."""
        return {name for (name,) in self._rows("SELECT name FROM feature WHERE campaign = ?", (campaign.id,), str)}

    def groups(self, campaign: Campaign) -> dict[str, StoredGroup]:
        """The groups of failures of a campaign by their key, first seen first."""
        statement = "SELECT key, first, last, data FROM failure WHERE campaign = ? ORDER BY first, key"
        rows = self._rows(statement, (campaign.id,), str, (int, float), (int, float), str)
        return {key: StoredGroup(loads(data, FailureGroup), first, last) for key, first, last, data in rows}

    # Triage

    def triage(self) -> dict[str, Triage]:
        """Triage decisions by fingerprint."""
        statement = "SELECT fingerprint, state, note, link, expires, changed FROM triage"
        rows = self._rows(statement, (), str, str, str, str, str, (int, float))
        return {fingerprint: Triage(*rest) for fingerprint, *rest in rows}

    def decide(self, fingerprint: str, triage: Triage) -> None:
        """Store the decision about a finding."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO triage VALUES (?, ?, ?, ?, ?, ?)",
                _storable((fingerprint, triage.state, triage.note, triage.link, triage.expires, time.time())),
            )


def _storable(values: Sequence[Any]) -> list[Any]:
    """The values of a row; lone surrogates, which UTF-8 cannot encode, become escapes."""
    return [value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value for value in values]


def _this_process() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _is_alive(owner: str, beat: float) -> bool:
    """Whether the process that runs a campaign still does, as far as this machine can tell."""
    match = re.fullmatch(r"process (\d{1,9}) on (.*)", owner)
    if match is None or match[2] != socket.gethostname():
        return time.time() - beat < _LEASE
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
