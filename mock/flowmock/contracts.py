"""The contracts that settings name, with the overlays and the examples of the user."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.normalization import Problem
from flowmock.settings import Settings


def load(settings: Settings) -> list[Contract]:
    """The contracts, the bundled one where none is named. Raises their errors."""
    specs: tuple[str | None, ...] = settings.spec or (None,)
    if not is_extended(settings):
        return [Contract.load(each, allow_refs=settings.allow_refs) for each in specs]
    if len(specs) > 1:
        raise UsageError(
            f"expected one document for --overlay and --examples, got {len(specs)}.",
            do="Build each with `flowcontract build`, and serve the results.",
        )
    return [extended(specs[0], settings)]


def is_extended(settings: Settings) -> bool:
    """Whether settings add something to the document."""
    return bool(settings.overlay or settings.examples)


def extended(spec: str | None, settings: Settings) -> Contract:
    """A document with the overlays and examples of settings. Raises ContractError, BuildError."""
    from flowcontract.openapi import assemble  # It takes a while to import.

    published = Contract.load(spec, allow_refs=settings.allow_refs)
    base = published.source.parent if published.source else Path.cwd()
    examples = Path(settings.examples) if settings.examples else None
    left_out: list[Problem] = []
    document: Mapping[str, Any] = assemble.extended(
        published.document, [Path(each) for each in settings.overlay], examples, base=base, left_out=left_out
    )
    return Contract(document, source=published.source, label=published.name, problems=[*published.problems, *left_out])
