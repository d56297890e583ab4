"""Start, memory and cost of a read as the number of operations grows: documents made here, and real ones.

    python -m benchmarks large [--short] [--document FILE]

Made: the project's operation once, and again under other paths with schemas of its own, up to 1,000 times. Real:
GitHub's document from npm (`@octokit/openapi`, more than a thousand operations), and whatever `--document` names. Each
document is started with an empty cache and with a filled one. The cost of reads never seen before is told beside that
of the same operation alone in a document, in windows that take turns; it is the last operation that can be read.
"""

import http.client
import json
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pygal
from flowmock.generation.strings import Texts
from flowmock.generation.values import Grower
from pygal.style import Style

import flowmock
from benchmarks import page
from benchmarks.mock import measure, peers
from benchmarks.mock.process import Started, started
from benchmarks.mock.servers import HEADERS, SERVERS, TOKEN, Server
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, Operation, Parameter

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


def measured(files: Sequence[Path], *, short: bool, write: bool, tell: Callable[[str], None]) -> str:
    """The table, and with `write` the plot, of the documents made here; the table of the real ones."""
    rounds = 1 if short else 5
    with tempfile.TemporaryDirectory() as folder:
        sizes = (1, 10, 100) if short else (1, 10, 100, 300, 1000)
        made = [_row(f"{size} made", _made(size), Path(folder), rounds, tell) for size in sizes]
        peers.install()
        github = peers.FOLDER / "node_modules/@octokit/openapi/generated/api.github.com.json"
        real = [_row(path.name, documents.read(path), Path(folder), rounds, tell) for path in (github, *files)]
    if write:
        _plot(made, page.ROOT / "docs" / "images" / "large.svg")
    valid = [_validity(path) for path in (github, *files)]
    return "\n\n".join([_table(made), _table(real), "\n".join(valid), page.machine()])


def _made(size: int) -> dict[str, Any]:
    """The project's operation `size` times, each with a path and schemas of its own."""
    whole, _ = peers.contract()
    names = whole["components"]["schemas"]
    paths, schemas = {}, {}
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
    """Paths of GET operations that a mock answers with 200 as they are, the last one of the document first."""
    with flowmock.running(contract, tokens=(TOKEN,)) as mock:
        connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"))
        for operation in reversed(contract.operations.values()):
            path = contract.base_path + _filled(contract, operation)
            if operation.method == "GET" and _ask(connection, operation, path)[0] == 200:
                yield path, operation


def _filled(contract: Contract, operation: Operation) -> str:
    """An operation's path, and the query that it asks for, with values that its parameters may have."""
    path, query = operation.path, []
    for parameter in operation.parameters:
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", _value(contract, parameter))
        elif parameter.location == "query" and parameter.required:
            query.append(f"{parameter.name}={_value(contract, parameter)}")
    return path + ("?" if query else "") + "&".join(query)


def _value(contract: Contract, parameter: Parameter) -> str:
    known = [str(example.value) for example in parameter.examples.values()]
    schema = contract.resolve(parameter.schema)
    tried = (*known, *schema.get("enum", ()), "1", "name", "00000000-0000-4000-8000-000000000000")
    right = (value for value in tried if not any(True for _ in parameter.errors(_typed(schema, value))))
    return str(next(right, "1"))


def _body(operation: Operation) -> tuple[bytes | None, dict[str, str]]:
    """The leanest JSON body that an operation takes, and its headers; nothing where it takes none."""
    media = next((each for each in operation.request_media.values() if each.is_json), None)
    if media is None:
        return None, {}
    root = media.schemas.canonical(media.schema_pointer, "request")
    value = Grower(root, Texts(0), lean=True).value(root) if media.schema else {}
    return json.dumps(value).encode(), {"Content-Type": media.name}


def _typed(schema: Any, value: Any) -> Any:
    return int(value) if schema.get("type") in ("integer", "number") and str(value).isdecimal() else value


def _ask(
    connection: http.client.HTTPConnection, operation: Operation, path: str, prefer: str = ""
) -> tuple[int, str, bytes]:
    body, headers = _body(operation)
    headers |= HEADERS | ({"Prefer": prefer} if prefer else {})
    connection.request(operation.method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.headers.get("Content-Type", ""), response.read()


def _validity(path: Path) -> str:
    """Ask for every answer of every operation, and hold what is JSON to the contract."""
    contract = Contract.load(path)
    counts: Counter[str] = Counter()
    with flowmock.running(contract, tokens=(TOKEN,)) as mock:
        connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"))
        for operation in contract.operations.values():
            filled = contract.base_path + _filled(contract, operation)
            for status, answer in operation.answers.items():
                if status.isdecimal() and int(status) not in (204, 304) and operation.method != "HEAD":
                    counts[_judged(answer, _ask(connection, operation, filled, f"code={status}"))] += 1
    return (
        f"{path.name}: {counts['valid']:,} JSON answers are valid, {counts['not']:,} are not; {counts['own']:,} more "
        f"are examples of the document's own that its schemas refuse, {counts['refused']:,} were not given."
    )


def _judged(answer: DocumentedResponse, given: tuple[int, str, bytes]) -> str:
    status, kind, body = given
    media = next((each for name, each in answer.media.items() if kind.startswith(name)), None)
    if status != int(answer.status):
        return "refused"
    if media is None or not media.is_json:
        return "not JSON"
    value = json.loads(body)
    if media.is_valid(value):
        return "valid"
    return "own" if any(value == example.value for example in media.examples.values()) else "not"


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


def _plot(rows: list[Row], path: Path) -> None:
    style = Style(background="white", plot_background="white", font_family="sans-serif")
    chart = pygal.XY(
        js=(), style=style, width=760, height=320, x_title="operations", show_x_guides=True,
        title="Seconds to the first 200", legend_at_bottom=True, stroke_style={"width": 2}, range=(0, None),
    )  # fmt: skip
    chart.add("empty cache", [(row.operations, round(row.cold[0], 3)) for row in rows])
    chart.add("filled cache", [(row.operations, round(row.warm[0], 3)) for row in rows])
    drawn = chart.render(is_unicode=True, disable_xml_declaration=True)
    path.write_text(re.sub(r"<script\b.*?</script>|<!--.*?-->", "", drawn, flags=re.DOTALL) + "\n", encoding="utf-8")
