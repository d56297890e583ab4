"""The sections of a plan that ask as the contract foresees it: for what exists, what does not, and what was drawn.

In each section the most telling probes come first, so that any beginning of it is a sensible selection.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from flowcontract.checks.probe import HEAD_NOT_SUPPORTED, Expect, Probe, Relation
from flowcontract.generation.probes import header_variants, resource_ids
from flowcontract.generation.probes.operation_context import SAFE, Subject, raw, title
from flowcontract.generation.request_builder import NOBODY, segment
from flowcontract.generation.schemathesis_cases import Case
from flowcontract.openapi.model import EXTENSION


def discovery(subject: Subject) -> Iterator[Probe]:
    """Each key once, to learn which exist; what is owed is judged later."""
    if subject.served:
        for values in subject.known:
            yield subject.probe(
                f"discovery/{title(values)}", "whether this key exists here", values, Expect.UNSPECIFIED
            )


def first(subject: Subject) -> Iterator[Probe]:
    """Each known key once, and the first again: whether there is anything to judge."""
    if not subject.served:
        return
    for number, values in enumerate(subject.known):
        yield subject.probe(
            f"success/first/{title(values)}",
            "a key that exists is found, and its answer is as documented",
            values,
            Expect.SUCCESS,
            new_connection=number == 0,
        )
    yield subject.again("again")
    yield subject.again("new connection", new_connection=True)


def heads(subject: Subject) -> Iterator[Probe]:
    """HEAD beside GET, for a key that exists, one that does not, and a caller who may not."""
    if subject.operation.method != "GET" or "HEAD" in subject.declared:
        return
    reason, sent, related = "HEAD is GET without the content", {"method": "HEAD"}, Relation.HEAD
    if subject.served:
        for values in subject.known[:2]:
            name = title(values)
            yield subject.probe(
                f"head/known/{name}",
                reason,
                values,
                Expect.SUCCESS,
                sent=sent,
                compare_with=f"success/first/{name}",
                relation=related,
                tolerated=HEAD_NOT_SUPPORTED,
            )
        yield subject.again("after HEAD", reason="a HEAD leaves nothing behind on the connection")
    if subject.refused and subject.known:
        yield subject.probe(
            "head/refused",
            reason,
            subject.known[0],
            Expect.DENIED,
            NOBODY,
            sent=sent,
            compare_with="credentials/absent/known",
            relation=related,
            tolerated=HEAD_NOT_SUPPORTED,
        )
    if subject.served and subject.missing:
        yield subject.probe(
            "head/missing base",
            "what HEAD is compared with",
            subject.missing,
            Expect.NOT_FOUND,
            tolerated=subject.excused,
        )
        yield subject.probe(
            "head/missing",
            reason,
            subject.missing,
            Expect.NOT_FOUND,
            sent=sent,
            compare_with="head/missing base",
            relation=related,
            tolerated=(*HEAD_NOT_SUPPORTED, *subject.excused),
        )
        yield subject.again("after missing", reason="an answer not found changes nothing for the next")


def unknown_keys(subject: Subject) -> Iterator[Probe]:
    """Keys that cannot exist, and keys that another route is known to take."""
    if not subject.may or not subject.keys or subject.operation.method not in SAFE:
        return
    name = subject.operation.path_parameters()[-1].name
    shadowed = [str(word) for word in subject.operation.extensions.get(f"{EXTENSION}-shadowed-keys") or ()]
    for word in shadowed:
        yield subject.probe(
            f"shadowed/{word}",
            "another route is known to take this key",
            subject.values_of(resource_ids.Key(word, word, word, "")),
            Expect.SHADOWED,
            trigger="a key that another route takes",
        )
    path = subject.form.path({**raw(subject.values_of(subject.keys[0])), name: ""})
    yield subject.probe(
        "key/empty", "no key is no key", {}, Expect.UNSPECIFIED, sent={"path": path}, trigger="an empty key"
    )
    for key in subject.keys:
        if key.value in shadowed:
            continue
        values = subject.values_of(key)
        path = subject.form.path({**raw(values), name: key.raw})
        yield subject.probe(
            f"key/{key.label}",
            key.reason,
            values,
            Expect.NOT_FOUND,
            sent={"path": path},
            odd=key.odd,
            may_exist=key.may_exist,
            trigger=key.trigger,
            tolerated=(*key.tolerated, *subject.astray),
        )


def errors(subject: Subject) -> Iterator[Probe]:
    """Headers and queries without meaning, beside a key that does not exist."""
    if not subject.may or not subject.missing or subject.operation.method != "GET":
        return
    for variant in header_variants.BESIDE_ERRORS:
        yield subject.probe(
            f"error/{variant.label}",
            variant.reason,
            subject.missing,
            Expect.NOT_FOUND,
            sent={"headers": variant.headers, "query": variant.query},
            tolerated=(*variant.tolerated, *subject.excused),
            odd=variant.tolerated is header_variants.WALLED,
            trigger=variant.trigger or f"error: {variant.label}",
        )


def headers(subject: Subject) -> Iterator[Probe]:
    """Headers without meaning for the answer."""
    return _varied(subject, "header", header_variants.HEADERS)


def queries(subject: Subject) -> Iterator[Probe]:
    """Query parameters that the contract does not have."""
    declared = {p.name for p in subject.operation.parameters if p.location == "query"}
    unknown = [
        v for v in header_variants.QUERIES if not declared & {part.partition("=")[0] for part in v.query.split("&")}
    ]
    # A server may filter by these, and then finds nothing; what it finds must be what the path names.
    other = subject.missing or {}
    if len(subject.known) > 1:
        other = subject.known[1]
    named = [
        header_variants.Variant(
            f"{name} of another",
            "the path says what is asked for",
            query=f"{name}={segment(value)}",
            tolerated=(400, 404),
        )
        for name, value in other.items()
        if name not in declared
    ]
    return _varied(subject, "query", [*unknown[:2], *named, *unknown[2:]])


def _varied(subject: Subject, group: str, chosen: Sequence[header_variants.Variant]) -> Iterator[Probe]:
    if not subject.served or subject.operation.method not in ("GET", "HEAD"):
        return
    declared = {p.name.lower() for p in subject.operation.parameters if p.location == "header"}
    spoken = {name.lower() for name, _ in subject.good.headers}
    for number, variant in enumerate(chosen):
        named = {name.lower() for name, _ in variant.headers}
        if named & (declared | spoken) or (subject.operation.request_media and "content-type" in named):
            continue
        values = subject.known[number % len(subject.known)]
        # The ranges that are acceptable take in JSON; an operation may have none.
        narrow = "accept" in named and "*/*" not in repr(variant.headers) and subject.form.accept != "application/json"
        tolerated = (*variant.tolerated, *(header_variants.NEGOTIATION if narrow else ()))
        yield subject.probe(
            f"{group}/{variant.label}",
            variant.reason,
            values,
            Expect.SUCCESS,
            sent={"headers": variant.headers, "query": variant.query, "body": variant.body},
            tolerated=tolerated,
            odd=bool(tolerated),
            relation=Relation.SAME,
            compare_with=f"success/first/{title(values)}",
            trigger=variant.trigger or f"{group}: {variant.label}",
            new_connection=variant.body is not None,
        )


def generated(subject: Subject, cases: Sequence[Case]) -> Iterator[Probe]:
    """Probes for generated input."""
    if not subject.may or (subject.operation.method not in SAFE and not subject.allow_unsafe):
        return
    for number, case in enumerate(cases):
        values = {name: unquote(raw, errors="surrogateescape") for name, raw in case.path.items()}
        unknown = bool(values) and values not in subject.known and case.plain
        yield subject.probe(
            f"generated/{number}",
            case.reason,
            values,
            Expect.NOT_FOUND if unknown else Expect.DOCUMENTED,
            sent={
                "path": subject.form.path(case.path),
                "headers": case.headers,
                "query": case.query,
                "body": case.body,
            },
            odd=True,
            may_exist=True,
            tolerated=(400, 414, 422, 431, *((403,) if any(map(resource_ids.is_alarming, values.values())) else ())),
            trigger="generated input",
        )


def last(subject: Subject) -> Iterator[Probe]:
    """Each known key again after everything else, and several at the same time."""
    if not subject.served:
        return
    count = len(subject.known)
    for number in list(range(count))[::-1][:20]:
        yield subject.again("at the end", number, "what was asked in between changes nothing")
        if 0 < number < 4:
            yield subject.again(f"at the end after {number}", 0, "the answer to one key does not depend on the last")
    if subject.refused:
        yield subject.refusal("credentials/absent/at the end", NOBODY, subject.known[0])
    for turn in range(6):
        yield subject.again(
            f"at once {turn}",
            turn % count,
            "callers at the same time do not get in each other's way",
            new_connection=True,
            concurrent_group="at once",
        )
