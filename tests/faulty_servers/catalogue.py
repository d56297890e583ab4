"""The whole catalogue: every fault, and every conforming server that differs."""

from . import (
    authentication,
    denials,
    exposure,
    fronts,
    habits,
    headers,
    keys,
    leaks,
    methods,
    negotiation,
    query,
    relations,
    robustness,
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
    denials,
    keys,
    methods,
    negotiation,
    query,
    leaks,
    state,
    exposure,
    robustness,
)
"""The modules that write faults, in the order of the catalogue."""

FAULTS: dict[str, Fault] = CATALOGUE

RIGHT = (variants, wires, habits, fronts)
"""The modules that write conforming servers."""

__all__ = ["FAMILIES", "FAULTS", "RIGHT", "VARIANTS", "Fault", "Variant"]
