"""Generated cases: Schemathesis and Hypothesis draw them from the contract, seeded, before anything is sent."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

CASES = 70
"""Distinct cases for one operation."""
_LONGEST = 3000
"""Longest case worth sending, in characters."""


@dataclass(frozen=True, slots=True)
class Case:
    """One generated request for an operation, serialized."""

    path: Mapping[str, str]
    """Path parameters, percent-encoded."""
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    reason: str
    plain: bool
    """Only path parameters were generated."""
    mode: str = field(default="", compare=False)
    """The generation mode of Schemathesis: `positive` or `negative`."""

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for cases that are the same request."""
        return tuple(self.path.items()), self.query, self.headers, self.body

    @property
    def is_short(self) -> bool:
        """Whether it is worth sending: longer cases only hit limits of the HTTP layer."""
        return len(repr(self.identity)) < _LONGEST


def cases(
    contract: Contract,
    operation: Operation,
    *,
    seed: int,
    count: int = CASES,
    remembered: "Callable[[str], ExampleDatabase | None]" = lambda _: None,
) -> tuple[Case, ...]:
    """Draw up to `count` distinct cases for an operation: the same ones for the same contract, seed and libraries.

    Two thirds are valid, the others violate the schema of a parameter. `remembered`: Hypothesis's example database for
    a mode; its examples come first.
    """
    found: dict[tuple[Any, ...], Case] = {}
    for mode, share in _shares(operation, count).items():

        def keep(case: Case, share: int = share) -> None:
            if len(found) < share and case.is_short:
                found.setdefault(case.identity, case)

        run(contract, operation, mode, keep, seed=seed, count=count, database=remembered(mode))
    return tuple(found.values())


@cache
def warm_up() -> threading.Thread:
    """Start loading in the background what the first case needs: about a second of work."""
    thread = threading.Thread(target=_first_draw, name="warm up", daemon=True)
    thread.start()
    return thread


def _first_draw() -> None:
    parameter = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    answers = {"200": {"description": "Anything."}}
    read = {"operationId": "read", "parameters": [parameter], "responses": answers}
    info = {"title": "Anything", "version": "1"}
    contract = Contract({"openapi": "3.0.3", "info": info, "paths": {"/{key}": {"get": read}}})
    cases(contract, contract.operation("read"), seed=0, count=2)


def _shares(operation: Operation, count: int) -> dict[str, int]:
    """The total number of cases after each mode."""
    if not operation.parameters and not operation.request_media:
        return {}
    if operation.request_media or any(parameter.location != "path" for parameter in operation.parameters):
        return {"positive": count * 2 // 3 + 1, "negative": count}
    return {"positive": count * 2 // 3 + 1}


_REASONS = {
    "positive": "generated: valid for the schema of each parameter",
    "negative": "generated: violates the schema of a parameter",
}


def _schema(contract: Contract, operation: Operation) -> Any:
    """The operation alone, without security (the gate adds credentials) and without examples (they are known)."""
    import schemathesis

    # It is taken by its parts soon, which cannot run before a package that is to run later (flowcontract.later).
    from requests import Session  # noqa: F401

    item = dict(contract.document["paths"][operation.path])
    method = operation.method.lower()
    kept = {key: value for key, value in item.items() if key == "parameters" or key == method}
    kept[method] = {**item[method], "security": []}
    document = {
        **{key: value for key, value in contract.document.items() if not key.startswith("x-")},
        "paths": {**_referred_to(contract), operation.path: _without_examples(kept)},
    }
    api = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
    return api[operation.path][operation.method]


@lru_cache(maxsize=4)
def _referred_to(contract: Contract) -> dict[str, Any]:
    """The paths of a document that refers into them; empty for all others."""
    found = '"#/paths/' in json.dumps(contract.document, default=str)
    return dict(contract.document["paths"]) if found else {}


def _without_examples(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_examples(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_examples(value) for key, value in node.items() if key not in ("example", "examples")}


def run(
    contract: Contract,
    operation: Operation,
    mode: str,
    test: Callable[[Case], None],
    *,
    seed: int,
    count: int = CASES,
    database: "ExampleDatabase | None" = None,
) -> None:
    """Run a test on the cases of a mode: remembered ones first, then new ones by the seed, up to `2 * count`.

    If the test raises, Hypothesis shrinks the case, and the exception is raised here in the end. Raises ContractError
    for an invalid schema.
    """
    import hypothesis
    from schemathesis import GenerationMode
    from schemathesis.errors import SchemathesisError

    # Any: these decorators have no types.
    given: Any = hypothesis.given(_schema(contract, operation).as_strategy(generation_mode=GenerationMode(mode)))
    settings: Any = hypothesis.settings(
        max_examples=2 * count,
        database=database,
        deadline=None,
        report_multiple_bugs=False,
        phases=[hypothesis.Phase.reuse, hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )

    def tried(drawn: Any) -> None:
        test(_case(drawn, operation, mode))

    try:
        settings(hypothesis.seed(seed)(given(tried)))()  # In this order: a seed resets the database.
    except hypothesis.errors.HypothesisException:
        # No such case exists (none is invalid if anything is valid), or a failure did not repeat.
        return
    except SchemathesisError as error:
        reason = " ".join(str(error).split())
        raise ContractError(
            f"{contract.name}: cannot generate cases for {operation.id}: {reason}.", do="Fix this schema."
        ) from error


def _case(drawn: Any, operation: Operation, mode: str) -> Case:
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
    return Case(path, query, headers, body, _REASONS[mode], plain=not (query or headers or body), mode=mode)


def _encoded(text: str) -> str:
    """Schemathesis already encodes path parameters; encode the rest without touching percent-encoded octets."""
    return quote(text, safe="-._~%!$&'()*+,;=:@", errors="replace")


def _body(value: Any, media_type: str | None) -> bytes | None:
    if media_type is None or "json" not in media_type:
        return value if isinstance(value, bytes) else None
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        return None
