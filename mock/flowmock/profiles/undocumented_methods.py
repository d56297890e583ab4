"""Methods that a server has beyond its contract: refused as the server would, and never carried out.

Bodies are read as REST framework's serializers read them: texts are stripped, numbers may stand for texts and words
for truth, each property is told one thing that is wrong with it, and a body without a Content-Length is not read.
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


def reply(rule: UndocumentedMethod, call: Call, like: Call, found: Reply, answers: Responses) -> Reply:
    """The refusal of a method beyond the contract.

    `like` is the same call by the contract's method, `found` what that was answered. A refusal of that stands;
    else the body is judged; else the method ends in the answer that the profile gives it.
    """
    if not 200 <= found.status < 300:
        return found
    if rule.body:
        wrong = _body(rule, call, like, answers)
        if wrong is not None:
            return wrong
    return answers.error(rule.then, call)


def _body(rule: UndocumentedMethod, call: Call, like: Call, answers: Responses) -> Reply | None:
    success = like.operation.success() if like.operation else None
    media = main_media(success) if success else None
    value: Any = {}
    if call.body and call.header("content-length"):
        content_type = call.header("content-type") or ""
        if media_types.choose(content_type, answers.profile.offers, quality=False) is None:
            return answers.error("media-unsupported", call, media=content_type)
        try:
            value = _parse(call.body)
        except ValueError as error:
            return answers.error("body-unreadable", call, error=str(error), message=str(error))
    if value is None:
        return answers.error("body-null", call)
    if not isinstance(value, dict):
        return answers.error("body-no-object", call, type=type(value).__name__)
    wrong = dict(_wrong(value, media, answers, partial=rule.body == "partial")) if media else {}
    if not wrong:
        return None
    refused = answers.error("invalid-request", call)
    return Reply(refused.status, refused.headers, encode(wrong), f"{refused.rule} (body)")


def _parse(body: bytes) -> Any:
    """JSON, in the words of the parser that fast servers use."""
    import orjson

    return orjson.loads(body)


def _wrong(
    sent: Mapping[str, Any], media: MediaType, answers: Responses, *, partial: bool
) -> Iterator[tuple[str, list[str]]]:
    """What is wrong with each property, in the words of the profile."""
    resolve = answers.contract.resolve
    schema = resolve(media.schema)
    required = () if partial else schema.get("required") or ()
    for name, raw in (schema.get("properties") or {}).items():
        declared = _merged(raw, resolve)
        if declared.get("readOnly"):
            continue
        if name not in sent:
            if name in required:
                yield name, [answers.profile.messages.get("required", "required")]
            continue
        keyword = _keyword(_read(sent[name], declared), name, declared, media)
        if keyword:
            text = answers.profile.messages.get(keyword) or answers.profile.messages.get("other", keyword)
            values = {"value": sent[name], "limit": declared.get(keyword, ""), "field": name}
            for each, value in values.items():
                text = text.replace("{" + each + "}", str(value))
            yield name, [text]


def _keyword(value: Any, name: str, declared: Mapping[str, Any], media: MediaType) -> str:
    """What a value breaks, as the profile's messages call it; empty where it breaks nothing."""
    kind = declared.get("type")
    if value is None and not declared.get("nullable"):
        return "nullable"
    if "enum" in declared:
        return "" if value in declared["enum"] else "enum"
    if value == "" and kind == "string":
        return "minLength"
    broken = {error.keyword for error in media.request_errors({name: value}) if error.instance == pointers.join(name)}
    if "type" in broken:
        return f"type-{kind}"
    return min(broken, default="")


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
    """A property's schema with its references and single compositions taken in."""
    found = dict(resolve(raw))
    for part in found.pop("allOf", ()):
        found = {**resolve(part), **found}
    return found
