"""Path parameters that a path has and no operation declares, as documents in the wild leave them out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.path_templates import parameter_names
from flowcontract.openapi.structure import METHODS

_MOST_REFERENCES = 10
"""References to references of a parameter that are followed."""

Resolve = Callable[[str], Any]


def undeclared(document: Mapping[str, Any], resolve: Resolve) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Operations of a normalized document with such a parameter: the operation, its pointer and the name.

    `resolve` gives the object that a reference within the document leads to, or raises LookupError.
    """
    for path, item in (document.get("paths") or {}).items():
        if not isinstance(item, Mapping) or "{" not in path or isinstance(item.get("$ref"), str):
            continue
        for method in [key for key in item if key in METHODS]:
            operation = item[method]
            listed = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
            declared = {_path_parameter(each, resolve) for each in listed}
            for name in dict.fromkeys(parameter_names(path)):
                if name and name not in declared:
                    yield operation, pointers.join("paths", path, method), name


def _path_parameter(parameter: Mapping[str, Any], resolve: Resolve) -> str:
    """The name of a path parameter; empty for any other parameter."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(parameter.get("$ref"), str):
            break
        try:
            parameter = resolve(parameter["$ref"])
        except LookupError:
            return ""
    return str(parameter.get("name")) if parameter.get("in") == "path" else ""
