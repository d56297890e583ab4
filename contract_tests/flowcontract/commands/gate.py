"""`flowcontract gate`: judge a server by the contract."""

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract import keys, releases
from flowcontract.commands._admin import knowing_tokens
from flowcontract.commands._release import LIST, add_release, in_release, published_part
from flowcontract.commands._target import add_tokens, target
from flowcontract.contract import Contract
from flowcontract.errors import UsageError
from flowcontract.exchange import Target, curl

if TYPE_CHECKING:
    from flowcontract.gate import Options
    from flowcontract.judgement import Judgement

_PLACE = "http://127.0.0.1:8000"
"""Where `--plan` pretends that the target is when none is named."""
_NEVER_SENT = "a-token-that-is-never-sent"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("url", nargs="?", metavar="URL", help="the target, with or without the base path (default: a mock of our own)")
    add_tokens(parser)
    add(
        "--key",
        action="append",
        default=[],
        metavar="[NAME=]VALUE",
        help="a key that exists on the target; several names with commas; repeatable (default: the examples' keys)",
    )
    add("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")
    add_release(parser)
    add(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="judge this operation; repeatable (default: all safe ones)",
    )
    add("--published-only", action="store_true", help="judge by the published part of the contract alone")
    add("--profile", choices=("quick", "full"), default="full", help="quick: the plan alone; full: generated cases too")
    add("--seed", type=int, default=0, metavar="N", help="of the generated cases (default: 0)")
    add(
        "--workers",
        type=_positive,
        default=1,
        metavar="N",
        help="requests that may be on their way at once (default: 1)",
    )
    add(
        "--allow-unsafe",
        action="store_true",
        help="send unsafe methods with credentials too: this can change the target",
    )
    add("--timeout", type=_seconds, default=5.0, metavar="S", help="seconds a request may take (default: 5)")
    add("--max-time", type=_seconds, default=60.0, metavar="S", help="seconds the run may take (default: 60)")
    add(
        "--max-response-time",
        type=_seconds,
        metavar="S",
        help="seconds after which an answer is late (default: by the target)",
    )
    add("--waivers", type=Path, metavar="FILE", help="what is known and accepted, with owner, reason and expiry date")
    add("--baseline", type=Path, metavar="FILE", help="fail only on what is not in this file")
    add("--write-baseline", type=Path, metavar="FILE", help="write what is broken now into this file")
    add("--report", type=Path, metavar="DIR", help="write the reports into this folder")
    add(
        "--format",
        action="append",
        default=[],
        metavar="NAME",
        help="write only this report; repeatable (default: all)",
    )
    add("--plan", action="store_true", help="print the requests with their reasons, and send none")
    add("--json", action="store_true", help="print the judgement as JSON")
    add("--quiet", "-q", action="store_true", help="print the verdict alone")


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Add a flag for each path parameter of the contract: what it is called is the contract's to say."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--spec", type=Path)
    add_release(early)
    said = early.parse_known_args(words)[0]
    given = Contract.load(said.spec)
    contract = in_release(given, said.release)
    parser.set_defaults(contract=contract, given=given)
    for name in sorted({p.name for o in contract.operations.values() for p in o.path_parameters()}):
        if re.fullmatch(r"[A-Za-z][\w-]*", name):
            with contextlib.suppress(argparse.ArgumentError):  # A flag of our own goes first; --key NAME= remains.
                parser.add_argument(
                    f"--{name}",
                    action="append",
                    dest=f"key:{name}",
                    default=[],
                    metavar="VALUE",
                    help=f"a {name} that exists on the target; repeatable",
                )


def run(arguments: argparse.Namespace) -> int:
    """Judge and report. 0 kept, 1 broken, 2 could not judge."""
    from rich.console import Console

    from flowcontract import baseline, gate, reports
    from flowcontract.reports import terminal

    contract: Contract = arguments.contract
    if arguments.release == LIST:
        sys.stdout.write(releases.text(contract))
        return 0
    options = _options(contract, arguments)
    unknown = set(arguments.format) - set(reports.ALL)
    if unknown:
        raise UsageError(f"there is no report format {min(unknown)!r}.", do=f"There are: {', '.join(reports.ALL)}.")
    if arguments.plan:
        return _print_plan(contract, target(contract, arguments, arguments.url or _PLACE, token=_NEVER_SENT), options)
    with _judged_target(contract, arguments) as judged:
        judgement: Judgement = gate.run(contract, judged, options)
        if any(cause.rule == "right-required" for cause in judgement.open_causes):
            # Asked only now: a server that fails at its first request is to fail at one of the plan.
            judged = knowing_tokens(judged, arguments.timeout)
            judgement = gate.run(contract, judged, options) if judged.any_token else judgement
    if arguments.report:
        reports.write(judgement, arguments.report, arguments.format or reports.ALL)
    if arguments.write_baseline:
        baseline.write(arguments.write_baseline, judgement.causes)
    console = Console()
    if arguments.json:
        terminal.print_json(judgement, console)
    else:
        terminal.print(judgement, console, quiet=arguments.quiet)
    return int(judgement.verdict)


@contextlib.contextmanager
def _judged_target(contract: Contract, arguments: argparse.Namespace) -> Iterator[Target]:
    if arguments.url is not None:
        yield target(contract, arguments, arguments.url)
        return
    import flowmock

    token = arguments.token or "flowcontract-gate-token"
    nothing = arguments.token_none or "flowcontract-none-token"
    with flowmock.running(contract, tokens=(token, f"{nothing}:none")) as mock:
        yield Target.at(mock.url, contract.base_path, token=token, none_token=nothing)


def _options(contract: Contract, arguments: argparse.Namespace) -> "Options":
    from flowcontract import baseline, gate, waivers

    published = None
    if arguments.published_only:
        published = published_part(arguments.given, arguments.release)
    return gate.Options(
        keys=keys.by_operation(contract, _given(arguments)),
        assume_examples=arguments.url is None,
        operations=tuple(arguments.operation),
        profile=arguments.profile,
        seed=arguments.seed,
        workers=arguments.workers,
        allow_unsafe=arguments.allow_unsafe,
        published=published,
        timeout=arguments.timeout,
        max_time=arguments.max_time,
        max_response_time=arguments.max_response_time,
        waivers=waivers.load(arguments.waivers) if arguments.waivers else (),
        known=baseline.load(arguments.baseline) if arguments.baseline else {},
    )


def _given(arguments: argparse.Namespace) -> list[keys.Key]:
    """The keys that were named, by --key and by the flags of the path parameters."""
    given = [keys.parse(text) for text in arguments.key]
    for name, values in vars(arguments).items():
        if name.startswith("key:"):
            given += [{name.removeprefix("key:"): value} for value in values]
    return given


def _print_plan(contract: Contract, target: Target, options: "Options") -> int:
    from flowcontract import gate

    planned = gate.plan(contract, target, options)
    for number, probe in enumerate(planned, 1):
        sys.stdout.write(f"{number:>4}  {probe.name}: {probe.reason}\n      {curl(target, probe.request)}\n")
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("a number from 1 to 64 was expected")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 86400:
        raise argparse.ArgumentTypeError("a number of seconds above 0 was expected")
    return number
