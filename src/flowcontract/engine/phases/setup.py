"""The requests of a run that created and changed what a request is about."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.grouping import by_operation, grouped
from flowcontract.checks.interaction import Interaction
from flowcontract.engine.session import Session
from flowcontract.http.links import split_link
from flowcontract.http.messages import Exchange, json_or_none
from flowcontract.openapi.model import ID_NAMES
from flowcontract.openapi.path_templates import parameter_names
from flowcontract.text import plain_name

_DEPTH = 4
"""Resources that one stands in."""
_MOST = 12
"""Requests of a chain."""
_OF_THE_REQUEST_ALONE = frozenset({"invalid-input-accepted", "converted-input-accepted", "missing-header-accepted"})
"""Rules that a request violates whatever was changed before it."""
_UNAUTHENTICATED = 401
"""Status that has to do with the credentials alone."""
_WHATEVER_REFERS = (401, 403, 404, 405, 415)
"""Statuses of a request that have nothing to do with what refers to its resource."""


def chain(earlier: Sequence[Interaction], item: Interaction, rule: str = "") -> tuple[tuple[str, Interaction], ...]:
    """A request after those that created what it is about, and changed that or referred to it since; empty if none did.

    `earlier`: the interactions of the run before it; `rule`: the one that it shows to be violated. Whether invalid
    input is accepted does not depend on earlier changes.
    """
    found = dict(_creations(earlier, item))
    if not found:
        return ()
    positions = set(found)
    paths = [_path(found[position], position_id) for position, position_id in _ids(found)]
    paths += _paths_in(item, {identity for _, identity in _ids(found)})
    subjects = [creation for creation in found.values() if _is_named(creation, item.probe.values.items(), item)]
    if item.success or item.status in _WHATEVER_REFERS:
        subjects = []
    is_without_changes = item.status == _UNAUTHENTICATED or rule in _OF_THE_REQUEST_ALONE
    for position in range(min(positions), 0 if is_without_changes else len(earlier)):
        other = earlier[position]
        path = other.exchange.request.path.rstrip("/")
        writes = other.success and not other.exchange.request.is_safe
        changes = any(path == of or path.startswith(f"{of}/") for of in paths)
        if writes and (changes or any(_is_named(subject, _named(other), other) for subject in subjects)):
            positions.add(position)
    chosen = sorted(positions)
    if len(chosen) > _MOST:  # The last changes say most; the creations and deletions stay.
        deletions = {at for at in chosen if at not in found and earlier[at].exchange.request.method == "DELETE"}
        spare = [position for position in chosen if position not in found and position not in deletions]
        most = max(0, _MOST - len(found) - len(deletions))
        chosen = sorted({*found, *deletions, *(spare[-most:] if most else ())})
    steps = [*(earlier[position] for position in chosen), item]
    ids = {identity for _, identity in _ids(found)}
    return tuple((_label(step), _with_references(step, ids)) for step in steps)


def with_setup(session: Session, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """The occurrences; those that show the findings with the requests that created what they are about.

    The run deletes what it created: one request alone shows nothing on a server where its resource is missing.
    """
    sent = session.sender.sent
    writes = [position for position, (_, exchange) in enumerate(sent) if _is_write(exchange)]
    if not writes:
        return list(occurrences)
    positions = {id(exchange): position for position, (_, exchange) in enumerate(sent)}
    # The operations of the session alone: cleaning up may send others.
    created = [(at, session.interaction(*sent[at])) for at in writes if sent[at][0].operation in session.checked]

    def with_own(occurrence: Occurrence) -> Occurrence:
        at = positions.get(id(occurrence.interaction.exchange), len(sent))
        earlier = [item for position, item in created if position < at]
        if len(occurrence.steps) > 1:
            return replace(occurrence, setup=_completed(earlier, occurrence.steps))
        steps = chain(earlier, occurrence.interaction, occurrence.violation.rule)
        reason = occurrence.interaction.probe.reason
        return replace(occurrence, setup=(*steps[:-1], (reason, steps[-1][1])) if steps else ())

    best: dict[tuple[str, ...], Occurrence] = {}
    for one in sorted(occurrences, key=lambda one: one.size):
        probe, violation = one.interaction.probe, one.violation
        best.setdefault((violation.rule, violation.group_key, probe.operation, probe.trigger, probe.group), one)
    shown = {id(one) for one in best.values()} | {
        id(one) for _, items in grouped(occurrences) for one in by_operation(items).values()
    }
    return [with_own(one) if id(one) in shown else one for one in occurrences]


def _is_write(exchange: Exchange) -> bool:
    response = exchange.response
    return not exchange.request.is_safe and response is not None and 200 <= response.status < 300


def _completed(
    earlier: Sequence[Interaction], steps: Sequence[tuple[str, Interaction]]
) -> tuple[tuple[str, Interaction], ...]:
    """A sequence after the requests that created what it uses and does not create; empty if it lacks nothing."""
    own = {id(item.exchange) for _, item in steps}
    missing: dict[int, Interaction] = {}
    for _, item in steps:
        until = next((at for at, other in enumerate(earlier) if other.exchange is item.exchange), len(earlier))
        missing |= {at: other for at, other in _creations(earlier[:until], item) if id(other.exchange) not in own}
    if not missing:
        return ()
    ids = {identity for _, identity in _ids(missing)}
    before = (_with_references(missing[at], ids) for at in sorted(missing))
    return (*((_label(item), item) for item in before), *steps)


def _label(item: Interaction) -> str:
    return f"{item.request.method} {item.operation.path}"


def _creations(earlier: Sequence[Interaction], item: Interaction, depth: int = 0) -> Iterator[tuple[int, Interaction]]:
    """The positions of the requests that created what a request names, and of those before."""
    for name, value in _named(item):
        for position in range(len(earlier) - 1, -1, -1):
            other = earlier[position]
            if depth < _DEPTH and _creates(other, name, value, item):
                yield position, other
                yield from _creations(earlier[:position], other, depth + 1)
                break


def _named(item: Interaction) -> Iterator[tuple[str, str]]:
    """The IDs in a request: of its path, and in its body."""
    names = parameter_names(item.operation.path)
    yield from ((name, value) for name, value in item.probe.values.items() if name in names and value)
    body = json_or_none(item.request.body)
    for name, value in body.items() if isinstance(body, dict) else ():
        if _is_id(name) and isinstance(value, str | int) and not isinstance(value, bool):
            yield name, str(value)


def _is_named(created: Interaction, ids: Iterable[tuple[str, str]], item: Interaction) -> bool:
    """Whether some IDs in a request are the one of what another request created."""
    return any(_creates(created, name, value, item) for name, value in ids)


def _creates(other: Interaction, name: str, value: str, item: Interaction) -> bool:
    """Whether a request created the resource that a path parameter or a member of a body names."""
    if not other.success or other.exchange.request.method != "POST":
        return False
    collection = other.operation.path.rstrip("/").rpartition("/")[2]
    before, found, _ = item.operation.path.partition("{" + name + "}")
    if found:
        is_meant = before.rstrip("/").rpartition("/")[2] == collection
    else:
        is_meant = plain_name(collection).startswith(plain_name(name).removesuffix("id")[:-1] or "\0")
    return is_meant and value == _identity(other)


def _identity(created: Interaction) -> str:
    """The ID of what a request created, by its response; empty if it is unknown."""
    body: Any = created.json if created.is_json else None
    if isinstance(body, dict):
        ids = [body[name] for name in body if plain_name(name) in ID_NAMES]
        if ids and isinstance(ids[0], str | int):
            return str(ids[0])
    path = split_link(created.response.header("Location") or "").path
    return path.rstrip("/").rpartition("/")[2]


def _ids(found: dict[int, Interaction]) -> list[tuple[int, str]]:
    return [(position, _identity(item)) for position, item in found.items()]


def _path(created: Interaction, identity: str) -> str:
    return f"{created.request.path.rstrip('/')}/{identity}"


def _paths_in(item: Interaction, ids: set[str]) -> list[str]:
    """The paths of resources with these IDs in the path of a request: not all stand where they are created."""
    template = item.operation.path.rstrip("/").split("/")
    segments = item.request.path.rstrip("/").split("/")
    after = len(segments) - len(template)
    named = [n for n, part in enumerate(template) if part[:1] == "{" and item.probe.values.get(part[1:-1]) in ids]
    return ["/".join(segments[: after + n + 1]) for n in named]


def _is_id(name: str) -> bool:
    return plain_name(name).endswith("id")


def _with_references(item: Interaction, ids: set[str]) -> Interaction:
    """An interaction whose probe says which members of the body name other resources."""
    body = json_or_none(item.request.body)
    members = body.items() if isinstance(body, dict) else ()
    names = tuple(name for name, value in members if _is_id(name) and str(value) in ids)
    return Interaction(replace(item.probe, references=names), item.operation, item.exchange) if names else item
