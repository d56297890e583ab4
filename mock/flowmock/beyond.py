"""Methods that a server has beyond its contract: refused as the server would, and never carried out."""

import json
from typing import Any

from flowcontract.contract import Media
from flowmock.answers import Answers, encode, main_media
from flowmock.call import Call, Reply
from flowmock.profile import Beyond
from flowmock.routes import Route


def reply(rule: Beyond, call: Call, like: Call, found: Reply, answers: Answers, route: Route) -> Reply:
    """The refusal of a method beyond the contract.

    `like` is the same call by the contract's method, `found` what that was answered. A refusal of that stands;
    else the body is judged; else the method ends in the answer that the profile gives it.
    """
    if not 200 <= found.status < 300:
        return found
    if rule.body:
        wrong = _body(rule, call, like, answers, route)
        if wrong is not None:
            return wrong
    return answers.refuse(rule.then, call, allow=route.allow)


def _body(rule: Beyond, call: Call, like: Call, answers: Answers, route: Route) -> Reply | None:
    success = like.operation.success() if like.operation else None
    media = main_media(success) if success else None
    value: Any = {}
    if call.body:
        content_type = call.header("content-type") or ""
        if content_type.partition(";")[0].strip().lower() not in answers.profile.offers:
            return answers.refuse("media-unsupported", call, allow=route.allow, media=content_type)
        try:
            value = _parse(call.body)
        except ValueError as error:
            return answers.refuse("body-unreadable", call, allow=route.allow, error=str(error), message=str(error))
    if not isinstance(value, dict):
        return answers.refuse("body-no-object", call, allow=route.allow, type=type(value).__name__)
    wrong = _wrong(value, media, answers, partial=rule.body == "partial") if media else {}
    if not wrong:
        return None
    refused = answers.refuse("invalid-request", call, allow=route.allow)
    return Reply(refused.status, refused.headers, encode(wrong), f"{refused.rule} (body)")


def _parse(body: bytes) -> Any:
    """JSON, in the words of the parser that fast servers use."""
    import orjson

    return orjson.loads(body)


def _wrong(value: dict[str, Any], media: Media, answers: Answers, *, partial: bool) -> dict[str, list[str]]:
    """What is wrong with each property, in the words of the profile."""
    messages = answers.profile.messages
    found: dict[str, list[str]] = {}
    for error in media.request_errors(value):
        if error.keyword == "required":
            if not partial:
                name = json.loads(error.message.partition(" is a required")[0])
                found.setdefault(name, []).append(messages.get("required", error.message))
            continue
        name = error.instance.strip("/").partition("/")[0]
        keyword = "nullable" if value.get(name) is None else error.keyword
        text = messages.get(keyword, messages.get("other", error.message))
        limit = answers.contract.resolve(media.schema).get("properties", {}).get(name, {}).get(error.keyword, "")
        text = text.replace("{value}", str(value.get(name))).replace("{limit}", str(limit)).replace("{field}", name)
        found.setdefault(name, []).append(text)
    return found
