"""A pool of valid request bodies, made once per worker by Hypothesis from the contract's schema."""

import warnings
from typing import Any

from flowcontract.contract import Contract, Operation

SIZE = 60
"""Bodies in a pool: cases change them, so that a small pool gives many cases."""


def pool(contract: Contract, operation: Operation) -> tuple[Any, ...]:
    """Valid bodies of an operation's first JSON media type; its examples where the schema is beyond Hypothesis."""
    media = next((media for media in operation.request_media.values() if media.is_json), None)
    if media is None or media.schema is None:
        return ()
    examples = [example.value for example in media.examples.values()]
    return (*examples, *_generated(contract, dict(media.schema))) or ({},)


def _generated(contract: Contract, schema: dict[str, Any]) -> list[Any]:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import HypothesisException, NonInteractiveExampleWarning
    from hypothesis_jsonschema import from_schema

    from flowcontract.schemas import rewrite

    found: list[Any] = []
    whole = {"components": rewrite_components(contract), **rewrite(schema, "request")}

    @seed(0)
    @settings(
        max_examples=SIZE,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(from_schema(whole))
    def collect(body: Any) -> None:
        found.append(body)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        try:
            collect()
        except (HypothesisException, ValueError, TypeError, RecursionError):
            return found
    return found


def rewrite_components(contract: Contract) -> dict[str, Any]:
    """The contract's components as JSON Schema, so that references within a body's schema lead somewhere."""
    from flowcontract.schemas import rewrite

    schemas = (contract.document.get("components") or {}).get("schemas") or {}
    return {"schemas": {name: rewrite(schema, "request") for name, schema in schemas.items()}}
