"""Sends the requests of sequences, one after the other, and checks each response by itself."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Violation
from flowcontract.checks.lists import query_text
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.steps import Step
from flowcontract.engine.phases.sequences.request_bodies import RequestBodies
from flowcontract.engine.phases.sequences.rerun import Diverged, Rerun
from flowcontract.engine.phases.sequences.resources import (
    Caller,
    NotPossible,
    Resource,
    RunOver,
    media_name,
    merged_headers,
    shown_steps,
)
from flowcontract.engine.phases.success import is_documented_success
from flowcontract.engine.session import Session
from flowcontract.generation.probes.operation_context import raw
from flowcontract.generation.request_builder import (
    NO_CREDENTIALS,
    OTHER_TOKEN,
    READ_ONLY_TOKEN,
    Credentials,
    RequestBuilder,
    credentials_with,
    valid_credentials,
)
from flowcontract.generation.sequences.bodies import json_media
from flowcontract.generation.sequences.kinds import Kind, id_of, object_in
from flowcontract.http import credentials
from flowcontract.http.messages import SAFE_METHODS, json_or_none
from flowcontract.openapi import pointers
from flowcontract.openapi.model import Operation

HTTP_LAYER = (404, 405, 406, 413, 414, 415, 429)
"""Statuses that the HTTP layer may choose, documented or not."""


@dataclass(slots=True)
class Sending:
    """Sends requests for one scenario after the other."""

    session: Session
    kinds: Sequence[Kind] = ()
    rerun: Rerun | None = None
    """Which steps are sent, of a scenario that runs again."""
    number: int = 0
    """Requests of the session that have a name by their number."""
    settle: float = 0.0
    """Seconds to wait after each write."""
    steps: list[Step] = field(default_factory=list)
    """Of the current scenario."""
    made: list[Resource] = field(default_factory=list)
    """What the current scenario created, deleted or not."""
    bodies: RequestBodies = field(init=False)
    _builders: dict[str, RequestBuilder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The bodies of requests are those of the session."""
        self.bodies = RequestBodies(self.session, self.kinds)

    def send(
        self,
        operation: Operation,
        values: Mapping[str, str],
        label: str,
        *,
        method: str = "",
        path: str = "",
        caller: Caller = Caller.OWNER,
        sent: Any = None,
        content: bytes | None = None,
        content_type: str = "",
        headers: Sequence[tuple[str, str]] = (),
        without: Sequence[str] = (),
        query: Mapping[str, Any] | None = None,
        needs: Sequence[Step] = (),
        expect: Expect = Expect.DOCUMENTED,
        tolerated: Sequence[int] = (),
        kind: Kind | None = None,
    ) -> Step:
        """Send one request and check its response by itself.

        `method`, `path`: others than those of the operation; `without`: names of headers that are left out.
        """
        if self.rerun is not None and (known := self.rerun.step_at(len(self.steps), operation, label)) is not None:
            self.steps.append(known)
            return known
        if sent is not None and content is None:
            content = json.dumps(sent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        written = json_or_none(content)
        named = list(headers)
        if content is not None and not any(name.lower() == "content-type" for name, _ in named):
            media = json_media(operation)
            named.append(("Content-Type", content_type or (media_name(media.name) if media else "application/json")))
        request = self._builder(operation).request(
            raw(values),
            self._credentials(operation, caller),
            method=method,
            headers=named,
            query=query_string(query or {}),
            body=content,
        )
        headers = merged_headers(request.headers, named, without)
        request = replace(request, headers=headers, target=path or request.target)
        self.number += 1
        probe = Probe(
            f"sequences/{self.number} of {operation.id}",
            f"in a sequence: {label}",
            operation.id,
            request,
            expect,
            values,
            tolerated=(*HTTP_LAYER, *tolerated, *((401, 403) if caller is not Caller.OWNER else ())),
            may_exist=True,
            odd=True,
            references=self._references(operation, written),
        )
        if not self.session.sender.permits(probe):
            names = " ".join(f"--param {operation.id}:{each.name}=VALUE" for each in operation.path_parameters())
            raise NotPossible(
                f"{operation.method} {operation.path} is about a resource that this run did not create; add {names}"
            )
        referred = tuple(self._referred_to(probe.references, written, {**values, **(query or {})}, request.headers))
        if self.rerun is not None and any(step in self.rerun.before for step in referred):
            raise Diverged(f"{label}: what it refers to was not created again")
        for _, exchange in self.session.sender.send([probe]):
            item = self.session.interaction(probe, exchange)
            body = item.json if exchange.response is not None and item.is_json and item.success else None
            step = Step(label, item, sent, object_in(kind, body) if kind else body, (*needs, *referred))
            self._check(step, caller)
            if self.settle and operation.method not in SAFE_METHODS and item.success:
                time.sleep(self.settle)  # `--settle`: the caller says that changes show that much later.
            return step
        raise RunOver

    def _references(self, operation: Operation, body: Any) -> tuple[str, ...]:
        """The members of a body whose values come from earlier responses."""
        names = {name for kind in self.kinds for name in kind.references}
        names |= {name for kind in self.kinds for one, name in kind.by_ids if one == operation}
        if bodies := self.bodies.of(operation):
            names |= {*bodies.identity, *self.bodies.version_fields(operation)}
        return tuple(sorted(names & {name for name, _ in _members(body)}))

    def _referred_to(
        self, names: Sequence[str], body: Any, values: Mapping[str, Any], headers: Sequence[tuple[str, str]]
    ) -> Iterator[Step]:
        """The creations of the resources that a request names in its path, query or body, and reads of its ETags."""
        shown = {str(value) for value in values.values()}
        shown |= {str(value) for name, value in _members(body) if name in names}
        yield from (one.created for one in self.made if one.id in shown)
        conditions = {value for name, value in headers if name.lower() in ("if-match", "if-none-match")}
        for etag in conditions:
            yield from [step for step in self.steps if step.etag == etag][-1:]

    def _check(self, step: Step, caller: Caller) -> None:
        session, item = self.session, step.interaction
        self.steps.append(step)
        if item.operation.id not in session.checked:
            return  # Sent for what it tells.
        session.interactions.append(item)
        for violation in session.violations(item):
            created = self._creations_of(violation, item.operation)
            session.occurrences.append(Occurrence(violation, item, steps=shown_steps(*created, step)))
        if item.success and caller is Caller.OWNER and is_documented_success(item):
            session.succeeded(item)
        session.progress()

    def _creations_of(self, violation: Violation, operation: Operation) -> Iterator[Step]:
        """The creation of an item of a list that shows a failure, where the scenario made it."""
        around = pointers.around(violation.actual, violation.part)
        own = (one for one in self.sent_creations() if one.kind.list == operation)
        yield from (one.created for one in own if any(id_of(one.kind, value) == one.id for value in around))

    def sent_creations(self) -> Iterator[Resource]:
        """What the current scenario created, without what a partial run did not create again."""
        before = self.rerun.before if self.rerun else ()
        yield from (one for one in self.made if one.created not in before)

    def _builder(self, operation: Operation) -> RequestBuilder:
        if operation.id not in self._builders:
            self._builders[operation.id] = RequestBuilder(self.session.contract, operation, self.session.target)
        return self._builders[operation.id]

    def _credentials(self, operation: Operation, caller: Caller) -> Credentials:
        if operation.is_open and caller is not Caller.OWNER and not operation.security:
            return NO_CREDENTIALS
        match caller:
            case Caller.OWNER:
                return valid_credentials(operation, self.session.target) or NO_CREDENTIALS
            case Caller.OTHER:
                return credentials_with(operation, OTHER_TOKEN, self.session.target)
            case Caller.READER:
                return credentials_with(operation, READ_ONLY_TOKEN, self.session.target)
        return NO_CREDENTIALS

    def has(self, caller: Caller) -> bool:
        """Whether the credentials of a caller are known."""
        names = {Caller.OTHER: credentials.OTHER_TOKEN, Caller.READER: credentials.READ_ONLY_TOKEN}
        return caller in names and names[caller] in self.session.target.tokens


def query_string(query: Mapping[str, Any]) -> str:
    """A query as a request has it."""
    return urlencode([(name, query_text(value)) for name, value in query.items()])


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """The members of a body, of the objects in it, and of those in lists."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name), member
            yield from _members(member)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)
