"""The engine: select → schedule → send → check → group. `run` tests a server against a contract."""

from flowcontract.engine.options import Options
from flowcontract.engine.runner import plan, resource_kinds, run

__all__ = ["Options", "plan", "resource_kinds", "run"]
