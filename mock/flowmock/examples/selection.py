"""The handler of one operation: which of its responses a permitted, valid request gets.

In this order: what the caller may not view is denied or not found; what `Prefer` asks for; what the collections
remember (with `--stateful`); the list of what a read gives; the example whose fields equal the parameters of the
request; a documented 404 where the key is unknown (to the examples, or to `--param`); else the first example, else a
generated value.
"""

import contextlib
import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import orjson

from flowcontract.openapi import parameters, pointers
from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowcontract.openapi.values import agreement, money
from flowmock.examples import warnings
from flowmock.examples.headers import Context
from flowmock.examples.responses import SIZED, Responses, accepted_media, encode, main_media, usual
from flowmock.generation import actions, relations
from flowmock.lists import paging
from flowmock.messages import Call, Reply
from flowmock.negotiation import prefer
from flowmock.profiles.filters import Filters
from flowmock.routing import Route
from flowmock.validation import requests

if TYPE_CHECKING:
    from flowmock.resources.lists import Lists
    from flowmock.stateful.dispatch import Stateful

PREFERRED = "preferred"
"""Marks a reply that was chosen by a preference."""
_Key = tuple[str, ...]
_PARAMETER = re.compile(r"\{([^{}]*)\}")

_SCENARIOS = {401: "unauthorized", 403: "forbidden", 404: "not-found", 429: "rate-limited", 502: "bad-gateway"}
"""Built-in scenarios that respond with these statuses."""


class Handler:
    """Responds for one operation. Everything that does not depend on the request is made once, here."""

    def __init__(
        self,
        route: Route,
        operation: Operation,
        responses: Responses,
        *,
        known: Iterable[Mapping[str, str]] = (),
        dynamic: bool = False,
        stateful: "Stateful | None" = None,
        lists: "Callable[[], Lists] | None" = None,
        read: Callable[[Operation, Call], Reply | None] | None = None,
        of_seed: "Callable[[int], Handler] | None" = None,
    ) -> None:
        """`known`: path parameters of what exists, where no example says so; everything does where there are none.

        `dynamic`: generate rather than serve examples. `stateful`: what remembers changes, where that is wanted.
        `lists`: makes lists that agree with what reads give. `read`: replies to a read of the same contract. `of_seed`:
        gives the handler of the same operation with another seed.
        """
        self.route = route
        self.operation = operation
        self.responses = responses
        self.dynamic = dynamic
        self.stateful = stateful
        ends_with_parameter = re.search(r"/\{[^{}]*\}/?$", route.template) is not None
        is_read = operation.method == "GET" and ends_with_parameter
        self._lists = lists if operation.method == "GET" and not is_read else None
        self._lists_of_reads = lists if is_read else None
        self._lists_of_sent = lists if operation.method in ("POST", "PUT", "PATCH") else None
        self._read = read
        self._of_seed = of_seed
        self.status, self.success = usual(operation)
        media = main_media(self.success) if self.success else None
        self._is_open = operation.is_open
        self._styled = {each.name: each for each in operation.path_parameters() if each.style != "simple"}
        # Whether there is a way to say that a key does not exist.
        self._can_miss = bool(operation.response(404)) or responses.profile.responses["not-found"].kind != "contract"
        self._read_path = operation.path if ends_with_parameter else ""
        self._main = media.name if media else ""
        self._only = media if self.success and len(self.success.media) == 1 else None
        self.filters = Filters(route.rules.filters, media, route.contract)
        self._by_key = self._index(media)
        self._known = frozenset(tuple(values[name] for name in route.names) for values in known)

    def without_memory(self) -> "Handler":
        """A handler that responds as if the mock remembered nothing, and changes nothing."""
        found = copy.copy(self)
        found.stateful = None
        return found

    def with_seed(
        self, responses: Responses, lists: "Callable[[], Lists]", read: Callable[[Operation, Call], Reply | None]
    ) -> "Handler":
        """A handler of the same operation that remembers nothing, and whose generated values have another seed."""
        found = self.without_memory()
        found.responses, found._read = responses, read
        found._lists = lists if self._lists else None
        found._lists_of_reads = lists if self._lists_of_reads else None
        found._lists_of_sent = lists if self._lists_of_sent else None
        return found

    def warnings(self) -> Iterator[str]:
        """A warning for each example that is not what its schema says."""
        return warnings.of(self.operation)

    def _index(self, media: MediaType | None) -> Mapping[_Key, list[tuple[Example, Reply]]]:
        """The examples and their replies by the path parameters they answer to."""
        found: dict[_Key, list[tuple[Example, Reply]]] = {}
        if self.success and media:
            for name, values in self.operation.example_path_values().items():
                if example := media.examples.get(name):
                    key = tuple(values[each] for each in self.route.names)
                    reply = self.responses.example(self.status, self.success, media, example)
                    found.setdefault(key, []).append((example, reply))
        return found

    def __call__(self, call: Call) -> Reply:
        """The reply to a call that Connexion has let through. Raises PreferenceError for what cannot be preferred."""
        if not self._may_view_anything(call):
            return self.responses.error("forbidden", call)
        asked = call.preferences
        if asked is None:
            return self._sized(call, self._by_request(call, dynamic=self.dynamic))
        if asked.chooses:
            reply = self._sized(call, self._preferred(call, asked))
            return replace(reply, rule=f"Prefer {asked.applied()}: {reply.rule}", details={PREFERRED: True})
        dynamic = self.dynamic if asked.dynamic is None else asked.dynamic
        reply = self._sized(call, self._by_request(call, dynamic=dynamic))
        is_preferred = asked.dynamic is not None or asked.items is not None
        return replace(reply, details={PREFERRED: True}) if is_preferred else reply

    def _sized(self, call: Call, reply: Reply) -> Reply:
        """The reply with as many items as are asked for, where its list is not of a resource: items are repeated."""
        if call.list_size is None or SIZED in reply.details:
            return reply
        media = self.success.media.get(self._main) if self.success and reply.status == self.status else None
        body = list_of_size(_parsed(reply.body), call.list_size) if media and media.is_json and reply.body else None
        if media and body is not None and media.is_valid(body):
            body = paging.paged(body, _list_in(body) or (), self.operation, call, media.is_valid)
            return self.responses.body(reply.status, self.success, media, body, reply.rule, call)
        if call.preferences and call.preferences.items is not None:
            raise prefer.PreferenceError(
                f"Prefer: items={call.list_size} needs a response with a list that may have this many items; "
                f"{self.operation.id} has none."
            )
        return reply

    def _by_request(self, call: Call, *, dynamic: bool) -> Reply:
        """What path, query and body choose."""
        remembered = self.stateful.reply(self.operation, call) if self.stateful else None
        if remembered:
            return remembered
        if self._known and not self._by_key and self._key(call) not in self._known and self._can_miss:
            return self.responses.error("not-found", call, message="This ID was not given with --param.")
        if not dynamic and self._is_below_nothing(call):
            return self.responses.error("not-found", call, message="No example has the ID in the path.")
        media = self._only or accepted_media(self.success, call)
        if media is None:
            context = Context(self.status, call=call)
            headers = self.responses.headers("", self.success, context)
            return Reply(self.status, headers, b"", f"documented {self.status}")
        if dynamic:
            return self._generated(call, media, None)
        if self._by_key:
            return self._keyed(call, media)
        return self._unkeyed(call, media)

    @cached_property
    def _above(self) -> Operation | None:
        """The nearest read of an item that the path is of or below, if its examples say which ones exist."""
        path = _plain(self.operation.path)
        found = [
            (above, each)
            for each in self.route.contract.operations.values()
            if each.method == "GET" and each is not self.operation
            if (above := _plain(each.path)).endswith("}") and f"{path}/".startswith(f"{above}/")
            if (success := each.success()) and any(media.examples for media in success.media.values())
        ]
        return max(found, key=lambda each: len(each[0]), default=("", None))[1]

    def _is_below_nothing(self, call: Call) -> bool:
        """Whether the read of what a request is for, or is below, has no example of it, and there is a 404 for that."""
        above = self._above
        if above is None or not self._can_miss or self._by_key.get(self._key(call)):
            return False
        if "201" in self.operation.responses and self.operation.method == "PUT":
            return False  # It creates what does not exist.
        values = dict(zip(_PARAMETER.findall(above.path), call.path_values.values(), strict=False))
        reply = self._reply_of(above, replace(call, path_values=values))
        return reply is not None and reply.status == 404

    def _key(self, call: Call) -> _Key:
        values = call.path_values
        if not self._styled:
            return tuple([values[name] for name in self.route.names])
        styled = self._styled
        return tuple(
            [
                parameters.plain(styled[name], values[name]) if name in styled else values[name]
                for name in self.route.names
            ]
        )

    def _keys(self, call: Call) -> frozenset[str] | None:
        """The keys that the caller may view here; None for all of them, as for everybody where nobody is asked."""
        return None if self._is_open else call.caller.resource_ids

    def _may_view_anything(self, call: Call) -> bool:
        """A caller that may view no object at all is refused; one that may view others is told of nothing."""
        keys = self._keys(call)
        if keys is None or not keys:
            return keys is None
        return not self._by_key or any(keys.intersection(key) for key in self._by_key)

    def _keyed(self, call: Call, media: MediaType) -> Reply:
        filtered = bool(call.query) and self.filters.are_asked(call.query)
        if filtered and (wrong := self.filters.errors(call.query, self.responses.profile.messages)):
            return self._filter_error(call, wrong)
        key = self._key(call)
        known = self._by_key.get(key)
        keys = self._keys(call)
        visible = known if known and (keys is None or keys.intersection(key)) else []
        for example, reply in _by_parameters(visible, call):
            if not filtered or self.filters.match(call.query, example.value):
                return reply if media.name == self._main else self._as(media, example, call)
        if keys is None and (listed := self._listed(call, media)):
            return listed
        return self._of_unknown_key(call, media)

    def _of_unknown_key(self, call: Call, media: MediaType) -> Reply:
        """404 where there is a way to say so, else the first example as it would be for this key."""
        if self._can_miss:
            return self.responses.error("not-found", call, message="No example has this ID.")
        examples = list(media.examples.values())
        return self._for_key(call, media, examples[0]) if examples else self._generated(call, media, None)

    def _filter_error(self, call: Call, wrong: Mapping[str, list[str]]) -> Reply:
        reply = self.responses.error("invalid-request", call)
        return replace(reply, body=encode(wrong), rule=f"{reply.rule} (filters)")

    def _unkeyed(self, call: Call, media: MediaType) -> Reply:
        if self._lists and (reply := self._lists().reply(self.operation, call)):
            return reply
        if self._keys(call) is None and (listed := self._listed(call, media)):
            return listed
        examples = [(example, None) for example in media.examples.values()]
        for example, _ in _by_parameters(examples, call, self._read_path):
            if self._read_path and _has_another_id(example.value, self._read_path, call):
                return self._of_unknown_key(call, media)
            return self._as(media, example, call)
        return self._generated(call, media, None)

    def _listed(self, call: Call, media: MediaType) -> Reply | None:
        """What the example of the list has of an ID that no example of the read has; None for nothing."""
        if self._lists_of_reads is None or self.success is None or not media.is_json:
            return None
        lists = self._lists_of_reads()
        if lists.reads.item(self.operation, call) is None:
            return None
        if any(_has_id(example.value, self._read_path, call) for example in media.examples.values()):
            return None
        body = lists.reads.body(self.operation, call)
        if body is None:
            return None
        return self.responses.body(self.status, self.success, media, body, "item of the list", call)

    def _as(self, media: MediaType, example: Example, call: Call) -> Reply:
        assert self.success
        return self.responses.example(self.status, self.success, media, example, call)

    def _generated(self, call: Call, media: MediaType, seed: int | None) -> Reply:
        assert self.success
        adjusted = None
        if self._lists_of_reads and not self.dynamic and media.is_json:
            adjusted = partial(self._lists_of_reads().reads.referring, self.operation, call)
        elif not self.dynamic and (item := self.responses.changed_item(self.operation, self.success, media)):
            adjusted = partial(self._as_read, item, call, media)
        elif not self.dynamic and (listed := self.responses.list_of_item(self.operation, self.success, media)):
            adjusted = partial(self._as_listed, listed, call, media)
        elif not self.dynamic and self._lists_of_sent and self.operation.method != "POST" and media.is_json:
            adjusted = partial(self._as_below_others, call, media)
        elif not self.dynamic and self._lists and media.is_json and "{" not in self.operation.path:
            adjusted = partial(self._lists().related.references.within, is_valid=media.is_valid)
        reply = self.responses.generated(
            self.operation,
            self.success,
            self.status,
            media,
            call,
            seed=seed,
            examples=not self.dynamic,
            adjusted=adjusted,
        )
        return reply if self.dynamic or not media.is_json else self._with_sent_items(reply, call, media)

    def _with_sent_items(self, reply: Reply, call: Call, media: MediaType) -> Reply:
        """The reply with the objects whose IDs the client sent, in the body or the path above, as their reads give
        them.
        """
        above = self.operation.path.rstrip("/").rpartition("/")[0]
        owners = {text for name, text in call.path_values.items() if f"{{{name}}}" in above}
        if self._lists_of_sent is None or not (call.body or owners):
            return reply
        sent = owners.union(_sent_ids(requests.value_of_body(self.operation, call)))

        def read(operation: Operation, parameter: str, item_id: str) -> Any:
            values = {parameter: item_id}
            return self._read_body(operation, replace(call, path_values=values)) if item_id in sent else None

        made = _parsed(reply.body)
        embedded = self._lists_of_sent().embedded(read, sent)
        found = [embedded.within(made, whole=whole) for whole in (False, True)]
        choices = [*(money.in_currency_of_parts(each, made) for each in found), *found]
        body = next(filter(media.is_valid, choices), made)
        if body == made:
            return reply
        summed = agreement.summed(body, requests.value_of_body(self.operation, call))
        body = summed if media.is_valid(summed) else body
        return self.responses.body(reply.status, self.success, media, body, reply.rule, call)

    def _reply_of(self, read: Operation, call: Call) -> Reply | None:
        """The reply of a read for the same path parameters."""
        return self._read(read, call) if self._read else None

    def _read_body(self, read: Operation, call: Call) -> Any:
        """The body that a read gives for the same path parameters; None where it gives none in JSON."""
        reply = self._reply_of(read, call)
        with contextlib.suppress(ValueError):  # The read has another format.
            return orjson.loads(reply.body) if reply and reply.status == 200 else None
        return None

    def _as_read(self, item: Operation, call: Call, media: MediaType, made: Any) -> Any:
        """The body that the read of a changed item gives; `made` where it gives none."""
        body = self._read_body(item, call)
        if not isinstance(body, dict) or not media.is_valid(body):
            return made
        return self._acted(media, body, call) if self.operation.method == "POST" else body

    def _as_listed(self, listed: Operation, call: Call, media: MediaType, made: Any) -> Any:
        """The body of a changed item as its list has it; `made`, with the ID of the path, where it has none."""
        path = self.operation.path[: self.operation.path.rindex("}") + 1]
        item_id = _requested_id(path, call)
        item = self._lists_of_sent().reads.item_above(listed, call, item_id) if self._lists_of_sent else None
        body = item if item and media.is_valid(item) else relations.with_id(made, path, item_id, media)
        acts = self.operation.method == "POST" and isinstance(body, dict)
        return self._acted(media, body, call) if acts else body

    def _as_below_others(self, call: Call, media: MediaType, made: Any) -> Any:
        """The body of a changed item without a read as the list below another item has it; `made` where none has."""
        lists = self._lists_of_sent() if self._lists_of_sent else None
        item = lists.reads.item(self.operation, call) if lists else None
        return item if item and media.is_valid(item) else made

    def _acted(self, media: MediaType, body: dict[str, Any], call: Call) -> dict[str, Any]:
        sent = requests.value_of_body(self.operation, call) if call.body else None
        return actions.acted(media, body, self.operation.path, sent)

    def _preferred(self, call: Call, asked: prefer.Preferences) -> Reply:
        if asked.code == self.status and asked.example is None and asked.seed is None and not asked.dynamic:
            usual_reply = self._by_request(call, dynamic=self.dynamic and asked.dynamic is None)
            if usual_reply.status == asked.code:
                return usual_reply
        status, documented = self._preferred_response(asked)
        if asked.seed is not None and self._is_of_a_seed(call, asked, documented):
            is_own = asked.seed == self.responses.seed and not self.stateful
            handler = self._of_seed(asked.seed) if self._of_seed and not is_own else self
            return handler._by_request(call, dynamic=self.dynamic if asked.dynamic is None else asked.dynamic)
        if documented is None:
            choices = ", ".join(sorted(self.operation.responses))
            scenario = _SCENARIOS.get(asked.code or 0, "server-error")
            raise prefer.PreferenceError(
                f"Prefer: code={asked.code} is not documented here; documented: {choices}. For any other response, use "
                f"a scenario, such as Prefer: scenario={scenario}."
            )
        if asked.example is not None:
            for each in documented.media.values():
                if asked.example in each.examples:
                    return self.responses.example(status, documented, each, each.examples[asked.example], call)
            known = [documented] if asked.code is not None else list(self.operation.responses.values())
            names = (name for response in known for each in response.media.values() for name in each.examples)
            where = status if asked.code is not None else self.operation.id
            choices = ", ".join(dict.fromkeys(names)) or "none"
            raise prefer.PreferenceError(f"Prefer: {where} has no example {asked.example}; it has: {choices}.")
        media = main_media(documented, call.header("accept"))
        dynamic = asked.dynamic if asked.dynamic is not None else (self.dynamic or asked.seed is not None)
        is_usual = documented is self.success and status == self.status
        if media is not None and (dynamic or (is_usual and not media.examples)):
            return self.responses.generated(
                self.operation, documented, status, media, call, seed=asked.seed, examples=not dynamic
            )
        if media is None or not is_usual:
            return self.responses.documented(self.operation, documented, status, call)
        return self._preferred_success(call, media)

    def _is_of_a_seed(self, call: Call, asked: prefer.Preferences, documented: DocumentedResponse | None) -> bool:
        """Whether a seed is preferred for a response that is generated anyway: its lists and reads agree."""
        if documented is not self.success or asked.dynamic or asked.example is not None:
            return False
        media = accepted_media(self.success, call)
        return media is not None and not media.examples

    def _preferred_success(self, call: Call, media: MediaType) -> Reply:
        """The example of the key, else the first one as it would be for that key."""
        known = [media.examples[example.name] for example, _ in self._by_key.get(self._key(call), ())]
        example = (known or list(media.examples.values()))[0]
        return self._as(media, example, call) if known else self._for_key(call, media, example)

    def _for_key(self, call: Call, media: MediaType, example: Example) -> Reply:
        """An example as it would be for the key of the path."""
        value = relations.hold(example.value, self.operation, call.path_values, call.query, media.is_valid)
        return self.responses.body(
            self.status, self.success, media, value, f"example {example.name}, for this key", call
        )

    def _preferred_response(self, asked: prefer.Preferences) -> tuple[int, DocumentedResponse | None]:
        """The status and response that are asked for; an example alone is looked for in every response."""
        if asked.code is not None:
            return asked.code, self.operation.response(asked.code)
        if asked.example is not None:
            for status, documented in self.operation.responses.items():
                if any(asked.example in media.examples for media in documented.media.values()):
                    return self._status_of(status), documented
        return self.status, self.success

    def _status_of(self, status: str) -> int:
        """The status of a response that is documented for several."""
        if status == "default":
            return self.status if self.operation.responses[status] is self.success else 500
        return int(status.upper().replace("X", "0"))


def _parsed(body: bytes) -> Any:
    """A body that the mock has made."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # It has a lone surrogate.
        return json.loads(body)


def _plain(path: str) -> str:
    """A path whose parameters have no names."""
    return _PARAMETER.sub("{}", path.rstrip("/"))


def list_of_size(body: Any, size: int) -> Any:
    """A list, or an object with one list, with its items repeated or cut; None where there is no such list."""
    if isinstance(body, list):
        return [body[number % len(body)] for number in range(size)] if body or not size else None
    if not (names := _list_in(body)):
        return None
    items = list_of_size(body[names[0]], size)
    return None if items is None else {**body, names[0]: items}


def _list_in(body: Any) -> paging.Tokens | None:
    """The name of the one list of an object; None where it has none, or several."""
    lists = [name for name, value in body.items() if isinstance(value, list)] if isinstance(body, dict) else []
    return (lists[0],) if len(lists) == 1 else None


def _by_parameters(examples: list[tuple[Example, Any]], call: Call, read: str = "") -> list[tuple[Example, Any]]:
    """The examples, best first: those with fields that equal the request's query and body fields of that name.

    One that has such a field with another value is left out, unless that leaves none. `read`: the template of a path
    that ends with the ID of what is asked for.
    """
    if len(examples) < 2 or not (call.query or call.body or read):
        return examples
    fields = {**_body_fields(call), **dict(call.query)}
    ranked = []
    for example, reply in examples:
        asked = fields
        if read and isinstance(example.value, Mapping):
            member = relations.id_member(example.value, read)
            asked = fields if member is None else {**fields, member: _requested_id(read, call)}
        has = [(name, value, _field(example.value, name)) for name, value in asked.items()]
        shared = [(str(value), found) for name, value, found in has if found is not None]
        if all(value == found for value, found in shared):
            ranked.append((len(shared), example, reply))
    ranked.sort(key=lambda item: -item[0])
    return [(example, reply) for _, example, reply in ranked] or examples


def _id(value: Any, read: str) -> str | None:
    """The ID of an example, by the parameter that the path ends with; None where it has none."""
    pointer = relations.id_pointer(value, read) if isinstance(value, Mapping) else ""
    return _text(pointers.get(value, pointers.split(pointer))) if pointer else None


def _has_id(value: Any, read: str, call: Call) -> bool:
    """Whether an example is of the ID that the path ends with."""
    return _id(value, read) == _requested_id(read, call)


def _has_another_id(value: Any, read: str, call: Call) -> bool:
    """Whether an example is of another ID."""
    return _id(value, read) not in (None, _requested_id(read, call))


def _requested_id(read: str, call: Call) -> str:
    return call.path_values[read.rstrip("/").rpartition("/")[2][1:-1]]


def _field(value: Any, name: str) -> str | None:
    try:
        found = pointers.get(value, [name])
    except LookupError:
        return None
    return _text(found)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _body_fields(call: Call) -> dict[str, str]:
    value = call.json
    if not isinstance(value, Mapping):
        return {}
    return {name: text for name, item in value.items() if (text := _text(item)) is not None}


def _sent_ids(value: Any) -> Iterator[str]:
    """The texts and numbers in a body, as texts, but for the ID of an object that was sent as a whole."""
    if isinstance(value, list):
        for each in value:
            yield from _sent_ids(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "id" or len(value) == 1:
                yield from _sent_ids(each)
    elif isinstance(value, str | int):
        yield str(value)
