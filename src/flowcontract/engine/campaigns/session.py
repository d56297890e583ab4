"""A campaign from its first request to its verdict: what the command does, without the command line."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flowcontract.checks import suppressions
from flowcontract.checks.findings import Result
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns import serialization
from flowcontract.engine.campaigns.database import Campaign, Database
from flowcontract.engine.campaigns.driver import Budget, Driver, State, state_of
from flowcontract.engine.campaigns.findings import CampaignFinding, found
from flowcontract.engine.campaigns.plan import Plan
from flowcontract.engine.campaigns.runner import classes, planned, slow_threshold
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool, Pool
from flowcontract.engine.gate import UNRELATED
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation import probes
from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

CORPUS = 400
"""Keys of earlier campaigns that cases are drawn from."""
_SILENT = 3
"""As many requests without a whole answer say enough about a server."""
REGRESSIONS = 500
"""Failures of earlier campaigns that are asked first."""
EXAMPLES = 100
"""Entries of Hypothesis's example database that a campaign begins with."""


@dataclass(frozen=True, slots=True)
class PreparedCampaign:
    """A campaign of the database, and the plan that it follows."""

    campaign: Campaign
    plan: Plan

    @property
    def cases(self) -> int | None:
        """How many cases were asked for, if anything was said."""
        asked: int | None = self.campaign.settings.get("cases")
        return asked


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a campaign comes to."""

    result: Result
    headline: str
    found: tuple[CampaignFinding, ...]
    notes: tuple[str, ...]


def begin(database: Database, contract: Contract, target: Target, asked: Mapping[str, Any]) -> PreparedCampaign:
    """Find out what exists on the target, take over what earlier campaigns learnt, and write the campaign down.

    Raises TargetError where nothing listens or nothing is ever served, UsageError for what cannot be asked.
    """
    operations = _operations(contract, asked)
    known, bound = _known(contract, target, operations, asked)
    corpus, regressions = _learnt(database, contract)
    examples = tuple(each for each in database.examples() if each.operation in contract.operations)[:EXAMPLES]
    published = None
    if asked["published"]:
        from flowcontract.openapi import assemble

        published = assemble.published(contract).document
    plan = Plan(
        document=contract.document,
        target=target,
        known=known,
        seed=asked["seed"] or 0,
        operations=tuple(operation.id for operation in operations),
        published=published,
        unsafe=bool(asked["unsafe"]),
        corpus=corpus,
        regressions=regressions,
        examples=examples,
        timeout=float(asked["timeout"]),
        bound=bound,
    )
    plan = replace(plan, planned=planned(plan))
    settings = {
        "known": {name: [dict(values) for values in things] for name, things in known.items()},
        "operations": list(plan.operations),
        "published": bool(asked["published"]),
        "unsafe": plan.unsafe,
        "corpus": list(corpus),
        "regressions": serialization.dumps(list(regressions)),
        "examples": serialization.dumps(list(examples)),
        "timeout": plan.timeout,
        "bound": bound,
        "cases": asked["cases"],
        "classes": classes(plan),
    }
    campaign = database.begin(
        name=str(asked["name"]), plan_key=plan.key, seed=plan.seed, target=target.url,
        contract=f"{contract.name} ({contract.title} {contract.version})", settings=settings,
    )  # fmt: skip
    return PreparedCampaign(campaign, plan)


def resume(contract: Contract, campaign: Campaign, target: Target) -> PreparedCampaign:
    """Go on with a campaign of the database. Raises UsageError where contract or tokens are not as they were."""
    plan = resumed(contract, campaign, target)
    if plan.key != campaign.plan_key:
        raise UsageError(
            f"campaign {campaign.id} had other cases: the contract, the base path or the kinds of token have changed.",
            do="Give the tokens that it had, or begin a new campaign.",
        )
    return PreparedCampaign(campaign, plan)


def resumed(contract: Contract, campaign: Campaign, target: Target) -> Plan:
    """The plan of a campaign of the database, for a target that may be another one."""
    settings = campaign.settings
    published = None
    if settings["published"]:
        from flowcontract.openapi import assemble

        published = assemble.published(contract).document
    plan = Plan(
        document=contract.document,
        target=target,
        known={name: tuple(things) for name, things in settings["known"].items()},
        seed=campaign.seed,
        operations=tuple(settings["operations"]),
        published=published,
        unsafe=settings["unsafe"],
        corpus=tuple(settings["corpus"]),
        regressions=tuple(serialization.loads(settings["regressions"])),
        examples=tuple(serialization.loads(settings.get("examples", "[]"))),
        timeout=settings["timeout"],
        bound=settings["bound"],
    )
    return replace(plan, planned=planned(plan))


def drive(
    database: Database,
    prepared: PreparedCampaign,
    budget: Budget,
    show: Callable[[State], None],
    *,
    workers: int | None,
    cluster: str | None,
) -> State:
    """Run the campaign, on a cluster or on this machine; `show` is given each state."""
    with Transport(prepared.plan.target) as transport:
        transport.connect()
    pool: Pool = ClusterPool(cluster) if cluster else LocalPool(workers or max(1, (os.cpu_count() or 2) - 1))
    try:
        return Driver(database, prepared.campaign, prepared.plan, pool, budget, show).run()
    finally:
        pool.close()


def conclude(
    database: Database,
    contract: Contract,
    campaign: Campaign,
    target: Target,
    *,
    fail_on: str = "open",
    waivers_file: Path | None = None,
    baseline_file: Path | None = None,
) -> Conclusion:
    """Say what a campaign of the database comes to."""
    state = state_of(database, campaign)
    judged_by = contract
    if campaign.settings["published"]:
        from flowcontract.openapi import assemble

        judged_by = assemble.published(contract)
    everything = found(
        state.groups.values(),
        judged_by,
        target,
        triage=database.triage(),
        earlier=fingerprints_before(database, judged_by, campaign),
    )
    notes: tuple[str, ...] = ()
    findings = tuple(each.finding for each in everything)
    if baseline_file:
        findings, more = suppressions.apply_baseline(suppressions.load_baseline(baseline_file), findings)
        notes += more
    if waivers_file:
        findings, more = suppressions.apply_waivers(suppressions.load_waivers(waivers_file), findings, date.today())
        notes += more
    everything = tuple(replace(each, finding=finding) for each, finding in zip(everything, findings, strict=False))
    open_ones = [each for each in everything if each.is_open]
    counted = [each for each in open_ones if each.new] if fail_on == "new" else open_ones if fail_on == "open" else []
    served = any(what == "expect" and a == Expect.SUCCESS and b.startswith("2") for what, a, b in state.counts)
    cases = plural(state.cases, "case")
    if counted:
        findings_found = plural(len(counted), "new cause" if fail_on == "new" else "cause")
        return Conclusion(Result.FAILED, f"{findings_found} in {cases}.", everything, notes)
    if not served:
        return Conclusion(Result.INCONCLUSIVE, f"no success was seen in {cases}.", everything, notes)
    return Conclusion(Result.PASSED, f"{cases}, {_nothing(everything, len(open_ones), fail_on)}.", everything, notes)


def _nothing(everything: Sequence[CampaignFinding], open_ones: int, fail_on: str) -> str:
    """That nothing counts, and what there is that does not."""
    warnings = sum(each.is_warning for each in everything)
    others = len(everything) - open_ones - warnings
    parts = ["nothing broken"]
    if open_ones or others:
        parts = ["nothing new" if fail_on == "new" else "nothing that counts"]
    if open_ones:
        parts.append(f"{plural(open_ones, 'open cause')}{' of earlier campaigns' if fail_on == 'new' else ''}")
    if others:
        parts.append(f"{others} known or accepted")
    if warnings:
        parts.append(plural(warnings, "remark"))
    return ", ".join(parts)


def fingerprints_before(database: Database, contract: Contract, campaign: Campaign) -> frozenset[str]:
    """The causes that campaigns before this one found, by fingerprint."""
    known: set[str] = set()
    for earlier in database.campaigns():
        if earlier.id < campaign.id:
            target = Target.at(earlier.target, contract.base_path)
            known |= {each.finding.fingerprint for each in found(database.groups(earlier).values(), contract, target)}
    return frozenset(known)


def _operations(contract: Contract, asked: Mapping[str, Any]) -> list[Operation]:
    named = [contract.operation(name) for name in asked["operations"]]
    safe = ("GET", "HEAD", "OPTIONS")
    refused = [operation.id for operation in named if operation.method not in safe]
    if refused and not asked["unsafe"]:
        raise UsageError(
            f"{refused[0]} changes things on the target.",
            do="Add --allow-unsafe where that is wanted, or leave it out.",
        )
    chosen = named or [o for o in contract.operations.values() if o.method in safe or asked["unsafe"]]
    if not chosen:
        raise UsageError(
            f"{contract.name} has no operation that is safe to call.",
            do="Name one with --operation and --allow-unsafe.",
        )
    return chosen


def _known(
    contract: Contract, target: Target, operations: Sequence[Operation], asked: Mapping[str, Any]
) -> tuple[dict[str, tuple[probes.Values, ...]], float]:
    """What exists on the target: what was named, else the examples' keys that are found there; and a fair bound."""
    known: dict[str, tuple[probes.Values, ...]] = {}
    exchanges: list[Exchange] = []
    served = False
    with Transport(target, timeout=float(asked["timeout"])) as transport:
        transport.connect()
        for operation in operations:
            named = tuple(asked["keys"].get(operation.id, ()))
            guesses = probes.discovery(contract, target, operation, named or probes.default_keys(operation))
            there = []
            for probe in guesses:
                if len(exchanges) >= _SILENT and not any(e.response and e.response.complete for e in exchanges):
                    # A server that never answers to the end is a finding, not worth a wait for each key.
                    there.append(probe.values)
                    continue
                exchange = transport.send(probe.request)
                exchanges.append(exchange)
                status = exchange.response.status if exchange.response else 0
                served |= status not in UNRELATED
                if status != 404:
                    there.append(probe.values)
            known[operation.id] = named or tuple(there)
    if exchanges and not served:
        seen = ", ".join(sorted({str(e.response.status) if e.response else e.error for e in exchanges}))
        raise TargetError(
            f"no success was seen at {target.url}: the answers were {seen}.",
            do="Check --token and the URL, and give values that exist with --param NAME=VALUE.",
        )
    if not any(known.values()) and all(operation.path_parameters() for operation in operations):
        raise TargetError(
            f"a key that exists at {target.url} was expected, and none is known.",
            do="Give one with --param NAME=VALUE, and give a --token that may read it.",
        )
    return known, slow_threshold(exchanges)


def _learnt(database: Database, contract: Contract) -> tuple[tuple[str, ...], tuple[Probe, ...]]:
    """What earlier campaigns of the database leave to this one: written keys, and what failed."""
    regressions: dict[str, Probe] = {}
    for campaign in reversed(database.campaigns()):
        for key, kept in database.groups(campaign).items():
            probe = kept.group.probe
            if probe.operation in contract.operations and not probe.like:
                regressions.setdefault(key, replace(probe, fresh=False, together=""))
    corpus: dict[str, None] = {}
    for probe, _ in database.interest().values():
        raw = probe.request.target.partition("?")[0].rstrip("/").rpartition("/")[2]
        if 0 < len(raw) <= 120 and raw.isascii():
            corpus.setdefault(raw)
    return tuple(sorted(corpus))[:CORPUS], tuple(regressions.values())[:REGRESSIONS]
