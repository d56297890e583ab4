"""Which operations differ between two contracts in anything at all, such as those that a pull request changes."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from flowcontract.compatibility.diff.operations import counterparts
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


def changed_operations(old: Contract, new: Contract) -> frozenset[str]:
    """IDs of the operations of the new contract that the old one lacks, or describes in other words.

    What an operation refers to counts, too: schemas, parameters, responses, security schemes.
    """
    known = counterparts(old, new)
    return frozenset(
        operation.id
        for operation in new.operations.values()
        if operation.id not in known or _parts(new, operation) != _parts(old, known[operation.id])
    )


def _parts(contract: Contract, operation: Operation) -> dict[str, Any]:
    """Everything in a document that describes an operation, by where it is; the operation itself by its method."""
    document = contract.document
    *path, method = pointers.split(operation.pointer)
    item = _get(document, path)
    parts: dict[str, Any] = {method: _get(document, [*path, method])}
    if isinstance(item, Mapping):
        parts["parameters"] = item.get("parameters")
    if not isinstance(parts[method], Mapping) or "security" not in parts[method]:
        parts["security"] = document.get("security")
    parts["schemes"] = _get(document, ("components", "securitySchemes"))
    found = [*parts.values()]
    while found:
        for reference in _references(found.pop()):
            if reference not in parts:
                parts[reference] = _get(document, pointers.split(unquote(reference.removeprefix("#"))))
                found.append(parts[reference])
    return parts


def _references(node: Any) -> Iterator[str]:
    """The texts in a value that refer to another part of the document, also those of a discriminator."""
    if isinstance(node, str) and node.startswith("#/"):
        yield node
    elif isinstance(node, Mapping | list):
        for each in node.values() if isinstance(node, Mapping) else node:
            yield from _references(each)


def _get(document: Any, tokens: Any) -> Any:
    try:
        return pointers.get(document, tokens)
    except LookupError:
        return None
