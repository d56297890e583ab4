"""Checks of several responses together: repeated requests, undocumented input, HEAD next to GET, denied responses."""

import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote_plus

from flowcontract.checks import bound_days, ignored_filters, lists, pages
from flowcontract.checks.content import OF_HTTP_LAYER, is_asked_for
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import HEAD_NOT_SUPPORTED, Expect, Relation
from flowcontract.checks.valid_parts import only_schema, violate_alike
from flowcontract.http.paging import Style, paging
from flowcontract.openapi import pointers
from flowcontract.openapi.model import EXTENSION
from flowcontract.text import plural

_CHANGING = re.compile(
    r"date|age|expires|set-cookie|server-timing|.*id|.*time.*|.*trace.*|.*rate-?limit.*|cf-ray|etag|last-modified",
    re.IGNORECASE,
)
"""Headers whose values differ between any two responses of a conforming server."""
_ORIGINS = re.compile(r"\w*:?(?://|\\/\\/)[\w.-]+(?::\d+)?")
"""Scheme, host and port of links, also as JSON may write them."""
_LINK_QUERY = re.compile(r"(?<=[\w/}])\?[^\s\"'`<>()]*=[^\s\"'`<>()]*")
"""The query of a link in a page."""
_CONNECTION_HEADERS = re.compile(
    r"connection|keep-alive|content-length|transfer-encoding|via|alt-svc|.*rate-?limit.*|retry-after", re.IGNORECASE
)
"""Headers about the connection or the caller's quota: they come and go."""
_SHOWN = 80
"""Characters of a query or of headers that a message shows."""
_TOO_MANY = 429
_NOT_FOUND = 404
TOTAL = "wrong-total"
"""The rule that the first page of a list may violate while the page after it is still compared with it."""
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_TIMED_PAIRS = 4
"""Pairs of denied responses that are needed to compare response times."""
_TIME_GAP = 0.1
"""Seconds between the slowest response of one kind and the fastest of the other that a busy machine never causes."""


RULES: Mapping[Relation, tuple[str, ...]] = {
    Relation.NONE: (),
    Relation.REPEAT: ("inconsistent-response",),
    Relation.SAME: ("undocumented-input-effect", "forwarded-host-trusted"),
    Relation.HEAD: ("head-get-mismatch",),
    Relation.DENIAL: ("resource-enumeration",),
    Relation.LENIENT: ("lenient-credentials",),
    Relation.ERROR_FORMAT: ("inconsistent-error-format",),
    Relation.FOLLOWING_PAGE: ("pages-leave-out-items",),
    Relation.NEXT_PAGE: ("pages-overlap",),
    Relation.UNFILTERED: ("filter-returns-other-items",),
    Relation.ON_BOUND: ("filter-misses-items",),
}
"""The rules about two responses, by their relation."""
_OF_LISTS: Mapping[Relation, Callable[[Interaction, Interaction], Iterator[Violation]]] = {
    Relation.NEXT_PAGE: pages.overlapping,
    Relation.UNFILTERED: ignored_filters.without_effect,
    Relation.ON_BOUND: bound_days.without_its_day,
}
"""The checks of two responses with lists."""


def differences(left: Any, right: Any, at: str = "") -> Iterator[str]:
    """JSON Pointers of the smallest parts in which two JSON values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            if name in left and name in right:
                yield from differences(left[name], right[name], at + pointers.join(name))
            else:
                yield at + pointers.join(name)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, at + pointers.join(index))
    elif left != right or isinstance(left, bool) != isinstance(right, bool):
        yield at


def _is_volatile(pointer: str, volatile: Iterable[str]) -> bool:
    return any(pointer == part or pointer.startswith(part + "/") for part in volatile)


def _normalized_body(interaction: Interaction) -> Any:
    """The body, with lists that the contract declares unordered in a fixed order."""
    body = interaction.json
    for pointer in interaction.operation.extensions.get(f"{EXTENSION}-unordered") or ():
        body = _with_sorted_list(body, pointers.split(pointer))
    return body


def _with_sorted_list(value: Any, path: Sequence[str]) -> Any:
    if not path:
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(value, list) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _with_sorted_list(value[path[0]], path[1:])}


def volatile_parts(pairs: Sequence[tuple[Interaction, Interaction]]) -> Mapping[str, frozenset[str]]:
    """By operation, the parts of responses that differ although the request was the same."""
    found: dict[str, set[str]] = defaultdict(set)
    for interaction, base in pairs:
        if _is_partly_known(interaction, base):
            continue
        if interaction.probe.relation is Relation.REPEAT and interaction.success and base.success:
            found[interaction.operation.id] |= set(differences(_normalized_body(base), _normalized_body(interaction)))
    return {operation: frozenset(parts) for operation, parts in found.items()}


def _is_partly_known(*interactions: Interaction) -> bool:
    """Whether only the beginning of one of the bodies was read or kept."""
    return any(interaction.response.cut for interaction in interactions)


def are_comparable(interaction: Interaction, found: Sequence[Violation], of_base: Sequence[Violation]) -> bool:
    """Whether a response can be compared with its base, by what both violate: nothing, or their schema alike.

    The beginning of a list shows what the page after it must have, even if its total is wrong.
    """
    is_page = interaction.probe.relation is Relation.FOLLOWING_PAGE
    if not (only_schema(found) and only_schema(of_base, *([TOTAL] if is_page else []))):
        return False
    # A response to HEAD has no body, and a list is compared by what can be read of it.
    is_partial = interaction.probe.relation in (Relation.HEAD, Relation.FOLLOWING_PAGE, *_OF_LISTS)
    return is_partial or violate_alike(found, of_base)


def check_pair(
    interaction: Interaction, base: Interaction, volatile: Iterable[str], noisy: Iterable[str] = ()
) -> Iterator[Violation]:
    """Check a response against its base. `volatile`: parts that may differ; `noisy`: headers that may differ."""
    relation = interaction.probe.relation
    if _TOO_MANY in (interaction.status, base.status):
        return  # It is about the number of requests, whatever they ask for.
    if relation is Relation.LENIENT:
        yield from _lenient(interaction, base)
    elif relation is Relation.DENIAL and {interaction.status, base.status} <= {401, 403, 404}:
        yield from _denial(interaction, base, noisy)
    elif relation is Relation.FOLLOWING_PAGE:
        yield from _following_page(interaction, base)
    elif {interaction.status, base.status} & {*interaction.probe.tolerated}:
        return
    elif relation is Relation.HEAD:
        yield from _head(interaction, base, volatile)
    elif relation is Relation.DENIAL:
        yield from _denial(interaction, base, noisy)
    elif relation is Relation.ERROR_FORMAT:
        yield from _error_format(interaction, base)
    elif relation in _OF_LISTS:
        yield from _OF_LISTS[relation](interaction, base)
    elif interaction.success and base.success:
        yield from _same(interaction, base, volatile)


def _same(interaction: Interaction, base: Interaction, volatile: Iterable[str]) -> Iterator[Violation]:
    if interaction.content is None or base.content is None or _is_partly_known(interaction, base):
        return
    if interaction.content == base.content and interaction.content_type == base.content_type:
        return  # As most are: nothing has to be parsed.
    repeat = interaction.probe.relation is Relation.REPEAT
    if not repeat and interaction.media and base.media and interaction.media.name != base.media.name:
        return  # Negotiated: the same resource in another documented format.
    if not repeat and interaction.content_type != base.content_type and is_asked_for(interaction):
        return
    rule = "inconsistent-response" if repeat else "undocumented-input-effect"
    expected = "Expected the same response to the same request"
    if not repeat:
        expected = f"Expected the same response as without {_added(interaction, base)}"
    pointer = interaction.media.schema_pointer if interaction.media else interaction.operation.pointer
    if not repeat and _is_negotiated(interaction, base):
        return
    if interaction.is_json and base.is_json:
        left, right = _normalized_body(base), _normalized_body(interaction)
        if not repeat:
            left, right = _without_queries(left), _without_queries(right)
        parts = [part for part in differences(left, right) if not _is_volatile(part, volatile)]
    else:
        texts = [item.text if repeat else _without_own_query(item) for item in (base, interaction)]
        parts = [""] if texts[0] != texts[1] or interaction.content_type != base.content_type else []
    if parts and not repeat and _differs_in_forwarded_host_only(interaction, base):
        message = "Expected links to the requested host, got links to the host in X-Forwarded-Host."
        yield Violation(
            "forwarded-host-trusted", message, pointer, "links", expected=base.json, actual=interaction.json
        )
    elif parts:
        named = ", ".join(part or "the whole body" for part in parts[:3])
        yield Violation(
            rule,
            f"{expected}, got a difference in {named}.",
            pointer,
            parts[0] if repeat else "differs",
            expected=base.json,
            actual=interaction.json,
        )


def _added(interaction: Interaction, base: Interaction) -> str:
    """What a request has that the one it is compared with has not, as it was sent."""
    queries = [set(item.request.query.split("&")) for item in (interaction, base)]
    sent = [part for part in interaction.request.query.split("&") if part in queries[0] - queries[1]]
    if sent:
        return f"the query {_shortened('&'.join(sent))}"
    headers = [
        f"{name}: {value}" for name, value in interaction.request.headers if (name, value) not in base.request.headers
    ]
    if headers:
        return f"the {'header' if len(headers) == 1 else 'headers'} {_shortened(', '.join(headers))}"
    return interaction.probe.trigger or "the undocumented input"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_negotiated(interaction: Interaction, base: Interaction) -> bool:
    """Whether the server says that it chose this representation by what was added to the request."""
    documented = interaction.documented
    if documented and documented.is_unspecified and interaction.content_type != base.content_type:
        return True  # Which formats there are is not documented.
    language = interaction.response.header("Content-Language")
    return language is not None and language != base.response.header("Content-Language")


def _without_own_query(interaction: Interaction) -> str:
    """The text of a page without the query that it was asked with, however it is written, and without those of links.

    Links pass the query on, and may write it in another way.
    """
    query = interaction.request.query
    text = interaction.text
    for written in (
        query,
        html.escape(query),
        quote(query),
        unquote_plus(query),
        json.dumps(unquote_plus(query))[1:-1],
    ):
        # More parameters may follow it: what is left is still the query of a link.
        text = text.replace(f"?{written}", "?=") if written else text
    return _LINK_QUERY.sub("", text)


def _differs_in_forwarded_host_only(interaction: Interaction, base: Interaction) -> bool:
    """Whether the responses are the same but for the host that the request claims to be forwarded for."""
    request = interaction.request
    host = request.header("X-Forwarded-Host")
    if host is None or host not in interaction.text:
        return False
    prefix = request.header("X-Forwarded-Prefix") or ""
    texts = [_ORIGINS.sub("", item.text) for item in (interaction, base)]
    return texts[0].replace(prefix, "") == texts[1].replace(prefix, "")


def _without_queries(value: Any) -> Any:
    """A body without the queries of its links: `self` repeats the one that was asked."""
    if isinstance(value, dict):
        return {name: _without_queries(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_queries(part) for part in value]
    return value.partition("?")[0] if _is_link(value) else value


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith("/") or "://" in value)


def _head(interaction: Interaction, base: Interaction, volatile: Iterable[str]) -> Iterator[Violation]:
    pointer = interaction.operation.pointer
    if interaction.status != base.status:
        message = f"Expected the status of GET ({base.status}) for HEAD, got {interaction.status}."
        yield Violation("head-get-mismatch", message, pointer, "status")
    elif interaction.content_type != base.content_type:
        if interaction.status == 404 and interaction.content_type in OF_HTTP_LAYER:
            return  # The error of a router without HEAD. Known resources show whether HEAD works.
        actual = interaction.content_type or "none"
        message = f"Expected the Content-Type of GET ({base.content_type}) for HEAD, got {actual}."
        yield Violation("head-get-mismatch", message, pointer, "type")
    else:
        announced = base.response.header("Content-Length") or ""
        # Where a credential was replaced in the body, only the server knows its length.
        is_unknown = base.response.cut or (not announced and b"${FLOWCONTRACT_" in base.response.body)
        length = None if is_unknown else interaction.response.header("Content-Length")
        actual_length = int(announced) if _LENGTH.fullmatch(announced) else len(base.response.body)
        if length is not None and length != str(actual_length):
            # An error may repeat the method of its request.
            repeats = interaction.status >= 400 and b"GET" in base.response.body
            stable = (not any(True for _ in volatile) or interaction.status >= 400) and not repeats
            tolerance = 0 if stable else 24
            if not _LENGTH.fullmatch(length) or abs(int(length) - actual_length) > tolerance:
                message = f"Expected the Content-Length of GET ({actual_length}) for HEAD, got {length[:40]}."
                yield Violation("head-get-mismatch", message, pointer, "length")


def _denial(interaction: Interaction, base: Interaction, noisy: Iterable[str]) -> Iterator[Violation]:
    pointer = interaction.operation.pointer + "/security"
    request = interaction.request
    if interaction.probe.values != base.probe.values:
        rule = "resource-enumeration"
        expected = "Expected the same denied response whether or not the resource exists"
    else:
        rule = "inconsistent-response" if request == base.request else "undocumented-input-effect"
        expected = "Expected the same denied response"
    if interaction.status != base.status:
        if rule == "undocumented-input-effect" and interaction.status == 403 and request.header("Origin"):
            return  # Other sites are denied before credentials are looked at.
        message = f"{expected}, got {interaction.status} after {base.status}."
        yield Violation(rule, message, pointer, "status")
    elif rule != "undocumented-input-effect" and not _same_body(interaction, base, noisy):
        yield Violation(
            rule,
            f"{expected}, got a different body.",
            pointer,
            "body",
            expected=base.json or base.text,
            actual=interaction.json or interaction.text,
        )
    elif rule == "resource-enumeration":
        one, other = (_comparable_headers(side, noisy) for side in (base, interaction))
        names = sorted({name for name, _ in one.symmetric_difference(other)})
        if names:
            yield Violation(rule, f"{expected}, got a difference in header {', '.join(names)}.", pointer, "headers")


def _lenient(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """Malformed credentials are accepted by a server that does reject wrong tokens."""
    if interaction.success and not base.success:
        yield Violation(
            "lenient-credentials",
            f"Expected a request with {interaction.probe.trigger} to be denied ({base.status}), like one with a wrong"
            f" token, got {interaction.status}.",
            interaction.operation.pointer + "/security",
            "served",
        )


def _error_format(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """Where the documented error response is JSON, clients expect JSON of this one too."""
    if base.is_json and interaction.content and not interaction.is_json and not interaction.media:
        actual = repr(interaction.content_type) if interaction.content_type else "no Content-Type"
        documented = interaction.documented
        yield Violation(
            "inconsistent-error-format",
            f"Expected JSON with {interaction.status}, as with {base.status}, got {actual}.",
            documented.pointer if documented else interaction.operation.pointer,
            f"{interaction.status} {interaction.content_type}",
        )


def _following_page(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """A page exists and is not empty where the beginning of the list has an item that no page before it has.

    After a cursor there are those that the total counts and the beginning does not have.
    """
    is_missing = interaction.status == _NOT_FOUND
    if not (base.success and base.is_json and (is_missing or (interaction.success and interaction.is_json))):
        return
    known, before = lists.items(base.json), pages.items_before(interaction)
    total = lists.stated_total(base.json)
    counted = total is not None and total[0].lower() != "count" and len(known) < total[1] < pages.FEW
    got = f"{_NOT_FOUND}" if is_missing else "none"
    message = ""
    if paging(interaction.operation).style is Style.CURSOR and counted and known:
        message = f"Expected the rest of {total[1] if total else 0} items on the next page, got {got}."
    # A page that exists states its total itself.
    stated = pages.exact_total(base) if is_missing else None
    reason = f"{stated[0]} is {stated[1]}" if stated and before is not None and before < stated[1] else ""
    if before is not None and before < len(known):
        reason = f"the list has at least {before + 1}"
    if before is not None and before > 0 and reason:
        message = (
            f"Expected items on this page ({interaction.request.query}), because {reason} and at most"
            f" {plural(before, 'item')} can be on the pages before it, got {got}."
        )
        if contradiction := lists.without_next(base.json, len(known)):
            message += f" On its first page, {contradiction}."
    is_empty = is_missing or (not lists.items(interaction.json) and lists.can_be_read(interaction))
    if message and is_empty and lists.can_be_read(base):
        yield Violation(
            "pages-leave-out-items",
            message,
            interaction.operation.pointer + "/responses",
            f"{pages.LAST_PAGE} of {interaction.operation.id}",
            actual=interaction.json,
        )


def _same_body(interaction: Interaction, base: Interaction, noisy: Iterable[str]) -> bool:
    """Whether two denied responses say the same, but for the texts that differ anyway."""
    if _comparable_body(interaction) == _comparable_body(base):
        return True
    texts = [name for name in noisy if name[:1] in ("", "/")]
    if interaction.json is None or base.json is None:
        return "" in texts
    parts = list(differences(_masked(base.json), _masked(interaction.json)))
    return bool(parts) and all(_is_volatile(part, texts) for part in parts)


def _comparable_body(interaction: Interaction) -> Any:
    """The body of a denied response without IDs and times: a `request_id` is new in every response."""
    masked = _masked(interaction.json)
    return interaction.content if masked == interaction.json else masked


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if _CHANGING.fullmatch(name) and isinstance(part, str | int) and not isinstance(part, bool)
            else _masked(part)
            for name, part in value.items()
        }  # fmt: skip
    return [_masked(part) for part in value] if isinstance(value, list) else value


def _comparable_headers(interaction: Interaction, noisy: Iterable[str]) -> frozenset[tuple[str, str]]:
    ignored = set(noisy)
    headers = {name.lower(): value for name, value in interaction.response.headers}
    return frozenset(
        (name, "" if _CHANGING.fullmatch(name) else value)
        for name, value in headers.items()
        if name not in ignored and not _CONNECTION_HEADERS.fullmatch(name)
    )


def noise(pairs: Sequence[tuple[Interaction, Interaction]]) -> frozenset[str]:
    """What differs between two denied responses to the same request: names of headers, and JSON Pointers of texts.

    A message may have a number of its own each time; texts count where they differ in every such pair.
    """
    names: set[str] = set()
    texts: list[set[str]] = []
    for interaction, base in pairs:
        if interaction.probe.relation is Relation.DENIAL and interaction.request == base.request:
            one, other = (_comparable_headers(side, ()) for side in (base, interaction))
            names |= {name for name, _ in one.symmetric_difference(other)}
            texts.append({pointer for pointer, _ in _texts(interaction) ^ _texts(base)})
    return frozenset(names.union(set.intersection(*texts) if texts else ()))


def _texts(interaction: Interaction) -> set[tuple[str, str]]:
    """The texts in a body with their JSON Pointers; the whole body where it is not JSON."""
    if interaction.json is None:
        return {("", interaction.text)}
    return {(at, value) for at, value in pointers.walk(interaction.json) if isinstance(value, str)}


def denial_times(
    pairs: Sequence[tuple[Interaction, Interaction]],
) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """Denied responses take as long for existing resources as for others: their ranges of time overlap, or nearly."""
    by_operation: dict[str, list[tuple[Interaction, Interaction]]] = defaultdict(list)
    for interaction, base in pairs:
        compared = interaction.probe.relation is Relation.DENIAL and interaction.probe.expect is Expect.DENIED
        if compared and interaction.probe.values != base.probe.values:
            by_operation[interaction.operation.id].append((interaction, base))
    for pairs_of_operation in by_operation.values():
        missing, existing = (
            [side.response.elapsed for side in sides] for sides in zip(*pairs_of_operation, strict=True)
        )
        gap = max(min(existing) - max(missing), min(missing) - max(existing))
        if len(pairs_of_operation) >= _TIMED_PAIRS and gap > _TIME_GAP:
            interaction, base = pairs_of_operation[0]
            message = (
                "Expected denied responses to take equally long whether or not the resource exists, got"
                f" {min(existing):.2f} to {max(existing):.2f} s if it does,"
                f" {min(missing):.2f} to {max(missing):.2f} s if it does not."
            )
            pointer = interaction.operation.pointer + "/security"
            yield base, interaction, Violation("timing-side-channel", message, pointer, "time")


def head_support(interactions: Sequence[Interaction]) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """HEAD works for every resource or for none: a server without HEAD rejects all HEAD requests alike."""
    by_operation: dict[str, list[Interaction]] = defaultdict(list)
    for interaction in interactions:
        if interaction.probe.relation is Relation.HEAD and interaction.probe.expect is not Expect.DENIED:
            by_operation[interaction.operation.id].append(interaction)
    for heads in by_operation.values():
        rejected = [interaction for interaction in heads if interaction.status in HEAD_NOT_SUPPORTED]
        supported = [interaction for interaction in heads if interaction not in rejected]
        if rejected and supported:
            message = (
                "Expected HEAD to work for every resource or for none,"
                f" got {rejected[0].status} for this one and {supported[0].status} for another."
            )
            pointer = rejected[0].operation.pointer
            yield rejected[0], supported[0], Violation("head-get-mismatch", message, pointer, "not supported")


def distinct_identifiers(interactions: Sequence[Interaction]) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """Fields that the contract declares unique differ between resources.

    Only resources that the contract's examples tell apart are compared: others may be copies made for a test.
    """
    operations = {item.operation.id: item.operation for item in interactions}
    exemplary = {name: list(each.example_path_values().values()) for name, each in operations.items()}
    seen: dict[tuple[str, str, str], Interaction] = {}
    for interaction in interactions:
        probe, operation = interaction.probe, interaction.operation
        if probe.expect is not Expect.SUCCESS or not interaction.success or not probe.values:
            continue
        if probe.values not in exemplary[operation.id]:
            continue
        for pointer in operation.extensions.get(f"{EXTENSION}-unique") or ():
            try:
                value = pointers.get(interaction.json, pointers.split(pointer))
            except LookupError:
                continue
            first = seen.setdefault((operation.id, pointer, repr(value)), interaction)
            if first.probe.values != probe.values:
                violation = Violation(
                    "duplicate-identity",
                    f"Expected a different {pointer} for each resource, got {value!r} for two.",
                    operation.pointer + pointers.join(f"{EXTENSION}-unique"),
                    pointer,
                    expected="another value",
                    actual=value,
                )
                yield interaction, first, violation
