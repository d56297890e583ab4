"""Real generated clients against the mock at each release: what was predicted, and what the client did.

Every client is installed from where everybody installs it, into an environment of its own, and calls every operation
through its generated method. The answers are the examples of the release, its documented errors, and whatever else
its contract allows (`cases`). What the diff says of the client's contract and the server's stands beside what
happened; where the two disagree, one of them is wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility import clients
from flowcontract.compatibility.cases import Case, build
from flowcontract.compatibility.clients import Wanted
from flowcontract.compatibility.clients.calls import Call, Outcome, call
from flowcontract.compatibility.clients.environments import Cache, Client
from flowcontract.compatibility.outcomes import Cell, Compatibility, MadeFrom, Reaction, judge, reactions
from flowcontract.compatibility.versions import numbers
from flowcontract.errors import ClientError, FlowContractError, UsageError
from flowcontract.generation.request_builder import good
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    url: str
    """With the base path."""
    token: str
    """One that may read everything."""
    select: Callable[[str], Mapping[str, str]]
    """The headers with which a request finds the server in the state of this name."""


Serve = Callable[[Contract, Mapping[str, Any]], AbstractContextManager[Served]]
"""Serves a contract for as long as a block lasts; the states that it can be in are given as in a scenario file."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is tried, and how hard."""

    operations: tuple[str, ...] = ()
    """Ids; every safe operation where empty."""
    base: str = ""
    """The version of the server whose answers are broken on purpose, to see what each client does about it."""
    jobs: int = 2
    """Clients that are installed or run at once."""
    timeout: float = 300.0
    """Seconds that a client may take for all its calls."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table, and what was seen beside it."""

    clients: tuple[str, ...]
    servers: tuple[str, ...]
    cells: tuple[Cell, ...]
    """Client by client, in each by server."""
    base: str
    """The version of the server whose answers were broken on purpose; empty for none."""
    reactions: tuple[Reaction, ...]
    notes: tuple[str, ...]

    def cell(self, client: str, server: str) -> Cell:
        """One cell of the table."""
        return next(cell for cell in self.cells if (cell.client, cell.server) == (client, server))

    @property
    def exit_code(self) -> int:
        """0 where every client reads every server, 1 where one does not, 2 where one could not be judged."""
        outcomes = {cell.compatibility for cell in self.cells}
        return 2 if Compatibility.UNJUDGED in outcomes else int(outcomes != {Compatibility.READS})


@dataclass(frozen=True, slots=True)
class _Trial:
    """One server, and what is asked of it."""

    contract: Contract
    cases: Sequence[Case]
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class Bench:
    """What clients are tried with: where they and their contracts come from, and what serves."""

    known: clients.Known
    cache: Cache
    serve: Serve
    tell: Callable[[str], None] = lambda _: None
    """Is told how far it is."""


def run(bench: Bench, wanted: Sequence[Wanted], servers: Sequence[Contract], options: Options) -> Matrix:
    """Try every client on every server.

    A client that cannot be had or run is not judged, and the others are. Raises UsageError where there is nothing
    to try, and whatever serving raises.
    """
    if not wanted or not servers:
        raise UsageError("a client and a server were expected.", do="Name them.")
    servers = list({each.version: each for each in servers}.values())
    cases = [build(each, options.operations, beyond=each.version == options.base) for each in servers]
    with ExitStack() as serving, ThreadPoolExecutor(options.jobs) as pool:
        trials = []
        for contract, tried in zip(servers, cases, strict=True):
            served = serving.enter_context(bench.serve(contract, _states(tried)))
            trials.append(_Trial(contract, tried, tuple(_calls(contract, tried, served))))
        try:
            columns = list(pool.map(lambda each: _column(bench, each, trials, options), dict.fromkeys(wanted)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Whoever stops it does not wait for those not yet begun.
            raise
    columns = list({column.title: column for column in columns}.values())  # Two ways to name one client.
    return Matrix(
        clients=tuple(column.title for column in columns),
        servers=tuple(each.version for each in servers),
        cells=tuple(cell for column in columns for cell in column.cells),
        base=options.base if any(column.reactions for column in columns) else "",
        reactions=tuple(reaction for column in columns for reaction in column.reactions),
        notes=tuple(note for column in columns for note in column.notes),
    )


def _states(cases: Sequence[Case]) -> dict[str, Any]:
    return {case.id: case.state for case in cases if case.state is not None}


def _calls(contract: Contract, cases: Sequence[Case], served: Served) -> Iterator[Call]:
    for case in cases:
        headers = dict(good(contract.operation(case.operation), served.token).headers)
        headers |= served.select(case.id) if case.state is not None else {}
        yield Call(served.url, case.operation, case.arguments, headers)


@dataclass(frozen=True, slots=True)
class _Column:
    """One client with all the servers."""

    title: str
    cells: tuple[Cell, ...]
    reactions: tuple[Reaction, ...] = ()
    notes: tuple[str, ...] = ()


def _column(bench: Bench, wanted: Wanted, trials: Sequence[_Trial], options: Options) -> _Column:
    try:
        client, note = bench.cache.client(wanted)
        calls = [each for trial in trials for each in trial.calls]
        bench.tell(f"{client.title} makes {len(calls)} calls")
        outcomes = iter(call(client, calls, options.timeout))
    except ClientError as error:
        bench.tell(f"{wanted} is not judged: {error}")
        return _Column(str(wanted), tuple(_unjudged(str(wanted), trial.contract, error) for trial in trials))
    made_from, about = _made_from(bench.known, client)
    cells: list[Cell] = []
    found: list[Reaction] = []
    for trial in trials:
        made: list[tuple[Case, Outcome]] = list(zip(trial.cases, outcomes, strict=False))
        cells.append(judge(client.title, trial.contract, made_from, made))
        if trial.contract.version == options.base:
            found += reactions(client.title, trial.contract, made_from, made)
    return _Column(client.title, tuple(cells), tuple(found), tuple(each for each in (note, about) if each))


def _unjudged(title: str, server: Contract, error: ClientError) -> Cell:
    return Cell(title, server.version, Compatibility.UNJUDGED, predicted=None, problem=str(error))


def _made_from(known: clients.Known, client: Client) -> tuple[MadeFrom | None, str]:
    """The contract that a client was made from, and what has to be said about it; None where it is not known."""
    consumer = client.package.consumer(client.release)
    if consumer is None:
        return None, f"{client.title}: nothing is predicted: how strict it is is not known."
    last = max(known.servers, key=numbers, default="")
    release, note = client.release, ""
    try:
        contract = known.contract(release, published_only=True)
    except FlowContractError as error:
        if not last or numbers(release) < numbers(last):
            return None, f"{client.title}: nothing is predicted: {error.what}"
        note = f"{client.title}: {release} is not known; predicted with the contract of {last}, the last that is."
        contract = known.contract(last, published_only=True)
    return MadeFrom(contract, consumer), note
