"""The phases of a plan: existing resources, unknown resources, undocumented input, and generated input.

In each phase the most informative probes come first, so that any prefix of it is a sensible selection.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from urllib.parse import quote, unquote

from flowcontract.checks.lists import is_integer, items, other_choices, property_name, query_text, stated_total
from flowcontract.checks.pages import FEW, flags_of_more
from flowcontract.checks.probe import AFTER_HEAD, HEAD_NOT_SUPPORTED, Expect, Probe, Relation
from flowcontract.generation.probes import header_variants, resource_ids
from flowcontract.generation.probes.operation_context import OperationContext, raw, title
from flowcontract.generation.request_builder import NO_CREDENTIALS, segment
from flowcontract.http.messages import SAFE_METHODS
from flowcontract.http.paging import Style, facts, next_cursor, paging
from flowcontract.openapi.model import EXTENSION, Parameter
from flowcontract.openapi.schema_shapes import property_names
from flowcontract.text import plain_name


def first(context: OperationContext) -> Iterator[Probe]:
    """One read of each varied resource, and repeated reads of the first; the others were read to find them."""
    if not context.readable:
        return
    for number, values in enumerate(context.varied):
        yield context.probe(
            f"success/first/{title(values)}",
            "an existing resource is found, and its response matches the contract",
            values,
            Expect.SUCCESS,
            new_connection=number == 0,
        )
        if number == 0:
            yield context.again("again")
    yield context.again("new connection", new_connection=True)


def others(context: OperationContext) -> Iterator[Probe]:
    """One read of each known resource that is not varied, for those who have not read it to find it."""
    for values in context.known if context.readable else ():
        if values not in context.varied:
            yield context.plain(values)


def heads(context: OperationContext) -> Iterator[Probe]:
    """HEAD next to GET, for an existing and an unknown resource, and for an unauthorized caller."""
    if context.operation.method != "GET" or "HEAD" in context.declared:
        return
    reason, sent, related = "HEAD gets the response to GET, without the body", {"method": "HEAD"}, Relation.HEAD
    if context.readable:
        for values in context.varied[:2]:
            name = title(values)
            yield context.probe(
                f"head/known/{name}",
                reason,
                values,
                Expect.SUCCESS,
                sent=sent,
                compare_with=f"success/first/{name}",
                relation=related,
                tolerated=HEAD_NOT_SUPPORTED,
            )
        yield context.again(AFTER_HEAD, reason="the next response after HEAD on the same connection is intact")
    if context.unauthorized and context.known:
        yield context.probe(
            "head/denied",
            reason,
            context.known[0],
            Expect.DENIED,
            NO_CREDENTIALS,
            sent=sent,
            compare_with="credentials/absent/known",
            relation=related,
            tolerated=HEAD_NOT_SUPPORTED,
        )
    if context.readable and context.unknown_values:
        yield context.probe(
            "head/missing base",
            "a nonexistent resource gets 404; HEAD must get the same",
            context.unknown_values,
            Expect.NOT_FOUND,
            tolerated=context.tolerated_unknown,
        )
        yield context.probe(
            "head/missing",
            reason,
            context.unknown_values,
            Expect.NOT_FOUND,
            sent=sent,
            compare_with="head/missing base",
            relation=related,
            tolerated=(*HEAD_NOT_SUPPORTED, *context.tolerated_unknown),
        )
        yield context.again("after missing", reason="a 404 does not affect the next request")


def unknown_resources(context: OperationContext) -> Iterator[Probe]:
    """Resource IDs that cannot exist, and IDs that another route is known to take."""
    if not context.authorized or not context.unknown_ids or context.operation.method not in SAFE_METHODS:
        return
    name = context.operation.path_parameters()[-1].name
    shadowed = [str(word) for word in context.operation.extensions.get(f"{EXTENSION}-shadowed-ids") or ()]
    for word in shadowed:
        yield context.probe(
            f"shadowed/{word}",
            "this ID is known to be shadowed by another route",
            context.with_resource_id(resource_ids.ResourceId(word, word, word, "")),
            Expect.SHADOWED,
            trigger="a resource ID that another route takes",
        )
    path = context.builder.path({**raw(context.with_resource_id(context.unknown_ids[0])), name: ""})
    yield context.probe(
        "id/empty",
        "an empty ID finds nothing",
        {},
        Expect.UNSPECIFIED,
        sent={"path": path},
        trigger="an empty resource ID",
    )
    if (below := context.below_unknown_parent) is not None:
        yield context.probe(
            "id/below an unknown parent",
            "a resource is found only below its own parent",
            below,
            Expect.NOT_BELOW,
            trigger="an unknown parent in the path",
            tolerated=(*resource_ids.MOVED, 400, 403, 404, 410, 422),
        )
    for key in context.unknown_ids:
        if key.value in shadowed:
            continue
        values = context.with_resource_id(key)
        path = context.builder.path({**raw(values), name: key.raw})
        yield context.probe(
            f"id/{key.label}",
            key.reason,
            values,
            Expect.NOT_FOUND,
            sent={"path": path},
            odd=key.odd,
            may_exist=key.may_exist,
            trigger=key.trigger,
            tolerated=(*key.tolerated, *context.tolerated_before),
        )


def errors(context: OperationContext) -> Iterator[Probe]:
    """Undocumented headers and query parameters, with an unknown resource."""
    if not context.authorized or not context.unknown_values or context.operation.method != "GET":
        return
    for variant in header_variants.ERROR_VARIANTS:
        yield context.probe(
            f"error/{variant.label}",
            variant.reason,
            context.unknown_values,
            Expect.NOT_FOUND,
            sent={"headers": variant.headers, "query": variant.query},
            tolerated=(*variant.tolerated, *context.tolerated_unknown),
            odd=variant.may_be_blocked,
            trigger=variant.trigger or f'"{variant.label}"',
        )


def headers(context: OperationContext) -> Iterator[Probe]:
    """Headers that do not affect the response, those about content codings first where they matter most."""
    first = header_variants.CODINGS if context.is_longest else ()
    yield from _varied(context, "header", [*first, *(v for v in header_variants.HEADERS if v not in first)])
    if context.readable and context.operation.method in ("GET", "HEAD") and context.valid.headers:
        lower = tuple((name.lower(), value) for name, value in context.valid.headers)
        yield context.probe(
            "header/names in lower case",
            "header names are case-insensitive (RFC 9110, section 5.1)",
            context.known[0],
            Expect.SUCCESS,
            replace(context.valid, headers=lower),
            relation=Relation.SAME,
            compare_with=context.base,
            trigger="names of headers in lower case",
        )
    yield from _conditional(context)


def _conditional(context: OperationContext) -> Iterator[Probe]:
    """The ETag of an earlier response, of an authorized and of an unauthorized caller."""
    if not context.etag or not context.readable or context.operation.method != "GET":
        return
    sent = {"headers": (("If-None-Match", context.etag),)}
    yield context.probe(
        "header/own ETag",
        "an unchanged resource gets 304 without a body, or the same response",
        context.known[0],
        Expect.SUCCESS,
        sent=sent,
        tolerated=(304,),
        relation=Relation.SAME,
        compare_with=context.base,
        trigger="the ETag of an earlier response",
    )
    if context.unauthorized:
        reason = "unauthorized callers do not learn whether the resource has changed"
        yield context.without_credentials("credentials/absent, own ETag", reason, context.known[0], sent)


def queries(context: OperationContext) -> Iterator[Probe]:
    """Undocumented query parameters."""
    declared = {p.name for p in context.operation.parameters if p.location == "query"}
    variants = list(header_variants.QUERIES)
    # What has parameters may know others of them, too.
    variants.insert(1 if declared else len(variants), header_variants.without_values(declared))
    unknown = [v for v in variants if not declared & {part.partition("=")[0] for part in v.query.split("&")}]
    # A server may filter by these and find nothing; if it finds something, it must be what the path names.
    other = context.unknown_values or {}
    if len(context.known) > 1:
        other = context.known[1]
    named = [
        header_variants.Variant(
            f"{name} of another",
            "only the path selects the resource",
            query=f"{name}={segment(value)}",
            tolerated=(400, 404),
        )
        for name, value in other.items()
        if name not in declared
    ]
    return _varied(context, "query", [*unknown[:2], *named, *unknown[2:]])


_SPECIAL_TEXTS = (
    ("a percent sign", "%25"),
    ("a quote", "%27"),
    ("a backslash", "%5C"),
    ("a parenthesis", "%28"),
    ("an asterisk and a bracket", "%2A%5B"),
    ("NUL", "%00"),
    ("an emoji", "%F0%9F%98%80"),
)
"""Texts that databases, search engines and regular expressions read in ways of their own, percent-encoded."""
_OFFSETS = frozenset({"offset", "skip"})
"""Names of the number of items before a page."""
_SMALL_PAGE = 5
"""Items of the first two pages of a list."""
_MOST_REPEATS = 10
"""How often such a text is repeated where a parameter takes no shorter one."""
_BEYOND_64_BITS = 2**64
"""A number that is too long for what most servers and databases count with."""
_REJECTED_VALUE = (400, 403, 404, 422)
"""Statuses with which a server, or a firewall in front of it, may reject an unusual value."""


def texts(context: OperationContext) -> Iterator[Probe]:
    """Special characters in documented query parameters that may hold any text, such as the words of a search."""
    usable = _query_parameters(context)
    for label, text in _SPECIAL_TEXTS:
        for parameter in usable:
            least = facts(parameter).get("minLength")
            long_enough = text * (least if isinstance(least, int) and 1 <= least <= _MOST_REPEATS else 1)
            if parameter.is_valid(unquote(long_enough)) and not parameter.is_valid(1):
                yield _with_value(context, "text", parameter, long_enough, f"{label} in a query parameter")


def unusual_values(context: OperationContext) -> Iterator[Probe]:
    """Documented query parameters with unusual values, each alone: several at once are rejected for the first of them.

    For a cursor, such a number is one that the server did not make.
    """
    usable = _query_parameters(context)
    integers = [parameter for parameter in usable if is_integer(parameter)]
    for parameter in integers:
        if parameter.is_valid(_BEYOND_64_BITS):
            yield _with_value(
                context, "value", parameter, str(_BEYOND_64_BITS), "a number beyond 64 bits in a query parameter"
            )
    for parameter in integers:
        probe = _with_value(context, "value", parameter, "Infinity", "Infinity in a query parameter")
        yield replace(probe, reason="infinity is rejected as an integer", expect=Expect.REJECTED)
    for parameter in usable:
        yield _with_value(context, "value", parameter, "", "a query parameter without a value")


def second_page(context: OperationContext) -> Iterator[Probe]:
    """The page after the first one of a list with numbered pages: its total must be greater than its own items."""
    chosen = paging(context.operation)
    usable = chosen.style is Style.PAGE and chosen.position in _query_parameters(context)
    if usable and chosen.position is not None and chosen.position.is_valid(chosen.first + 1):
        probe = _with_value(context, "choice", chosen.position, str(chosen.first + 1), "the second page")
        yield replace(probe, trigger="", odd=False, tolerated=(404,))  # There may be none.


def last_page(context: OperationContext) -> Iterator[Probe]:
    """The last page of a list, cut so that it is not full; where no total is known, the item that was last on a page.

    After a cursor, what the first page does not have.
    """
    chosen, listed = paging(context.operation), context.listed
    position, size = chosen.position, chosen.size
    known, total = len(items(listed)), stated_total(listed)
    usable = [parameter for parameter in _query_parameters(context) if not parameter.required]
    if position is None or known == 0 or position not in usable or (size is not None and size not in usable):
        return
    # A count beside links is that of the list; alone, it may be that of the page.
    is_total = total is not None and (total[0].lower() != "count" or "next" in listed) and total[1] < FEW
    count = max(known, total[1]) if is_total and total is not None else known
    values: dict[str, str] = {}
    if chosen.style is Style.CURSOR:
        cursor = next_cursor(listed, (), position.name)
        values = {position.name: segment(cursor)} if cursor is not None and count > known else {}
    else:
        most = min(count - 1, chosen.largest or 0) if size is not None else known if known < count else 0
        # Best is a page for an item that the beginning of the list shows.
        shown = range(min(known - 1, most), count // 2, -1) if size is not None else ()
        sizes = chain(shown, range(most, most // 2, -1))
        fitting = (each for each in sizes if each and count % each)
        part = next((each for each in fitting if size is None or (size.is_valid(each) and each <= most)), 0)
        number = (chosen.first + count // part if chosen.style is Style.PAGE else count - count % part) if part else 0
        if part and position.is_valid(number):
            values = {position.name: str(number)} | ({size.name: str(part)} if size is not None else {})
    if values:
        yield context.probe(
            "choice/the last page",
            "the pages of a list have all of its items",
            context.known[0],
            Expect.DOCUMENTED,
            sent={"query": "&".join(f"{quote(name)}={value}" for name, value in values.items())},
            tolerated=_REJECTED_VALUE,
            compare_with=context.base,
            relation=Relation.FOLLOWING_PAGE,
        )


def full_last_page(context: OperationContext) -> Iterator[Probe]:
    """The last page of a list that is exactly full, where the list says whether another page follows."""
    chosen, listed = paging(context.operation), context.listed
    position, size, total = chosen.position, chosen.size, stated_total(listed)
    says_so = any(flags_of_more(listed, value=value) for value in (True, False))
    optional = [parameter for parameter in _query_parameters(context) if not parameter.required]
    if not says_so or total is None or not 0 < total[1] < FEW or position not in optional or size not in optional:
        return
    if position is None or size is None or chosen.style is not Style.PAGE:
        return
    count = total[1]
    fitting = (each for each in range(count, 0, -1) if count % each == 0)
    part = next((each for each in fitting if size.is_valid(each) and each <= (chosen.largest or each)), 0)
    number = chosen.first + count // part - 1 if part else 0
    if part and position.is_valid(number):
        yield context.probe(
            "choice/the last page, full",
            "no page follows the last item of a list",
            context.known[0],
            Expect.DOCUMENTED,
            sent={"query": f"{quote(position.name)}={number}&{quote(size.name)}={part}"},
            tolerated=_REJECTED_VALUE,
        )


def next_pages(context: OperationContext) -> Iterator[Probe]:
    """The first two pages of a list that has so many items: what is on the first one is not on the second."""
    chosen, listed = paging(context.operation), context.listed
    position, size = chosen.position, chosen.size
    optional = [parameter for parameter in _query_parameters(context) if not parameter.required]
    if position is None or size is None or not {position.name, size.name} <= {one.name for one in optional}:
        return
    # Other offsets count from one, or are pages.
    from_zero = not any(facts(position).get(bound) for bound in ("minimum", "default"))
    is_offset = chosen.style is Style.OFFSET and plain_name(position.name) in _OFFSETS and from_zero
    if chosen.style is not Style.PAGE and not is_offset:
        return
    fitting = filter(size.is_valid, range(2, len(items(listed)) // 2 + 1))
    part = min(fitting, key=lambda each: abs(each - _SMALL_PAGE), default=0)
    numbers = (chosen.first, chosen.first + 1) if chosen.style is Style.PAGE else (0, part)
    if not part or not all(map(position.is_valid, numbers)):
        return
    first = "choice/the first page"
    for name, number in zip((first, "choice/the page after it"), numbers, strict=True):
        yield context.probe(
            name,
            "each item of a list is on one page",
            context.known[0],
            Expect.DOCUMENTED,
            sent={"query": f"{quote(position.name)}={number}&{quote(size.name)}={part}"},
            tolerated=_REJECTED_VALUE,
            compare_with="" if name == first else first,
            relation=Relation.NONE if name == first else Relation.NEXT_PAGE,
        )


def choices(context: OperationContext) -> Iterator[Probe]:
    """Each filter with values of its closed set, alone: an ignored one returns items with another value.

    A filter has the name of a property of the response. Two values are enough, because no item has both.
    """
    success = context.operation.success()
    documented = success.media.values() if success else ()
    names = {plain_name(n) for media in documented for n in property_names(media.schema, media.schemas.resolve)}
    for parameter in _query_parameters(context):
        chosen = [query_text(choice) for choice in parameter.choices] if property_name(parameter) in names else []
        usable = [text for text in chosen if other_choices(parameter, text)]
        for text in usable[:2]:
            probe = _with_value(context, "choice", parameter, segment(text), text)
            yield replace(probe, trigger="", odd=False)  # The value is documented.


def _query_parameters(context: OperationContext) -> list[Parameter]:
    """The documented query parameters of an operation that a single value can be sent in."""
    if not context.readable or context.operation.method != "GET":
        return []
    return [p for p in context.operation.parameters if p.location == "query" and not p.content]


def _with_value(context: OperationContext, group: str, parameter: Parameter, value: str, trigger: str) -> Probe:
    """The plain request with a value, percent-encoded, of one query parameter."""
    probe = context.probe(
        f"{group}/{parameter.name}: {trigger.removesuffix(' in a query parameter')}",
        "special characters are accepted or rejected, as documented",
        context.known[0],
        Expect.DOCUMENTED,
        tolerated=_REJECTED_VALUE,
        odd=True,
        trigger=trigger,
    )
    name = quote(parameter.name)
    path, _, query = probe.request.target.partition("?")
    others = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    target = f"{path}?{'&'.join([*others, f'{name}={value}'])}"
    return replace(probe, request=replace(probe.request, target=target))


def _varied(context: OperationContext, group: str, chosen: Sequence[header_variants.Variant]) -> Iterator[Probe]:
    if not context.readable or context.operation.method not in ("GET", "HEAD"):
        return
    declared = {p.name.lower() for p in context.operation.parameters if p.location == "header"}
    spoken = {name.lower() for name, _ in context.valid.headers}
    for number, variant in enumerate(chosen):
        named = {name.lower() for name, _ in variant.headers}
        if named & (declared | spoken) or (context.operation.request_media and "content-type" in named):
            continue
        values = context.varied[number % len(context.varied)]
        if variant.is_about_encoding and context.non_ascii is not None:
            values = context.non_ascii
        # The acceptable ranges include JSON, but an operation may have no JSON.
        narrow = (
            "accept" in named and "*/*" not in repr(variant.headers) and context.builder.accept != "application/json"
        )
        tolerated = (*variant.tolerated, *(header_variants.NEGOTIATION_STATUSES if narrow else ()))
        yield context.probe(
            f"{group}/{variant.label}",
            variant.reason,
            values,
            Expect.SUCCESS,
            sent={"headers": variant.headers, "query": variant.query, "body": variant.body},
            tolerated=tolerated,
            odd=bool(tolerated),
            relation=Relation.SAME,
            compare_with=f"success/first/{title(values)}",
            trigger=variant.trigger or f'"{variant.label}"',
            new_connection=variant.body is not None,
        )


def last(context: OperationContext) -> Iterator[Probe]:
    """Each varied resource again after everything else, and several at the same time."""
    if not context.readable:
        return
    count = len(context.varied)
    for number in reversed(range(count)):
        yield context.again("at the end", number, "no request in between has changed the response")
        if number == min(1, count - 1) and context.unauthorized:
            yield context.denied(
                "credentials/absent/at the end", NO_CREDENTIALS, context.known[0], "credentials/absent/known"
            )
        if 0 < number < 4:
            yield context.again(f"at the end after {number}", 0, "the response does not depend on the previous request")
    for turn in range(6):
        yield context.again(
            f"at once {turn}",
            turn % count,
            "concurrent requests do not affect each other",
            new_connection=True,
            concurrent_group="at once",
        )
