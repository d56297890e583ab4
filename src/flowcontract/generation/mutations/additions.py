"""Undocumented input: headers and query parameters that must not change the response."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, PLAIN
from flowcontract.generation.parameter_names import FIELDS, PARAMETERS
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.probes.header_variants import FIREWALL_STATUSES, HEADERS, NEGOTIATION_STATUSES, QUERIES
from flowcontract.generation.probes.operation_context import title
from flowcontract.openapi.contract import Contract

_BREAKERS = [(name, text) for name, texts in BREAKERS.items() for text in texts if not set(text) & set("#&?/ ")]
"""Known-bad strings that do not end the value of a parameter."""
_VALUES = ("1", "0", "-1", "true", "x", "*", "a,b", "{}", "%00")
_TYPES = ("application", "text", "image", "audio", "multipart", "x")


def queries(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """Undocumented query parameters: unknown names, and names that other servers filter by."""
    declared = {parameter.name for parameter in context.operation.parameters if parameter.location == "query"}
    if not _comparable(context):
        return
    common = [name for name in PARAMETERS if name not in declared]
    while True:
        kind, text = rng.choice(_BREAKERS)
        yield _same(
            context,
            rng,
            f"query/{kind}",
            f"{kind} in the query",
            query=f"{_name(rng)}={text}",
            tolerated=FIREWALL_STATUSES,
        )
        alphabet = rng.choice(list(ALPHABETS))
        value = quote("".join(rng.choices(ALPHABETS[alphabet], k=rng.randint(0, 20))), safe="")
        yield _same(context, rng, f"query/{alphabet}", f"{alphabet} in the query", query=f"{_name(rng)}={value}")
        name = rng.choice(common)
        query = f"{name}={rng.choice(_VALUES)}"
        yield _same(
            context,
            rng,
            "query/common name",
            "a common query parameter",
            query=query,
            tolerated=(*FIREWALL_STATUSES, 404),
        )
        variant = rng.choice(QUERIES)
        if not declared & {part.partition("=")[0] for part in variant.query.split("&")}:
            yield _same(
                context, rng, f"query/{variant.label}", variant.trigger or f'"{variant.label}"',
                query=variant.query, tolerated=variant.tolerated,
            )  # fmt: skip


def headers(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """Undocumented headers, alone and two at once."""
    if not _comparable(context):
        return
    declared = {parameter.name.lower() for parameter in context.operation.parameters if parameter.location == "header"}
    declared |= {name.lower() for name, _ in (*context.valid.headers, *context.target.headers)}
    variants = [v for v in HEADERS if not declared & {name.lower() for name, _ in v.headers} and v.body is None]
    fields = [pair for pair in FIELDS if pair[0].lower() not in declared]
    while True:
        field = rng.choice(fields)
        yield _same(
            context,
            rng,
            f"header/{field[0]}",
            f"the {field[0]} header",
            headers=(field,),
            tolerated=(*FIREWALL_STATUSES, 406),
        )
        variant = rng.choice(variants)
        narrow = "accept" in {name.lower() for name, _ in variant.headers}
        yield _same(
            context, rng, f"header/{variant.label}", variant.trigger or f'"{variant.label}"',
            headers=variant.headers, tolerated=(*variant.tolerated, *(NEGOTIATION_STATUSES if narrow else ())),
        )  # fmt: skip
        value = "".join(rng.choices(ALPHABETS["ascii"].replace("$", ""), k=rng.randint(1, 40)))
        yield _same(context, rng, "header/unknown", "an unknown header", headers=((f"X-{_name(rng)}", value),))
        if "accept" in declared:
            continue
        accept = f"{rng.choice(_TYPES)}/{_name(rng)}, text/html;q=0.1"
        yield _same(
            context, rng, "header/Accept", "the Accept header", headers=(("Accept", accept),),
            tolerated=(*NEGOTIATION_STATUSES, 400),
        )  # fmt: skip


def _comparable(context: OperationContext) -> bool:
    return context.readable and context.operation.method in ("GET", "HEAD")


def _name(rng: random.Random) -> str:
    return "x" + "".join(rng.choices(PLAIN[:26], k=6))


def _same(context: OperationContext, rng: random.Random, name: str, trigger: str, **more: Any) -> Probe:
    """An existing resource with an addition: the same response."""
    values = rng.choice(context.known)
    sent: dict[str, Any] = {key: more.pop(key) for key in ("query", "headers") if key in more}
    tolerated = more.pop("tolerated", ())
    return context.probe(
        name, "undocumented input does not affect the response", values, Expect.SUCCESS, sent=sent,
        tolerated=tolerated, odd=bool(tolerated), trigger=trigger, relation=Relation.SAME,
        compare_with=f"success/first/{title(values)}",
    )  # fmt: skip
