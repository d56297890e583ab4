"""What is new in a response: its status, the shape of its JSON, the text of its error.

A source of cases gets its share of the time by how many of these features, and of findings, it still brings to light.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.checks import Interaction
from flowcontract.checks.grouping.evidence import error_text

WEIGHTS: Mapping[str, float] = {"finding": 10.0, "status": 3.0, "error": 1.0, "shape": 1.0}
"""How much each kind of feature counts: a finding is what a campaign is for, a status often leads to one."""
LIMIT = 40
"""Features of one kind, operation and status: a server whose responses all differ tells nothing new with each."""
_LARGEST = 64 * 1024
"""Bytes of a body whose shape is looked at."""
_DEPTH = 6


class Features:
    """Collects the features of the responses of one shard."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self._bodies: set[tuple[str, int, int]] = set()

    def add(self, interaction: Interaction) -> None:
        """Note what a response shows."""
        operation, status = interaction.operation.id, interaction.status
        about = f"{operation} {interaction.request.method} {status}"
        self.found[f"status|{about}"] = None
        response = interaction.exchange.response
        if response is None or not response.body or len(response.body) > _LARGEST:
            return
        body = (operation, status, hash(response.body))
        if body in self._bodies:
            return
        self._bodies.add(body)
        if interaction.is_json and not interaction.json_error:
            self.found[f"shape|{about}|{_digest(repr(sorted(set(_shape(interaction.json)))))}"] = None
        if status >= 400:
            self.found[f"error|{about}|{_digest(error_text(interaction))}"] = None


def limited(feature: str) -> str:
    """What the number of features is limited by: the kind, the operation and the status."""
    return feature.rpartition("|")[0]


def weight(feature: str) -> float:
    """How much a new feature counts."""
    return WEIGHTS.get(feature.partition("|")[0], 1.0)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _shape(value: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    """Each location in a JSON value with the type there; all elements of an array are one location."""
    yield f"{at}:{type(value).__name__}"
    if depth >= _DEPTH:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _shape(member, f"{at}/{name}", depth + 1)
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _shape(item, f"{at}/*", depth + 1)
