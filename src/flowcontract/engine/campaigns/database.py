"""The campaign database: one SQLite file with all campaigns, written while they run.

Each write is one transaction that stores a range of cases together with all of its results, synced to disk: however
the process ends, the file is consistent. Only the driver writes.
"""

import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from flowcontract.checks.probe import Probe
from flowcontract.engine.campaigns import serialization
from flowcontract.engine.campaigns.plan import Example, FailureGroup, Ranges, Source
from flowcontract.errors import UsageError
from flowcontract.http.redaction import Redactor

APPLICATION = 0x464C4346
"""`FLCF`: marks an SQLite file as a campaign database."""
VERSION = 3
"""Version of the tables and of the JSON text in them."""

_SCHEMA = """
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, plan_key TEXT NOT NULL, seed INTEGER NOT NULL, target TEXT NOT NULL,
    contract TEXT NOT NULL, settings TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL DEFAULT 0,
    cpu REAL NOT NULL DEFAULT 0, state TEXT NOT NULL, beat REAL NOT NULL DEFAULT 0
);
CREATE TABLE done (campaign INTEGER, source TEXT, start INTEGER, stop INTEGER, PRIMARY KEY (campaign, source, start))
    WITHOUT ROWID;
CREATE TABLE counter (campaign INTEGER, what TEXT, a TEXT, b TEXT, n INTEGER, PRIMARY KEY (campaign, what, a, b))
    WITHOUT ROWID;
CREATE TABLE timeline (campaign INTEGER, second INTEGER, what TEXT, n INTEGER, PRIMARY KEY (campaign, second, what))
    WITHOUT ROWID;
CREATE TABLE failure (campaign INTEGER, key TEXT, n INTEGER, second REAL, data TEXT, PRIMARY KEY (campaign, key))
    WITHOUT ROWID;
CREATE TABLE triage (fingerprint TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, changed TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE interest (campaign INTEGER, behavior TEXT, data TEXT, PRIMARY KEY (campaign, behavior)) WITHOUT ROWID;
CREATE TABLE example (operation TEXT, mode TEXT, value BLOB, PRIMARY KEY (operation, mode, value)) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign of a database."""

    id: int
    name: str
    plan_key: str
    seed: int
    target: str
    contract: str
    settings: Mapping[str, Any]
    """Its options: cases, operations, known parameter values, corpus, …"""
    started: str
    """ISO 8601, UTC."""
    seconds: float
    """How long it ran, without pauses."""
    cpu: float
    """CPU seconds of its workers."""
    state: str
    """`running`, `stopped` (can be resumed) or `complete`."""
    beat: float
    """Time of its last write, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Triage:
    """The triage decision about a finding."""

    state: str
    """`open`, `known` or `fixed`."""
    note: str
    changed: str


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group of failures as the database stores it."""

    group: FailureGroup
    second: float
    """Seconds from the start of the campaign to the first occurrence."""


@dataclass(slots=True)
class Batch:
    """The content of one transaction."""

    done: list[tuple[Source, int, int]] = field(default_factory=list)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    timeline: Counter[tuple[int, str]] = field(default_factory=Counter)
    groups: list[StoredGroup] = field(default_factory=list)
    """Complete groups that replace the stored ones."""
    interest: dict[str, tuple[Probe, Any]] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0


_COLUMNS: Mapping[Any, type | tuple[type, ...]] = {int: int, float: (int, float)}
"""Types of the columns of a campaign that are not text."""
_SETTINGS: Mapping[str, type | tuple[type, ...]] = {
    "known": dict, "operations": list, "published": bool, "unsafe": bool, "corpus": list, "regressions": str,
    "timeout": (int, float), "bound": (int, float),
}  # fmt: skip


def _settings(text: str) -> dict[str, Any]:
    """The settings of a campaign. Raises LookupError, TypeError or ValueError if the text is not settings."""
    settings: dict[str, Any] = json.loads(text)
    for name, kind in _SETTINGS.items():
        if not isinstance(settings[name], kind):
            raise TypeError(name)
    return settings


def _group(text: str) -> FailureGroup:
    """A group of failures. Raises LookupError, TypeError or ValueError if the text is not one."""
    group = serialization.loads(text)
    if not isinstance(group, FailureGroup):
        raise TypeError(type(group).__name__)
    return group


class Database:
    """An open database. Raises UsageError if the file is not one, has another version, or cannot be written."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not os.path.isfile(path):  # noqa: PTH113  Path.is_file raises for a name that is too long
            raise UsageError(
                f"the campaign database {path} does not exist.",
                do="Check --database, or run `flowcontract fuzz` first.",
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
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        empty = not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not empty and application != APPLICATION:
            raise UsageError(f"{self.path} is not a campaign database.", do="Choose another file with --database.")
        if not empty and version != VERSION:
            raise UsageError(
                f"expected a campaign database of format {VERSION}, got format {version}: {self.path}.",
                do="Use the flowcontract release that wrote it, or choose another file with --database.",
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if empty:
            with self._transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                self._db.execute(f"PRAGMA user_version = {VERSION}")

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
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
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

    def _loads(self, load: Callable[[str], Any], text: str) -> Any:
        """A value that was stored as JSON text. Raises UsageError if it cannot be read."""
        try:
            return load(text)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise self._unusable(f"its content cannot be read ({type(error).__name__})") from error

    def _unusable(self, error: object) -> UsageError:
        return UsageError(
            f"cannot use the campaign database {self.path}: {error}.",
            do="Check the disk, or choose another file with --database.",
        )

    def begin(
        self, *, name: str, plan_key: str, seed: int, target: str, contract: str, settings: Mapping[str, Any]
    ) -> Campaign:
        """Create a campaign."""
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        row = self._execute(
            "INSERT INTO campaign (name, plan_key, seed, target, contract, settings, started, state, beat)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)",
            (name, plan_key, seed, target, contract, json.dumps(settings), started, time.time()),
        )
        return self.campaign(int(row.lastrowid or 0))

    def campaigns(self) -> list[Campaign]:
        """All campaigns, oldest first."""
        names = [each.name for each in fields(Campaign)]
        kinds = [_COLUMNS.get(each.type, str) for each in fields(Campaign)]
        statement = f"SELECT {', '.join(names)} FROM campaign ORDER BY id"  # noqa: S608 - our own names
        found = [dict(zip(names, row, strict=True)) for row in self._rows(statement, (), *kinds)]
        return [Campaign(**{**each, "settings": self._loads(_settings, each["settings"])}) for each in found]

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

    def mark(self, campaign: Campaign, state: str) -> None:
        """Set the state of a campaign: `running`, `stopped` or `complete`."""
        self._execute("UPDATE campaign SET state = ?, beat = ? WHERE id = ?", (state, time.time(), campaign.id))

    def write(self, campaign: Campaign, batch: Batch) -> None:
        """Add the results of some ranges of cases in one transaction."""
        number = campaign.id
        redactor = Redactor()
        groups = redactor.value([kept.group for kept in batch.groups])
        interest = redactor.value(batch.interest)
        with self._transaction():
            done = self.ranges(campaign)
            for source, start, stop in batch.done:
                done.add(source, start, stop)
            self._execute("DELETE FROM done WHERE campaign = ?", (number,))
            self._db.executemany("INSERT INTO done VALUES (?, ?, ?, ?)", [(number, *each) for each in done])
            self._db.executemany(
                "INSERT INTO counter VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (campaign, what, a, b) DO UPDATE SET n = n + excluded.n",
                [(number, *key, count) for key, count in batch.counts.items()],
            )
            self._db.executemany(
                "INSERT INTO timeline VALUES (?, ?, ?, ?)"
                " ON CONFLICT (campaign, second, what) DO UPDATE SET n = n + excluded.n",
                [(number, second, what, count) for (second, what), count in batch.timeline.items()],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?)",
                [
                    (number, kept.group.key, kept.group.count, kept.second, serialization.dumps(group))
                    for kept, group in zip(batch.groups, groups, strict=True)
                ],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO interest VALUES (?, ?, ?)",
                [(number, behavior, serialization.dumps(pair)) for behavior, pair in interest.items()],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO example VALUES (?, ?, ?)",
                [(example.operation, example.mode, example.value) for example in batch.examples],
            )
            self._execute(
                "UPDATE campaign SET seconds = ?, cpu = ?, beat = ? WHERE id = ?",
                (batch.seconds, batch.cpu, time.time(), number),
            )

    def ranges(self, campaign: Campaign) -> Ranges:
        """The cases that have run."""
        statement = "SELECT source, start, stop FROM done WHERE campaign = ?"
        rows = self._rows(statement, (campaign.id,), str, int, int)
        return Ranges([(self._loads(Source, source), start, stop) for source, start, stop in rows])

    def counts(self, campaign: Campaign) -> Counter[tuple[str, str, str]]:
        """All counters."""
        rows = self._rows("SELECT what, a, b, n FROM counter WHERE campaign = ?", (campaign.id,), str, str, str, int)
        return Counter({(what, a, b): n for what, a, b, n in rows})

    def timeline(self, campaign: Campaign) -> Counter[tuple[int, str]]:
        """Counters per second of the campaign."""
        rows = self._rows("SELECT second, what, n FROM timeline WHERE campaign = ?", (campaign.id,), int, str, int)
        return Counter({(second, what): n for second, what, n in rows})

    def groups(self, campaign: Campaign) -> dict[str, StoredGroup]:
        """The groups of failures of a campaign by their key, first seen first."""
        statement = "SELECT key, second, data FROM failure WHERE campaign = ? ORDER BY second, key"
        rows = self._rows(statement, (campaign.id,), str, (int, float), str)
        return {key: StoredGroup(self._loads(_group, data), second) for key, second, data in rows}

    def triage(self) -> dict[str, Triage]:
        """Triage decisions by fingerprint."""
        rows = self._rows("SELECT fingerprint, state, note, changed FROM triage", (), str, str, str, str)
        return {fingerprint: Triage(state, note, changed) for fingerprint, state, note, changed in rows}

    def decide(self, fingerprint: str, state: str, note: str) -> None:
        """Database the triage decision about a finding."""
        changed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._execute("INSERT OR REPLACE INTO triage VALUES (?, ?, ?, ?)", (fingerprint, state, note, changed))

    def examples(self) -> tuple[Example, ...]:
        """The entries of Hypothesis's example database, from all campaigns."""
        rows = self._execute("SELECT operation, mode, value FROM example ORDER BY operation, mode, value")
        return tuple(Example(*row) for row in rows)

    def interest(self, campaign: Campaign | None = None) -> dict[str, tuple[Probe, Any]]:
        """The first exchange of each behavior, of one campaign or of all; newer campaigns take precedence."""
        statement = (
            "SELECT behavior, data FROM interest WHERE ? IS NULL OR campaign = ? ORDER BY campaign DESC, behavior"
        )
        rows = self._rows(statement, (campaign and campaign.id, campaign and campaign.id), str, str)
        found: dict[str, tuple[Probe, Any]] = {}
        for behavior, data in rows:
            found.setdefault(behavior, self._loads(serialization.loads, data))
        return found
