"""Cases about everything beside key and caller: query, headers, negotiation, methods, and several at once."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from flowcontract.checks.probe import Probe, Relation
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, PLAIN, boundaries
from flowcontract.generation.mutations import credentials, resource_ids
from flowcontract.generation.mutations.operation_context import OTHERS, Deck, Nonce, kind
from flowcontract.generation.mutations.random_choice import Dice
from flowcontract.generation.parameter_names import FIELDS
from flowcontract.generation.probes.credentials import CLAIMS
from flowcontract.generation.probes.header_variants import HEADERS, NEGOTIATION, QUERIES
from flowcontract.generation.request_builder import NOBODY, Credentials, good

_ALPHABETS = tuple(ALPHABETS)
# What ends a query or a target early is no value of a parameter.
_BREAKERS = tuple((name, text) for name, texts in BREAKERS.items() for text in texts if not set(text) & set("#&?/ "))
_LETTERS = PLAIN[:26]
_IGNORED = (("Range", "bytes=0-9"), ("If-None-Match", "*"), ("Origin", "null"), ("If-Modified-Since", "0"),
            ("User-Agent", "curl/8.0"), ("Referer", "http://localhost/"))  # fmt: skip
_TYPES = ("application", "text", "image", "audio", "multipart", "model", "x")


@kind(6)
def unknown_parameter(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A query parameter that the contract does not have."""
    name = dice.pick(_ALPHABETS)
    value = quote(dice.text(ALPHABETS[name], dice.below(20)), safe="")
    query = f"x{nonce.text(_LETTERS)}={value}"
    return deck.same(dice, f"query/{name}", f"{name} in the query", query=query)


@kind(5)
def breaking_parameter(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A query parameter that the contract does not have, with a value that broke servers before."""
    name, text = dice.pick(_BREAKERS)
    tolerated = (400,) if name in ("percent", "invalid-utf8", "control", "nul") or "%" not in text else ()
    query = f"x{nonce.text(_LETTERS)}={text}"
    return deck.same(dice, f"query/{name}", f"{name} in the query", query=query, tolerated=tolerated)


@kind(6)
def telling_parameter(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A query parameter that means something to other servers: a filter may find nothing, but nothing else."""
    names = deck.undeclared
    value = dice.pick(("1", "0", "-1", "true", "x", "*", "a,b", "{}", "%00", nonce.text()))
    return _filtered(deck, dice, dice.pick(names), f"{value}&x{nonce.text(_LETTERS)}")


def _filtered(deck: Deck, dice: Dice, name: str, value: str) -> Probe:
    return deck.same(
        dice, "query/telling name", "a telling name in the query", query=f"{name}={value}", tolerated=(400, 404)
    )


@kind(5)
def telling_header(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A header that means something to other servers, and one that means nothing to any."""
    name, value = dice.pick(FIELDS)
    return _told(deck, dice, ((name, value), (f"X-{nonce.text(_LETTERS)}", "1")))


def _told(deck: Deck, dice: Dice, headers: tuple[tuple[str, str], ...]) -> Probe:
    name = headers[0][0]
    return deck.same(dice, f"header/{name}", f"the {name} header", headers=headers, tolerated=(400, 406))


@kind(8, "caller")
def nobody_with_more(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A caller without the right, and something that makes some servers take another way."""
    mark = nonce.text(_LETTERS)
    who = dice.pick((NOBODY, NOBODY, good(deck.operation, "flowcontract-" + mark)))
    cookie = ("Cookie", f"{dice.pick(credentials.NAMES)}={mark}")
    header = dice.pick((dice.pick(FIELDS), dice.pick(CLAIMS), dice.pick(_IGNORED), cookie))
    queries = [who.query, f"x{mark}"]
    if dice.below(2):
        queries.append(f"{dice.pick(deck.undeclared)}={dice.pick(('1', 'true', mark))}")
    query = "&".join(part for part in queries if part)
    added = Credentials("with more", credentials.REASON, (*who.headers, header), query, odd=True)
    probe = deck.refused(dice, added, f"credentials/none, {header[0]}")
    return replace(probe, tolerated=(*probe.tolerated, *NEGOTIATION))


@kind(5)
def unknown_header(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A header that means nothing."""
    value = dice.text(ALPHABETS["ascii"].replace("$", ""), dice.below(40))
    return deck.same(dice, "header/unknown", "an unknown header", headers=((f"X-{nonce.text(_LETTERS)}", value),))


@kind(4)
def accept(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A media type that nobody has."""
    ranges = [
        f"{dice.pick(_TYPES)}/{nonce.text(_LETTERS)}",
        dice.pick(("text/html", "image/*", "a/b;q=0.1", "*/x", "q")),
    ]
    tolerated: tuple[int, ...] = (*NEGOTIATION, 400)
    if dice.below(3) == 0:
        ranges.append("*/*;q=0.1")
    value = ", ".join(ranges)
    return deck.same(dice, "header/Accept", "the Accept header", headers=(("Accept", value),), tolerated=tolerated)


@kind(4)
def ignorable(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A header that has a meaning, but none for this answer."""
    mark = nonce.text(_LETTERS)
    name, value = dice.pick((
        ("Accept-Language", f"{mark[:2]}-{mark[2:]}, de;q=0.{dice.below(10)}"),
        ("If-None-Match", f'"{mark}"'),
        ("If-Modified-Since", f"Mon, 23 Nov 2026 00:00:00 {mark}"),
        ("Range", f"bytes={nonce.number}-"),
        ("Origin", f"https://{mark}.invalid"),
        ("Referer", f"https://{mark}.invalid/"),
        ("User-Agent", f"{mark}/1.{dice.below(100)}"),
        ("Cookie", f"{mark}={dice.below(1000)}"),
        ("X-Forwarded-Host", f"{mark}.invalid"),
        ("X-Forwarded-For", f"10.{nonce.number >> 16 & 255}.{nonce.number >> 8 & 255}.{nonce.number & 255}, {mark}"),
        ("X-Request-Id", mark),
    ))  # fmt: skip
    return deck.same(dice, f"header/{name}", f"the {name} header", headers=((name, value),))


@kind(1)
def head(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """HEAD of a known thing: GET without the content."""
    if deck.operation.method != "GET":
        return None
    probe = deck.same(dice, "method/HEAD", "HEAD", method="HEAD", query=f"x{nonce.text(_LETTERS)}")
    return replace(probe, relation=Relation.HEAD) if probe.compare_with else probe


@kind(8)
def several(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """Two things at once: any key or caller, with a query and a header that mean nothing."""
    about_keys = (
        [resource_ids.plain, resource_ids.alphabet, resource_ids.breaker, resource_ids.near] if deck.shapes else []
    )
    about_callers = (
        [credentials.wrong_token, credentials.token_with_more, credentials.misplaced] if deck.has("caller") else []
    )
    if not (about_keys or about_callers):
        return None
    base: Probe = dice.pick([*about_keys, *about_callers])(deck, dice, nonce)
    mark = nonce.text(_LETTERS)
    joiner = "&" if "?" in base.request.target else "?"
    headers = (*base.request.headers, ("X-Fuzz", mark))
    request = replace(base.request, target=f"{base.request.target}{joiner}x{mark}=1", headers=headers)
    return replace(base, name=base.name + OTHERS, request=request)


@kind(16, "query")
def declared(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A value of a declared query or header parameter, of any kind."""
    parameter = dice.pick([p for p in deck.operation.parameters if p.location in ("query", "header")])
    mark = nonce.text()
    style = dice.below(3)
    if style == 0:
        value = dice.pick(list(boundaries(deck.contract.resolve(parameter.schema)))).text[:200]
    elif style == 1:
        value = dice.pick(_BREAKERS)[1] + mark
    else:
        value = quote(dice.text(ALPHABETS[dice.pick(_ALPHABETS)], dice.below(20)), safe="") + mark
    request: dict[str, object] = {"query": f"{parameter.name}={value}&x{mark}"}
    if parameter.location == "header":
        request = {"headers": ((parameter.name, value),)}
    probe = deck.same(dice, f"{parameter.location}/declared", f"the parameter {parameter.name}", **request)
    return replace(probe, odd=True)


def systematic(deck: Deck) -> Iterator[Probe]:
    """Each variant of the gate's plan, each declared parameter at each boundary."""
    dice = Dice(0, 2)
    for variant in (*HEADERS, *QUERIES):
        yield deck.same(
            dice, f"variant/{variant.label}", variant.trigger or variant.label, headers=variant.headers,
            query=variant.query, body=variant.body, tolerated=variant.tolerated,
        )  # fmt: skip
    for name in deck.undeclared:
        yield _filtered(deck, dice, name, "flowcontract")
    for field in FIELDS:
        yield _told(deck, dice, (field,))
    for parameter in deck.operation.parameters:
        if parameter.location != "query":
            continue
        for value in boundaries(deck.contract.resolve(parameter.schema)):
            probe = deck.same(
                dice, f"query/{value.label}", f"the parameter {parameter.name}", query=f"{parameter.name}={value.text}"
            )
            yield replace(probe, tolerated=(), odd=False) if value.valid else replace(probe, odd=True)
