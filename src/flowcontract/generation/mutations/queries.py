"""Mutated queries, headers, negotiation and methods, and several mutations at once."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from flowcontract.checks.probe import Probe, Relation
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, PLAIN, boundaries
from flowcontract.generation.mutations import credentials, resource_ids
from flowcontract.generation.mutations.operation_context import OTHERS, MutationContext, Nonce, kind
from flowcontract.generation.mutations.random_choice import SeededRandom
from flowcontract.generation.parameter_names import FIELDS
from flowcontract.generation.probes.credentials import CLAIMS
from flowcontract.generation.probes.header_variants import HEADERS, NEGOTIATION_STATUSES, QUERIES
from flowcontract.generation.request_builder import NO_CREDENTIALS, Credentials, credentials_with

_ALPHABETS = tuple(ALPHABETS)
# Strings that would end a parameter value or the query are left out.
_BREAKERS = tuple((name, text) for name, texts in BREAKERS.items() for text in texts if not set(text) & set("#&?/ "))
_LETTERS = PLAIN[:26]
_IGNORED = (("Range", "bytes=0-9"), ("If-None-Match", "*"), ("Origin", "null"), ("If-Modified-Since", "0"),
            ("User-Agent", "curl/8.0"), ("Referer", "http://localhost/"))  # fmt: skip
_TYPES = ("application", "text", "image", "audio", "multipart", "model", "x")


@kind(6)
def unknown_parameter(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An undocumented query parameter."""
    name = rng.pick(_ALPHABETS)
    value = quote(rng.text(ALPHABETS[name], rng.below(20)), safe="")
    query = f"x{nonce.text(_LETTERS)}={value}"
    return context.same(rng, f"query/{name}", f"{name} in the query", query=query)


@kind(5)
def breaking_parameter(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An undocumented query parameter with a known-bad string."""
    name, text = rng.pick(_BREAKERS)
    tolerated = (400,) if name in ("percent", "invalid-utf8", "control", "nul") or "%" not in text else ()
    query = f"x{nonce.text(_LETTERS)}={text}"
    return context.same(rng, f"query/{name}", f"{name} in the query", query=query, tolerated=tolerated)


@kind(6)
def common_parameter(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A query parameter that is common on other servers: a filter may find nothing."""
    names = context.undeclared
    value = rng.pick(("1", "0", "-1", "true", "x", "*", "a,b", "{}", "%00", nonce.text()))
    return _filtered(context, rng, rng.pick(names), f"{value}&x{nonce.text(_LETTERS)}")


def _filtered(context: MutationContext, rng: SeededRandom, name: str, value: str) -> Probe:
    return context.same(
        rng, "query/common name", "a common query parameter", query=f"{name}={value}", tolerated=(400, 404)
    )


@kind(5)
def common_header(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A header that is meaningful to other servers, and an unknown one."""
    name, value = rng.pick(FIELDS)
    return _with_headers(context, rng, ((name, value), (f"X-{nonce.text(_LETTERS)}", "1")))


def _with_headers(context: MutationContext, rng: SeededRandom, headers: tuple[tuple[str, str], ...]) -> Probe:
    name = headers[0][0]
    return context.same(rng, f"header/{name}", f"the {name} header", headers=headers, tolerated=(400, 406))


@kind(8, "security")
def no_credentials_with_more(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An unauthorized caller, with something that may bypass the check."""
    mark = nonce.text(_LETTERS)
    who = rng.pick((NO_CREDENTIALS, NO_CREDENTIALS, credentials_with(context.operation, "flowcontract-" + mark)))
    cookie = ("Cookie", f"{rng.pick(credentials.NAMES)}={mark}")
    header = rng.pick((rng.pick(FIELDS), rng.pick(CLAIMS), rng.pick(_IGNORED), cookie))
    queries = [who.query, f"x{mark}"]
    if rng.below(2):
        queries.append(f"{rng.pick(context.undeclared)}={rng.pick(('1', 'true', mark))}")
    query = "&".join(part for part in queries if part)
    added = Credentials("with more", credentials.REASON, (*who.headers, header), query, odd=True)
    probe = context.unauthorized(rng, added, f"credentials/none, {header[0]}")
    return replace(probe, tolerated=(*probe.tolerated, *NEGOTIATION_STATUSES))


@kind(5)
def unknown_header(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An unknown header."""
    value = rng.text(ALPHABETS["ascii"].replace("$", ""), rng.below(40))
    return context.same(rng, "header/unknown", "an unknown header", headers=((f"X-{nonce.text(_LETTERS)}", value),))


@kind(4)
def accept(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An unknown media type."""
    ranges = [
        f"{rng.pick(_TYPES)}/{nonce.text(_LETTERS)}",
        rng.pick(("text/html", "image/*", "a/b;q=0.1", "*/x", "q")),
    ]
    tolerated: tuple[int, ...] = (*NEGOTIATION_STATUSES, 400)
    if rng.below(3) == 0:
        ranges.append("*/*;q=0.1")
    value = ", ".join(ranges)
    return context.same(rng, "header/Accept", "the Accept header", headers=(("Accept", value),), tolerated=tolerated)


@kind(4)
def ignorable(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A known header that does not affect this response."""
    mark = nonce.text(_LETTERS)
    name, value = rng.pick((
        ("Accept-Language", f"{mark[:2]}-{mark[2:]}, de;q=0.{rng.below(10)}"),
        ("If-None-Match", f'"{mark}"'),
        ("If-Modified-Since", f"Mon, 23 Nov 2026 00:00:00 {mark}"),
        ("Range", f"bytes={nonce.number}-"),
        ("Origin", f"https://{mark}.invalid"),
        ("Referer", f"https://{mark}.invalid/"),
        ("User-Agent", f"{mark}/1.{rng.below(100)}"),
        ("Cookie", f"{mark}={rng.below(1000)}"),
        ("X-Forwarded-Host", f"{mark}.invalid"),
        ("X-Forwarded-For", f"10.{nonce.number >> 16 & 255}.{nonce.number >> 8 & 255}.{nonce.number & 255}, {mark}"),
        ("X-Request-Id", mark),
    ))  # fmt: skip
    return context.same(rng, f"header/{name}", f"the {name} header", headers=((name, value),))


@kind(1)
def head(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """HEAD of a known resource: GET without the content."""
    if context.operation.method != "GET":
        return None
    probe = context.same(rng, "method/HEAD", "HEAD", method="HEAD", query=f"x{nonce.text(_LETTERS)}")
    return replace(probe, relation=Relation.HEAD) if probe.compare_with else probe


@kind(8)
def several(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """Several mutations: an ID or credentials, with an unknown query parameter and an unknown header."""
    about_keys = (
        [resource_ids.plain, resource_ids.alphabet, resource_ids.breaker, resource_ids.near] if context.shapes else []
    )
    about_callers = (
        [credentials.wrong_token, credentials.token_with_more, credentials.wrong_location]
        if context.has("security")
        else []
    )
    if not (about_keys or about_callers):
        return None
    base: Probe = rng.pick([*about_keys, *about_callers])(context, rng, nonce)
    mark = nonce.text(_LETTERS)
    joiner = "&" if "?" in base.request.target else "?"
    headers = (*base.request.headers, ("X-Fuzz", mark))
    request = replace(base.request, target=f"{base.request.target}{joiner}x{mark}=1", headers=headers)
    return replace(base, name=base.name + OTHERS, request=request)


@kind(16, "query")
def declared(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A value for a declared query or header parameter."""
    parameter = rng.pick([p for p in context.operation.parameters if p.location in ("query", "header")])
    mark = nonce.text()
    style = rng.below(3)
    if style == 0:
        value = rng.pick(list(boundaries(context.contract.resolve(parameter.schema)))).text[:200]
    elif style == 1:
        value = rng.pick(_BREAKERS)[1] + mark
    else:
        value = quote(rng.text(ALPHABETS[rng.pick(_ALPHABETS)], rng.below(20)), safe="") + mark
    request: dict[str, object] = {"query": f"{parameter.name}={value}&x{mark}"}
    if parameter.location == "header":
        request = {"headers": ((parameter.name, value),)}
    probe = context.same(rng, f"{parameter.location}/declared", f"the parameter {parameter.name}", **request)
    return replace(probe, odd=True)


def systematic(context: MutationContext) -> Iterator[Probe]:
    """Each variant of the gate's plan, and each boundary of each declared parameter."""
    rng = SeededRandom(0, 2)
    for variant in (*HEADERS, *QUERIES):
        yield context.same(
            rng, f"variant/{variant.label}", variant.trigger or variant.label, headers=variant.headers,
            query=variant.query, body=variant.body, tolerated=variant.tolerated,
        )  # fmt: skip
    for name in context.undeclared:
        yield _filtered(context, rng, name, "flowcontract")
    for field in FIELDS:
        yield _with_headers(context, rng, (field,))
    for parameter in context.operation.parameters:
        if parameter.location != "query":
            continue
        for value in boundaries(context.contract.resolve(parameter.schema)):
            probe = context.same(
                rng, f"query/{value.label}", f"the parameter {parameter.name}", query=f"{parameter.name}={value.text}"
            )
            yield replace(probe, tolerated=(), odd=False) if value.valid else replace(probe, odd=True)
