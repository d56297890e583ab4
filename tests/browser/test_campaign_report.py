"""The report of a campaign in a real browser: whatever stands in any field of a database stays text."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Batch, Database, StoredGroup
from flowcontract.engine.campaigns.driver import State, state_of
from flowcontract.engine.campaigns.plan import PackedPlan, Shard, Source
from flowcontract.engine.campaigns.runner import close_all
from flowcontract.engine.campaigns.shards import run_shard
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.reporting.campaigns import html

TOKEN = "browser-token-0123456789"
IMAGE = "<img src=x onerror=owned=1>"
SCRIPT = f"<script>owned=1</script>{IMAGE}<svg onload=owned=1>"
QUOTES = "\"'></a></p></pre></style></title></svg>"


def payload(name: str) -> str:
    """Markup that breaks out of wherever it stands, and says which field it was in."""
    return f"{QUOTES}{SCRIPT}[{name}]"


def poisoned(value: Any, name: str = "") -> Any:
    """The same value with a payload in the place of every text in it, whatever the classes around it are."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return payload(name)
    if isinstance(value, bytes):
        return payload(name).encode()
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: poisoned(getattr(value, each.name), each.name) for each in fields(value)})
    if isinstance(value, tuple | list | frozenset):
        return type(value)(poisoned(item, name) for item in value)
    if isinstance(value, Mapping):
        return {poisoned(key, f"{name} name"): poisoned(item, name) for key, item in value.items()}
    return value


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    """A short campaign against a mock with two defects, as it stands in its database."""
    contract = Contract.load()
    asked = {"name": "a name", "seed": 1, "values": {}, "operations": [], "published": False, "unsafe": False,
             "timeout": 5.0, "cases": None}  # fmt: skip
    wrong = ("defect-nul", "defect-shadowed-slugs")
    with flowmock.running(tokens=(TOKEN,), scenario=wrong) as mock, Database(tmp_path / "campaign.db") as database:
        prepared = session.begin(database, contract, Target.at(mock.url, contract.base_path, token=TOKEN), asked)
        shard = Shard(Source.PLAN, 0, len(prepared.plan.planned))
        found = run_shard(PackedPlan.of(prepared.plan), shard, seconds=60, interval=0, seen=frozenset())
        close_all()
        groups = [StoredGroup(group, 1.0) for group in found.groups.values()]
        timeline = Counter(
            {(1, "behaviors"): 9, (1, "once"): 3, (1, "random"): 9, (1, "status 404"): 20, (1, "failures"): 2}
        )
        database.write(prepared.campaign, Batch([], found.counts, timeline, groups, seconds=3.0))
        for each in session.conclude(database, contract, prepared.campaign, prepared.plan.target).findings:
            database.decide(each.finding.fingerprint, "known", "a note")
        known = database.campaign()
        yield (
            contract,
            session.conclude(database, contract, known, prepared.plan.target),
            known,
            state_of(database, known),
        )


def _poisoned_state(state: State) -> State:
    """Counts and timeline have names of the program's own in their first place, and the database's in the others."""
    counts = Counter({(a, b if a == "latency" else f"{IMAGE}[{a}]", payload("rule")): n
                      for (a, b, _), n in state.counts.items()})  # fmt: skip
    counts["cases", "", ""] = counts["distinct", "", ""] = 1
    timeline = Counter({(second, f"status {payload('status')}" if what[:6] == "status" else what): n
                       for (second, what), n in state.timeline.items()})  # fmt: skip
    return replace(state, counts=counts, timeline=timeline, ended=payload("ended"))


def _poisoned_contract(contract: Contract) -> Contract:
    """The contract with markup in the name of its operation and in a keyword of a schema."""
    document = dict(contract.document)
    (path, item), *_ = document["paths"].items()
    document["paths"] = {path: {**item, "get": {**item["get"], "operationId": payload("operation")}}}
    return Contract(document)


def test_markup_in_every_field_stays_text(page: Any, browser: Any, campaign: Any, tmp_path: Path) -> None:
    contract, conclusion, kept, state = campaign
    hostile = replace(poisoned(kept), settings={"operations": [payload("operation")], "classes": [f"{IMAGE}[never]"]})
    noted = replace(conclusion, notes=("a note",))
    text = html.render(poisoned(noted), hostile, _poisoned_state(state), _poisoned_contract(contract))
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    context = browser.new_context(bypass_csp=True)  # The policy would stop a script too; here escaping stands alone.
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))

    opened.goto((tmp_path / "report.html").as_uri())

    assert opened.evaluate("typeof owned") == "undefined"
    assert asked == [(tmp_path / "report.html").as_uri()], "nothing is fetched"
    assert opened.locator("script, img, iframe, object, embed, form, a, link, base, [onload], [onerror]").count() == 0
    assert opened.locator("svg").count() == opened.locator("figure svg[role=img]").count() > 0
    opened.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    shown = opened.locator("body").inner_text()
    missed = [name for name in (
        # of the campaign and its verdict
        "name", "target", "contract", "started", "headline", "ended", "notes",
        # of a cause: its rule's texts, what people decided, where and why
        "title", "advice", "message", "note", "fingerprint", "rule", "file", "probe", "reason", "curl",
        # of an exchange
        "method", "headers", "body",
        # of what was counted
        "status", "operation",
    ) if f"{SCRIPT}[{name}]" not in shown.replace("\n", "")]  # fmt: skip
    assert missed == []
    assert f"{IMAGE}[class]" in shown, "of the heat map"
    assert f"{IMAGE}[never]" in shown, "of what was not exercised"
    context.close()
