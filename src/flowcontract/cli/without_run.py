"""What reports say where nothing was tested: the reason, and not what an earlier run found."""

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowcontract.errors import FlowContractError
from flowcontract.text import url_without_secrets

if TYPE_CHECKING:
    from flowcontract.checks.findings import RunResult


@contextlib.contextmanager
def reported(arguments: argparse.Namespace, formats: Sequence[str]) -> Iterator[None]:
    """Write the reason of an error to the reports, which a CI job shows. `formats`: those of the command."""
    try:
        yield
    except FlowContractError as error:
        if arguments.report and not arguments.plan:
            from flowcontract import reporting

            # The folder, or the name of a format, may be what is wrong.
            with contextlib.suppress(FlowContractError):
                reporting.write(result(arguments, str(error)), arguments.report, arguments.format or formats)
        raise


def result(arguments: argparse.Namespace, why: str, *, is_passed: bool = False) -> "RunResult":
    """The result where nothing was tested."""
    from flowcontract.checks.findings import Result, RunResult

    return RunResult(
        result=Result.PASSED if is_passed else Result.INCONCLUSIVE,
        headline=why,
        contract=url_without_secrets(arguments.spec or ""),
        target=url_without_secrets(arguments.url or ""),
        profile=getattr(arguments, "profile", "campaign"),
        seed=arguments.seed or 0,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
