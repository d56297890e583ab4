"""Our probes and rules inside `schemathesis run`.

    SCHEMATHESIS_HOOKS=flowcontract.schemathesis_plugin schemathesis run openapi.yaml --url http://127.0.0.1:8000

adds our probes to the examples phase of each operation, and checks every response by our rules. Reports, configuration
and replay are Schemathesis's own. `FLOWCONTRACT_TOKEN` is the token of an authorized caller; without it, only open
operations get the probes that need a success. Probes that depend on raw bytes or on the connection are left out:
they do not fit through Schemathesis's transport, `flowcontract gate` sends them.
"""

import os
import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis

from flowcontract.checks import Context, Interaction, check_response, relations
from flowcontract.checks.interaction import Violation
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.registry import RULES
from flowcontract.generation import probes
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.resources import documented
from flowcontract.generation.schemathesis_hooks import path_values
from flowcontract.generation.schemathesis_phases import response_of
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

_PROBES = 60
"""Probes of one operation."""


class _Document:
    """One schema of Schemathesis as a contract, with what its probes have seen."""

    def __init__(self, schema: "schemathesis.BaseSchema") -> None:
        self.contract = Contract(dict(schema.raw_schema), label="the schema")
        token = os.environ.get("FLOWCONTRACT_TOKEN") or None
        self.target = Target.at(schema.get_base_url(), self.contract.base_path, token=token)
        self.context = Context(self.contract, self.target)
        self.planned: dict[str, Probe] = {}
        """Our probes by the ID of the case that sends them."""
        self.passed: dict[str, Interaction] = {}

    def operation(self, path: str, method: str) -> Operation | None:
        """The operation of the contract; None for one that it does not have."""
        for operation in self.contract.operations.values():
            if operation.path == path and operation.method == method.upper():
                return operation
        return None

    def sent_as_planned(self, probe: Probe, response: "schemathesis.Response") -> bool:
        """Whether the credentials are the probe's own: Schemathesis adds those of its configuration to every case."""
        schemes = self.contract.security_schemes.values()
        names = {"authorization", "cookie", *(scheme.parameter.lower() for scheme in schemes)}
        planned = {name.lower(): self.target.expand(value) for name, value in probe.request.headers}
        sent = {name.lower(): value for name, value in response.request.headers.items()}
        return all(planned.get(name) == sent.get(name) for name in names)

    def probes(self, operation: Operation) -> list[Probe]:
        """The probes of an operation that fit through Schemathesis's transport."""
        if operation.method not in ("GET", "HEAD"):
            return []
        known = documented(operation)[:2] if operation.path_parameters() else [{}]
        context = OperationContext(self.contract, operation, self.target, known)
        return [
            probe
            for probe in probes.plan(context, _PROBES)
            if not (probe.odd or probe.new_connection or probe.concurrent_group)
            and probe.request.method == operation.method  # Its checks read a body from HEAD too.
            and (probe.values or not operation.path_parameters())
        ]


_DOCUMENTS: list[tuple["schemathesis.BaseSchema", _Document]] = []
"""Every schema that was seen; a schema of Schemathesis cannot be the key of a dictionary."""
_LOCK = threading.Lock()
"""Workers of Schemathesis are threads: of one schema, they must not make two documents at once."""


def _document(schema: "schemathesis.BaseSchema") -> _Document:
    with _LOCK:
        for known, document in _DOCUMENTS:
            if known is schema:
                return document
        document = _Document(schema)
        _DOCUMENTS.append((schema, document))
        return document


@schemathesis.hook
def before_add_examples(context: "schemathesis.HookContext", examples: "list[schemathesis.Case[Any]]") -> None:
    """Add our probes to the examples of an operation."""
    api = context.operation
    if api is None:
        return
    document = _document(api.schema)
    operation = document.operation(api.path, api.method)
    for probe in document.probes(operation) if operation else ():
        query = urlsplit(document.target.expand(probe.request.target)).query
        method: Any = probe.request.method  # The plan holds only methods that Schemathesis knows.
        case = api.Case(
            method=method,
            path_parameters=dict(probe.values),
            headers={name: document.target.expand(value) for name, value in probe.request.headers},
            query=dict(parse_qsl(query, keep_blank_values=True)),
        )
        document.planned[case.id] = probe
        examples.append(case)


@schemathesis.check
def flowcontract_rules(
    _context: "schemathesis.CheckContext", response: "schemathesis.Response", case: "schemathesis.Case[Any]"
) -> None:
    """No response violates a rule of flowcontract. Warnings do not fail."""
    document = _document(case.operation.schema)
    operation = document.operation(case.operation.path, case.operation.method)
    if operation is None:
        return
    planned = document.planned.get(case.id)
    if planned is not None and not document.sent_as_planned(planned, response):
        return
    probe = planned or _generated(case, operation, response.status_code)
    item = Interaction(probe, operation, document.target.redacted(_exchange(probe, response)))
    violations = list(check_response(document.context, item))
    base = document.passed.get(probe.compare_with)
    if not violations:
        document.passed[probe.name] = item
        if base is not None and probe.relation is not Relation.REPEAT:
            violations = list(relations.check_pair(item, base, operation.volatile))
    failures = [violation for violation in violations if not RULES[violation.rule].is_warning]
    assert not failures, "\n".join(_text(violation) for violation in failures)


def _text(violation: Violation) -> str:
    return f"{violation.rule}: {RULES[violation.rule].title}. {violation.message} {RULES[violation.rule].advice}"


def _generated(case: "schemathesis.Case[Any]", operation: Operation, status: int) -> Probe:
    """A case of Schemathesis as a probe: whether its status is right is for Schemathesis's checks."""
    return Probe(
        f"generated/{case.id}",
        "generated by Schemathesis",
        operation.id,
        Request(case.method.upper(), case.formatted_path),
        Expect.DOCUMENTED,
        path_values(case),
        tolerated=(status,),
        odd=True,
    )


def _exchange(probe: Probe, response: "schemathesis.Response") -> Exchange:
    return Exchange(probe.request, response_of(response), "", 0.0)
