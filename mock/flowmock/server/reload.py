"""Serve a changed document without a restart: a spec, an overlay or example that it was built from or is served with.

Scenario files are read again, too.

A new contract takes the place of the old one at once, between two requests; what the mock remembers (its
journal, scenarios, collections) stays. An edit that makes the document unreadable changes nothing: the last good one is
served, and the reason is printed to standard error and given by `/__mock__/health`.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchfiles import watch

from flowcontract.errors import FlowContractError
from flowcontract.openapi import assemble, documents, releases
from flowcontract.openapi.contract import Contract
from flowmock import contracts
from flowmock.application import Freshness, Mock
from flowmock.settings import Settings

_DEBOUNCE = 100
"""Milliseconds of rest after a change before it is read: editors write in several steps."""
_TURN = 200
"""Milliseconds after which the watching thread looks whether it is to end."""


class Reloader:
    """Watches the files that a mock's contracts come from."""

    def __init__(self, mock: Mock, tell: Callable[[str], None] | None = None) -> None:
        """`tell` is given one line for each change; standard error where None."""
        self._mock = mock
        self._tell = tell or _to_standard_error
        self._sources = [_sources(contract, mock.settings) for contract in mock.contracts]
        self._scenario_files = {Path(each).resolve() for each in mock.settings.scenario_file}
        profile = Path(mock.settings.server_profile)
        self._profile = {profile.resolve()} if mock.settings.server_profile and profile.is_file() else set()
        self._releases = releases.folder_of(mock.contracts[0])
        self._pending: set[Path] = set()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._known: dict[Path, tuple[int, ...]] = {}
        """The files as they were at the last look."""
        self._thread = threading.Thread(target=self._watch, name="flowmock-reload", daemon=True)

    def start(self) -> None:
        """Begin to watch; changes from now on are seen, though the watching itself takes a moment to begin."""
        self._known = self._files()
        self._thread.start()

    def stop(self) -> None:
        """End watching."""
        self._stop.set()
        self._thread.join()

    def wait(self, changes: int, seconds: float) -> Freshness:
        """Wait until so many changes were seen, or so long; give what came of them."""
        with self._changed:
            self._changed.wait_for(lambda: self._mock.freshness.changes >= changes, seconds)
        return self._mock.freshness

    def reload(self, changed: Collection[Path]) -> None:
        """Read again what the changed files belong to, and serve it where it is good."""
        names = ", ".join(sorted({path.name for path in changed}))
        self._pending |= set(changed)
        seen = self._mock.freshness.changes + 1
        is_contract = not self._pending <= self._scenario_files
        served = "contract is" if is_contract else "scenarios are"
        known = self._mock.compiled.warnings
        try:
            if is_contract:
                known_sources = zip(self._mock.contracts, self._sources, strict=True)
                settings = self._mock.settings
                self._mock.serve(
                    [_again(contract, sources, self._pending, settings) for contract, sources in known_sources]
                )
            if self._pending & self._scenario_files:
                self._mock.reload_scenarios()
        except FlowContractError as error:
            freshness = Freshness(seen, str(error))
            self._tell(f"{names} changed, but the last good {served} served on: {error}")
        else:
            freshness = Freshness(seen)
            self._pending.clear()
            self._tell(f"{names} changed, and is served from now on.")
            for warning in self._mock.compiled.warnings:
                if warning not in known:
                    self._tell(warning)
        with self._changed:
            self._mock.freshness = freshness
            self._changed.notify_all()

    def _watch(self) -> None:
        folders = self._folders()
        if not folders:
            return
        turns = watch(
            *folders,
            watch_filter=self._concerns,
            debounce=_DEBOUNCE,
            rust_timeout=_TURN,
            yield_on_timeout=True,
            stop_event=self._stop,
            recursive=False,
        )
        is_first = True
        for events in turns:
            # Before the first turn, files may have changed unwatched; what is seen then may come as an event, too.
            if (events or is_first) and (changed := self._changes()):
                self.reload(changed)
            is_first = False

    def _folders(self) -> set[Path]:
        folders = {path.parent for path in self._profile | self._scenario_files}.union(
            *(sources.folders() for sources in self._sources)
        )
        return folders | ({self._releases} if self._releases else set())

    def _files(self) -> dict[Path, tuple[int, ...]]:
        """The files that are watched, each with what tells its versions apart: when it was changed, size and number."""
        paths: list[Path] = []
        for folder in self._folders():
            with contextlib.suppress(OSError):
                paths += folder.iterdir()
        found: dict[Path, tuple[int, ...]] = {}
        for path in filter(self._is_watched, map(Path.resolve, paths)):
            with contextlib.suppress(OSError):
                status = path.stat()
                found[path] = status.st_mtime_ns, status.st_size, status.st_ino
        return found

    def _changes(self) -> set[Path]:
        """The files that have changed since the last look."""
        before, self._known = self._known, self._files()
        return {path for path, _ in before.items() ^ self._known.items()}

    def _concerns(self, _change: Any, path: str) -> bool:
        return self._is_watched(Path(path).resolve())

    def _is_watched(self, path: Path) -> bool:
        if self._mock.releases and path.parent == self._releases:
            return True
        return path in self._profile | self._scenario_files or any(sources.hold(path) for sources in self._sources)


@contextlib.contextmanager
def watching(mock: Mock, tell: Callable[[str], None] | None = None) -> Iterator[Reloader]:
    """Watch for as long as the block lasts."""
    reloader = Reloader(mock, tell)
    reloader.start()
    try:
        yield reloader
    finally:
        reloader.stop()


@dataclass(frozen=True, slots=True)
class _Sources:
    """The files that one contract comes from, absolute."""

    document: Path | None
    """None for a contract that was made in memory."""
    captured: Path | None = None
    """None for a document that was not built, or whose parts are not at hand."""
    overlays: tuple[Path, ...] = ()
    examples: Path | None = None
    """A folder."""
    are_extensions: bool = False
    """Whether overlays and examples are those of the settings."""

    def hold(self, path: Path) -> bool:
        """Whether a file is one of them, or a new example."""
        is_example = path.parent == self.examples and path.suffix in assemble.EXAMPLE_SUFFIXES
        return path in (self.document, self.captured, *self.overlays) or is_example

    def folders(self) -> set[Path]:
        """Where they lie."""
        files = (path for path in (self.document, self.captured, *self.overlays) if path)
        return {path.parent for path in files} | ({self.examples} if self.examples else set())


def _sources(contract: Contract, settings: Settings) -> _Sources:
    """The sources of a contract; what a document was built from it names itself."""
    # Standard input cannot be read again, and without a `spec` the contract was given as it is.
    if contracts.is_extended(settings) and settings.spec and settings.spec != ("-",):
        return _Sources(
            contract.source.resolve() if contract.source else None,
            overlays=tuple(Path(each).resolve() for each in settings.overlay),
            examples=Path(settings.examples).resolve() if settings.examples else None,
            are_extensions=True,
        )
    if contract.source is None:
        return _Sources(None)
    document = contract.source.resolve()
    captured = contract.extension(assemble.CAPTURED)
    named = sorted({str(origin) for origin in (contract.extension(assemble.PROVENANCE) or {}).values()})
    paths = [(document.parent / name).resolve() for name in named if name != captured]
    if not isinstance(captured, str) or not all(path.exists() for path in (document.parent / captured, *paths)):
        return _Sources(document)
    overlays = tuple(path for path in paths if path.is_file() and "overlay" in documents.read(path))
    examples = [path if path.is_dir() else path.parent for path in paths if path not in overlays]
    return _Sources(document, (document.parent / captured).resolve(), overlays, examples[0] if examples else None)


def _again(contract: Contract, sources: _Sources, changed: Collection[Path], settings: Settings) -> Contract:
    """The contract read again where a change concerns it: the document itself, else built from its parts."""
    if not any(sources.hold(path) for path in changed):
        return contract
    if sources.are_extensions:
        return contracts.extended(settings.spec[0], settings)
    if sources.document is None or sources.document in changed or sources.captured is None:
        return Contract.load(contract.source, allow_refs=settings.allow_refs)
    folder = sources.document.parent
    built = assemble.build(sources.captured, sources.overlays, sources.examples, base=folder)
    return Contract(built, source=contract.source)


def _to_standard_error(line: str) -> None:
    sys.stderr.write(f"flowcontract mock: {line}\n")
    sys.stderr.flush()
