"""What a run created: the only resources that its unsafe requests may be about.

Every request with an unsafe method passes `permits`, and every exchange `observe`, in all phases. An ID counts for
the path of its collection, with the parents in it, and only if a creation there returned it: an ID of the same number
elsewhere that its Location does not name, or one that a list or a read showed before, belongs to others.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from flowcontract.checks.status import DENIED
from flowcontract.generation.proofs import Proofs
from flowcontract.generation.request_builder import OTHER_TOKEN, READ_ONLY_TOKEN, path_prefix
from flowcontract.generation.sequences.fields import fields
from flowcontract.generation.sequences.kinds import (
    Kind,
    before_id,
    collection_path,
    creations,
    id_of,
    items_in,
    object_in,
    operations_by_path,
    other_paths,
)
from flowcontract.generation.sequences.kinds import identity as id_members
from flowcontract.generation.sequences.queries import shows_all
from flowcontract.http import content_coding
from flowcontract.http.links import split_link
from flowcontract.http.messages import SAFE_METHODS, Request, Response, json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import PARAMETER, nameless, parameter_names

Values = Mapping[str, str]
"""Path parameters by name, as a server decodes them: one resource."""

_CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_GONE = (404, 410)
_SHOWN = 160
"""Characters of a rejection that a note shows."""
_NAMED = 5
"""IDs that a note names."""

_Key = tuple[str, tuple[str, ...]]
"""A resource: the path of one resource, without the names of its parameters, and their values."""


@dataclass(frozen=True, slots=True)
class Created:
    """A resource that the run created."""

    path: str
    """The path template of one resource."""
    values: Values
    request: Request | None = None
    """What created it, with the credentials of its creator."""


class CreatedResources:
    """The resources that a run created on one target, and what unsafe requests may be about.

    `pairs`: the paths of what some operations create, by operation ID, where it cannot be told; `target`: where
    requests go; `given`: resources that the caller named, by operation ID; `named`: IDs of the operations that the
    caller named, which may change what is given for them; `safe`: of those that only read despite their method.
    """

    def __init__(
        self,
        contract: Contract,
        pairs: Mapping[str, str],
        *,
        target: Target | None = None,
        given: Mapping[str, Sequence[Values]] | None = None,
        named: Sequence[str] = (),
        safe: Sequence[str] = (),
    ) -> None:
        self._given = given or {}
        self._named = frozenset(named)
        self._safe = frozenset(safe)
        self._operations = contract.operations
        operations = tuple(contract.operations.values())
        self._by_path = operations_by_path(operations)
        self._prefixes = {o.id: path_prefix(contract, o, target) if target else "" for o in operations}
        self._pairs = pairs
        self._patterns = {path: _pattern(path) for path in self._by_path}
        self._created: dict[_Key, Created] = {}
        self._alive: dict[_Key, None] = {}
        """Those that were not deleted, in the order of their creation."""
        self._seen: dict[_Key, int] = {}
        """What others may have created, each with the moment in which it was seen first."""
        self.moment = 0
        """Grows with every resource that is seen: what has a greater moment was seen later."""
        self._twins: dict[_Key, _Key] = {}
        """The other path of a resource that has two, for both."""
        self._absent: set[_Key] = set()
        self._proofs = Proofs()
        self._rejected: dict[str, str] = {}
        """Why requests created nothing that is known, by the ID of their operation."""
        self._unknown: dict[str, dict[str, set[_Key]]] = {}
        """What may have been created and cannot be deleted, with the resources it is in, by request."""
        self._lock = threading.Lock()

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        """What each operation creates, by its ID."""
        return creations(tuple(self._operations.values()), self._pairs)

    @cached_property
    def _others(self) -> dict[str, str]:
        """The second path of what operations create, by their IDs. What is there is created if a Location says so."""
        return other_paths(tuple(self._operations.values()), self._pairs)

    @cached_property
    def _lists(self) -> dict[str, list[Kind]]:
        """The resources whose IDs a list shows, by the path of the list."""
        found: dict[str, list[Kind]] = {}
        for kind in self._kinds.values():
            for path in {collection_path(kind.create), before_id(kind.item_path)}:
                found.setdefault(path, []).append(kind)
        return found

    # --- what may be sent ---------------------------------------------------------------------------------------------

    def permits(self, operation: Operation, values: Values, method: str = "") -> bool:
        """Whether a request of this operation's path may be sent with the caller's credentials.

        `method`: another one than the operation's.
        """
        method = method or operation.method
        if method not in _CHANGES or operation.id in self._safe or "{" not in operation.path:
            return True
        key = _key(item_path(operation.path), values)
        is_given = method == operation.method and self._is_given(operation, values)
        return is_given or key in self._created or key in self._absent

    def permits_request(self, name: str, request: Request) -> bool:
        """The same for a request, and the ID of its operation.

        One without credentials of the caller, or about a resource of the run, may have any undocumented method.
        """
        operation, method = self._operations[name], request.method
        if method not in _CHANGES or operation.id in self._safe:
            return True
        documented = self._by_path[operation.path].get(method)
        if documented is None and "${FLOWCONTRACT_" not in repr(request):
            return True
        values = self._values_of(operation, request)
        if values is None or self.existing_ids(documented or operation, values, json_or_none(request.body)):
            return False
        return self.permits(documented or operation, values, method)

    def existing_ids(self, operation: Operation, values: Values, body: Any) -> list[str]:
        """The optional members of a creation that name a resource which the run did not create.

        Some servers change that one instead of creating another.
        """
        kind = self._kinds.get(operation.id)
        media = operation.request_json
        if kind is None or operation.method != "POST" or not isinstance(body, Mapping):
            return []
        path, chain, known = _nameless(kind.item_path), _parents(kind, operation, values), fields(media)
        return [
            name
            for name in id_members(kind, body)
            if chain is not None
            and (path, (*chain, str(body[name]))) in self._seen
            and not (name in known and known[name].required)
        ]

    def _is_given(self, operation: Operation, values: Values) -> bool:
        """Whether the caller named the resource for this: with the operation's ID, or to create something in it."""
        names = parameter_names(operation.path)
        texts = [values.get(name) for name in names]
        given = any(texts == [each.get(name) for name in names] for each in self._given.get(operation.id, ()))
        return given and (operation.id in self._named or self._creates_below(operation))

    def given(self, operation: Operation) -> list[Values]:
        """The resources that the caller named for an operation to change."""
        return [dict(each) for each in self._given.get(operation.id, ()) if self._is_given(operation, each)]

    def _creates_below(self, operation: Operation) -> bool:
        kind = self._kinds.get(operation.id)
        return operation.method == "POST" and kind is not None and _is_collection(kind, operation)

    def of(self, operation: Operation, *, alive: bool = True) -> list[Values]:
        """Created resources that an operation is about, or whose children it is about, the newest first."""
        names = parameter_names(operation.path)
        template = _nameless(item_path(operation.path))
        return [
            dict(zip(names, texts, strict=True))
            for path, texts in reversed(self._alive if alive else self._created)
            if path == template and not (alive and self._is_gone((path, texts)))
        ]

    @property
    def alive(self) -> list[Created]:
        """The resources that were not deleted, the newest first; each once, with the path that has a DELETE."""
        return [self._created[key] for key in reversed(self._alive) if not self._is_named_by_its_twin(key)]

    def _is_named_by_its_twin(self, key: _Key) -> bool:
        twin = self._twins.get(key)
        if twin is None or twin not in self._alive:
            return False
        own, other = ("DELETE" in self._by_path[self._created[each].path] for each in (key, twin))
        return other > own or (other == own and len(key[1]) < len(twin[1]))

    def parents(self, operation: Operation) -> list[Values]:
        """Path parameters of a collection that the run created something in, the newest first."""
        requests = (item.request for item in self.alive if item.request is not None)
        return [values for request in requests if (values := self._values_of(operation, request)) is not None]

    def creations(self, operation: Operation) -> Sequence[tuple[Operation, Values, Request]]:
        """What the first user sent to create the resources that an operation is about, the newest first.

        Each is an operation, its path parameters and the request.
        """
        template = _nameless(item_path(operation.path))
        found = []
        for item in reversed(self._created.values()):
            request = item.request
            if request is None or _nameless(item.path) != template or _is_of_another(request):
                continue
            for create in self._creating(template):
                values = self._values_of(create, request)
                if values is not None and create.method == request.method:
                    found.append((create, values, request))
        return found

    def is_created(self, path: str, values: Values) -> bool:
        """Whether a path is of a resource that the run created. One that was deleted since is still the run's own."""
        return _key(path, values) in self._created

    def is_of_others(self, operation: Operation, values: Values, shown: Sequence[Any]) -> bool:
        """Whether a read shows a resource that the run did not create.

        `shown`: values of the response, each within the next one; the last of them that has an ID is the item.
        """
        if operation.path.rstrip("/").endswith("}"):
            return _key(operation.path, values) not in self._created
        for kind in self._lists.get(operation.path.rstrip("/"), ()):
            chain = _parents(kind, operation, values)
            identity = next(filter(None, (id_of(kind, each) for each in shown[::-1])), None)
            if chain is not None and identity is not None:
                return (_nameless(kind.item_path), (*chain, identity)) not in self._created
        return False

    def has_any_in(self, operation: Operation) -> bool:
        """Whether the run created anything that a list may have, deleted or not."""
        listed = {_nameless(kind.item_path) for kind in self._lists.get(operation.path.rstrip("/"), ())}
        return any(path in listed for path, _ in self._created)

    def names_own(self, values: Iterable[str]) -> bool:
        """Whether one of these values is the ID of a resource that the run created."""
        ids = {texts[-1] for _, texts in self._created if texts}
        return not ids.isdisjoint(values)

    def is_creation(self, operation: Operation) -> bool:
        """Whether an operation creates resources that have a path of their own."""
        return operation.method in _CHANGES and operation.id in self._kinds

    def was_deleted(self, operation: Operation, values: Values) -> bool:
        """Whether the run created and deleted what an operation is about, or something that it is below."""
        return self._is_gone(_key(item_path(operation.path), values))

    def is_alive(self, item: Created) -> bool:
        """Whether nothing showed that a created resource was deleted."""
        return _key(item.path, item.values) in self._alive

    def is_gone(self, item: Created) -> bool:
        """Whether a created resource was deleted, or one that it is below: most servers delete what is in it, too."""
        return self._is_gone(_key(item.path, item.values))

    def _is_gone(self, key: _Key) -> bool:
        """Whether the run created and deleted a resource, or one that it is below."""
        chain = []
        for path, texts in (key, *([self._twins[key]] if key in self._twins else [])):
            ends = [match.end() for match in re.finditer(r"\{\}", path)]
            chain += [(path[:end], texts[:number]) for number, end in enumerate(ends, 1)]
        return any(each in self._created and each not in self._alive for each in chain)

    def add_absent(self, operation: Operation, values: Values) -> None:
        """A read by the caller showed that there is no such resource: a request about it changes nothing."""
        self._absent.add(_key(item_path(operation.path), values))

    def claim(self, path: str, values: Values, request: Request) -> None:
        """Lists before and after a request have proven that it created a resource, whatever its response says."""
        with self._lock:
            key = _key(path, values)
            self._seen.pop(key, None)
            self._add(path, key[1], request)

    def restore(self, resources: Iterable[Created]) -> None:
        """Take over what another session of the same run created."""
        for each in resources:
            key = _key(each.path, each.values)
            self._created[key] = each
            self._alive[key] = None

    def deleted(self, path: str, values: Values) -> None:
        """A resource is gone."""
        self._deleted(_key(path, values))

    def _deleted(self, key: _Key) -> None:
        self._alive.pop(key, None)
        self._alive.pop(self._twins.get(key, key), None)

    # --- what was seen ------------------------------------------------------------------------------------------------

    def observe_request(
        self, name: str, request: Request, response: Response | None, *, sent_at: int | None = None
    ) -> None:
        """Learn from an exchange. `name`: the ID of its operation; `sent_at`: as for `observe`."""
        operation = self._operations[name]
        if operation.method != request.method:
            return
        values = self._values_of(operation, request)
        if values is None:
            return
        body = _json(response) if response is not None and 200 <= response.status < 300 else None
        status = response.status if response is not None and response.complete else 0
        text = response.body.decode("utf-8", "replace") if response is not None and status >= 400 else ""
        location = (response.header("Location") or "") if response is not None else ""
        self.observe(operation, values, status, body, location=location, text=text, request=request, sent_at=sent_at)

    def observe(
        self,
        operation: Operation,
        values: Values,
        status: int,
        body: Any,
        *,
        location: str = "",
        text: str = "",
        request: Request | None = None,
        sent_at: int | None = None,
    ) -> None:
        """Learn from the response to an operation. `status`: 0 for none; `text`: what an error response says.

        `sent_at`: the `moment` in which it was sent, if not this one. What a creation returned is its own, although
        another thread may have seen it in the meantime.
        """
        with self._lock:
            if operation.method == "GET":
                self._observe_read(operation, values, body, request)
            elif operation.method in SAFE_METHODS or operation.id in self._safe:
                return
            elif 200 <= status < 300:
                before = self.moment if sent_at is None else sent_at
                self._observe_change(operation, values, status, body, location, request, before)
            elif operation.method == "POST" and operation.id in self._kinds:
                if not status or status >= 500:
                    self._add_unknown(operation, values, str(status or "without a response"), "")
                else:
                    self._rejected.setdefault(operation.id, rejection(status, text))

    def add_whole(self, listing: Operation, values: Values) -> None:
        """The first user has read all pages of a list: what they do not show is new when a creation returns it."""
        self._proofs.add_whole(_key(listing.path, values))

    def _observe_read(self, operation: Operation, values: Values, body: Any, request: Request | None) -> None:
        if body is None:
            return
        if operation.path.rstrip("/").endswith("}"):
            self._see(operation.path, tuple(values.values()))
        for kind in self._lists.get(operation.path.rstrip("/"), ()):
            chain = _parents(kind, operation, values)
            items = items_in(kind, body)
            ids = [id_of(kind, item) for item in items or ()]
            if items is not None and None not in ids and _is_unfiltered(request) and shows_all(operation, body, items):
                self.add_whole(operation, values)
            for identity in ids:
                if chain is not None and identity is not None:
                    self._see(kind.item_path, (*chain, identity))

    def _see(self, path: str, texts: tuple[str, ...]) -> None:
        key = _nameless(path), texts
        self._absent.discard(key)
        if key not in self._created:
            self.moment += 1
            self._seen.setdefault(key, self.moment)

    def _observe_change(
        self,
        operation: Operation,
        values: Values,
        status: int,
        body: Any,
        location: str,
        request: Request | None,
        sent_at: int,
    ) -> None:
        about = _key(item_path(operation.path), values)
        if operation.method == "DELETE" and operation.path.rstrip("/").endswith("}"):
            self._deleted(about)
            return
        if about in self._created:
            self._alive.setdefault(about)  # Changed or restored: it is there.
            self._alive.setdefault(self._twins.get(about, about))
        if operation.method == "PUT" and (status == 201 or about in self._absent):
            self._add(operation.path, about[1], request)
        elif operation.method == "PATCH" or operation.method == "PUT":
            self._observe_new_id(operation, about, body, request)
        elif operation.method == "POST" and self._pairs.get(operation.id) != "":
            self._observe_creation(operation, values, status, body, location, request, sent_at)

    def _observe_new_id(self, operation: Operation, about: _Key, body: Any, request: Request | None) -> None:
        """A change that the response shows under another ID moved the resource."""
        name = parameter_names(operation.path)[-1] if about[1] else ""
        moved = body.get(name) if isinstance(body, Mapping) and about in self._created else None
        if isinstance(moved, str | int) and not isinstance(moved, bool) and str(moved) != about[1][-1]:
            self._add(item_path(operation.path), (*about[1][:-1], str(moved)), request)

    def _observe_creation(
        self,
        operation: Operation,
        values: Values,
        status: int,
        body: Any,
        location: str,
        request: Request | None,
        sent_at: int,
    ) -> None:
        kind = self._kinds.get(operation.id)
        is_collection = kind is not None and _is_collection(kind, operation)
        # A collection that documents no 201 says with another success that it created something.
        is_documented = status == 201 or (is_collection and "201" not in operation.responses)
        if is_documented:
            self._disown(operation)
        elif not (is_collection and self._is_new(operation, values, status, request)):
            if is_collection:
                self._add_unknown(operation, values, str(status), "")
                self._rejected[operation.id] = (
                    f"got {status} instead of the documented 201, so it is not certain that it created something"
                )
            return
        found = list(self._new_ids(kind, operation, values, body, location)) if kind else []
        for texts in found:
            assert kind is not None
            if self._seen.get(key := (_nameless(kind.item_path), texts), 0) > sent_at:
                del self._seen[key]  # Another thread saw it before this response was read.
            if not is_documented and key not in self._created:
                self._proofs.add_proven(operation.id, key, values)
            if not self._add(kind.item_path, texts, request):
                # Another request may have shown it already.
                self._add_unknown(operation, values, str(status), texts[-1])
            elif self._located(location) == (other := self._others.get(operation.id, ""), texts[-1:]):
                self._add_twin(key, other, request)
        if not found and not self._is_about_itself(operation, values, body):
            self._add_unknown(operation, values, f"{status} without an ID", _plain_id(body))
            self._rejected[operation.id] = f"got {status} without the ID of what it created"

    def _is_new(self, operation: Operation, values: Values, status: int, request: Request | None) -> bool:
        """Whether what a success returns that the contract does not document is new unless it was seen before.

        That is so in a resource of the run, and where the first user has read the whole list.
        """
        if _is_documented(operation, status) or (request is not None and _is_of_another(request)):
            return False  # It may mean something else; others may not see all.
        in_own = "{" in operation.path and _key(item_path(operation.path), values) in self._created
        return self._proofs.is_new_in(operation.id, _key(operation.path, values), in_own=in_own)

    def _disown(self, operation: Operation) -> None:
        """Leave alone what an operation returned with an undocumented success, now that it has a documented one."""
        for key, values in self._proofs.refuted_by(operation.id):
            for each in (key, *([self._twins[key]] if key in self._twins else [])):
                self._created.pop(each, None)
                self._alive.pop(each, None)
            self._add_unknown(operation, values, "", key[1][-1])

    def _add_twin(self, key: _Key, path: str, request: Request | None) -> None:
        """Add the second path of a resource: the Location of its creation names it."""
        texts = key[1][-1:]
        if self._add(path, texts, request):
            twin = _nameless(path), texts
            self._twins |= {key: twin, twin: key}

    def _located(self, location: str) -> tuple[str, tuple[str, ...]]:
        """The path template and the parameters of a Location; both empty if it is of no path of the contract."""
        path = split_link(location).path
        matches = [(template, self._patterns[template].search(path)) for template in self._by_path]
        template, match = max(((t, m) for t, m in matches if m), key=lambda one: len(one[0]), default=("", None))
        return template, tuple(map(unquote, match.groups())) if match else ()

    @staticmethod
    def _is_about_itself(operation: Operation, values: Values, body: Any) -> bool:
        """Whether an action returns the resource that it is called on."""
        return "{" in operation.path and _plain_id(body) in values.values()

    def _new_ids(
        self, kind: Kind, operation: Operation, values: Values, body: Any, location: str
    ) -> Iterator[tuple[str, ...]]:
        """Path parameters of what a creation returned: in its body, else in its Location."""
        chain = _parents(kind, operation, values)
        items = items_in(kind, body) if isinstance(body, list) or operation in kind.batches else [object_in(kind, body)]
        ids = [identity for item in items or () if (identity := id_of(kind, item)) is not None]
        if chain is not None:
            yield from ((*chain, identity) for identity in ids)
        if not ids:
            template, texts = self._located(location)
            if template == kind.item_path and (chain is None or texts[:-1] == chain):
                yield texts

    def _add(self, path: str, texts: tuple[str, ...], request: Request | None) -> bool:
        """Add a resource, unless it was seen before: then nothing created it."""
        key = _nameless(path), texts
        self._absent.discard(key)
        if key in self._created:
            self._alive.setdefault(key)
        elif key not in self._seen:
            values = dict(zip(parameter_names(path), texts, strict=True))
            self._created[key] = Created(path, values, request)
            self._alive[key] = None
        return key in self._created

    def _add_unknown(self, operation: Operation, values: Values, what: str, identity: str) -> None:
        known = self._unknown.setdefault(f"{operation.method} {operation.path}", {})
        parents = known.setdefault(f"ID {identity}" if identity else what, set())
        parents.add(_key(item_path(operation.path), values))

    # --- what to say --------------------------------------------------------------------------------------------------

    def why_none(self, operation: Operation) -> str:
        """Why the run has created nothing that an operation is about; empty if it has."""
        template = _nameless(item_path(operation.path))
        if "{" not in operation.path or any(path == template for path, _ in self._created):
            return ""
        found = self._creating(template)
        if not found:
            return self._with_pair("no operation of the contract creates what it is about", operation)
        for create in found:
            if create.id in self._rejected:
                return f"{create.method} {create.path} {self._rejected[create.id]}"
        if found[0].id in self._others and _nameless(self._others[found[0].id]) == template:
            return self._with_pair(f"no Location of {found[0].method} {found[0].path} names it", operation)
        return f"no response to {found[0].method} {found[0].path} had a new ID"

    def creating(self, operation: Operation) -> list[Operation]:
        """The operations that create what an operation is about, whether they are selected or not."""
        return self._creating(_nameless(item_path(operation.path))) if "{" in operation.path else []

    def _with_pair(self, why: str, operation: Operation) -> str:
        """A reason with the option that says what creates a resource, where a creation of such a name is there."""
        path = item_path(operation.path)
        collection = path.split("/")[-2:-1]
        for name, kind in self._kinds.items():
            create = self._operations[name]
            is_alike = create.path.rstrip("/").split("/")[-1:] == collection and kind.item_path != path
            if create.method == "POST" and is_alike and name not in self._pairs:
                return f"{why}; if {create.method} {create.path} creates it, add --pair {name}={path}"
        return why

    def _creating(self, template: str) -> list[Operation]:
        """The operations that create resources of this path."""
        paths = [(name, kind.item_path) for name, kind in self._kinds.items()]
        return [self._operations[name] for name, path in (*paths, *self._others.items()) if _nameless(path) == template]

    def unknown(self) -> Iterator[str]:
        """What may have been created and cannot be deleted, by the request that did it.

        What was created in a resource of the run went with it.
        """
        gone = self._created.keys() - self._alive.keys()
        for request, all_known in self._unknown.items():
            known = [what for what, parents in all_known.items() if not parents <= gone]
            if not known:
                continue
            ids = [what for what in known if what.startswith("ID ")]
            named = [*ids[:_NAMED], *([f"{len(ids) - _NAMED} more IDs"] if len(ids) > _NAMED else [])]
            rest = [what for what in known if what not in ids]
            yield f"{request} ({'; '.join([*named, *rest])})"

    def _values_of(self, operation: Operation, request: Request) -> dict[str, str] | None:
        """The path parameters in a request; None if its path is not the operation's."""
        path = request.path
        match = self._patterns[operation.path].search(path)
        if match is None or path[: match.start()] != self._prefixes[operation.id]:
            return None
        return dict(zip(parameter_names(operation.path), map(unquote, match.groups()), strict=True))


def item_path(path: str) -> str:
    """The path of the innermost resource that a path names: `/books/{id}/` of `/books/{id}/borrow/`."""
    return path[: path.rfind("}") + 1]


def _is_of_another(request: Request) -> bool:
    return any(token in repr(request) for token in (OTHER_TOKEN, READ_ONLY_TOKEN))


def _is_documented(operation: Operation, status: int) -> bool:
    return not {str(status), f"{status // 100}XX"}.isdisjoint(operation.responses)


def _is_unfiltered(request: Request | None) -> bool:
    """Whether the first user has requested a list as it is."""
    return request is not None and "?" not in request.target and not _is_of_another(request)


def _is_collection(kind: Kind, operation: Operation) -> bool:
    """Whether an operation creates in the collection that its path names: `POST /books` or `POST /authors/1/books`."""
    path = collection_path(operation)
    is_above = before_id(kind.item_path) == path or path.rpartition("/")[2] == kind.name
    return is_above or operation in kind.batches


def _nameless(path: str) -> str:
    return nameless(path.rstrip("/"))


def _key(path: str, values: Values) -> _Key:
    return _nameless(path), tuple(str(values.get(name)) for name in parameter_names(path))


def _pattern(path: str) -> re.Pattern[str]:
    """Matches the end of a request's path."""
    pieces = (re.escape(piece) for piece in PARAMETER.split(path.rstrip("/"))[::2])
    return re.compile("([^/]*)".join(pieces) + "/?$")


def _parents(kind: Kind, operation: Operation, values: Values) -> tuple[str, ...] | None:
    """The path parameters before the last one of what a collection has; None if the collection is not below them."""
    count = kind.item_path.count("{") - 1
    before = _nameless(kind.item_path).rpartition("/{}")[0]
    parents = before[: before.rfind("{}") + 2] if count else ""
    if not _nameless(operation.path).startswith(parents):
        return None
    texts = tuple(str(values.get(name)) for name in parameter_names(operation.path))
    return texts[:count] if len(texts) >= count else None


def _plain_id(body: Any) -> str:
    """What a response without a path of its own calls its ID; empty if there is none."""
    if isinstance(body, Mapping):
        for name in ("id", "uuid"):
            if isinstance(body.get(name), str | int) and not isinstance(body[name], bool):
                return str(body[name])
    return ""


def _json(response: Response) -> Any:
    return json_or_none(content_coding.decoded(response.body, response.header("Content-Encoding")))


def rejection(status: int, text: str) -> str:
    """That a creation was rejected, and what the response says."""
    if status in DENIED:
        return f"was denied with {status}: the credentials are missing, or not allowed to do this"
    return f"was rejected with {status}{f': {_short(text)}' if text else ''}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
