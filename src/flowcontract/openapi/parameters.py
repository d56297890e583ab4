"""Values of parameters in every style: read from a request, and written into one.

Sources: Parameter Object and Encoding Object of OpenAPI 3.0.4 and 3.1.1 (`style`, `explode`, `content`), RFC 6570, 3.2.

A text has no type: `7` can be a number or a string, `1,2` a list or a string. A schema may allow several of them,
so each reading that the schema speaks of is tried, and the first one that is valid is the value.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

from flowcontract.openapi.model import MediaType, Parameter
from flowcontract.openapi.schema_shapes import Resolve, Shape, shapes

MISSING = object()
"""The value of a parameter that a request does not have."""
EMPTY = object()
"""The value of one that is there without a value, where `allowEmptyValue` says that it may be."""
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters of these names are ignored (Parameter Object, `name`)."""
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 50
"""Levels of brackets in the name of a query parameter, and of lists within lists, that are read."""
Pairs = Sequence[tuple[str, str]]


class StyleError(ValueError):
    """A text that is not in the style of its parameter. The message has what is expected and what was sent."""


class RawValues(NamedTuple):
    """A request's values as texts, percent-decoded. A tuple: the mock makes one for every request."""

    path: Mapping[str, str] = MappingProxyType({})
    query: Pairs = ()
    headers: Pairs = ()
    """Names in lower case."""
    encoded_path: Mapping[str, str] = MappingProxyType({})
    """The values of `path` as they were sent: an encoded comma is not a separator (RFC 6570, 3.2.1)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value that has a style: a parameter, or a property of a form body (there, `location` is `query`)."""

    name: str
    location: str
    style: str
    explode: bool
    schema: Any
    resolve: Resolve
    is_valid: Callable[[Any], bool]
    others: frozenset[str] = frozenset()
    """Names in the same location that are other fields."""


def read(parameter: Parameter, raw: RawValues, others: frozenset[str] = frozenset()) -> Any:
    """The value of a parameter in a request: MISSING, EMPTY, or a JSON value, valid where any reading of it is.

    `others`: the names of the other parameters in the same location: an exploded object does not take them.
    Raises StyleError where the text cannot be read in the parameter's style.
    """
    if parameter.location == "header" and parameter.name.lower() in IGNORED_HEADERS:
        return MISSING
    if parameter.content:
        return _document(parameter, raw)
    simple = parameter.location == "path" and parameter.style == "simple"
    if simple and isinstance(parameter.schema, dict) and parameter.schema.get("type") == "string":
        return raw.path.get(parameter.name, MISSING)  # The usual case: the text is the value.
    if parameter.allows_empty and [text for name, text in raw.query if name == parameter.name] == [""]:
        return EMPTY
    return read_field(
        Field(
            parameter.name,
            parameter.location,
            parameter.style,
            parameter.explode,
            parameter.schema,
            parameter.resolve,
            parameter.is_valid,
            others,
        ),
        raw,
    )


def read_field(one: Field, raw: RawValues) -> Any:
    """The value of a field, as `read` gives it. Raises StyleError."""
    candidates = _candidates(one, raw)
    first = next(candidates, MISSING)
    second = next(candidates, MISSING)
    if second is MISSING or one.is_valid(first):
        return first
    return next((value for value in (second, *candidates) if one.is_valid(value)), first)


def plain(parameter: Parameter, text: str) -> str:
    """A path parameter's text without what its style puts around it: `5` for `.5` and `;id=5`."""
    if parameter.style == "label":
        return text.removeprefix(".")
    if parameter.style == "matrix":
        return text.removeprefix(f";{parameter.name}=")
    return text


def _document(parameter: Parameter, raw: RawValues) -> Any:
    """The value of a parameter that has `content`: a document in the text."""
    assert parameter.content
    if parameter.location == "querystring":
        return _whole_query(parameter.content, raw)
    texts = _texts(parameter.name, parameter.location, raw)
    if not texts:
        return MISSING
    return from_json(texts[-1]) if parameter.content.is_json else texts[-1]


def _whole_query(content: MediaType, raw: RawValues) -> Any:
    """The query string as one document (OpenAPI 3.2, `in: querystring`): JSON, or the fields of a form."""
    if not raw.query:
        return MISSING
    if content.is_json:
        return from_json("&".join(f"{name}={value}" if value else name for name, value in raw.query))
    resolve = content.schemas.resolve
    found = [_object(raw.query, shape, resolve) for shape in shapes(content.schema, resolve)]
    return next((each for each in found if next(content.request_errors(each), None) is None), found[0])


def from_json(text: str | bytes) -> Any:
    """A JSON text as a value. Raises StyleError; NaN and Infinity are not JSON (RFC 8259, 6)."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise StyleError(f"expected JSON, got something else ({error})") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


# The texts of a request, as its styles cut them.


@dataclass(frozen=True, slots=True)
class _Cut:
    """The text of one field, cut for each kind of value that it could be."""

    scalar: str | None = None
    lists: Sequence[Sequence[str]] = ()
    """Ways to read it as a list of items, the best first."""
    objects: Sequence[Pairs] = ()
    """Ways to read it as the members of an object, the best first."""
    repeated: bool = False
    """Whether the name is there several times."""


def _texts(name: str, location: str, raw: RawValues) -> list[str]:
    if location == "path":
        return [raw.path[name]] if name in raw.path else []
    if location == "query":
        return [value for key, value in raw.query if key == name]
    if location == "header":
        found = [value.strip() for key, value in raw.headers if key == name.lower()]
        return [", ".join(found)] if found else []
    return [value for key, value in cookies(raw.headers) if key == name]


def cookies(headers: Pairs) -> list[tuple[str, str]]:
    """The cookies of a request, percent-decoded, in order."""
    pairs = (pair.strip().partition("=") for name, value in headers if name == "cookie" for pair in value.split(";"))
    return [(name.strip(), unquote(_unquoted(value.strip()))) for name, sign, value in pairs if sign]


def _unquoted(value: str) -> str:
    """A cookie's value without the quotes that it may stand in (RFC 6265, 4.1.1)."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _cut(one: Field, raw: RawValues) -> _Cut | None:
    """The field's text cut by its style; None where the request does not have it. Raises StyleError."""
    texts = _texts(one.name, one.location, raw)
    if not texts:
        return None
    if one.location == "path" and one.name in raw.encoded_path:
        return _cut_encoded(one, texts[0], raw.encoded_path[one.name])
    if one.location in ("path", "header"):
        return _cut_text(one, texts[0])
    separator = _SEPARATORS.get(one.style, ",")
    pieces = texts[-1].split(separator) if texts[-1] else []
    if not one.explode:
        whole = texts if len(texts) > 1 else pieces
        return _Cut(texts[-1], [whole], [_alternating(pieces)], len(texts) > 1)
    lists = [texts, []] if texts == [""] else [texts]
    if one.location == "cookie" and len(texts) == 1:  # Clients rarely send a cookie twice.
        lists += [pieces, [each.removeprefix(f"{one.name}=") for each in texts[0].split("&")]]
    return _Cut(texts[-1], lists, (), len(texts) > 1)


def _cut_text(one: Field, text: str) -> _Cut:
    """The one text of a path or header parameter, cut by its style. Raises StyleError."""
    if one.style == "label":
        if not text.startswith("."):
            raise StyleError(f"expected a dot before the value (style label), got {text!r}")
        rest = text[1:]
        # Until OpenAPI 3.0.3 a list that is not exploded had dots, too.
        separators = "." if one.explode else ",."
        lists = [rest.split(separator) if rest else [] for separator in separators]
        objects = [_named(pieces) if one.explode else _alternating(pieces) for pieces in lists]
        return _Cut(rest, lists, objects)
    if one.style == "matrix":
        return _cut_matrix(one, text)
    pieces = [piece.strip() if one.location == "header" else piece for piece in text.split(",")] if text else []
    return _Cut(text, [pieces], [_named(pieces) if one.explode else _alternating(pieces)])


def _cut_encoded(one: Field, text: str, encoded: str) -> _Cut:
    """A path parameter's text cut before it is decoded, and after: many clients encode separators, too."""
    try:
        before = _cut_text(one, encoded)
    except StyleError:
        return _cut_text(one, text)
    lists = [[unquote(piece) for piece in pieces] for pieces in before.lists]
    objects = [[(unquote(name), unquote(value)) for name, value in pairs] for pairs in before.objects]
    scalar = None if before.scalar is None else unquote(before.scalar)
    after = _cut_text(one, text)
    return _Cut(scalar, [*lists, *after.lists], [*objects, *after.objects])


def _cut_matrix(one: Field, text: str) -> _Cut:
    if not text.startswith(";"):
        raise StyleError(f"expected ;{one.name}= before the value (style matrix), got {text!r}")
    pairs = _named(text[1:].split(";"))
    values = [value for name, value in pairs if name == one.name]
    if not values:
        if one.explode and _has_kind(one, "object"):
            return _Cut(None, (), [pairs])
        raise StyleError(f"expected ;{one.name}= before the value (style matrix), got {text!r}")
    pieces = values[0].split(",") if values[0] else []
    return _Cut(values[0], [values if one.explode else pieces], [pairs if one.explode else _alternating(pieces)])


def _alternating(pieces: Sequence[str]) -> Pairs:
    """`R,100,G,200`: names and values in turn."""
    return list(zip(pieces[::2], pieces[1::2], strict=False))


def _named(pieces: Sequence[str]) -> Pairs:
    """`R=100,G=200`."""
    return [(name, value) for name, _, value in (piece.partition("=") for piece in pieces)]


def _has_kind(one: Field, kind: str) -> bool:
    return any(shape.admits(kind) for shape in shapes(one.schema, one.resolve))


# The readings of a text.


def _candidates(one: Field, raw: RawValues) -> Iterator[Any]:
    """The values that a field's text may stand for, the likeliest first; none where the field is missing."""
    found = shapes(one.schema, one.resolve)
    if one.location == "query" and (one.style == "deepObject" or one.explode):
        for shape in found:
            if shape.admits("object") and (pairs := _spread(one, shape, raw)):
                yield _from_tree(_tree(pairs), shape, one.resolve)
    if one.style == "deepObject" and one.location == "query":
        yield from _bracketed_list(one, found, raw)
        yield from _beside_objects(one, found, raw)
        return
    if one.location == "cookie" and one.explode:
        for shape in found:
            members = [pair for pair in cookies(raw.headers) if pair[0] in shape.properties]
            if shape.admits("object") and members:
                yield _object(members, shape, one.resolve)
    cut = _cut(one, raw)
    if cut is None:
        return
    has_list = any(shape.admits("array") for shape in found)
    if cut.repeated and has_list:
        found = [shape for shape in found if shape.admits("array")]
    for shape in found:
        yield from _readings(cut, shape, one.resolve)
    if cut.scalar is not None and not (has_list and cut.repeated):
        yield cut.scalar


def _readings(cut: _Cut, shape: Shape, resolve: Resolve) -> Iterator[Any]:
    if shape.admits("array"):
        for texts in cut.lists:
            typed = [nested([text], _item(shape, index), resolve) for index, text in enumerate(texts)]
            yield typed
            if typed != texts:
                yield list(texts)
    if shape.admits("object"):
        for pairs in cut.objects:
            yield _object(pairs, shape, resolve)
    if cut.scalar is not None and not (cut.repeated and shape.admits("array")):
        yield from typed_texts(cut.scalar, shape.kinds)


def typed_texts(text: str, kinds: frozenset[str] | None) -> Iterator[Any]:
    """A text as each of the scalar types that it can be; `kinds` are those that the schema admits, None for any."""
    if kinds is None:
        yield text
        return
    if kinds & {"integer", "number"} and _INTEGER.fullmatch(text) and len(text) < 4000:
        yield int(text)
    elif "number" in kinds and _NUMBER.fullmatch(text):
        yield float(text)
    if "boolean" in kinds and text in ("true", "false"):
        yield text == "true"
    if "string" in kinds:
        yield text
    if "null" in kinds and text in ("", "null"):
        yield None


def _item(shape: Shape, index: int) -> Any:
    return shape.prefix[index] if index < len(shape.prefix) else shape.items


def nested(texts: Sequence[str], schema: Any, resolve: Resolve, depth: int = 0) -> Any:
    """The value of an item or member: a list where there are several texts, or where it can be nothing else."""
    found = shapes(schema, resolve)
    lists = [shape for shape in found if shape.admits("array")]
    if lists and depth < _DEEPEST and (len(texts) > 1 or len(lists) == len(found)):
        return [nested([text], _item(lists[0], index), resolve, depth + 1) for index, text in enumerate(texts)]
    if len(texts) > 1:
        return list(texts)
    for shape in found:
        if shape.admits("object") and texts[0].lstrip().startswith("{"):
            try:
                return from_json(texts[0])
            except StyleError:
                break
    kinds = [shape.kinds for shape in found]
    together = None if None in kinds else frozenset[str]().union(*(each for each in kinds if each))
    return next(typed_texts(texts[0], together), texts[0])


def _object(pairs: Pairs, shape: Shape, resolve: Resolve) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        grouped.setdefault(name, []).append(text)
    return {name: nested(texts, shape.member(name), resolve) for name, texts in grouped.items()}


def _spread(one: Field, shape: Shape, raw: RawValues) -> list[tuple[list[str], str]]:
    """The members of an object that are query parameters of their own, by path: `p[a][b]=1`, or plainly `a=1`."""
    if one.style == "deepObject":
        prefix = f"{one.name}["
        found = [
            (_BRACKETS.findall(name[len(one.name) :]), text)
            for name, text in raw.query
            if name.startswith(prefix) and name.endswith("]")
        ]
        if any(len(path) > _DEEPEST for path, _ in found):
            raise StyleError(f"expected at most {_DEEPEST} levels of brackets (style deepObject), got more")
        return found
    takes_others = isinstance(shape.rest, Mapping) or shape.rest is True
    return [
        ([name], text)
        for name, text in raw.query
        if name in shape.properties or (takes_others and name not in one.others and name != one.name)
    ]


def _bracketed_list(one: Field, found: Sequence[Shape], raw: RawValues) -> Iterator[Any]:
    """A list in the style deepObject, which OpenAPI leaves open, as clients send it: `p[]=1`, `p[0]=1`, `p=1&p=2`."""
    pairs = [([one.name, *path], text) for path, text in _spread(one, Shape(), raw)]
    has_list = any(shape.admits("array") for shape in found)
    if has_list and all(path[1] == "" or path[1].isdecimal() for path, _ in pairs):
        pairs += [([one.name], text) for text in _texts(one.name, "query", raw)]
        yield from _from_tree(_tree(pairs), Shape(properties={one.name: one.schema}), one.resolve).values()


def _beside_objects(one: Field, found: Sequence[Shape], raw: RawValues) -> Iterator[Any]:
    """The values of a field in the style deepObject that can be something else as well: `p=5` beside `p[gte]=5`."""
    scalars = frozenset[str]().union(*(shape.kinds - {"array", "object"} for shape in found if shape.kinds))
    for text in _texts(one.name, "query", raw)[-1:] if scalars else ():
        yield from typed_texts(text, scalars)
        yield text


def _tree(pairs: Sequence[tuple[list[str], str]]) -> dict[str, Any]:
    """Texts by their paths: objects of objects, with lists of texts at the ends."""
    root: dict[str, Any] = {}
    for path, text in pairs:
        steps = path[:-1] if len(path) > 1 and path[-1] == "" else path  # `p[a][]=1` is one more item of `a`.
        node = root
        for step in steps[:-1]:
            below = node.get(step)
            if not isinstance(below, dict):
                below = node[step] = {}
            node = below
        end = node.setdefault(steps[-1], [])
        if isinstance(end, list):
            end.append(text)
    return root


def _from_tree(node: Any, shape: Shape, resolve: Resolve) -> Any:
    found = {}
    for name, below in node.items():
        schema = shape.member(name)
        if isinstance(below, list):
            found[name] = nested(below, schema, resolve)
            continue
        alternatives = shapes(schema, resolve)
        lists = [each for each in alternatives if each.admits("array")]
        if lists and all(key.isdecimal() for key in below):
            inner = [_from_tree({"": below[key]}, Shape(properties={"": lists[0].items}), resolve) for key in below]
            found[name] = [each[""] for each in inner]
        else:
            inside = next((each for each in alternatives if each.admits("object")), Shape())
            found[name] = _from_tree(below, inside, resolve)
    return found


# Values as texts.


def text(value: Any, separator: str = ",") -> str:
    """A value as it stands in a query, a path or a header: lists with separators, true and false as in JSON."""
    if isinstance(value, list):
        return separator.join(map(text, value))
    if isinstance(value, Mapping):
        return separator.join(part for name, item in value.items() for part in (name, text(item)))
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def simple(value: Any, *, explode: bool = False) -> str:
    """A value in the `simple` style of paths and headers: `a,b`; objects `a,1` or, exploded, `a=1`."""
    if explode and isinstance(value, Mapping):
        return ",".join(f"{name}={text(item)}" for name, item in value.items())
    return text(value)


def path_text(parameter: Parameter, value: Any) -> str:
    """A path parameter's text in its style, not percent-encoded."""
    members = [f"{name}={text(item)}" for name, item in value.items()] if isinstance(value, Mapping) else []
    if parameter.style == "label":
        if members and parameter.explode:
            return "." + ".".join(members)
        return "." + text(value, "." if parameter.explode else ",")
    if parameter.style == "matrix":
        if members and parameter.explode:
            return ";" + ";".join(members)
        if isinstance(value, list) and parameter.explode:
            return "".join(f";{parameter.name}={text(item)}" for item in value)
        return f";{parameter.name}={text(value)}"
    return simple(value, explode=parameter.explode)


def query_pairs(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """A query parameter as names and values in its style, not percent-encoded."""
    name = parameter.name
    if parameter.content:
        return [(name, json.dumps(value, ensure_ascii=False) if parameter.content.is_json else text(value))]
    if isinstance(value, Mapping) and parameter.style == "deepObject":
        return _deep(name, value)
    if isinstance(value, Mapping) and parameter.explode:
        return [(key, text(item)) for key, item in value.items()]
    if isinstance(value, list) and parameter.explode:
        return [(name, text(item)) for item in value]
    return [(name, text(value, _SEPARATORS.get(parameter.style, ",")))]


def _deep(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [pair for key, item in value.items() for pair in _deep(f"{name}[{key}]", item)]
    return [(name, text(item)) for item in value] if isinstance(value, list) else [(name, text(value))]
