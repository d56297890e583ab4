"""What a client sent, in the generated response to it: a created pet has the name that the client gave it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement, is_open, members, plausible
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowmock.examples.merge_patch import merged
from flowmock.generation import bodies
from flowmock.generation.new_items import created, with_its_end
from flowmock.generation.relations import envelopes, hold, is_marked
from flowmock.messages import Call
from flowmock.seeds import DEFAULT, Seed
from flowmock.validation import requests

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_MAX_ALTERNATIVES = 20
"""Alternatives of a body that are tried."""
_MAX_SENT = 100
"""Objects of a list that was sent that are completed."""
_WRITES = frozenset({"POST", "PUT", "PATCH"})


def with_sent(
    value: Any, operation: Operation, media: MediaType, call: Call, seed: Seed = DEFAULT, *, is_new: bool = False
) -> Any:
    """A generated body of a success, with the members that the request has under the same names.

    Of several alternatives, it is the one that has room for most of them. A member is not taken where only the server
    sets it (`readOnly`), or where the schema does not allow the value. `is_new`: whether the request creates what the
    response shows.
    """
    if operation.method not in _WRITES or not call.body or not isinstance(value, dict | list):
        return value
    sent = requests.value_of_body(operation, call)
    if isinstance(value, list):
        return with_sent_items(value, sent, media, seed) if isinstance(sent, list) else value
    file = requests.of_file(operation, call)
    if not isinstance(sent, Mapping):
        if not file[1]:
            return value
        sent = {}  # The body is a file.
    if is_new and isinstance(sent, dict):
        sent = requests.with_defaults(operation, call, sent)
    found = with_file(changed(value, sent, operation, media, seed), file, media)
    if found is not value:
        found = with_undeclared(found, operation, media, call)
        found = with_its_end(media, created(media, found, sent) if is_new else found, sent)
        return hold(found, operation, call.path_values, call.query, media.is_valid)
    for name in envelopes(value, f"{operation.path.rstrip('/')}/{{id}}"):
        inner, inner_media = value[name], media.member(name)
        if isinstance(inner, dict) and inner_media:
            own = sent.get(name)
            own = own if isinstance(own, Mapping) else sent
            after = with_file(changed(inner, own, operation, inner_media, seed), file, inner_media)
            after = with_undeclared(after, operation, inner_media, call, envelope=name)
            after = created(inner_media, after, sent) if is_new and after is not inner else after
            after = with_its_end(inner_media, after, own)
            if after is not inner and media.is_valid(whole := {**value, name: after}):
                return hold(whole, operation, call.path_values, call.query, media.is_valid)
    return with_undeclared(value, operation, media, call)


def changed(
    value: dict[str, Any], sent: Mapping[str, Any], operation: Operation, media: MediaType, seed: Seed = DEFAULT
) -> dict[str, Any]:
    """An object with the members that were sent; PATCH merges them (RFC 7396), and leaves the others as they are."""
    if operation.method != "PATCH":
        return best(value, sent, media, seed)
    whole = merged(value, sent, media)
    removed = {
        name for name in value.keys() - whole.keys()
        if (part := media.member(name)) is None or not is_marked(part.schema or {}, "readOnly", part.schemas)
    }  # fmt: skip
    before = {name: each for name, each in value.items() if name not in removed} if removed else value
    return best(before, {name: whole[name] for name in sent if name in whole}, media, seed, agrees=False)


def with_undeclared(
    value: dict[str, Any], operation: Operation, media: MediaType, call: Call, *, envelope: str = ""
) -> dict[str, Any]:
    """An object with the members that were sent and its schema does not name, if it is open to them and allows them.

    Without files and what no response has (writeOnly, passwords). `envelope`: the member of the body that it is.
    """
    sent = requests.value_of_body(operation, call)
    if media.schema is None or not isinstance(sent, Mapping) or requests.file_in(operation, call):
        return value
    if not is_open(media.schema, media.schemas):
        return value
    body = requests.media_of(operation, call.header("content-type"))
    if isinstance(own := sent.get(envelope), Mapping):
        sent, body = own, body.member(envelope) if body else None
    of_request = dict(members(body.schema or {}, body.schemas)) if body else {}
    hidden = {name for name, each in of_request.items() if body and is_marked(each, "writeOnly", body.schemas)}
    hidden |= {name for name in sent if "password" in words(name)}
    named = {name for name, _ in members(media.schema, media.schemas)}
    others = {name: each for name, each in sent.items() if name not in named | hidden}
    if operation.method == "PATCH":
        choices = [merged(value, others, media)]
    else:
        is_replaced = operation.method == "PUT" or not named
        kept = {name: each for name, each in value.items() if name in named or not is_replaced}
        choices = [kept | others, value | others]
    return next((each for each in choices if each != value and media.is_valid(each)), value)


def with_sent_items(value: list[Any], sent: list[Any], media: MediaType, seed: Seed) -> list[Any]:
    """A generated list with the items of the one that was sent, as far as its schema allows."""
    items = media.items()
    if items is None or items.schema is None or not _are_objects(sent):
        return sent if media.is_valid(sent) else value
    made = _of_length(value, len(sent), "", items, seed)
    pairs = zip(made, sent, strict=False)
    found = [best(own, each, items, seed) if isinstance(own, dict) else own for own, each in pairs]
    return found if media.is_valid(found) else value


def with_asked(value: Any, query: Iterable[tuple[str, str]], media: MediaType) -> Any:
    """The body of what is not a list, with what a query asks for under the same names: the `from` and `to` of a route.

    The other members agree with that, as far as the schema allows.
    """
    if not isinstance(value, dict):
        return value
    plain = {snake_case(name): name for name, _ in members(media.schema or {}, media.schemas)}
    named = ((plain.get(snake_case(name), ""), text) for name, text in query)
    asked = {name: text for name, text in named if name and text and not isinstance(value.get(name), dict | list)}
    return with_its_end(media, over(value, asked, media), asked) if asked else value


def defaults(operation: Operation, query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The defaults of the query parameters that a query does not have."""
    given = {name for name, _ in query}
    known = {each.name: each.schema.get("default") for each in operation.parameters if each.location == "query"}
    return [
        (name, str(value)) for name, value in known.items()
        if name not in given and isinstance(value, str | int) and not isinstance(value, bool)
    ]  # fmt: skip


def best(
    value: dict[str, Any], sent: Mapping[str, Any], media: MediaType, seed: Seed, *, agrees: bool = True
) -> dict[str, Any]:
    """An object with the members of another, of the alternative that holds most: a card for what pays by card.

    `agrees`: as in `over`.
    """
    choices = []
    for each in media.alternatives()[:_MAX_ALTERNATIVES]:
        own = value if each.is_valid(value) else bodies.body(each, seed=seed, key=each.schema_pointer)
        if isinstance(own, dict) and media.is_valid(changed := best(own, sent, each, seed, agrees=agrees)):
            choices.append(changed)
    if not choices:
        return over(value, sent, media, seed, agrees=agrees)
    return max(choices, key=lambda choice: sum(name in choice and choice[name] == sent[name] for name in sent))


def over(
    value: dict[str, Any], sent: Mapping[str, Any], media: MediaType, seed: Seed = DEFAULT, *, agrees: bool = True
) -> dict[str, Any]:
    """An object with the members of another that its schema declares and allows, and totals of what it has then.

    `agrees`: whether its other members agree with them; a change of some members leaves the others as they are.
    """
    declared = dict(members(media.schema or {}, media.schemas))
    made = value
    sent = with_objects(sent, declared, media.schemas)
    for name, schema in declared.items():
        if name in sent and not is_marked(schema, "readOnly", media.schemas) and sent[name] != value.get(name):
            generated = _as_object(
                _as_many(value.get(name), sent[name], name, media, seed), sent[name], name, media, seed
            )
            choices = ({**value, name: choice} for choice in in_response(sent[name], generated))
            value = next((changed for changed in choices if media.is_valid(changed)), value)
    # What was sent stays, also where it is what would have been generated.
    generated = {name: each for name, each in made.items() if name not in sent or sent[name] != each}
    agreed: dict[str, Any] = agreement.valid(value, generated, media.is_valid) if agrees else value
    agreed = _with_items(agreed, value, sent)
    summed: dict[str, Any] = agreement.summed(agreed, sent)
    return summed if summed is agreed or media.is_valid(summed) else agreed


def _with_items(agreed: dict[str, Any], value: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose lists of objects have what was sent of each of them. `value`: before its members agreed."""
    found = {}
    for name, items in sent.items():
        own, before = agreed.get(name), value.get(name)
        if isinstance(own, list) and isinstance(items, list) and _are_objects(items) and own != before:
            pairs = zip(own, before or (), items, strict=False)
            found[name] = [each | {key: old[key] for key in old if key in given} for each, old, given in pairs]
    return agreed | found if found else agreed


def _as_object(made: Any, sent: Any, name: str, media: MediaType, seed: Seed) -> Any:
    """A generated object where one was sent and null was generated; any other value as it is."""
    part = media.member(name) if isinstance(sent, dict) and made is None else None
    kinds = (part, *part.alternatives()) if part and not part.is_valid(sent) else ()
    objects = (bodies.body(each, seed=seed, key=f"{name} {each.schema_pointer}") for each in kinds)
    return next((each for each in objects if isinstance(each, dict)), made)


def _as_many(made: Any, sent: Any, name: str, media: MediaType, seed: Seed) -> Any:
    """A generated list with as many objects as objects, or IDs of some, were sent; any other value as it is."""
    is_list = isinstance(sent, list) and isinstance(made, list) and (_are_objects(sent) or _are_ids(sent))
    part = media.member(name) if is_list else None
    items = part.items() if part else None
    if items is None or items.schema is None or (_are_ids(sent) and not _are_objects(made or [{}])):
        return made
    return _of_length(made, len(sent), name, items, seed)


def _of_length(made: list[Any], length: int, name: str, items: MediaType, seed: Seed) -> list[Any]:
    """A generated list that has so many items, but not more than a few of its own."""
    more = [bodies.body(items, seed=seed, key=f"{name} {at}") for at in range(len(made), min(length, _MAX_SENT))]
    return (made + more)[:length]


def _are_objects(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(each, dict) for each in values)


def _are_ids(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(each, str | int) and not isinstance(each, bool) for each in values)


def with_file(value: dict[str, Any], file: tuple[Mapping[str, Any], str], media: MediaType) -> dict[str, Any]:
    """An object with the members about a file that its schema declares and allows. `file`: as `requests.of_file`.

    A `name` alone may be that of something else, such as the user whose picture it is.
    """
    described, filename = file
    declared = dict(members(media.schema or {}, media.schemas)) if described or filename else {}
    known = {name: each for name, each in described.items() if name in declared}
    known = {} if known.keys() == {"name"} else known
    named = ((name, plausible.url_of_file(name, value.get(name), filename, alone=not known)) for name in declared)
    for name, each in (*known.items(), *named):
        if each is not None and media.is_valid(changed := {**value, name: each}):
            value = changed
    return value


def with_objects(sent: Mapping[str, Any], declared: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The sent members, those objects of the response that sent IDs stand for (`owner_id` for `owner`, `tag_ids` for
    `tags`), or a part of them (`product_sku`), and members of sent objects that the response has beside others
    (`method` of `payment` for `payment_method`).

    `declared`: the members of the response, with their schemas.
    """
    found = dict(sent)
    plain = {words(name): name for name in declared}
    for name, value in sent.items():
        other = name.removesuffix("_id").removesuffix("Id")
        if name not in declared and other not in sent and next(members(declared.get(other, {}), schemas), None):
            found[other] = value
        if isinstance(value, list) and (several := _objects_of(name, declared, schemas)) and several not in sent:
            found[several] = value
        if name not in declared and isinstance(value, str | int):
            found |= {each: {key: value} for each, key in _keyed(name, declared, schemas) if each not in sent}
        for key, part in value.items() if isinstance(value, dict) else ():
            beside = plain.get((*words(name), *words(key)), name)
            found.setdefault(beside, part)
    return found


def _keyed(name: str, declared: Mapping[str, Any], schemas: Schemas) -> Iterator[tuple[str, str]]:
    """The object, and its member, that a value says: `product` and its `sku` for `product_sku`."""
    own = words(name)
    for each, schema in declared.items() if own[-1] in plausible.NATURAL_KEYS else ():
        of_object = words(each)
        if own[: len(of_object)] == of_object and len(own) > len(of_object):
            inner = (key for key, _ in members(schema, schemas) if words(key) == own[len(of_object) :])
            yield from ((each, key) for key in inner)


def _objects_of(name: str, declared: Mapping[str, Any], schemas: Schemas) -> str:
    """The array of objects that a list of IDs stands for: `tags` for `tag_ids`; empty for none."""
    *one, last = words(name)
    for each, schema in declared.items() if last == "ids" else ():
        names = singulars(snake_case(each))
        items = schemas.resolve(schema).get("items") or {}
        if "_".join(one) in names and "id" in dict(members(items, schemas)):
            return each
    return ""


def in_response(sent: Any, made: Any) -> Iterator[Any]:
    """What a sent value can be in a response, where it may have another type, the best first.

    `9.5` is `"9.5"` there or the other way round, an ID is an object with this ID, and an object may lack members.
    `made`: the generated value.
    """
    yield sent
    if isinstance(sent, dict) and isinstance(made, dict):
        own = {name: _like(value, made[name]) if name in made else value for name, value in sent.items()}
        yield made | sent
        yield made | own
        yield made | {name: value for name, value in own.items() if name in made}
    if isinstance(sent, list) and isinstance(made, list) and len(sent) == len(made) and _are_objects([*sent, *made]):
        yield [own | each for own, each in zip(made, sent, strict=True)]
        yield [own | {name: each[name] for name in each if name in own} for own, each in zip(made, sent, strict=True)]
    elif isinstance(sent, list) and _are_ids(sent) and isinstance(made, list) and len(sent) == len(made):
        yield [own | {"id": each} if isinstance(own, dict) else own for own, each in zip(made, sent, strict=True)]
    if isinstance(sent, str):
        if _NUMBER.fullmatch(sent):
            yield float(sent) if "." in sent else int(sent)
    elif isinstance(sent, int | float) and not isinstance(sent, bool):
        yield _like(sent, made)
        yield str(sent)
    if isinstance(made, dict) and "id" in made and isinstance(sent, str | int):
        yield made | {"id": sent}
        yield made | {"id": str(sent)}


def _like(sent: Any, made: Any) -> Any:
    """A number that was sent as a text with the usual digits (`9.5` as `9.50`), where the generated value is one.

    It stays the same number.
    """
    is_number = isinstance(sent, int | float) and not isinstance(sent, bool)
    if not is_number or not isinstance(made, str) or not _NUMBER.fullmatch(made):
        return sent
    number, digits = Decimal(str(sent)), len(made.partition(".")[2])
    written = f"{number:.{digits}f}"
    return written if Decimal(written) == number else f"{number:f}"
