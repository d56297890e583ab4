"""Contract tests: one test for each operation, over one run of the engine. `docs/reference/rules.md` has the rules."""

from flowcontract.checks.findings import RunResult
from flowcontract.contract import Contract
from flowcontract.testing import OperationResult, parametrize, require_conclusive


def test_the_result_is_conclusive(flow_result: RunResult) -> None:
    """The server returned a success. Without one, nothing was tested."""
    require_conclusive(flow_result)


@parametrize(Contract.load())
def test_operation(flow_operation: OperationResult) -> None:
    """No response of the operation violates a rule."""
    flow_operation.check()
