"""Attempts to get in without the right, and with a method that the contract does not have.

Unsafe methods and headers that override the method go without credentials, or with them to a key that cannot
exist: nothing on a right server can change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation.probes import credentials as matrix
from flowcontract.generation.probes import header_variants
from flowcontract.generation.probes.operation_context import Subject, raw, title
from flowcontract.generation.request_builder import NOBODY, Credentials

_PAIRED = (
    "absent",
    "wrong token",
    "token cut short",
    "empty header",
    "scheme alone",
    "scheme Basic",
    "token without permission",
    "non-ASCII token",
    "token without scheme",
    "token in the query",
)
"""Refusals that are also asked of a key that does not exist, to compare."""
_CLAIMS = "admin=1&debug=1&user=admin&role=admin&is_superuser=1&authenticated=1"


def credentials(subject: Subject) -> Iterator[Probe]:
    """The authentication matrix, on a key that exists and on one that does not."""
    values = subject.any
    if values is None:
        return
    for who in subject.refused:
        name = f"credentials/{who.label}/known"
        yield subject.refusal(name, who, values)
        if who.label in ("absent", "wrong token"):
            yield subject.refusal(f"credentials/{who.label}/again", who, values, name)
            if subject.served:
                yield subject.again(f"after {who.label}", reason="a refusal changes nothing for who may")
        if subject.missing and subject.known and who.label in _PAIRED:
            yield subject.refusal(f"credentials/{who.label}/unknown", who, subject.missing, name)
    if subject.refused and subject.operation.method == "GET":
        yield from _beside(subject, values)
    if subject.served and subject.operation.method in ("GET", "HEAD"):
        for who in matrix.ambiguous(subject.operation):
            yield _unusual(subject, who, compare_with=subject.base, relation=Relation.SAME)
        for who in matrix.lenient(subject.operation):
            yield _unusual(
                subject,
                who,
                compare_with="credentials/wrong token/known",
                relation=Relation.LENIENT,
                trigger=who.trigger,
            )


def _unusual(subject: Subject, who: Credentials, **more: Any) -> Probe:
    """Good credentials in another form than the contract's: served or refused."""
    return subject.probe(
        f"credentials/{who.label}/accepted",
        who.reason,
        subject.known[0],
        Expect.SUCCESS,
        who,
        tolerated=(*subject.refusals, 400),
        odd=True,
        **more,
    )


def _beside(subject: Subject, values: Mapping[str, str]) -> Iterator[Probe]:
    """No credentials, but something else that makes a server take another way."""
    for variant in header_variants.AROUND:
        yield subject.nobody(
            f"credentials/absent, {variant.label}",
            variant.reason,
            values,
            {"headers": variant.headers, "query": variant.query},
            tolerated=variant.tolerated,
        )
    yield subject.nobody(
        "credentials/absent, claims in the query", "a query that claims a right gives none", values, {"query": _CLAIMS}
    )


def others(subject: Subject) -> Iterator[Probe]:
    """The other known keys: refused without a right as well."""
    labels = ("absent", "wrong token")
    for who in (who for who in subject.refused if who.label in labels):
        for number, values in list(enumerate(subject.known))[1:]:
            if who.label == "absent" or number < 4:
                yield subject.refusal(f"credentials/{who.label}/{title(values)}", who, values)


def methods(subject: Subject) -> Iterator[Probe]:
    """Methods the contract does not have."""
    values = subject.any
    if values is None:
        return
    closed = subject.may and not subject.operation.is_open
    for method in (method for method in header_variants.UNSAFE if method not in subject.declared):
        known = _method(subject, "known", method, values, NOBODY)
        yield replace(known, compare_with="credentials/absent/known", relation=Relation.ERROR_FORMAT)
        if subject.missing and closed:
            yield _method(subject, "unknown", method, subject.missing, subject.good, (400, 404, 409, 415, 422))
        if subject.allow_unsafe and closed:
            yield _method(subject, "with credentials", method, values, subject.good, (400, 409, 415, 422))
    yield from overridden(subject, values)
    for method in (method for method in header_variants.SAFE_BUT_UNKNOWN if method not in subject.declared):
        yield _method(subject, "with credentials", method, values, subject.good, (400, 501))
    yield _method(subject, "known", "FLOWCONTRACT", values, NOBODY, (400, 501))
    yield _method(subject, "known", subject.operation.method.lower(), values, NOBODY, (400, 501))
    if "OPTIONS" not in subject.declared:
        for who, at in ((NOBODY, values), (subject.good, subject.missing or values)):
            yield subject.probe(
                f"method/OPTIONS/{who.label}",
                "what a server says of itself holds nobody's data",
                at,
                Expect.UNSPECIFIED,
                who,
                sent={"method": "OPTIONS"},
                tolerated=(501,),
            )


def _method(
    subject: Subject, label: str, method: str, values: Mapping[str, str], who: Credentials,
    tolerated: tuple[int, ...] = (), headers: tuple[tuple[str, str], ...] = (), query: str = "",
) -> Probe:  # fmt: skip
    sent = {"method": method, "body": b"" if method in ("POST", "PUT", "PATCH") else None, "headers": headers}
    return subject.probe(
        f"method/{method}/{label}",
        "the contract has no such method for this path",
        values,
        Expect.METHOD_NOT_ALLOWED,
        who,
        sent={**sent, "query": query},
        tolerated=tolerated,
        odd=True,
    )


def overridden(subject: Subject, values: Mapping[str, str]) -> Iterator[Probe]:
    """Headers and query parameters that would change the method."""
    if subject.operation.method != "GET":
        return
    reason = "the method is what the request line says"
    ways: list[tuple[str, dict[str, Any]]] = [
        (f"{method} in a header", {"headers": tuple((name, method) for name in header_variants.OVERRIDES)})
        for method in ("DELETE", "PUT", "PATCH")
    ]
    ways.insert(1, ("DELETE in the query", {"query": "_method=DELETE&method=DELETE&x-http-method-override=DELETE"}))
    for label, sent in ways:
        if subject.refused:
            yield subject.nobody(f"override/{label}/refused", reason, values, sent)
        if subject.missing and subject.may:
            yield subject.probe(
                f"override/{label}/missing",
                reason,
                subject.missing,
                Expect.NOT_FOUND,
                sent=sent,
                tolerated=subject.excused,
            )
    if "POST" in subject.declared:
        return
    for method in ("GET", "DELETE"):
        headers = tuple((name, method) for name in header_variants.OVERRIDES)
        label = f"overridden to {method}"
        if subject.refused:
            yield _method(subject, f"{label}, known", "POST", values, NOBODY, (), headers)
        if subject.missing and subject.may and not subject.operation.is_open:
            yield _method(subject, f"{label}, unknown", "POST", subject.missing, subject.good, (400, 404, 415), headers)


def routes(subject: Subject) -> Iterator[Probe]:
    """Other ways to write the path, without credentials: whatever they lead to, nobody's data may be there."""
    if not subject.known or not subject.refused:
        return
    path = subject.form.path(raw(subject.known[0]))
    bare = path.rstrip("/")
    ways = {
        "slash toggled": bare if path.endswith("/") else path + "/",
        "slash doubled": "/" + path,
        "dot segment": bare + "/./",
        "semicolon": bare + ";flowcontract=1/",
        "slash encoded": bare + "%2F",
        "upper case": path.upper(),
        "suffix": bare + ".json",
    }
    for label, way in ways.items():
        yield subject.probe(
            f"route/{label}",
            "another way to write a path is no way around a refusal",
            {},
            Expect.UNSPECIFIED,
            NOBODY,
            sent={"path": way},
        )
