"""Metrics of all cases: additive counters for coverage, saturation and charts."""

import math
from collections import Counter
from functools import lru_cache

from flowcontract.checks import Interaction
from flowcontract.generation.mutations.operation_context import OTHERS
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType

Counts = Counter[tuple[str, str, str]]
STEPS = 4
"""Buckets of the response time histogram per doubling."""


def count_case(counts: Counts, interaction: Interaction, *, random: bool) -> str:
    """Count one case and return its behavior: input class, status and media type of the response.

    `random`: the case is random, not part of a finite list.
    """
    probe, response = interaction.probe, interaction.exchange.response
    name = family(probe.name)
    outcome = str(response.status) if response else interaction.exchange.error.partition(":")[0]
    counts["cases", "", ""] += 1
    counts["status", outcome, ""] += 1
    counts["class", name, outcome] += 1
    counts["expect", probe.expect.value, outcome] += 1
    if response:
        counts["latency", str(bucket(response.elapsed)), ""] += 1
        counts["response", probe.operation, outcome] += 1
        media = interaction.media
        if media is not None and interaction.is_json:
            counts["schema", probe.operation + " " + outcome, media.schema_pointer] += 1
    behavior = f"{name}|{outcome}|{interaction.content_type if response else ''}"
    counts["behavior", behavior, "random" if random else ""] += 1
    counts["random", "", ""] += random
    return behavior


def bucket(seconds: float) -> int:
    """The bucket of the response time histogram for a time in seconds."""
    return math.floor(math.log2(max(seconds, 1e-5) * 1e6) * STEPS)


def edge(number: int) -> float:
    """The lower edge of a bucket, in seconds."""
    return float(2 ** (number / STEPS) / 1e6)


def percentile(counts: Counts, share: float) -> float:
    """Percentile of the response times in seconds, to the precision of the buckets; 0 without responses."""
    buckets = sorted((int(a), n) for (what, a, _), n in counts.items() if what == "latency")
    total = sum(n for _, n in buckets)
    so_far = 0
    for number, n in buckets:
        so_far += n
        if so_far >= share * total:
            return edge(number + 1)
    return 0.0


def saturation(counts: Counts) -> float:
    """The probability that the next random case shows new behavior (Good-Turing estimate).

    It is the share of cases whose behavior occurred once. Finite lists are excluded: each entry occurs once.
    """
    cases = counts["random", "", ""]
    once = sum(1 for (what, _, how), n in counts.items() if what == "behavior" and how and n == 1)
    return once / cases if cases else 1.0


def family(name: str) -> str:
    """The input class of a probe name, without the resource ID of `credentials/absent/some-id`."""
    return "/".join(name.removesuffix(OTHERS).split("/")[:2])


def instant(seconds: float) -> int:
    """The second to count an event under: exact for 17 minutes, then as exact as a chart can show.

    A campaign of days thus has a few thousand instants instead of one per second.
    """
    second = int(seconds)
    grain = max(0, second.bit_length() - 10)
    return second >> grain << grain


def once_more(counts: Counts, more: Counts) -> int:
    """The change in the number of behaviors seen exactly once when `more` is added to `counts`; may be negative."""
    change = 0
    for key, n in more.items():
        if key[0] == "behavior" and key[2]:
            before = counts[key]
            change += (before + n == 1) - (before == 1)
    return change


def named(counts: Counts, what: str) -> dict[str, int]:
    """The counters of one kind, summed over the last key."""
    found: Counter[str] = Counter()
    for (kind, a, _), n in counts.items():
        if kind == what:
            found[a] += n
    return dict(sorted(found.items()))


def keywords(contract: Contract, media: MediaType) -> dict[str, int]:
    """How often each schema keyword occurs in the schema of a media type, with references resolved."""
    return dict(_keywords(contract, media.schema_pointer))


@lru_cache(maxsize=256)
def _keywords(contract: Contract, pointer: str) -> Counter[str]:
    from flowcontract.openapi import pointers

    found: Counter[str] = Counter()
    pending = [(pointers.get(contract.document, pointers.split(pointer)), 0)]
    seen: set[int] = set()
    while pending:
        node, depth = pending.pop()
        node = contract.resolve(node)
        if id(node) in seen or not isinstance(node, dict) or depth > 12:
            continue
        seen.add(id(node))
        found.update(key for key in node if key not in _SILENT and not key.startswith("x-"))
        for key in ("items", "additionalProperties", "not"):
            pending += [(node.get(key), depth + 1)]
        for key in ("allOf", "anyOf", "oneOf"):
            pending += [(child, depth + 1) for child in node.get(key) or ()]
        pending += [(child, depth + 1) for child in (node.get("properties") or {}).values()]
    return found


_SILENT = frozenset({"description", "title", "example", "default", "properties", "externalDocs", "xml", "readOnly"})
