"""Real generated clients against the mock of each release: what was predicted, and what the client did.

Every client is installed from its package registry into its own environment, and calls every operation through its
generated method. The responses are the examples of the release, its documented errors, and whatever else its contract
allows (`cases`). The prediction comes from the diff of the client's contract and the server's; where prediction and
result disagree, one of them is wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import Any

from flowcontract.compatibility import clients
from flowcontract.compatibility.cases import Case, base_path_of_call, build, own_call
from flowcontract.compatibility.clients import ClientVersion
from flowcontract.compatibility.clients.calls import Call, Outcome, call
from flowcontract.compatibility.clients.environments import Cache, Client
from flowcontract.compatibility.diff.operations import counterparts
from flowcontract.compatibility.outcomes import Cell, Compatibility, GeneratedFrom, Reaction, evaluate, reactions
from flowcontract.compatibility.versions import numbers
from flowcontract.errors import ClientError, FlowContractError, UsageError
from flowcontract.generation.request_builder import credentials_with
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server."""

    url: str
    """With the base path."""
    token: str
    """A token with permission to read everything."""
    select: Callable[[str], Mapping[str, str]]
    """The headers with which a request gets the responses of a scenario."""


Serve = Callable[[Contract, Mapping[str, Any]], AbstractContextManager[RunningServer]]
"""Serves a contract inside a `with` block, with scenarios as in a scenario file."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to test, and how."""

    operations: tuple[str, ...] = ()
    """Operation IDs; every operation where empty."""
    base: str = ""
    """The version of the server that also sends invalid responses, to see what each client does with them."""
    jobs: int = 2
    """Clients to install or run at once."""
    timeout: float = 300.0
    """Seconds that a client may take for all its calls."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The results of all clients with all servers."""

    clients: tuple[str, ...]
    servers: tuple[str, ...]
    cells: tuple[Cell, ...]
    """By client, then by server."""
    base: str
    """The version of the server that also sent invalid responses; empty for none."""
    reactions: tuple[Reaction, ...]
    notes: tuple[str, ...]

    def cell(self, client: str, server: str) -> Cell:
        """The result of one client with one server."""
        return next(cell for cell in self.cells if (cell.client, cell.server) == (client, server))

    @property
    def exit_code(self) -> int:
        """0 every client works with every server, 1 one does not, 2 one result is inconclusive."""
        outcomes = {cell.compatibility for cell in self.cells}
        return 2 if Compatibility.INCONCLUSIVE in outcomes else int(outcomes != {Compatibility.COMPATIBLE})


@dataclass(frozen=True, slots=True)
class _ServerRun:
    """One server, and the calls to make."""

    title: str
    """Its version; with the name of the contract where several have the same."""
    contract: Contract
    cases: Sequence[Case]
    served: RunningServer


@dataclass(frozen=True, slots=True)
class Setup:
    """Where clients and contracts come from, and what serves them."""

    known: clients.ClientCatalog
    cache: Cache
    serve: Serve
    report: Callable[[str], None] = lambda _: None
    """Receives progress messages."""


def run(setup: Setup, wanted: Sequence[ClientVersion], servers: Sequence[Contract], options: Options) -> Matrix:
    """Test every client with every server.

    A client that cannot be installed or run is inconclusive. Raises UsageError without clients or servers, and whatever
    serving raises.
    """
    if not wanted or not servers:
        raise UsageError("expected at least one client and one server, got none.", do="Pass them.")
    servers = list({(each.version, each.name): each for each in servers}.values())
    titles = _titles(servers)
    options = replace(options, operations=tuple(_id(name, servers) for name in options.operations))
    _require_known(setup.known, servers, options.operations)
    cases = [_cases(each, options) for each in servers]
    with ExitStack() as serving, ThreadPoolExecutor(options.jobs) as pool:
        runs = []
        for title, contract, tried in zip(titles, servers, cases, strict=True):
            served = serving.enter_context(setup.serve(contract, _scenarios(tried)))
            runs.append(_ServerRun(title, contract, tried, served))
        try:
            columns = list(pool.map(lambda each: _column(setup, each, runs, options), dict.fromkeys(wanted)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for clients that have not started.
            raise
    columns = list({column.title: column for column in columns}.values())  # Two names of one client.
    return Matrix(
        clients=tuple(column.title for column in columns),
        servers=tuple(titles),
        cells=tuple(cell for column in columns for cell in column.cells),
        base=options.base if any(column.reactions for column in columns) else "",
        reactions=tuple(reaction for column in columns for reaction in column.reactions),
        notes=tuple(note for column in columns for note in column.notes),
    )


def _id(name: str, servers: Sequence[Contract]) -> str:
    """The ID of an operation that a server has, and that may be named as `METHOD PATH`; the name of any other."""
    return next((found.id for contract in servers if (found := contract.find(name))), name)


def _require_known(known: clients.ClientCatalog, servers: Sequence[Contract], operations: Sequence[str]) -> None:
    """Raise ContractError for an operation that no contract has, before any client is installed."""
    unknown = [name for name in operations if not any(name in each.operations for each in servers)]
    if unknown and known.servers:
        others = [known.contract(release) for release in known.servers]
        for name in unknown:
            if not any(name in each.operations for each in others):
                servers[0].operation(name)


def _cases(contract: Contract, options: Options) -> list[Case]:
    """The cases of a server; those of all operations where one is named by another ID in a client's contract.

    None where no operation is left: the diff still says what that breaks.
    """
    is_known = all(name in contract.operations for name in options.operations)
    try:
        return build(contract, options.operations if is_known else (), invalid=contract.version == options.base)
    except UsageError:
        return []


def _scenarios(cases: Sequence[Case]) -> dict[str, Any]:
    return {case.id: case.scenario for case in cases if case.scenario is not None}


def _titles(servers: Sequence[Contract]) -> list[str]:
    versions = [each.version for each in servers]
    return [each.version if versions.count(each.version) == 1 else f"{each.version} ({each.name})" for each in servers]


def _calls(run: _ServerRun, known: Contract, wanted: frozenset[str]) -> Iterator[tuple[Case, Call]]:
    """The calls that a client of the contract `known` can make, by the names of its own contract.

    `wanted`: IDs of operations in one of the contracts, all where empty. Raises ContractError where none has one.
    """
    for name in wanted - run.contract.operations.keys():
        known.operation(name)
    own = counterparts(known, run.contract)
    origin = run.served.url.removesuffix(run.contract.base_path)
    for case in run.cases:
        operation = run.contract.operation(case.operation)
        mine = own.get(operation.id)
        base = base_path_of_call(operation, mine) if mine else None
        if mine is None or base is None or (wanted and not wanted & {operation.id, mine.id}):
            continue
        made = own_call(case, operation, known, mine)
        if made:
            headers = dict(credentials_with(operation, run.served.token).headers)
            headers |= run.served.select(case.id) if case.scenario is not None else {}
            yield case, Call(origin + base, made.operation, made.arguments, headers, made.parameters, made.body)


@dataclass(frozen=True, slots=True)
class _Column:
    """One client with all the servers."""

    title: str
    cells: tuple[Cell, ...]
    reactions: tuple[Reaction, ...] = ()
    notes: tuple[str, ...] = ()


def _column(setup: Setup, wanted: ClientVersion, runs: Sequence[_ServerRun], options: Options) -> _Column:
    try:
        client, note = setup.cache.client(wanted)
        generated_from, about = _made_from(setup.known, client)
        operations = frozenset(options.operations)
        made = [
            list(_calls(each, generated_from.contract if generated_from else each.contract, operations))
            for each in runs
        ]
        calls = [each for server_calls in made for _, each in server_calls]
        setup.report(f"{client.title} makes {len(calls)} calls")
        outcomes = iter(call(client, calls, options.timeout))
    except ClientError as error:
        setup.report(f"{wanted} is inconclusive: {error}")
        return _Column(str(wanted), tuple(_inconclusive(str(wanted), server_run.title, error) for server_run in runs))
    cells: list[Cell] = []
    found: list[Reaction] = []
    for server_run, server_calls in zip(runs, made, strict=True):
        trial: list[tuple[Case, Outcome]] = [(case, next(outcomes)) for case, _ in server_calls]
        title, contract = server_run.title, server_run.contract
        cells.append(evaluate(client.title, contract, generated_from, trial, server=title, operations=operations))
        if contract.version == options.base:
            found += reactions(client.title, contract, generated_from, trial)
    return _Column(client.title, tuple(cells), tuple(found), tuple(each for each in (note, about) if each))


def _inconclusive(title: str, server: str, error: ClientError) -> Cell:
    return Cell(title, server, Compatibility.INCONCLUSIVE, predicted=None, problem=str(error))


def _made_from(known: clients.ClientCatalog, client: Client) -> tuple[GeneratedFrom | None, str]:
    """The contract that a client was generated from, or None where it is unknown; and a note about it."""
    consumer = client.package.consumer(client.release)
    if consumer is None:
        return None, f"{client.title}: no prediction: the strictness of this client is unknown."
    last = max(known.servers, key=numbers, default="")
    release, note = client.release, ""
    try:
        contract = known.contract(release, published_only=True)
    except FlowContractError as error:
        if not last or numbers(release) < numbers(last):
            return None, f"{client.title}: no prediction: {error.what}"
        note = f"{client.title}: {release} is unknown; predicted with the contract of {last}, the newest known."
        contract = known.contract(last, published_only=True)
    return GeneratedFrom(contract, consumer), note
