"""Start, memory and cost of a read as the number of operations grows: documents made here, and real ones.

    python -m benchmarks large [--short] [--document FILE]

Made: the project's operation once, and again under other paths with schemas of its own, up to 1,000 times. Real:
GitHub's document from npm (`@octokit/openapi`, more than a thousand operations), and whatever `--document` names. Each
document is started with an empty cache and with a filled one. The cost of reads never seen before is compared with that
of the same operation alone in a document, in windows that take turns; it is the last operation that can be read.
Whether the responses are valid is measured by `python -m benchmarks.documents`.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

import flowmock
from benchmarks import page
from benchmarks.documents import request_of
from benchmarks.mock import measure, peers
from benchmarks.mock.process import Started, started
from benchmarks.mock.servers import HEADERS, SERVERS, Server
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

_MOCK = SERVERS["mock"]
_NEVER_SEEN = "new, known"


@dataclass(frozen=True)
class Row:
    """What one document costs."""

    name: str
    operations: int
    megabytes: float
    cold: tuple[float, float]
    """Seconds to the first 200 with an empty cache, of the clock and of the processor,"""
    warm: tuple[float, float]
    """and with one that a start before has filled."""
    pss: float
    cpu: float
    """Microseconds of processor time per read never seen before,"""
    ratio: float
    """in parts of what it costs with the operation alone in a document."""


def measured(files: Sequence[Path], *, short: bool, tell: Callable[[str], None]) -> str:
    """A table of the documents made here, and one of the real ones."""
    rounds = 1 if short else 5
    with tempfile.TemporaryDirectory() as folder:
        sizes = (1, 10, 100) if short else (1, 10, 100, 300, 1000)
        made = [_row(f"{size} generated", _made(size), Path(folder), rounds, tell) for size in sizes]
        peers.install()
        github = peers.FOLDER / "node_modules/@octokit/openapi/generated/api.github.com.json"
        real = [_row(path.name, documents.read(path), Path(folder), rounds, tell) for path in (github, *files)]
    return "\n\n".join([_table(made), _table(real), page.machine()])


def _made(size: int) -> dict[str, Any]:
    """The project's operation `size` times, each with a path and schemas of its own."""
    whole, _ = peers.contract()
    names = whole["components"]["schemas"]
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number in range(size):
        # The last one is as it is: it is the one that is read.
        mark = str(number) if number < size - 1 else ""
        text = json.dumps({"paths": whole["paths"], "schemas": names})
        for name in names:
            text = text.replace(f'/schemas/{name}"', f'/schemas/{name}{mark}"')
        text = text.replace("/instances/", f"/instances{mark}/").replace('_retrieve"', f'_retrieve{mark}"')
        copied = json.loads(text)
        paths |= copied["paths"]
        schemas |= {f"{name}{mark}": schema for name, schema in copied["schemas"].items()}
    return whole | {"paths": paths, "components": whole["components"] | {"schemas": schemas}}


def _row(name: str, document: dict[str, Any], folder: Path, rounds: int, tell: Callable[[str], None]) -> Row:
    contract = Contract(document)
    read, operation = next(_readable(contract), ("", None))
    if operation is None:
        raise RuntimeError(f"{name} has no operation that can be read without a body or a query")
    whole, alone = folder / f"{name}.json", folder / f"{name}-alone.json"
    whole.write_text(json.dumps(document), encoding="utf-8")
    alone.write_text(json.dumps({**document, "paths": {operation.path: document["paths"][operation.path]}}), "utf-8")
    large, small = (_server(path, read, folder / "cache") for path in (whole, alone))
    cold = [_seconds(large, folder / f"cold-{name}-{turn}") for turn in range(rounds)]
    warm = [_seconds(large, folder / "cache") for _ in range(rounds + 1)][1:]
    with ExitStack() as stack:
        running = [stack.enter_context(started(each)) for each in (large, small)]
        pss = running[0].pss()
        costs = [_costs(*running) for _ in range(rounds)]
    row = Row(
        name,
        len(contract.operations),
        whole.stat().st_size / 1e6,
        _medians(cold),
        _medians(warm),
        pss,
        statistics.median(cost for cost, _ in costs),
        statistics.median(cost / other for cost, other in costs),
    )
    tell(f"{row}")
    return row


def _costs(large: Started, small: Started) -> tuple[float, float]:
    """Processor time per read of both, the small one before and after."""
    before = measure.window(small, _NEVER_SEEN, 1).cpu
    cost = measure.window(large, _NEVER_SEEN, 2).cpu
    return cost, (before + measure.window(small, _NEVER_SEEN, 1).cpu) / 2


def _server(document: Path, read: str, cache: Path) -> Server:
    words = (*_MOCK.command, "--spec", str(document))
    return replace(_MOCK, command=words, path=read, environment={"FLOWCONTRACT_CACHE": str(cache)})


def _seconds(server: Server, cache: Path) -> tuple[float, float]:
    with started(replace(server, environment={"FLOWCONTRACT_CACHE": str(cache)})) as running:
        return running.seconds, running.cpu()


def _medians(rows: list[tuple[float, float]]) -> tuple[float, float]:
    seconds, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
    return seconds, cpu


def _readable(contract: Contract) -> Iterator[tuple[str, Operation]]:
    """Paths of GET operations that the mock answers with 200 as they are, the last one of the document first."""
    with TestClient(flowmock.create(contract), follow_redirects=False) as client:
        for operation in reversed(list(contract.operations.values())):
            if operation.method != "GET":
                continue
            request = request_of(contract, operation)
            if not request["content"] and client.get(request["url"], headers=HEADERS).status_code == 200:
                yield request["url"], operation


def _table(rows: list[Row]) -> str:
    head = (
        "document",
        "operations",
        "size",
        "first 200, cold",
        "CPU",
        "warm",
        "CPU",
        "memory (PSS)",
        "CPU per new read",
        "of alone",
    )
    return page.table(
        head,
        [
            (
                row.name,
                f"{row.operations:,}",
                f"{row.megabytes:.1f} MB",
                *(f"{seconds:.2f} s" for seconds in (*row.cold, *row.warm)),
                f"{row.pss:.0f} MB",
                f"{row.cpu:.0f} µs",
                f"{row.ratio:.2f}",
            )
            for row in rows
        ],
    )
