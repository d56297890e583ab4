"""The first phase: one success for each operation, and what it tells about resources."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flowcontract.checks import instants
from flowcontract.checks.instants import in_other_zone
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.status import DENIED
from flowcontract.engine.phases.first_pages import check_last_page
from flowcontract.engine.session import Session
from flowcontract.generation.other_bodies import other_bodies
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.probes.operation_context import title
from flowcontract.generation.request_builder import NO_CREDENTIALS, made_up_path_values
from flowcontract.generation.resources import Values
from flowcontract.http.messages import SAFE_METHODS, json_or_none
from flowcontract.openapi.model import PROPERTY_CHOICES, Operation
from flowcontract.openapi.values.patterns import ends, sample
from flowcontract.text import plain_name

_NEGOTIATION = (405, 406, 415)
"""Statuses that reject the method or the media types of a request."""
_INVALID = (400, 422)
"""Statuses that reject what a body contains."""
_ROUNDS = 5
"""How deep resources may be nested: each round finds children of what the one before found."""
_CONFLICT = 409
_STATES = 2
"""How often actions are called again that need a resource in a state that others bring about."""
_TRIED = 3
"""Learned resources that are tried for one operation."""
_BORROWED = 2
"""Resources of other operations that are tried for one where nothing else is known."""
_FILTERED = 2
"""Known resources whose IDs are sent in one query parameter."""
_ENDS = 8
"""Values of a query parameter that differ in the alternatives of its pattern."""
_NAMED = 20
"""Resources of the contract's examples that are tried for one operation."""
_ORDER = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH")
"""Reads first, then creations, then changes of what was created, and actions, after which it may not be changed any
more; nothing is deleted in this phase."""


def run(session: Session, changing: Container[str] | None = None) -> None:
    """Request each operation with valid input until one success is seen, learning resource IDs on the way.

    `changing`: IDs of the operations that may be requested although they change something; None for all.
    """
    waiting = _in_order(
        session,
        [
            operation
            for operation in session.selection.operations
            if operation.method != "DELETE"
            and (changing is None or operation.id in changing or session.options.only_reads(operation))
        ],
    )
    tried: dict[str, list[Values]] = {}
    _read_other_lists(session, chain.from_iterable(map(session.references.paths_of_unknown, waiting)))
    _try_all(session, waiting, tried)
    if _read_other_lists(session, (operation.path for operation in waiting if _is_unknown(session, operation))):
        _try_all(session, waiting, tried)
    _try_in_other_states(session, waiting)
    for find in (_look_at_the_root, _guess):
        for operation in waiting:
            if operation.id not in session.known and find(session, operation):
                # What was found may name what the others wait for.
                _try_all(session, waiting, tried)
    for operation in waiting:
        if operation.method == "GET" and session.known.get(operation.id) and not session.is_over:
            _use_known_values(session, operation)
        elif operation.method in ("POST", "PUT", "PATCH") and operation.id in session.successes:
            _check(session, session.send(list(_with_offset(session.successes[operation.id]))))


def _in_order(session: Session, operations: Sequence[Operation]) -> list[Operation]:
    def key(operation: Operation) -> tuple[int, int, int]:
        after_all = len(_ORDER) + _is_action(session, operation)
        at = _ORDER.index(operation.method) if operation.method in _ORDER else after_all
        if _is_action(session, operation):
            return after_all, len(operation.path_parameters()), 0  # In the order of the document.
        # What is referred to is created first.
        return at, len(operation.path_parameters()), len(session.references.of_body(operation))

    return sorted(operations, key=key)


def _is_action(session: Session, operation: Operation) -> bool:
    """Whether an operation does something with one resource, such as completing it, and creates nothing."""
    is_post = operation.method == "POST" and bool(operation.path_parameters())
    return is_post and not session.resources.created.is_creation(operation)


def renew(session: Session) -> None:
    """Forget the resources that the run has deleted by now, and create others where an operation has none left."""
    created = session.resources.created
    lost = []
    for operation in session.selection.operations:
        known = session.known.get(operation.id, [])
        left = [values for values in known if not created.was_deleted(operation, values)]
        if left:
            session.known[operation.id] = left
        elif known and operation.method != "DELETE":
            lost.append(operation)
    above = [
        operation
        for operation in session.selection.operations
        if operation.method == "POST"
        and operation not in lost
        and created.is_creation(operation)
        and any(other.path.startswith(f"{operation.path.rstrip('/')}/{{") for other in lost)
    ]
    before = {operation.id: session.successes.pop(operation.id, None) for operation in (*lost, *above)}
    for operation in lost:
        del session.known[operation.id]
    _try_all(session, _in_order(session, [*above, *lost]), {})
    for name, item in before.items():
        if item is not None:
            session.successes.setdefault(name, item)


def run_for_created(session: Session) -> None:
    """Request what waited for a resource of the run, where sequences have created some in the meantime.

    They delete their own, so the same is created again.
    """
    for operation in session.selection.operations:
        is_waiting = operation.id not in session.statuses and operation.method not in (*SAFE_METHODS, "DELETE")
        if not is_waiting or session.is_over:
            continue
        for create, values, request in session.resources.created.creations(operation)[:_TRIED]:
            if _own(session, operation):
                break
            reason = "a deleted resource can be created again"
            name = f"first/again for {operation.id} of {create.id}"
            session.interactions += session.send([Probe(name, reason, create.id, request, Expect.DOCUMENTED, values)])
        _try(session, operation, [])


def _with_offset(success: Interaction) -> Iterator[Probe]:
    """A request that succeeded, with the same times written with an offset, if it has times in UTC."""
    probe, request = success.probe, success.exchange.request
    body = json_or_none(request.body)
    if not isinstance(body, Mapping) or probe.group != "first":
        return
    moved = {name: in_other_zone(body[name]) for name in instants.times(success, body)}
    media = next(media for media in success.operation.request_media.values() if media.is_json) if moved else None
    is_valid = media is not None and next(media.request_errors({**body, **moved}), None) is None
    if is_valid and any(moved[name] != body[name] for name in moved):
        yield replace(
            probe,
            name=f"first/offset of {probe.operation}",
            reason="a time with an offset is the same instant",
            request=replace(request, body=json.dumps({**body, **moved}, ensure_ascii=False).encode()),
            expect=Expect.DOCUMENTED,
        )


def _use_known_values(session: Session, operation: Operation) -> None:
    """Send query parameters that take an ID, or the name of a property, with one that exists."""
    context = OperationContext(session.contract, operation, session.target, session.known[operation.id][:1])
    if not context.authorized:
        return
    ids = [
        (name, value, "the ID of an existing resource")
        for name, schema in session.references.of_query(operation).items()
        for value in session.references.values(name, schema)[:_FILTERED]
        if not isinstance(value, list)
    ]
    success = session.successes.get(operation.id)
    fields = [(name, value, "a field of the response") for name, value in _fields(operation, success)]
    probes = [
        context.probe(
            f"first/{name}={value} of {operation.id}",
            f"a query parameter takes {what}",
            context.known[0],
            Expect.DOCUMENTED,
            sent={"query": urlencode({name: value})},
            trigger=f"query {name}",
        )
        for name, value, what in (*ids, *fields)
    ]
    _check(session, session.send([*probes, *_with_ends_of_patterns(context, success)]))


def _with_ends_of_patterns(context: OperationContext, success: Interaction | None) -> Iterator[Probe]:
    """Query parameters with a pattern, with valid values that a server may read differently: the last month."""
    plain = context.plain(context.known[0])
    path, _, query = (success.exchange if success is not None else plain).request.target.partition("?")
    sent = dict(parse_qsl(query, keep_blank_values=True))
    for parameter in context.operation.parameters:
        facts = parameter.resolve(parameter.schema) if parameter.location == "query" else {}
        pattern = facts.get("pattern")
        if not isinstance(pattern, str) or "enum" in facts:
            continue
        like = sent.get(parameter.name) or sample(pattern, Random(0), 1) or ""  # noqa: S311  data
        for value in filter(parameter.is_valid, ends(pattern, like, _ENDS)):
            target = f"{path}?{urlencode({**sent, parameter.name: value})}"
            yield replace(
                plain,
                name=f"first/{parameter.name}={value} of {context.operation.id}",
                reason="a query parameter takes each alternative of its pattern",
                request=replace(plain.request, target=target),
                expect=Expect.DOCUMENTED,
                trigger=f"query {parameter.name}",
            )


def _fields(operation: Operation, success: Interaction | None) -> Iterator[tuple[str, str]]:
    """Query parameters that choose the properties of a response, each with a property that one had."""
    name = _property(success.json) if success is not None and success.is_json else ""
    for parameter in operation.parameters if name else ():
        chooses = parameter.location == "query" and plain_name(parameter.name) in PROPERTY_CHOICES
        if chooses and (parameter.is_valid(name) or parameter.is_valid([name])):
            yield parameter.name, name


def _property(body: Any) -> str:
    """The name of a property of the first item of a list, or of the one object; of its `attributes` in JSON:API."""
    lists = [body] if isinstance(body, list) else list(body.values()) if isinstance(body, dict) else []
    item = next((part[0] for part in lists if isinstance(part, list) and part and isinstance(part[0], dict)), body)
    attributes = item.get("attributes") if isinstance(item, dict) else None
    named = attributes if isinstance(attributes, dict) else item
    return next(iter(named), "") if isinstance(named, dict) else ""


def _try_all(session: Session, waiting: Sequence[Operation], tried: dict[str, list[Values]]) -> None:
    """Request the operations that wait for a success for what is known, until nothing new is learned."""
    for _ in range(_ROUNDS):
        progress = False
        for operation in waiting:
            if session.is_over:
                session.unfinished.append("a first request to every operation")
                return
            if operation.id not in session.successes:
                progress |= _try(session, operation, tried.setdefault(operation.id, []))
        if not progress:
            break


def _try(session: Session, operation: Operation, tried: list[Values]) -> bool:
    """Request an operation for resources that were not tried yet; whether anything was sent."""
    if not operation.path_parameters():
        candidates: list[Values] = [{}]
    elif session.options.only_reads(operation):
        candidates = session.resources.candidates(operation)
        named = session.resources.is_given(operation) or session.options.assume_examples
        candidates = candidates[: len(candidates) if named else _NAMED]
    else:
        candidates = session.resources.created.given(operation) or _own(session, operation)
    new = [values for values in candidates if values not in tried]
    if not session.resources.is_given(operation) and len(tried) >= _TRIED and operation.id not in session.known:
        new = new[: max(0, _NAMED - len(tried))]
    tried += new
    if new:
        _request(session, operation, new)
    return bool(new)


def _try_in_other_states(session: Session, waiting: Sequence[Operation]) -> None:
    """Request actions again that were conflicts: others have brought the same resource into another state by now."""
    for _ in range(_STATES):
        denied = [
            operation
            for operation in waiting
            if _is_action(session, operation) and set(session.statuses.get(operation.id, ())) == {_CONFLICT}
        ]
        before = len(session.successes)
        for operation in denied:
            if not session.is_over:
                _try(session, operation, [])
        if len(session.successes) in (before, before + len(denied)):
            return


def _own(session: Session, operation: Operation) -> list[Values]:
    """Resources of an unsafe operation: only those that this run created may be changed."""
    return session.resources.own(operation)[:1]


def _borrowed(session: Session, operation: Operation) -> list[Values]:
    """Existing resources of other operations that have path parameters of the same names."""
    return list(islice(_fitting(operation, chain.from_iterable(session.known.values())), _BORROWED))


def _fitting(operation: Operation, resources: Iterable[Values]) -> Iterator[Values]:
    """Of resources that have all path parameters of an operation, these parameters, each set once."""
    names = [parameter.name for parameter in operation.path_parameters()]
    found: list[Values] = []
    for values in resources:
        chosen = {name: values[name] for name in names if name in values}
        if len(chosen) == len(names) and chosen not in found:
            found.append(chosen)
            yield chosen


def _is_unknown(session: Session, operation: Operation) -> bool:
    """Whether no resource is known that a read could be about."""
    is_named = session.resources.is_given(operation) or operation.id in session.known
    return bool(operation.path_parameters()) and session.options.only_reads(operation) and not is_named


def _read_other_lists(session: Session, wanted: Iterable[str]) -> bool:
    """Learn from lists that are not selected, which are not checked; whether any responded.

    Only those that the wanted paths stand below: `/authors` and `/authors/{id}/books` for `/authors/{id}/books/{book}`.
    """
    paths = set(wanted)
    lists = [
        operation
        for operation in session.contract.operations.values()
        if session.may_learn_from(operation)
        and any(path.startswith(operation.path.rstrip("/") + "/{") for path in paths)
    ]
    has_learned = False
    for operation in sorted(lists, key=lambda one: len(one.path_parameters())):
        candidates = session.resources.candidates(operation)[:_TRIED] if operation.path_parameters() else [{}]
        context = OperationContext(session.contract, operation, session.target, candidates)
        caller = None if context.authorized else NO_CREDENTIALS
        reason = "find out which resources exist"
        probes = [
            context.probe(f"first/{title(values)} of {operation.id}", reason, values, Expect.DOCUMENTED, caller)
            for values in candidates
        ]
        for probe, exchange in session.sender.send(probes):
            item = Interaction(probe, operation, exchange)
            if is_documented_success(item):
                session.resources.learn(operation, probe.values, item.json)
                has_learned = True
    return has_learned


def _look_at_the_root(session: Session, operation: Operation) -> bool:
    """Learn from the response to an empty last path parameter, where nothing else tells what exists; whether it did.

    Servers of trees of files or nodes list the root there, and link to what is in it. The response is not checked: the
    server may have a route of its own for it.
    """
    parameters = operation.path_parameters()
    listed = operation.path.rpartition("/")[0]
    if session.is_over or operation.method != "GET" or len(parameters) != 1 or session.resources.candidates(operation):
        return False
    if not operation.path.endswith("/{" + parameters[0].name + "}") or not parameters[0].is_valid(""):
        return False
    if any(other.path.rstrip("/") == listed for other in session.contract.operations.values()):
        return False
    root = {parameters[0].name: ""}
    context = OperationContext(session.contract, operation, session.target, [root])
    caller = None if context.authorized else NO_CREDENTIALS
    probe = context.probe(
        f"first/root of {operation.id}", "find out which resources exist", root, Expect.DOCUMENTED, caller
    )
    found = [item for item in session.send([probe]) if item.success]
    for item in found:
        session.resources.learn(operation, {}, item.json)
    return bool(found)


def _guess(session: Session, operation: Operation) -> bool:
    """Try other operations' values of the same parameters, and values that the schema allows; whether one exists.

    Not every parameter is an ID.
    """
    if session.is_over or operation.id in session.successes or not operation.path_parameters():
        return False
    if operation.method not in SAFE_METHODS or session.resources.is_given(operation):
        return False
    made_up = made_up_path_values(session.contract, operation)
    for values in (*_borrowed(session, operation), *([made_up] if made_up else [])):
        if operation.id not in session.known:
            _request(session, operation, [values])
    return operation.id in session.known


def _request(session: Session, operation: Operation, candidates: Sequence[Values]) -> None:
    context = OperationContext(session.contract, operation, session.target, candidates)
    if not context.authorized:
        # What is served or breaks is checked: whether a resource is looked up before its caller is up to the server.
        asked = _ask_anonymously(session, context, candidates[:_TRIED])
        _check(
            session, [item for item in asked if is_documented_success(item) or not item.status or item.status >= 500]
        )
        for item in asked:
            if is_documented_success(item):
                _succeeded(session, item)
            elif item.status not in DENIED:
                session.statuses.setdefault(operation.id, Counter())[item.status] += 1
        return
    given = session.resources.is_given(operation) or not operation.path_parameters()
    body = session.references.valid_body(operation)
    items = session.send([_probe(context, values, body, given=given) for values in candidates])
    if operation.id not in session.successes:
        items = [*items, *_with_other_bodies(session, context, items, given=given)]
    if session.resources.is_given(operation) and any(is_documented_success(item) for item in items):
        # Where one of the resources that the caller names is found, the others are expected to be found as well.
        items = [_expecting_success(item) if item.status in (404, *DENIED) else item for item in items]
    # The request names a documented method and media type: that it fails for one of them is the server's fault.
    items = [_expecting_success(item) if item.status in _NEGOTIATION else item for item in items]
    _check(session, items)
    statuses = session.statuses.setdefault(operation.id, Counter())
    for item in items:
        statuses[item.status] += 1
        if item.exchange.response and item.is_too_large:
            session.sender.streams.add(operation.id)
        if is_documented_success(item):
            _succeeded(session, item)
    _check(session, _ask_anonymously(session, context, session.known.get(operation.id, ())[:1]))


def _check(session: Session, items: Sequence[Interaction]) -> None:
    session.interactions += items
    session.check(items)


def _with_other_bodies(
    session: Session, context: OperationContext, items: Sequence[Interaction], *, given: bool
) -> Iterator[Interaction]:
    """Other valid bodies where all that were sent were rejected for what they contain, until one is accepted."""
    rejected = next((item for item in items if item.status in _INVALID), None)
    if rejected is None or any(map(is_documented_success, items)):
        return
    for label, body in other_bodies(context.operation, rejected.exchange.request.body):
        if session.is_over:
            return
        probe = _probe(context, rejected.probe.values, body, given=given, label=f" with {label}")
        sent = session.send([probe])
        yield from sent
        if any(map(is_documented_success, sent)):
            return


def _probe(
    context: OperationContext, values: Values, body: tuple[bytes, str] | None, *, given: bool, label: str = ""
) -> Probe:
    sent = {"body": body[0], "headers": [("Content-Type", body[1])]} if body else None
    return context.probe(
        f"first/{title(values)}{label} of {context.operation.id}",
        _reason(context.operation, given=given),
        values,
        Expect.DOCUMENTED,
        sent=sent,
    )


def _reason(operation: Operation, *, given: bool) -> str:
    if not operation.path_parameters():
        return "a valid request succeeds"
    return "a valid request for a resource that exists succeeds" if given else "find out whether this resource exists"


def _expecting_success(item: Interaction) -> Interaction:
    return Interaction(replace(item.probe, expect=Expect.SUCCESS), item.operation, item.exchange)


def _succeeded(session: Session, item: Interaction) -> None:
    is_first = item.operation.id not in session.successes
    session.succeeded(item)
    session.known.setdefault(item.operation.id, []).append(item.probe.values)
    if is_first:
        check_last_page(session, item)
    session.resources.learn(item.operation, item.probe.values, item.json, item.response.header("Location") or "")


def _ask_anonymously(
    session: Session, context: OperationContext, candidates: Sequence[Values]
) -> Sequence[Interaction]:
    """Send reads without credentials, and note whether such callers are denied, or served as if authorized.

    A development server may serve anybody; where callers are denied, undocumented unsafe methods may be sent too.
    """
    operation = context.operation
    if operation.is_open or operation.method not in SAFE_METHODS or operation.id in session.denies_anonymous:
        return ()
    items = session.send(
        [
            context.probe(
                f"first/anonymous of {operation.id}",
                "requests without credentials are denied",
                values,
                Expect.DENIED,
                NO_CREDENTIALS,
            )
            for values in candidates
        ]
    )
    for item in items:
        if item.status in DENIED:
            session.denies_anonymous.add(operation.id)
        elif is_documented_success(item):
            session.serves_anybody.add(operation.id)
    return items


def is_documented_success(item: Interaction) -> bool:
    """Whether a response is the documented success of its operation.

    That is 2xx, or a redirect where no 2xx is documented; any 2xx where the operation documents no success at all.
    """
    redirects = item.operation.success() is None and 300 <= item.status < 400
    undocumented = not any(status[0] in "23d" for status in item.operation.responses)
    return (item.success or redirects) and (item.documented is not None or undocumented)
