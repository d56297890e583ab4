"""How soon a campaign finds each fault of the gate's catalogue that a single request shows, and that it finds no more.

    python benchmarks/fuzz/faults.py [--time 60] [--right-time 15] [--results FILE] [--write] [NAME...]

Each faulty server is asked the cases of a campaign in their order, by one worker in this process, until the first
failure. Without a failure, what is found is the first warning, if any. A fault that shows itself to
methods that may change something, or to a header that asks for one, is given a campaign with --allow-unsafe: the
servers are ours. The conforming servers of the catalogue get a campaign as well, in which no failure is to be found.
Results are kept in a file as they come, so that a run may be made in parts; `--write` makes docs/proof-fuzz.md of
them. Run it in the root of a checkout. Exit 0 where every fault was found and no right server called broken.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faulty_servers.catalogue import FAULTS, VARIANTS, Fault, Variant
from tests.faulty_servers.kill import OPERATION
from tests.faulty_servers.server import TOKEN, Server, running
from tests.faulty_servers.table import FORBIDS, grid, percent

from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.plan import PackedPlan, Plan, Source, layout
from flowcontract.engine.campaigns.runner import close_all, is_safe
from flowcontract.engine.campaigns.shards import run_shard
from flowcontract.errors import FlowContractError
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PAGE = Path("docs/proof-fuzz.md")
INTRODUCTION = """\
# Proof: what a campaign of {seconds:g} seconds finds

Each of the {faults} faulty servers of the [gate's catalogue](proof.md) that a single request shows was given a
campaign with the same seed, one worker, and {seconds:g} seconds. Counted are the seconds from the first request, with
the start of the campaign, to the first failure, on a machine that had other work to do. Without a
failure in that time, it is the time to the first *warning*: a conforming server may do the same, so the result is
`passed`. This page is written by `python benchmarks/fuzz/faults.py --write`.

**{found} of {faults} found ({share}): {failed} by a failure, {warned} by a warning; {missed} not at all. Median time
to find {median:.2f} s, nine of ten within {most:.2f} s, the last after {last:.2f} s.** {unsafe} faults show themselves
only to methods that may change something, or to a header that asks for one: those campaigns had `--allow-unsafe`.

Found by the gate's plan, which every campaign starts with: {plan}; by mutated cases: {mutated}; by property-based
cases: {property-based}.

## By class

"""
RIGHT = """
## Conforming servers

Each conforms to the contract in its own way, so that there is no failure to find, possibly a warning. Each was given
{seconds:g} seconds.

"""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a campaign made of one faulty server."""

    name: str
    unsafe: bool
    found: bool
    seconds: float
    cases: int
    source: str = ""
    """Where the case came from that found it."""
    rules: str = ""
    """What it broke; the reason, where no campaign could begin."""
    warnings: str = ""
    """Rules of the warnings. Without a failure, time, cases and source are those of the first warning."""

    @property
    def has_only_warnings(self) -> bool:
        """Whether a warning is all that was found."""
        return not self.found and bool(self.warnings)


def needs_unsafe(fault: Fault) -> bool:
    """Whether a request of the witness is one that is sent under --allow-unsafe only."""
    return not all(is_safe(Request(ask.method, ask.target, ask.headers)) for ask in fault.witness)


def seek(server: Fault | Variant, contract: Contract, seconds: float) -> Sought:
    """Run a campaign until the first failure, for so many seconds at most; else to the first warning of that time."""
    unsafe = isinstance(server, Fault) and needs_unsafe(server)
    keys = (isinstance(server, Variant) and server.keys) or tuple(Server().flows)
    known = [{"slug": key} for key in keys]
    asked = {
        "name": "", "seed": 1, "values": {OPERATION: known}, "operations": [OPERATION],
        "published": False, "unsafe": unsafe, "timeout": 5.0, "cases": None,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, running(server.over(Server())) as url:
        began = time.monotonic()
        target = Target.at(url, contract.base_path, token=TOKEN)
        try:
            with Database(Path(folder) / "c.db") as database:
                plan = session.begin(database, contract, target, asked).plan
            return _cases(plan, server, unsafe, began, seconds)
        except FlowContractError as error:
            return Sought(server.name, unsafe, False, time.monotonic() - began, 0, rules=str(error))
        finally:
            close_all()


def _cases(plan: Plan, server: Fault | Variant, unsafe: bool, began: float, seconds: float) -> Sought:
    packed, cases = PackedPlan.of(plan), 0
    warning: Sought | None = None
    for shard in layout(plan):
        at = shard.start
        while at < shard.stop:
            result = run_shard(packed, replace(shard, start=at), seconds=0.1, interval=0, seen=frozenset())
            cases += result.reached - at
            at = result.reached
            after = time.monotonic() - began
            groups = [group for group in result.groups.values() if not (group.is_warning and group.flaky)]
            broken, warnings = ({c.violation.rule for c in groups if c.is_warning is kind} for kind in (False, True))
            now = Sought(server.name, unsafe, False, after, cases, shard.source, warnings=", ".join(sorted(warnings)))
            if broken or result.suspect:
                rules = ", ".join(sorted(broken or {"no-response"}))
                return replace(now, found=after <= seconds, rules=rules)
            warning = warning or (now if warnings else None)
            if after >= seconds:
                end = replace(now, source="", warnings=warning.warnings if warning else "")
                return warning if warning and isinstance(server, Fault) else end
    raise AssertionError("the layout has no end")


def page(results: Iterable[Sought], seconds: float, right_seconds: float) -> str:
    """The table of a run over the whole catalogue; the conforming servers had a time of their own."""
    runs = {each.name: each for each in results}
    faults = [fault for fault in FAULTS.values() if fault.name in runs]
    failed = [runs[fault.name] for fault in faults if runs[fault.name].found]
    warned = [fault for fault in faults if runs[fault.name].has_only_warnings]
    found = [*failed, *(runs[fault.name] for fault in warned)]
    times = sorted(each.seconds for each in found) or [0.0]
    kinds = dict.fromkeys(fault.kind for fault in faults)
    missed = [fault for fault in faults if not (runs[fault.name].found or runs[fault.name].has_only_warnings)]
    parts = [
        INTRODUCTION.format(
            faults=len(faults),
            seconds=seconds,
            found=len(found),
            share=percent(len(found), len(faults)),
            failed=len(failed),
            warned=len(warned),
            missed=len(missed),
            median=statistics.median(times),
            most=times[int(0.9 * (len(times) - 1))],
            last=times[-1],
            unsafe=sum(runs[fault.name].unsafe for fault in faults),
            **{source.value: sum(each.source == source for each in found) for source in Source},
        ),
        grid(
            ("class", "faults", "by a failure", "by a warning", "median time to find", "median cases"),
            (_of_kind(kind, [runs[fault.name] for fault in faults if fault.kind == kind]) for kind in kinds),
        ),
        "\n## What is found by a warning\n\n",
        _listed("warning", [(f"`{f.name}`", f.about, f"`{runs[f.name].warnings}`") for f in warned]),
        "\n## What is not found\n\n",
        _listed("cases asked", [(f"`{f.name}`", f.about, runs[f.name].cases) for f in missed]),
        RIGHT.format(seconds=right_seconds),
        grid(
            ("server", "what is particular", "cases asked", "failures", "warnings"),
            (_of_right(right, runs[right.name]) for right in VARIANTS.values() if right.name in runs),
        ),
        "\n## Every fault\n\n",
        grid(
            ("class", "fault", "forbidden by", "found after", "cases", "by", "rules that saw it first"),
            (_row(fault, runs[fault.name]) for fault in faults),
        ),
    ]
    return "".join(parts)


def _listed(last: str, rows: list[tuple[object, ...]]) -> str:
    return grid(("fault", "what is wrong", last), rows) if rows else "Nothing.\n"


def _of_right(right: Variant, run: Sought) -> tuple[object, ...]:
    return f"`{right.name}`", right.about, run.cases, run.rules or "none", run.warnings


def _of_kind(kind: str, runs: list[Sought]) -> tuple[object, ...]:
    found = [each for each in runs if each.found or each.has_only_warnings]
    middle = f"{statistics.median(each.seconds for each in found):.2f} s" if found else ""
    return (
        kind,
        len(runs),
        sum(each.found for each in runs),
        sum(each.has_only_warnings for each in runs) or "",
        middle,
        f"{statistics.median(each.cases for each in found):.0f}" if found else "",
    )


def _row(fault: Fault, run: Sought) -> tuple[object, ...]:
    source = run.source + (", unsafe" if run.unsafe else "")
    after = f"{run.seconds:.2f} s" if run.found or run.has_only_warnings else "**not found**"
    rules = f"warning: {run.warnings}" if run.has_only_warnings else run.rules
    return fault.kind, f"`{fault.name}`", FORBIDS[fault.forbids], after, run.cases, source, rules


def _kept(file: Path | None) -> dict[str, Sought]:
    if file is None or not file.exists():
        return {}
    return {each.name: each for each in (Sought(**json.loads(line)) for line in file.read_text().splitlines())}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=float, default=60, help="seconds for each server")
    parser.add_argument("--right-time", type=float, default=15, help="seconds for each right server")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="what is in it is not run again, what comes is added"
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE}")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    contract = Contract.load()
    kept = _kept(arguments.results)
    servers: list[Fault | Variant] = [*(fault for fault in FAULTS.values() if fault.by_input), *VARIANTS.values()]
    wanted = [server for server in servers if not arguments.names or server.name in arguments.names]
    for server in wanted:
        if server.name in kept:
            continue
        right = isinstance(server, Variant)
        kept[server.name] = run = seek(server, contract, arguments.right_time if right else arguments.time)
        if arguments.results:
            with arguments.results.open("a") as file:
                file.write(json.dumps(asdict(run)) + "\n")
        said = f"{run.seconds:>6.2f} s" if run.rules or run.has_only_warnings else "nothing"
        kind = "right" if isinstance(server, Variant) else server.kind
        print(f"{kind:<16} {server.name:<44} {said:>9} {run.cases:>6} cases  {run.rules or run.warnings}", flush=True)
    results = [kept[server.name] for server in wanted if isinstance(server, Fault)]
    false_alarms = [server.name for server in wanted if isinstance(server, Variant) and kept[server.name].rules]
    if arguments.write:
        told = page([kept[server.name] for server in wanted], arguments.time, arguments.right_time)
        PAGE.write_text(told, encoding="utf-8")
    times = [run.seconds for run in results if run.found or run.has_only_warnings] or [0.0]
    print(f"\n{len(times)} of {len(results)} found, median {statistics.median(times):.2f} s, last {max(times):.2f} s")
    print("by a warning: " + (", ".join(run.name for run in results if run.has_only_warnings) or "none"))
    missed = [run.name for run in results if not (run.found or run.has_only_warnings)]
    if missed:
        print("missed: " + ", ".join(missed))
    print(f"{len(wanted) - len(results)} conforming servers, false alarms: {', '.join(false_alarms) or 'none'}")
    return 1 if missed or false_alarms else 0


if __name__ == "__main__":
    sys.exit(main())
