"""Methods of a server that its contract does not have: error responses like the server's, and no action.

Bodies are validated like REST framework's serializers do: strings are stripped, numbers are accepted as strings and
words as booleans, each property has one error, and a body without Content-Length is ignored.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import MediaType
from flowmock.examples.responses import Responses, encode, main_media
from flowmock.messages import Call, Reply
from flowmock.negotiation import media_types
from flowmock.profiles.profile import UndocumentedMethod

_TRUTH = {
    word: truth
    for truth, words in ((True, "true t yes y on 1"), (False, "false f no n off 0"))
    for word in words.split()
}


def reply(rule: UndocumentedMethod, call: Call, like: Call, documented: Reply, responses: Responses) -> Reply:
    """The error response to an undocumented method.

    `like`: the same call with the documented method. `documented`: the reply to it; an error of it is returned. Else
    the body is validated; a valid one gets the response that the profile names.
    """
    if not 200 <= documented.status < 300:
        return documented
    if rule.body:
        error = _body_error(rule, call, like, responses)
        if error is not None:
            return error
    return responses.error(rule.then, call)


def _body_error(rule: UndocumentedMethod, call: Call, like: Call, responses: Responses) -> Reply | None:
    success = like.operation.success() if like.operation else None
    media = main_media(success) if success else None
    value: Any = {}
    if call.body and call.header("content-length"):
        content_type = call.header("content-type") or ""
        if media_types.choose(content_type, responses.profile.offers, quality=False) is None:
            return responses.error("media-unsupported", call, media=content_type)
        try:
            value = _parse(call.body)
        except ValueError as error:
            return responses.error("body-unreadable", call, error=str(error), message=str(error))
    if value is None:
        return responses.error("body-null", call)
    if not isinstance(value, dict):
        return responses.error("body-no-object", call, type=type(value).__name__)
    errors = dict(_errors(value, media, responses, partial=rule.body == "partial")) if media else {}
    if not errors:
        return None
    response = responses.error("invalid-request", call)
    return Reply(response.status, response.headers, encode(errors), f"{response.rule} (body)")


def _parse(body: bytes) -> Any:
    """JSON, with the error messages of the parser that fast servers use."""
    import orjson

    return orjson.loads(body)


def _errors(
    sent: Mapping[str, Any], media: MediaType, responses: Responses, *, partial: bool
) -> Iterator[tuple[str, list[str]]]:
    """The error of each property, with the messages of the profile."""
    resolve = responses.contract.resolve
    schema = resolve(media.schema)
    required = () if partial else schema.get("required") or ()
    for name, raw in (schema.get("properties") or {}).items():
        declared = _merged(raw, resolve)
        if declared.get("readOnly"):
            continue
        if name not in sent:
            if name in required:
                yield name, [responses.profile.messages.get("required", "required")]
            continue
        keyword = _keyword(_read(sent[name], declared), name, declared, media)
        if keyword:
            text = responses.profile.messages.get(keyword) or responses.profile.messages.get("other", keyword)
            values = {"value": sent[name], "limit": declared.get(keyword, ""), "field": name}
            for each, value in values.items():
                text = text.replace("{" + each + "}", str(value))
            yield name, [text]


def _keyword(value: Any, name: str, declared: Mapping[str, Any], media: MediaType) -> str:
    """The violated keyword, as the profile's messages name it; empty if the value is valid."""
    kind = declared.get("type")
    if value is None and not declared.get("nullable"):
        return "nullable"
    if "enum" in declared:
        return "" if value in declared["enum"] else "enum"
    if value == "" and kind == "string":
        return "minLength"
    violated = {error.keyword for error in media.request_errors({name: value}) if error.instance == pointers.join(name)}
    if "type" in violated:
        return f"type-{kind}"
    return min(violated, default="")


def _read(value: Any, declared: Mapping[str, Any]) -> Any:
    kind = declared.get("type")
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind == "string" and isinstance(value, str):
        return value.strip()
    if kind == "boolean" and isinstance(value, str | int):
        return _TRUTH.get(str(value).lower(), value)
    return value


def _merged(raw: Any, resolve: Any) -> Mapping[str, Any]:
    """A property's schema with its references and compositions merged."""
    found = dict(resolve(raw))
    for part in found.pop("allOf", ()):
        found = {**resolve(part), **found}
    return found
