"""Input beyond the plan: Schemathesis and Hypothesis draw it from the contract, seeded, before anything is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flowcontract.contract import Contract, Operation

CASES = 70
"""How many distinct cases are drawn for one operation."""
_LONGEST = 3000
"""Characters of a path or query that are worth sending: beyond them only limits of the HTTP layer are met."""


@dataclass(frozen=True, slots=True)
class Case:
    """One generated request for an operation, as it is written on the wire."""

    path: Mapping[str, str]
    """Path parameters, percent-encoded."""
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    reason: str
    plain: bool
    """Nothing but the path was generated."""


def cases(contract: Contract, operation: Operation, *, seed: int, count: int = CASES) -> tuple[Case, ...]:
    """Draw up to `count` distinct cases for an operation: the same ones for the same contract, seed and libraries.

    Two thirds are valid by the schemas of the parameters, the others break one.
    """
    if not operation.parameters and not operation.request_media:
        return ()
    from schemathesis import GenerationMode

    found: dict[tuple[Any, ...], Case] = {}
    schema = _schema(contract, operation)
    modes = [(GenerationMode.POSITIVE, count * 2 // 3 + 1, "generated: valid by the schema of each parameter")]
    if operation.request_media or any(parameter.location != "path" for parameter in operation.parameters):
        modes.append((GenerationMode.NEGATIVE, count, "generated: breaks the schema of a parameter"))
    for mode, share, reason in modes:
        for drawn in _draw(schema, mode, seed, 2 * count):
            case = _case(drawn, operation, reason)
            identity = (tuple(case.path.items()), case.query, case.headers, case.body)
            if len(found) < share and len(repr(identity)) < _LONGEST:
                found.setdefault(identity, case)
    return tuple(found.values())


def _schema(contract: Contract, operation: Operation) -> Any:
    """The operation alone, without credentials (the gate has its own) and without examples (they are known)."""
    import schemathesis

    item = dict(contract.document["paths"][operation.path])
    method = operation.method.lower()
    kept = {key: value for key, value in item.items() if key == "parameters" or key == method}
    kept[method] = {**item[method], "security": []}
    document = {
        **{key: value for key, value in contract.document.items() if not key.startswith("x-")},
        "paths": {operation.path: _without_examples(kept)},
    }
    api = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
    return api[operation.path][operation.method]


def _without_examples(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_examples(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_examples(value) for key, value in node.items() if key not in ("example", "examples")}


def _draw(schema: Any, mode: Any, seed: int, count: int) -> list[Any]:
    """Draw cases with Hypothesis, nothing remembered between runs."""
    import hypothesis

    drawn: list[Any] = []
    try:
        strategy = schema.as_strategy(generation_mode=mode)

        def keep(case: Any) -> None:
            drawn.append(case)

        # Any: what these decorators give has no types.
        given: Any = hypothesis.given(strategy)
        collect: Any = hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )(given(keep))
        hypothesis.seed(seed)(collect)()
    except hypothesis.errors.HypothesisException:
        return drawn  # Nothing of this kind can be drawn, for instance nothing invalid where anything is valid.
    return drawn


def _case(drawn: Any, operation: Operation, reason: str) -> Case:
    declared = {parameter.name.lower() for parameter in operation.parameters if parameter.location == "header"}
    headers = tuple(
        (str(name), str(value))
        for name, value in (drawn.headers or {}).items()
        if name.lower() in declared and str(value).isprintable() and str(value).isascii()
    )
    query = urlencode(dict(drawn.query or {}), doseq=True, errors="replace")
    body = _body(drawn.body, drawn.media_type)
    path = {str(name): _encoded(str(value)) for name, value in (drawn.path_parameters or {}).items()}
    if body is not None:
        headers = (*headers, ("Content-Type", str(drawn.media_type)))
    return Case(path, query, headers, body, reason, plain=not (query or headers or body))


def _encoded(text: str) -> str:
    """Schemathesis encodes path parameters already; what it left is encoded without touching its percent forms."""
    return quote(text, safe="-._~%!$&'()*+,;=:@", errors="replace")


def _body(value: Any, media_type: str | None) -> bytes | None:
    if media_type is None or "json" not in media_type:
        return value if isinstance(value, bytes) else None
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        return None
