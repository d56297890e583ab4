"""The cases of Schemathesis's coverage phase, sent to a server."""

from flowcontract.generation.resources import Resources
from flowcontract.generation.schemathesis_phases import GeneratedCase, SchemathesisRun
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


def coverage_cases(contract: Contract, target: Target) -> list[GeneratedCase]:
    """The cases of all operations, with their exchanges."""
    run = SchemathesisRun(
        contract,
        target,
        list(contract.operations.values()),
        Resources(contract, {}),
        known={},
        seed=1,
        timeout=10.0,
        workers=1,
        max_examples=2,
        allow_unsafe=False,
    )
    return [case for scenario in run.cases(("coverage",)) for case in scenario]
