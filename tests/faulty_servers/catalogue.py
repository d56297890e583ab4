"""The whole catalogue: every fault, and every right server that differs."""

from . import (
    authentication,
    headers,
    keys,
    leaks,
    methods,
    negotiation,
    query,
    refusals,
    relations,
    schema,
    state,
    status,
    syntax,
    variants,
    wires,
)
from .fault import CATALOGUE, Fault
from .variants import VARIANTS, Variant

FAMILIES = (
    status,
    schema,
    relations,
    syntax,
    headers,
    authentication,
    refusals,
    keys,
    methods,
    negotiation,
    query,
    leaks,
    state,
)
"""The modules that write faults, in the order of the catalogue."""

FAULTS: dict[str, Fault] = CATALOGUE

RIGHT = (variants, wires)
"""The modules that write right servers."""

__all__ = ["FAMILIES", "FAULTS", "RIGHT", "VARIANTS", "Fault", "Variant"]
