"""Changes of a status that a request names: `POST /parcels/{id}/transition` with `{"to": "delivered"}`.

What a request may name is a closed set of values: that of the status of the item, or some of it. A description may say
which status follows which (`sent -> delivered, returned`), and a member of the item which may follow now
(`allowed_transitions`).
"""

import contextlib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members, moments, plausible, sequences
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import snake_case, words
from flowmock.generation import actions, bodies
from flowmock.generation.new_items import enumerated
from flowmock.messages import Call
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.seeds import DEFAULT, Seed
from flowmock.validation import requests

Moves = Mapping[str, Sequence[str]]
"""The statuses that may follow each status."""
_TOGGLED = 2
"""Statuses that one action changes into each other."""
_STATUSES = frozenset({"phase", "stage", "state", "status"})
"""Last words of names of what an item is in."""
_BEFORE = frozenset({"current", "expected", "former", "from", "if", "initial", "last", "old", "original", "previous"})
"""Words of names of other statuses than the one that an item gets."""
_TARGETS = frozenset({"desired", "into", "new", "next", "requested", "target", "to", *_STATUSES})
"""Words of names of the status that an item gets, where a request may not name all of them."""
_FOLLOWING = frozenset({"allowed", "available", "next", "permitted", "possible", "valid"})
"""Words of names of what may follow."""
_FINAL = frozenset(
    {"canceled", "cancelled", "declined", "deleted", "expired", "refunded", "rejected", "revoked", "void", "withdrawn"}
)
"""Statuses that nothing follows, where no description says what follows which."""
_ARROW = r"(?:<->|<=>|[⇄⇆↔⇔]|->|=>|[→⇒])"
_BOTH_WAYS = frozenset({"<->", "<=>", "⇄", "⇆", "↔", "⇔"})
_TOKEN = rf"(?P<arrow>{_ARROW})|[`'\"]?(?<!\w)(?<!\w-)(?P<status>{{statuses}})(?!\w|-\w)[`'\"]?"
_TOKEN += r"|(?P<comma>,)|(?P<or>\bor\b|[/|])|(?P<and>\band\b)|(?P<end>\w+|[^ \t])"
"""What a text about transitions consists of; what is neither an arrow, a status nor between two of them ends it."""
_WORD = re.compile(r"\w+(?:-\w+)*")
_ALL_ELSE = re.compile(r"\b(?:(?:any|every)thing else|(?:all|any|every) others?)\b", re.IGNORECASE)
"""What a description says after all transitions."""
_REQUIRED_FOR = re.compile(r"\brequired (?:if|when|for|on|to)\b(.*)", re.IGNORECASE)
_ENDING = re.compile(r"(?:al|ation|ed|ing|ion)$")
"""Endings of words that say the same: rejected, rejecting, rejection."""


class Move(NamedTuple):
    """A status that an item is to get."""

    member: str
    """The member of the item that has it."""
    value: str
    name: str
    """The member of the request that says it."""


def requested(operation: Operation, call: Call, resource: Resource) -> Move | None:
    """The status that the item above an operation is to get, by the body of the request; None for none."""
    sent = requests.value_of_body(operation, call) if call.body else None
    media = requests.media_of(operation, call.header("content-type"))
    if media is None or not isinstance(sent, Mapping):
        return None
    found = (Move(member, sent[name], name) for name, member in _targets(media, resource) if name in sent)
    known = dict(statuses(resource))
    return next((move for move in found if move.value in known[move.member]), None)


def may_name_status(operation: Operation, resource: Resource) -> bool:
    """Whether the body of an operation may name a status of an item."""
    return any(any(_targets(media, resource)) for media in operation.request_media.values())


def _targets(media: MediaType, resource: Resource) -> Iterator[tuple[str, str]]:
    """The members of the body of a request that name the status that an item gets, and the member that has it."""
    known = dict(statuses(resource))
    for name, schema in members(media.schema or {}, media.schemas) if known else ():
        own = set(words(name))
        allowed = set(enumerated(schema, media.schemas)) - {None}
        for member, values in known.items() if not own & _BEFORE else ():
            is_target = name == member or bool(own & _TARGETS)
            if (name == member and not allowed) or (
                allowed and (allowed == set(values) or (is_target and allowed <= set(values)))
            ):
                yield name, member


@lru_cache(64)
def statuses(resource: Resource) -> tuple[tuple[str, list[str]], ...]:
    """The members of an item that are a status, with its values; `status` before `payment_status`."""
    return tuple(_found_statuses(resource.media))


def _found_statuses(media: MediaType) -> Iterator[tuple[str, list[str]]]:
    for name, schema in sorted(members(media.schema or {}, media.schemas), key=lambda each: len(words(each[0]))):
        values = [each for each in enumerated(schema, media.schemas) if isinstance(each, str)]
        if len(values) > 1 and words(name)[-1] in _STATUSES and not _BEFORE.intersection(words(name)):
            yield name, values


def lacking(operation: Operation, move: Move, sent: Mapping[str, Any]) -> str | None:
    """The member that a description requires for a status (`Required when rejecting`) and that was not sent."""
    return next((name for name in _required_for(operation, move.value) if sent.get(name) in (None, "")), None)


def _required_for(operation: Operation, status: str) -> Iterator[str]:
    """The members of a request that a description requires for a status."""
    for media in operation.request_media.values():
        for name, schema in members(media.schema or {}, media.schemas):
            said = _REQUIRED_FOR.search(str(schema.get("description", ""))) if isinstance(schema, Mapping) else None
            if said and _stem(status) in map(_stem, _WORD.findall(said[1])):
                yield name


def _stem(word: str) -> str:
    """A word without its ending and the letter that is doubled before it."""
    stem = _ENDING.sub("", word.lower())
    return stem[:-1] if stem != word.lower() and stem[-1:] == stem[-2:-1] else stem


class Transitions:
    """The changes of statuses of the resources of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._moves: dict[tuple[str, str], Moves] = {}

    def moves(self, resource: Resource, member: str) -> Moves:
        """Which values of a status may follow which, as descriptions say; empty where none does."""
        key = resource.path, member
        if key not in self._moves:
            values = dict(statuses(resource)).get(member, [])
            found = (_moves_in(text, values) for text in self._descriptions(resource))
            self._moves[key] = next(filter(None, found), {})
        return self._moves[key]

    def _descriptions(self, resource: Resource) -> Iterator[str]:
        """What the contract says of the operations on an item and below it, and of its members."""
        for operation in self._contract.operations.values():
            path = operation.base_path + operation.path.rstrip("/")
            if path == resource.path or path.startswith(resource.path + "/"):
                yield operation.description
        schemas = resource.media.schemas
        yield str(schemas.resolve(resource.media.schema or {}).get("description", ""))
        for schema in resource.properties().values():
            yield str(schema.get("description", "")) or str(schemas.resolve(schema).get("description", ""))

    def is_possible(self, resource: Resource, item: Item, move: Move) -> bool:
        """Whether a status can follow that of the item, as far as descriptions or the item say it."""
        before, moves = item.get(move.member), self.moves(resource, move.member)
        listed = [item[name] for name in _following(resource, move.member) if isinstance(item.get(name), list)]
        allowed = moves.get(str(before), ()) if moves else listed[0] if listed else (move.value,)
        return move.value in allowed

    def of_action(self, operation: Operation, resource: Resource, item: Item) -> tuple[str, Mapping[str, str]]:
        """The member with the status that an action on an item changes, and what it becomes of which status, as the
        summary or the description of the action (`draft -> sent`) or descriptions of all transitions say it.
        """
        _, named = actions.outcome(resource.media, item, operation.path)
        for member, values in statuses(resource):
            own = next(filter(None, (_steps(text, values) for text in (operation.summary, operation.description))), {})
            moves = own or (self.moves(resource, member) if member in named else {})
            steps = {(old, new) for old, following in moves.items() for new in following}
            steps = {(old, new) for old, new in steps if new == named.get(member, new)}
            ends = {new for _, new in steps}
            if len(ends) == 1 or (len(ends) == _TOGGLED and ends == {old for old, _ in steps}):
                return member, dict(steps)
        return "", {}

    def moved(self, resource: Resource, item: Item, move: Move, sent: Mapping[str, Any], user: Any) -> Item:
        """An item with another status, with its moment (`delivered_at`), and with an entry in its history.

        `sent`: the body of the request. `user`: the current one, if it is known.
        """
        names = [snake_case(move.value)]
        found = item | {move.member: move.value} | actions.moments_of(resource.media, item, names)
        return self.recorded(resource, self.following(resource, found), item.get(move.member), move, sent, user)

    @staticmethod
    def recorded(resource: Resource, item: Item, before: Any, move: Move, sent: Mapping[str, Any], user: Any) -> Item:
        """An item with an entry in its history for its status; parameters as in `moved`. `before`: the status."""
        media, found = resource.media, item
        for name, part in _histories(resource, move.member) if before != move.value else ():
            listed = found.get(name, [])
            entry = _entry(part, resource, move, before, sent, user)
            if isinstance(listed, list) and entry is not None:
                changed = found | {name: [*listed, entry]}
                found = changed if media.is_valid(changed) else found
        return found

    @staticmethod
    def entry_below(below: Resource, resource: Resource, before: Any, move: Move, sent: Item, user: Any) -> Item | None:
        """An entry for a change in a history that is a list below the item, with an ID that any entry may have; None
        where the list is none of changes of this status. Parameters as in `recorded`.
        """
        named = below.properties()
        old, new = _of_entry(below.media, dict(statuses(resource)).get(move.member, ()))
        is_history = old and new and "create" not in below.operations and any(map(_is_when, named))
        return _entry(below.media, resource, move, before, sent, user) if is_history else None

    def following(self, resource: Resource, item: Item) -> Item:
        """An item that lists the statuses that may follow its own: as described, else all others."""
        for member, values in statuses(resource):
            moves, own = self.moves(resource, member), item.get(member)
            others = [] if own in _FINAL else [each for each in values if each != own]
            others = list(moves.get(str(own), ())) if moves else others
            for name in _following(resource, member):
                changed = item | {name: others}
                item = changed if resource.media.is_valid(changed) else item
        return item

    def begun(self, resource: Resource, item: Item, user: Any) -> Item:
        """A new item whose empty history says that it got its first status, where nothing may come before that."""
        for member, _ in statuses(resource):
            move = Move(member, str(item.get(member)), member)
            for name, part in _histories(resource, member):
                entry = _entry(part, resource, move, None, {}, user) if item.get(name) == [] else None
                changed = item | {name: [entry]}
                item = changed if entry and resource.media.is_valid(changed) else item
        return item

    def settled(self, resource: Resource, item: Item, seed: Seed) -> Item:
        """A generated item that lists what may follow its status, whose history leads to that by today, and that does
        not say when it got a later one. Examples stay.
        """
        for member, values in statuses(resource):
            status = item.get(member)
            item = self._without_later(resource, item, member) if status in values else item
            for name, part in _histories(resource, member) if status in values else ():
                is_example = given(resource.properties()[name], resource.media.schemas.resolve) is not None
                if isinstance(item.get(name), list) and not is_example:
                    way = _way(self.moves(resource, member), values, str(status))
                    key = f"{resource.path} {resource.id_of(item)} {name}"
                    more = [bodies.body(part, seed=seed, key=f"{key} {number}") for number in range(len(way))]
                    required = self._required(resource, values)
                    whole = item[name] + more[len(item[name]) :] if item[name] else []
                    choices = (_chained(part, each, way, values, required) for each in (whole, item[name]))
                    found = ({**item, name: _by(seed.today, item, each)} for each in choices)
                    item = next(filter(resource.media.is_valid, found), item)
        return self.following(resource, item)

    def _required(self, resource: Resource, values: Sequence[str]) -> dict[str, set[str]]:
        """What requests must say of an item that gets a status, by the statuses that demand it."""
        found: dict[str, set[str]] = {}
        for operation in self._contract.operations.values():
            if (operation.base_path + operation.path.rstrip("/")).startswith(resource.path):
                for value in values:
                    found.setdefault(value, set()).update(_required_for(operation, value))
        return found

    def _without_later(self, resource: Resource, item: Item, member: str) -> Item:
        """An item with null for when, and by whom, it got a status that follows its own: by moves, else in order."""
        values, status, moves = dict(statuses(resource))[member], str(item[member]), self.moves(resource, member)
        before = _way(moves, values, status) if moves else values[: values.index(status) + 1]
        later = {"_".join(words(each)) for each in values if each not in before}
        for name, schema in resource.properties().items():
            *event, last = words(name)
            is_later = last in ("at", "by", "on") and "_".join(event) in later and item.get(name) is not None
            if is_later and given(schema, resource.media.schemas.resolve) is None:
                choices = (item | {name: None}, {each: value for each, value in item.items() if each != name})
                item = next(filter(resource.media.is_valid, choices), item)
        return item


def _way(moves: Moves, values: Sequence[str], end: str) -> list[str]:
    """The statuses that something had until it had one of them: the shortest way that moves allow."""
    ends = {each for following in moves.values() for each in following}
    start = next((each for each in values if moves and each not in ends), values[0])
    ways = [[start]]
    for way in ways:  # It grows until one leads to the end.
        if way[-1] == end:
            return way
        known = {each[-1] for each in ways}
        ways += [[*way, each] for each in dict.fromkeys(moves.get(way[-1], ())) if each not in known]
    return [start, end]


def _chained(
    media: MediaType,
    entries: Sequence[Any],
    statuses: Sequence[str],
    values: Sequence[str],
    required: Mapping[str, Collection[str]],
) -> list[Any]:
    """The entries of a history with these statuses one after the other, the last ones where there are fewer entries.

    `required`: members that an entry must have, by its status.
    """
    before, after = _of_entry(media, values)
    steps: list[tuple[str | None, str]] = [(None, statuses[0]), *itertools.pairwise(statuses)]
    found = []
    for entry, (old, new) in zip(entries, steps[-len(entries) :] if entries else (), strict=False):
        if not isinstance(entry, dict):
            return list(entries)
        own = {name: _SAID for name in required.get(new, ()) if entry.get(name) in (None, "")}
        without = {name: value for name, value in entry.items() if name != before} | {after: new}
        choices = ({**entry, after: new, before: old}, without) if before else (without,)
        choices = (*({**each, **own} for each in choices), *choices) if own else choices
        found.append(next(filter(media.is_valid, choices), None))
    return [entry for entry in found if entry is not None]


_SAID = "As discussed by phone."
"""What the history of an item says where requests must say something."""


def _by(today: date, item: Item, entries: list[Any]) -> list[Any]:
    """The entries of a history at moments from the creation of an item to its last change, but none after today."""
    names = {name for each in entries for name in each if _is_when(name)}
    for name in names:
        found = [each.get(name) for each in entries]
        kind = plausible.kind_of_moment(found[0])
        if kind not in ("time", "Unix time") or any(plausible.kind_of_moment(each) != kind for each in found):
            continue
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            own = [moments.read(kind, each) for each in found]
            created, changed = moments.lifetime(item, kind)
            begin = created or min(own)
            end = min(changed or max(own), datetime.combine(today, time(23, tzinfo=UTC)))
            step = (max(begin, end) - begin) / max(1, len(own) - (changed is not None))
            moved = [moments.written(kind, begin + number * step, found[number]) for number in range(len(own))]
            entries = [{**each, name: moment} for each, moment in zip(entries, moved, strict=True)]
    return entries


def _moves_in(text: str, values: Collection[str]) -> dict[str, list[str]]:
    """The statuses that follow others, as a text says it of all of them; empty where it does not.

    What nothing follows is a final status.
    """
    found = _steps(text, values)
    named = set(found).union(*found.values())
    return found if named == set(values) or _ALL_ELSE.search(text) else {}


class _Group(NamedTuple):
    """Statuses that a text names together: `sent or lost`."""

    before: str
    """The arrow or comma before them; empty for nothing."""
    statuses: list[str]

    @property
    def is_end(self) -> bool:
        """Whether an arrow leads to them."""
        return self.before not in ("", ",")


def _steps(text: str, values: Collection[str]) -> dict[str, list[str]]:
    """The statuses that follow others, by the arrows in a text: `new, open or lost -> closed, done <-> open`."""
    found: dict[str, list[str]] = {}
    for groups in _chains(text, values) if values else ():
        for at, group in enumerate(groups):
            if not group.is_end:
                continue
            is_first = not any(each.is_end for each in groups[:at])
            old = [each for other in (groups[:at] if is_first else groups[at - 1 : at]) for each in other.statuses]
            new = list(group.statuses)
            for other, after in itertools.pairwise([*groups[at + 1 :], _Group("", [])]):
                if other.is_end or after.is_end:  # What another arrow comes after is a beginning of its own.
                    break
                new += other.statuses
            pairs = [*itertools.product(old, new), *(itertools.product(new, old) if group.before in _BOTH_WAYS else ())]
            for start, end in pairs:
                found.setdefault(start, []).append(end)
    return {start: list(dict.fromkeys(ends)) for start, ends in found.items()}


def _chains(text: str, values: Collection[str]) -> Iterator[list[_Group]]:
    """The statuses that follow each other in a text without other words between them."""
    pattern = _TOKEN.format(statuses="|".join(sorted(map(re.escape, values), key=len, reverse=True)))
    groups: list[_Group] = []
    joint = ""
    for token in re.finditer(pattern, text):
        kind, status = token.lastgroup or "", token["status"]
        if not status and kind != "end":
            is_of_end = kind == "and" and groups and groups[-1].is_end  # `a -> b and c -> d` are two.
            joint = joint or (token[kind] if kind == "arrow" else "," if kind == "comma" or is_of_end else "or")
        elif status and joint == "or" and groups:
            groups[-1].statuses.append(status)
            joint = ""
        elif status and joint not in ("", "or") and groups:
            groups.append(_Group(joint, [status]))
            joint = ""
        else:
            yield groups
            groups, joint = [_Group("", [status])] if status else [], ""
    yield groups


@lru_cache(64)
def _following(resource: Resource, member: str) -> list[str]:
    """The members of an item that list the values of a status that may follow its own."""
    values = set(dict(statuses(resource)).get(member, ()))
    found = []
    for name in resource.properties():
        part = resource.media.member(name) if _FOLLOWING.intersection(words(name)) else None
        items = part.items() if part else None
        if items and values and set(enumerated(items.schema, items.schemas)) - {None} == values:
            found.append(name)
    return found


@lru_cache(64)
def _histories(resource: Resource, member: str) -> tuple[tuple[str, MediaType], ...]:
    """The lists of an item of the statuses that it had, with what is in them."""
    return tuple(_found_histories(resource, member))


def _found_histories(resource: Resource, member: str) -> Iterator[tuple[str, MediaType]]:
    values = set(dict(statuses(resource)).get(member, ()))
    for name in resource.properties():
        part = resource.media.member(name)
        items = part.items() if part else None
        named = dict(members(items.schema or {}, items.schemas)) if items else {}
        if items and any(map(_is_when, named)) and _of_entry(items, values)[1]:
            yield name, items


def _is_when(name: str) -> bool:
    """Whether a member of an entry of a history is its moment."""
    return sequences.is_of_history(name) or words(name) == ("changed", "at")


def _of_entry(media: MediaType, values: Collection[str]) -> tuple[str, str]:
    """The members of an entry with the status before and after a change; empty for none."""
    found = {"": "", "before": "", "after": ""}
    for name, schema in members(media.schema or {}, media.schemas):
        if set(enumerated(schema, media.schemas)) - {None} == set(values):
            found["before" if _BEFORE.intersection(words(name)) else "after"] = name
    return found["before"], found["after"]


def _entry(
    media: MediaType, resource: Resource, move: Move, before: Any, sent: Mapping[str, Any], user: Any
) -> Item | None:
    """An entry for a change of a status, with what was sent about it; None where its schema does not allow it."""
    old, new = _of_entry(media, dict(statuses(resource))[move.member])
    made = bodies.body(media, seed=DEFAULT, key=f"{resource.path} {move}", lean=True)
    if not isinstance(made, dict):
        return None
    now = datetime.now(UTC)
    declared = dict(members(media.schema or {}, media.schemas))
    entry = {name: plausible.written_like(now, value) for name, value in made.items()}
    names = [name for name in declared if _is_when(name) and name not in entry]
    entry |= {name: now.isoformat(timespec="seconds").replace("+00:00", "Z") for name in names}
    entry |= {name: value for name, value in sent.items() if name in declared and name != move.name}
    entry |= {new: move.value} | ({old: before} if old else {})
    for name, schema in declared.items() if isinstance(user, Mapping) else ():
        if words(name)[-1] not in ("by", "actor", "user"):
            continue
        if isinstance(entry.get(name), str):
            entry[name] = next((user[each] for each in _NAMES if isinstance(user.get(each), str)), entry[name])
            continue
        own = {each: user[each] for each, _ in members(schema, media.schemas) if each in user}
        entry = entry | {name: own} if own and media.is_valid(entry | {name: own}) else entry
    return entry if media.is_valid(entry) else None


_NAMES = ("display_name", "full_name", "name", "username", "displayName", "fullName")
"""Members with the name of a user, the likeliest first."""
