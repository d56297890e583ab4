"""All faults of the API: importing a module puts its faults into FAULTS."""

from . import leaks, wrong_access, wrong_conditions, wrong_input, wrong_lists, wrong_responses, wrong_writes
from .fault import FAULTS, Fault

MODULES = (wrong_responses, leaks, wrong_lists, wrong_writes, wrong_conditions, wrong_access, wrong_input)

__all__ = ["FAULTS", "MODULES", "Fault"]
