"""Error bodies that tell the reason, in the shape that the contract gives them, however nested.

Properties are understood by their names, as APIs use them: a message (`detail`, `message`, `msg`, `reason`, …), a field
(`loc`, `field`, `pointer`, …), the status, a title, an error code; lists hold one item per violation; maps of lists
hold the messages by field. No property gets words without a meaning: what has no role and is not required stays out.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import repaired
from flowmock.generation import bodies
from flowmock.seeds import DEFAULT
from flowmock.validation.violations import Violation

_MESSAGE = frozenset([
    "detail", "details", "message", "messages", "msg", "error", "errors", "errormessage", "errormessages",
    "errordescription", "errordetail", "description", "reason", "reasons", "explanation", "info", "text",
    "usermessage", "developermessage", "faultstring", "nonfielderrors", "violations", "issues", "problems", "cause",
    "causes",
])  # fmt: skip
_TITLE = frozenset(["title", "statustext", "summary", "statusmessage", "reasonphrase"])
_STATUS = frozenset(["status", "statuscode", "httpstatus", "httpcode", "httpstatuscode", "code", "errorcode"])
_CODE = frozenset(["code", "kind", "type", "errorcode", "errortype", "errorkey", "errorkind"])
_FIELD = frozenset([
    "field", "fieldname", "param", "parameter", "property", "propertyname", "propertypath", "attribute", "key",
    "target", "name",
])  # fmt: skip
_OF_FIELDS = re.compile(r"field|param|valid|violation")
"""In the name of a map that holds messages by field."""
_PART = frozenset(["in", "location", "part", "where"])
_PATH = frozenset(["loc", "location", "path"])
_ABOUT_REQUEST = frozenset(["path", "instance", "url", "uri", "requestpath", "requesturi"])
_CODES = {
    400: "invalid_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 415: "unsupported_media_type", 422: "unprocessable_content",
}  # fmt: skip
_SYNONYMS = {
    400: {"invalid", "bad", "validation", "request"},
    401: {"unauthorized", "unauthenticated", "authentication", "token"},
    403: {"forbidden", "denied", "permission"},
    404: {"not", "found", "missing", "unknown"},
    405: {"method"},
    406: {"acceptable"},
    409: {"conflict", "exists"},
    415: {"media", "type", "unsupported"},
    422: {"invalid", "validation", "unprocessable"},
}
"""Words of error codes that fit a status, where a contract lists its codes."""
_SNAKE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_QUOTED = re.compile(r"[`'\"]([a-z]+(?:_[a-z]+)+)[`'\"]")
"""Error codes in texts, and as descriptions of responses mark them."""
_OF_STATUS = re.compile(
    rf"\b(?P<status>[45]\d\d):? \(?{_QUOTED.pattern.replace('(', '(?P<code>', 1)}\)?"
    r"(?P<case> (?:because|for|if|once|unless|until|when|where|while)\b)?"
)
"""Error codes behind their status, and what says that they are for one case."""
_ALTERNATIVES = 16
_DEPTH = 8
_MOST = 500
"""Schemas that are looked into for one body. Errors that hold whole resources have thousands below them."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request gets an error response."""

    status: int
    message: str
    violations: tuple[Violation, ...] = ()
    method: str = ""
    path: str = ""
    about: str = ""
    """The ID of the operation, the end of its path, and the description of the response."""
    description: str = ""
    """Of the response, with the codes that the description of the operation names for it."""

    @property
    def title(self) -> str:
        """The phrase of the status."""
        with contextlib.suppress(ValueError):
            return HTTPStatus(self.status).phrase
        return f"Status {self.status}"

    @property
    def code(self) -> str:
        """A short code, as errors for programs have it."""
        return _CODES.get(self.status) or re.sub(r"\W+", "_", self.title.lower())

    def is_contained_in(self, content: bytes) -> bool:
        """Whether a body tells the reason: the message, or that of each violation, stands in it."""
        text = content.decode("utf-8", "replace")
        wanted = [each.message for each in self.violations] or [self.message]
        return all(message in text or json.dumps(message, ensure_ascii=False)[1:-1] in text for message in wanted)


def codes_in(texts: Iterable[str], status: int, *, any_case: bool) -> str:
    """The codes that texts name for a status, as they mark them: "Everything else is 409 `not_allowed`".

    `any_case`: also those for one case only ("409 `sold_out` when ...").
    """
    found = [each for text in texts for each in _OF_STATUS.finditer(text) if int(each["status"]) == status]
    return " ".join(f"`{each['code']}`" for each in found if any_case or not each["case"])


def body(media: MediaType, reason: Reason, example: Any = None) -> Any:
    """An error body that is valid and tells the reason, as far as its shape has room for it.

    `example`: one of the contract's; what has nothing to do with the reason is taken from it.
    Raises ContractError where no valid body can be made at all.
    """
    if media.schema is None:
        if example is not None:
            return _ErrorBody(media, reason, example).filled_example()
        return {"type": "about:blank", "title": reason.title, "status": reason.status, "detail": reason.message}
    spare = example if example is not None else _generated(media, reason)
    maker = _ErrorBody(media, reason, spare)
    candidates = [maker.filled_example()] if example is not None else [*maker.made(), maker.filled_example()]
    for candidate in candidates:
        patched = repaired(candidate, spare, media.errors)
        if media.is_valid(patched):
            return patched
    return spare


def _generated(media: MediaType, reason: Reason) -> Any:
    try:
        return bodies.body(media, seed=DEFAULT, key=f"error {reason.status}", lean=True)
    except ContractError:
        return bodies.body(media, seed=DEFAULT, key=f"error {reason.status}")


class _ErrorBody:
    """Makes one error body."""

    def __init__(self, media: MediaType, reason: Reason, spare: Any) -> None:
        self._resolve = media.schemas.resolve
        self._schema = media.schema
        self._is_problem = media.name.lower().startswith("application/problem+")
        self._reason = reason
        self._spare = spare
        self._looked_into = 0

    def made(self) -> Iterator[Any]:
        """Bodies made by the schema, one per alternative."""
        for schema in self._flat(self._schema):
            self._looked_into = 0
            yield self._value([schema], "", self._spare, None, 0)

    def filled_example(self) -> Any:
        """The example, with its messages, fields and status those of the reason."""
        return self._filled(self._spare, "", frozenset())

    # Into an example.

    def _filled(self, value: Any, name: str, siblings: frozenset[str]) -> Any:
        plain = _plain(name)
        if isinstance(value, Mapping):
            names = frozenset(map(_plain, value))
            return {key: self._filled(item, key, names) for key, item in value.items()}
        if isinstance(value, list):
            if plain in _MESSAGE and value and isinstance(value[0], str):
                return [str(each) for each in self._reason.violations] or [self._reason.message]
            if value and isinstance(value[0], Mapping) and self._reason.violations:
                return [self._filled_item(value[0], each) for each in self._reason.violations]
            return [self._filled(item, name, siblings) for item in value]
        if (
            isinstance(value, str)
            and plain in _MESSAGE
            and not (plain == "error" and siblings & (_MESSAGE - {"error"}))
        ):
            return self._reason.message
        if isinstance(value, int) and not isinstance(value, bool) and plain in _STATUS and 100 <= value <= 599:
            return self._reason.status
        return value

    def _filled_item(self, item: Mapping[str, Any], violation: Violation) -> dict[str, Any]:
        names = frozenset(map(_plain, item))
        found = {}
        for key, value in item.items():
            kinds = {str: "string", list: "array", int: "integer", dict: "object"}.get(type(value), "")
            known = None if _plain(key) in _CODE | _TITLE else self._by_role(key, kinds, names, violation, {})
            if isinstance(value, Mapping):
                known = self._filled_item(value, violation)
            found[key] = value if known is None else known
        return found

    # By a schema.

    def _flat(self, schema: Any, depth: int = 0) -> list[dict[str, Any]]:
        """The alternatives of a schema, references followed and `allOf` taken together."""
        if not isinstance(schema, Mapping):
            return [{}]
        self._looked_into += 1
        own = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf", "$ref")}
        found = [own]
        if depth > _DEPTH:
            return found
        parts = [[part] for part in schema.get("allOf") or ()]
        if "$ref" in schema:
            parts.append([self._resolve({"$ref": schema["$ref"]})])
        parts += [list(schema[keyword]) for keyword in ("anyOf", "oneOf") if schema.get(keyword)]
        for branches in parts:
            branched = [each for branch in branches for each in self._flat(branch, depth + 1)][:_ALTERNATIVES]
            found = [_merged(one, other) for one in found for other in branched][:_ALTERNATIVES]
        return found

    def _value(self, alternatives: Sequence[dict[str, Any]], name: str, spare: Any, about: Violation | None, depth: int,
               siblings: frozenset[str] = frozenset()) -> Any:  # fmt: skip
        """A value for one of the alternatives; one that has room for several messages goes first."""
        known = [each for each in alternatives if _kind(each) != "null"] or [{}]
        holds_several = ("object", "array") if self._reason.violations else ()
        schema = next((each for each in known if _kind(each) in holds_several), known[0])
        kind = _kind(schema)
        if kind == "object" and depth <= _DEPTH and self._looked_into < _MOST:
            return self._object(schema, spare, about, depth)
        known = self._by_role(name, kind, siblings, about, schema)
        if kind == "array" and known is None:
            return self._array(schema, name, spare, about, depth)
        if known is None:
            given = [schema[keyword] for keyword in ("const", "default") if keyword in schema]
            for value in (*given, *(schema.get("examples") or ())):
                return value
        if known is not None:
            return known
        if kind == "string" and not schema.keys() & {"format", "pattern", "enum"}:
            return _shortened(self._reason.code if _plain(name).endswith("id") else self._message(about), schema)
        return spare

    def _object(self, schema: Mapping[str, Any], spare: Any, about: Violation | None, depth: int) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = set(schema.get("required") or ())
        siblings = frozenset(map(_plain, properties))
        found: dict[str, Any] = {}
        flat = {name: self._flat(member) for name, member in properties.items()}
        says_it = any(_plain(name) in _MESSAGE and _kind(each) == "string" for name in flat for each in flat[name])
        for name, alternatives in flat.items():
            inner = spare.get(name) if isinstance(spare, Mapping) else None
            # Beside a message, another object is what the error is about, not one more error.
            named = self._holds_messages(name) or any(_is_source(name, each) for each in alternatives)
            is_beside = says_it and not named and all(_kind(each) == "object" for each in alternatives)
            if name in required or (not is_beside and self._has_role(name, alternatives, siblings, about, depth)):
                found[name] = self._value(alternatives, name, inner, about, depth + 1, siblings)
        for name in required - properties.keys():
            if isinstance(spare, Mapping) and name in spare:
                found[name] = spare[name]
        rest = schema.get("additionalProperties")
        if isinstance(rest, Mapping) and all(_plain(name) == "nonfielderrors" for name in found):
            by_field = self._by_field(rest)
            found = {name: item for name, item in found.items() if name in required or not by_field} | by_field
        return found

    def _by_field(self, rest: Mapping[str, Any]) -> dict[str, Any]:
        """The messages by field, as a map of lists or texts has them."""
        kinds = {_kind(each) for each in self._flat(rest)}
        found: dict[str, Any] = {}
        for each in self._reason.violations:
            if "array" in kinds:
                found.setdefault(each.field or "body", []).append(each.message)
            elif "string" in kinds:
                found[each.field or "body"] = each.message
        return found

    def _array(self, schema: Mapping[str, Any], name: str, spare: Any, about: Violation | None, depth: int) -> Any:
        items = self._flat(schema.get("items") if isinstance(schema.get("items"), Mapping) else {})
        inner = spare[0] if isinstance(spare, list) and spare else None
        subjects: list[Violation | None] = [about] if about else [*self._reason.violations] or [None]
        found = [self._value(items, name, inner, each, depth + 1) for each in subjects]
        most = schema.get("maxItems")
        return found if most is None else found[: int(most)]

    def _has_role(
        self,
        name: str,
        alternatives: Sequence[dict[str, Any]],
        siblings: frozenset[str],
        about: Violation | None,
        depth: int,
    ) -> bool:
        """Whether an optional property has something to tell."""
        for schema in alternatives:
            kind = _kind(schema)
            if kind in ("object", "array"):
                if self._by_role(name, kind, siblings, about, schema) is not None:
                    return True
                if depth < _DEPTH and self._has_message(name, schema, depth):
                    return True
            elif self._by_role(name, kind, siblings, about, schema) is not None:
                return True
        return False

    def _has_message(self, name: str, schema: Mapping[str, Any], depth: int) -> bool:
        """Whether an object or list has a message somewhere in it."""
        if _kind(schema) == "array":
            items = self._flat(schema.get("items") if isinstance(schema.get("items"), Mapping) else {})
            if any(_kind(each) == "string" for each in items):
                return _plain(name) in _MESSAGE or bool(self._named(name))
            return any(_kind(each) == "object" and self._has_message(name, each, depth + 1) for each in items)
        properties = schema.get("properties") or {}
        if not properties:
            return (
                self._holds_messages(name)
                and bool(self._reason.violations)
                and isinstance(schema.get("additionalProperties"), Mapping)
            )
        if depth > _DEPTH or self._looked_into >= _MOST:
            return False
        if _is_source(name, schema):
            return bool(self._reason.violations)
        for key, member in properties.items():
            for each in self._flat(member):
                if _kind(each) == "string" and _plain(key) in _MESSAGE:
                    return True
                if _kind(each) in ("object", "array") and self._has_message(key, each, depth + 1):
                    return True
        return False

    @staticmethod
    def _holds_messages(name: str) -> bool:
        plain = _plain(name)
        return plain in _MESSAGE or bool(_OF_FIELDS.search(plain))

    def _named(self, name: str) -> list[str]:
        """The messages of violations in a field of this name: a list of them stands for the field."""
        return [each.message for each in self._reason.violations if each.field == name]

    def _by_role(
        self, name: str, kind: str, siblings: frozenset[str], about: Violation | None, schema: Mapping[str, Any]
    ) -> Any:  # fmt: skip
        """What a property of this name and type tells; None where it tells nothing."""
        plain, reason = _plain(name), self._reason
        if kind in ("integer", "number"):
            is_status = plain in _STATUS and "enum" not in schema
            return reason.status if is_status or reason.status in (schema.get("enum") or ()) else None
        if kind == "boolean":
            return {"success": False, "ok": False, "error": True}.get(plain)
        if kind == "array":
            return self._list_by_role(name, about)
        if kind != "string":
            return None
        if "enum" in schema or "const" in schema:
            return self._fitting_code(schema)
        return self._text_by_role(plain, siblings, about, schema)

    def _text_by_role(
        self, plain: str, siblings: frozenset[str], about: Violation | None, schema: Mapping[str, Any]
    ) -> Any:
        reason = self._reason
        is_problem = self._is_problem or {"title", "detail"} <= siblings
        if plain == "type" and (is_problem or schema.get("format") in ("uri", "uri-reference")):
            return "about:blank"
        if plain == "error" and siblings & {"errordescription"}:
            return reason.code
        if plain == "error" and siblings & {"message", "detail"}:
            return reason.title
        if plain in _TITLE:
            return _shortened(reason.title, schema)
        if plain in _MESSAGE or (plain in ("title", "description") and not siblings & _MESSAGE):
            return _shortened(self._message(about), schema)
        if plain == "status" or plain in _STATUS - _CODE:
            return str(reason.status)
        if plain in _CODE:
            is_rule = about and about.keyword and plain == "type"
            return about.keyword if about and is_rule else self._named_code(schema) or reason.code
        if plain == "method":
            return reason.method or None
        violation = about or (reason.violations[0] if reason.violations and plain not in ("name", "key") else None)
        if about and plain == "path":
            return about.field or "body"
        found = _about(plain, violation, siblings) if violation else None
        if found is not None:
            return found
        return (reason.path or None) if plain in _ABOUT_REQUEST else None

    def _list_by_role(self, name: str, about: Violation | None) -> Any:
        """A list that says where: `["query", "page"]`; or the messages of the field that it is named after."""
        if about and _plain(name) in _PATH:
            steps = [int(each) if each.isdecimal() else each for each in about.steps]
            return [about.part, *([about.name] if about.name else []), *steps]
        return self._named(name) or (["request"] if _plain(name) == "loc" else None)

    def _fitting_code(self, schema: Mapping[str, Any]) -> Any:
        """The value of an enum that fits the status best, then the operation; its first one where none does."""
        choices = schema["enum"] if "enum" in schema else [schema["const"]]
        words, about = _SYNONYMS.get(self._reason.status, set()), _words(self._reason.about)
        scores = [
            (len(words & own), sum(any(_is_same(word, each) for each in about) for word in own))
            for own in map(_words, map(str, choices))
        ]
        return choices[scores.index(max(scores))] if choices else None

    def _named_code(self, schema: Mapping[str, Any]) -> str:
        """The code that the contract names for the status of this operation; empty for none.

        The description of the response may name it, or its schema by examples, such as `order_not_found` for an order.
        """
        about = _words(self._reason.about)
        of_response = [each for each in _QUOTED.findall(self._reason.description) if not each.endswith("_id")]
        texts = [schema.get("description"), *(schema.get("examples") or ()), schema.get("example")]
        of_schema = [each for text in texts if isinstance(text, str) for each in _SNAKE.findall(text)]
        synonyms = _SYNONYMS.get(self._reason.status, set())
        fitting = [each for each in of_schema if _words(each) & synonyms and self._is_about(_words(each) - synonyms)]
        known = [*of_response, *fitting]
        return max(known, key=lambda code: len(_words(code) & about), default="")

    def _is_about(self, nouns: set[str]) -> bool:
        """Whether an operation is about what these words say."""
        about = _words(self._reason.about)
        return all(any(_is_same(word, each) for each in about) for word in nouns)

    def _message(self, about: Violation | None) -> str:
        return str(about) if about else self._reason.message


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))


def _is_same(word: str, other: str) -> bool:
    """Whether two words differ in their ending at most, as `cancelled` and `cancel`; short ones say too little."""
    shared = max(_LEAST_LETTERS, min(len(word), len(other)) - _ENDING)
    return len(word) >= shared and word[:shared] == other[:shared]


_LEAST_LETTERS, _ENDING = 4, 2


def _about(plain: str, violation: Violation, siblings: frozenset[str]) -> str | None:
    """What a property of an item about one violation holds."""
    if plain == "pointer":  # JSON:API: a pointer into the document, or the name of a parameter.
        return (violation.pointer or "/") if violation.part == "body" else None
    if plain == "parameter" and "pointer" in siblings:
        return violation.name if violation.part in ("query", "path", "cookie") else None
    if plain == "header" and "pointer" in siblings:
        return violation.name if violation.part == "header" else None
    if plain in _FIELD:
        return violation.field or "body"
    return violation.part if plain in _PART else None


def _is_source(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a property says where an error is, as JSON:API has it."""
    return _plain(name) == "source" and not (schema.get("properties") or {}).keys().isdisjoint(("pointer", "parameter"))


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    properties = {**(one.get("properties") or {}), **(other.get("properties") or {})}
    required = [*(one.get("required") or ()), *(other.get("required") or ())]
    return both | ({"properties": properties} if properties else {}) | ({"required": required} if required else {})


def _kind(schema: Mapping[str, Any]) -> str:
    """The type that a schema asks for; null only where it asks for nothing else."""
    kind = schema.get("type")
    if isinstance(kind, list | tuple):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _shortened(text: str, schema: Mapping[str, Any]) -> str:
    most = schema.get("maxLength")
    return text if not isinstance(most, int) else text[:most]
