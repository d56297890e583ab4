"""Values that several tests of flowcontract start from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract import documents
from flowcontract.contract import Place
from flowcontract.exchange import Exchange, Request, Response, Target, curl
from flowcontract.judgement import Cause, Failure, Judgement, Standing, Verdict

JUDGEMENTS = Path(__file__).resolve().parents[1] / "data" / "judgements"


@pytest.fixture
def judgement_of() -> Callable[[str], Judgement]:
    """The judgement in `tests/data/judgements/NAME.yaml`."""
    return lambda name: _judgement(documents.read(JUDGEMENTS / f"{name}.yaml"))


@pytest.fixture
def broken(judgement_of: Callable[[str], Judgement]) -> Judgement:
    return judgement_of("broken")


def _judgement(data: dict[str, Any]) -> Judgement:
    exchanges = {name: _exchange(raw) for name, raw in data["exchanges"].items()}
    return Judgement(
        verdict=Verdict[data["verdict"]],
        operations=tuple(data["operations"]),
        causes=tuple(_cause(raw, exchanges, data) for raw in data["causes"]),
        notes=tuple(data["notes"]),
        statuses=tuple((int(status), count) for status, count in data["statuses"].items()),
        rules=tuple(data["rules"].items()),
        exchanges=tuple(exchanges.values()),
        **{
            name: data[name]
            for name in ("headline", "contract", "target", "profile", "seed", "requests", "seconds", "started")
        },
    )


def _exchange(raw: dict[str, Any]) -> Exchange:
    request = Request(raw["method"], raw["target"], tuple(raw.get("headers", {}).items()))
    if "error" in raw:
        return Exchange(request, None, raw["error"], 1.5)
    headers = tuple(raw["response_headers"].items())
    return Exchange(request, Response(raw["status"], headers, raw["body"].encode(), raw["elapsed"]), "", 0.25)


def _cause(raw: dict[str, Any], exchanges: dict[str, Exchange], data: dict[str, Any]) -> Cause:
    exchange = exchanges[raw["exchange"]]
    failure = Failure(
        rule=raw["rule"],
        operation=data["operations"][0],
        place=Place(raw["place"], "spec/openapi.yaml", raw["line"]),
        message=raw["message"],
        cause=json.dumps([raw["rule"], raw["message"]]),
        probe=raw["probe"],
        reason=raw["reason"],
        exchange=exchange,
        other=exchanges.get(raw.get("other")),
        expected=raw.get("expected"),
        actual=raw.get("actual"),
    )
    return Cause(
        rule=raw["rule"],
        title=raw["title"],
        advice=raw["advice"],
        fingerprint=raw["fingerprint"],
        failure=failure,
        curl=curl(Target.at(data["target"], "/api/v3"), exchange.request),
        count=raw["count"],
        probes=tuple(raw["probes"]),
        standing=Standing[raw.get("standing", "OPEN")],
        note=raw.get("note", ""),
    )
