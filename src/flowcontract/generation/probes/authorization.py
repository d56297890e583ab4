"""Authorization probes: unauthorized callers and undocumented methods.

Unsafe methods, and headers that override the method, are for a resource that cannot exist. A known one gets them only
without credentials, and only where the server has denied the same for the other: it looks at the caller or the method
before the resource, so nothing changes. A server that denies reads may leave writes open to anybody.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.status import DENIED
from flowcontract.generation.probes import credentials as credential_variants
from flowcontract.generation.probes import header_variants
from flowcontract.generation.probes.operation_context import OperationContext, raw, title
from flowcontract.generation.request_builder import NO_CREDENTIALS, Credentials

_PAIRED = (
    "absent", "wrong token", "token cut short", "empty header", "scheme alone", "scheme Basic",
    "token without permission", "non-ASCII token", "token without scheme", "token in the query",
)  # fmt: skip
"""Callers whose request is repeated for an unknown resource, to compare the responses."""
_CLAIMS = "admin=1&debug=1&user=admin&role=admin&is_superuser=1&authenticated=1&preview=true&public=true&internal=true"


def credentials(context: OperationContext) -> Iterator[Probe]:
    """Every kind of unauthorized caller, for an existing and for an unknown resource."""
    values = context.any_values
    if values is None:
        return
    for caller in context.unauthorized:
        name = f"credentials/{caller.label}/known"
        yield context.denied(name, caller, values)
        if caller.label in ("absent", "wrong token"):
            yield context.denied(f"credentials/{caller.label}/again", caller, values, name)
            if context.readable:
                yield context.again(
                    f"after {caller.label}", reason="a denied request does not affect authorized callers"
                )
        # Who is served as if authorized gets 404 there, as authorized callers do.
        paired = caller.label in _PAIRED and not context.serves_anybody
        if context.unknown_values and context.known and paired:
            yield context.denied(f"credentials/{caller.label}/unknown", caller, context.unknown_values, name)
    if context.unauthorized and context.operation.method == "GET":
        yield from _with_additions(context, values)
    if context.readable and context.operation.method in ("GET", "HEAD"):
        for caller in credential_variants.ambiguous(context.operation):
            yield _malformed(context, caller, compare_with=context.base, relation=Relation.SAME)
        # Who serves callers without credentials does not have to read malformed ones.
        for caller in credential_variants.lenient(context.operation) if not context.serves_anybody else ():
            yield _malformed(
                context,
                caller,
                compare_with="credentials/wrong token/known",
                relation=Relation.LENIENT,
                trigger=caller.trigger,
            )


def without_permission(context: OperationContext) -> Iterator[Probe]:
    """A caller without any permission, where the operation documents 403: each has a permission of its own."""
    values = context.any_values
    if values is None or context.operation.response(403) is None:
        return
    for caller in (caller for caller in context.unauthorized if caller.is_somebody):
        yield context.denied(f"credentials/{caller.label}/known", caller, values)


def _malformed(context: OperationContext, caller: Credentials, **more: Any) -> Probe:
    """Valid credentials in another format than the contract's: served or denied."""
    return context.probe(
        f"credentials/{caller.label}/accepted",
        caller.reason,
        context.known[0],
        Expect.SUCCESS,
        caller,
        tolerated=(*context.operation.denial_statuses, 400),
        odd=True,
        **more,
    )


def _with_additions(context: OperationContext, values: Mapping[str, str]) -> Iterator[Probe]:
    """No credentials, but something that may bypass the check."""
    for variant in header_variants.BYPASSES:
        yield context.without_credentials(
            f"credentials/absent, {variant.label}",
            variant.reason,
            values,
            {"headers": variant.headers, "query": variant.query},
            tolerated=variant.tolerated,
            odd=variant.may_be_blocked,
        )
    yield context.without_credentials(
        "credentials/absent, claims in the query",
        "query parameters that claim permissions grant no access",
        values,
        {"query": _CLAIMS},
    )


def other_resources(context: OperationContext) -> Iterator[Probe]:
    """The other known resources: denied as well."""
    labels = ("absent", "wrong token")
    for caller in (caller for caller in context.unauthorized if caller.label in labels):
        for number, values in list(enumerate(context.known))[1:]:
            if caller.label == "absent" or number < 4:
                yield context.denied(f"credentials/{caller.label}/{title(values)}", caller, values)


def other_users(context: OperationContext) -> Iterator[Probe]:
    """A second user, for objects that its own lists do not show: denied, or 404."""
    caller = credential_variants.another_user(context.operation, context.target)
    if caller is None or not context.operation.path_parameters() or context.operation.method != "GET":
        return
    for values in [values for values in context.known if values not in context.shared][:3]:
        yield context.denied(f"credentials/another user/{title(values)}", caller, values)


def methods(context: OperationContext) -> Iterator[Probe]:
    """Undocumented methods."""
    values = context.any_values
    if values is None:
        return
    yield _method(context, "known", "FLOWCONTRACT", values, NO_CREDENTIALS, (400, 501))
    # Where callers without credentials are served, an undocumented method might change data.
    if context.denies_anonymous:
        yield from _unsafe_methods(context)
    yield from method_overrides(context)
    for method in (method for method in header_variants.SAFE_BUT_UNKNOWN if method not in context.declared):
        yield _method(context, "with credentials", method, values, context.valid, (400, 501))
    lower = context.operation.method.lower()
    yield context.probe(
        f"method/{lower}/known",
        "methods are case-sensitive, but a server may accept lowercase",
        values,
        Expect.UNSPECIFIED,
        NO_CREDENTIALS,
        sent={"method": lower},
        tolerated=(501,),
    )
    if "OPTIONS" not in context.declared:
        for caller, at in ((NO_CREDENTIALS, values), (context.valid, context.unknown_values or values)):
            yield context.probe(
                f"method/OPTIONS/{caller.label}",
                "the response to OPTIONS contains no data",
                at,
                Expect.UNSPECIFIED,
                caller,
                sent={"method": "OPTIONS"},
                tolerated=(501,),
            )
        if context.unauthorized and context.unknown_values and context.known:
            yield context.probe(
                "method/OPTIONS/unknown",
                "unauthorized callers do not learn which resources exist",
                context.unknown_values,
                Expect.UNSPECIFIED,
                NO_CREDENTIALS,
                sent={"method": "OPTIONS"},
                odd=True,
                compare_with="method/OPTIONS/absent",
                relation=Relation.DENIAL,
            )


def _unsafe_methods(context: OperationContext) -> Iterator[Probe]:
    """Each undocumented unsafe method, without credentials: for an unknown resource, then for a known one.

    Most might create something, so DELETE or another harmless method must have been denied before them. A collection
    has other methods than POST: only where the caller was denied does that say something about POST. Nothing that might
    remove or replace a whole collection is sent at all.
    """
    undocumented = [method for method in header_variants.UNSAFE if method not in context.declared]
    before = "method/FLOWCONTRACT/known"
    if not context.operation.path_parameters():
        if "POST" in undocumented:
            yield replace(_known(context, "POST", before), denials=DENIED)
        return
    if context.unknown_values is None:
        return
    is_collection = not context.operation.path.rstrip("/").endswith("}")
    for number, method in enumerate(undocumented):
        unknown = _method(context, "unknown", method, context.unknown_values, NO_CREDENTIALS, context.tolerated_unknown)
        if number == 0 and method not in header_variants.MIGHT_CREATE:
            before = unknown.name
        elif is_collection:
            unknown = replace(unknown, only_if_denied=before, denials=DENIED)
        else:
            unknown = replace(unknown, only_if_denied=before)
        if method == "DELETE" and context.known:
            unknown = replace(unknown, compare_with=f"method/{method}/known", relation=Relation.DENIAL)
        yield unknown
        if context.known:
            yield _known(context, method, unknown.name)


def _known(context: OperationContext, method: str, before: str) -> Probe:
    """A method for a known resource, where an earlier probe was denied."""
    return replace(
        _method(context, "known", method, context.known[0], NO_CREDENTIALS),
        compare_with="credentials/absent/known",
        relation=Relation.ERROR_FORMAT,
        only_if_denied=before,
    )


def _method(
    context: OperationContext, label: str, method: str, values: Mapping[str, str], caller: Credentials,
    tolerated: tuple[int, ...] = (), headers: tuple[tuple[str, str], ...] = (), query: str = "",
) -> Probe:  # fmt: skip
    sent = {"method": method, "body": b"" if method in ("POST", "PUT", "PATCH") else None, "headers": headers}
    return context.probe(
        f"method/{method}/{label}",
        "a method that is not documented for this path is rejected",
        values,
        Expect.METHOD_NOT_ALLOWED,
        caller,
        sent={**sent, "query": query},
        tolerated=tolerated,
        odd=True,
    )


def method_overrides(context: OperationContext) -> Iterator[Probe]:
    """Headers and query parameters that override the method."""
    if context.operation.method != "GET":
        return
    reason = "only the request line determines the method"
    variants: list[tuple[str, dict[str, Any]]] = [
        (f"{method} in a header", {"headers": tuple((name, method) for name in header_variants.OVERRIDES)})
        for method in ("DELETE", "PATCH", "PUT")
    ]
    variants.insert(1, ("DELETE in the query", {"query": "_method=DELETE&method=DELETE&x-http-method-override=DELETE"}))
    for label, sent in variants:
        might_create = not label.startswith("DELETE")
        if context.denies_anonymous and context.unknown_values:
            unknown = replace(
                context.denied(
                    f"override/{label}/denied, unknown",
                    NO_CREDENTIALS,
                    context.unknown_values,
                    f"credentials/absent/{'unknown' if context.known else 'known'}",
                    reason=reason,
                    sent=sent,
                ),
                only_if_denied=f"override/{variants[0][0]}/denied, unknown" if might_create else "",
            )
            yield unknown
            if context.known:
                known = context.without_credentials(f"override/{label}/denied", reason, context.known[0], sent)
                yield replace(known, only_if_denied=unknown.name)
        if context.unknown_values and context.authorized and not might_create:
            yield context.probe(
                f"override/{label}/missing",
                reason,
                context.unknown_values,
                Expect.NOT_FOUND,
                sent=sent,
                tolerated=context.tolerated_unknown,
            )
    if "POST" not in context.declared and context.denies_anonymous:
        yield from _overridden_posts(context)


def _overridden_posts(context: OperationContext) -> Iterator[Probe]:
    """POST with headers that override it, where POST itself was denied."""
    values, label = (context.known[0], "known") if context.known else (context.unknown_values or {}, "unknown")
    yield _overridden_post(context, "GET", label, values, f"method/POST/{label}")
    if context.unknown_values is not None:  # Without an ID, it might delete the whole collection.
        unknown = _overridden_post(context, "DELETE", "unknown", context.unknown_values, "method/POST/unknown")
        yield unknown
        if context.known:
            yield _overridden_post(context, "DELETE", "known", context.known[0], unknown.name)


def _overridden_post(
    context: OperationContext, method: str, label: str, values: Mapping[str, str], before: str
) -> Probe:
    headers = tuple((name, method) for name in header_variants.OVERRIDES)
    probe = _method(context, f"overridden to {method}, {label}", "POST", values, NO_CREDENTIALS, (), headers)
    return replace(probe, only_if_denied=before)


def routes(context: OperationContext) -> Iterator[Probe]:
    """Other spellings of the path, without credentials: none may return data."""
    if not context.known or not context.unauthorized:
        return
    path = context.builder.path(raw(context.known[0]))
    bare = path.rstrip("/")
    older = re.sub(r"/v([2-9])(?=/)", lambda found: f"/v{int(found[1]) - 1}", path)
    variants = {
        "slash toggled": bare if path.endswith("/") else path + "/",
        "slash doubled": "/" + path,
        "dot segment": bare + "/./",
        "semicolon": bare + ";flowcontract=1/",
        "slash encoded": bare + "%2F",
        "upper case": path.upper(),
        "suffix": bare + ".json",
        "letter encoded": re.sub(r"(?<=^/)\w", lambda found: f"%{ord(found[0]):02x}", path, flags=re.ASCII),
        "from another folder": "/static/.." + path,
        **({"older version": older} if older != path and not context.has_version(older) else {}),
    }
    for label, variant in variants.items() if bare else ():
        yield context.probe(
            f"route/{label}",
            "an equivalent path does not bypass authorization",
            {},
            Expect.UNSPECIFIED,
            NO_CREDENTIALS,
            sent={"path": variant},
            trigger=f"another spelling of the path ({label})",
        )
    yield context.probe(
        "route/Host localhost",
        "a forged Host header grants no access",
        {},
        Expect.UNSPECIFIED,
        NO_CREDENTIALS,
        sent={"path": path, "headers": (("Host", "localhost"),)},
    )
