"""A campaign from its first request to its result: everything except the command line."""

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
from flowcontract.engine.campaigns.findings import CampaignFinding, findings_of
from flowcontract.engine.campaigns.plan import Plan
from flowcontract.engine.campaigns.runner import classes, planned, slow_threshold
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool, Pool
from flowcontract.engine.confirmation import UNRELATED
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation import probes
from flowcontract.generation.resources import documented
from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

CORPUS = 400
"""Maximum number of resource IDs of earlier campaigns to generate cases from."""
_SILENT = 3
"""After this many requests without a complete response, values are not looked up any further."""
REGRESSIONS = 500
"""Maximum number of failing requests of earlier campaigns to send first."""
EXAMPLES = 100
"""Maximum number of entries of Hypothesis's example database to start with."""


@dataclass(frozen=True, slots=True)
class PreparedCampaign:
    """A campaign of the database and its plan."""

    campaign: Campaign
    plan: Plan

    @property
    def cases(self) -> int | None:
        """The requested number of cases, if any."""
        cases: int | None = self.campaign.settings.get("cases")
        return cases


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The result of a campaign."""

    result: Result
    headline: str
    findings: tuple[CampaignFinding, ...]
    notes: tuple[str, ...]


def begin(database: Database, contract: Contract, target: Target, options: Mapping[str, Any]) -> PreparedCampaign:
    """Look up existing values on the target, load the results of earlier campaigns, and store the new campaign.

    Raises TargetError if the target is unreachable or no response is successful, UsageError for wrong options.
    """
    operations = _operations(contract, options)
    known, bound = _known(contract, target, operations, options)
    corpus, regressions = _from_earlier_campaigns(database, contract)
    examples = tuple(each for each in database.examples() if each.operation in contract.operations)[:EXAMPLES]
    published = None
    if options["published"]:
        from flowcontract.openapi import assemble

        published = assemble.published(contract).document
    plan = Plan(
        document=contract.document,
        target=target,
        known=known,
        seed=options["seed"] or 0,
        operations=tuple(operation.id for operation in operations),
        published=published,
        unsafe=bool(options["unsafe"]),
        corpus=corpus,
        regressions=regressions,
        examples=examples,
        timeout=float(options["timeout"]),
        bound=bound,
    )
    plan = replace(plan, planned=planned(plan))
    settings = {
        "known": {name: [dict(values) for values in things] for name, things in known.items()},
        "operations": list(plan.operations),
        "published": bool(options["published"]),
        "unsafe": plan.unsafe,
        "corpus": list(corpus),
        "regressions": serialization.dumps(list(regressions)),
        "examples": serialization.dumps(list(examples)),
        "timeout": plan.timeout,
        "bound": bound,
        "cases": options["cases"],
        "classes": classes(plan),
    }
    campaign = database.begin(
        name=str(options["name"]), plan_key=plan.key, seed=plan.seed, target=target.url,
        contract=f"{contract.name} ({contract.title} {contract.version})", settings=settings,
    )  # fmt: skip
    return PreparedCampaign(campaign, plan)


def resume(contract: Contract, campaign: Campaign, target: Target) -> PreparedCampaign:
    """Continue a campaign of the database. Raises UsageError if the contract or the kinds of tokens have changed."""
    plan = plan_of(contract, campaign, target)
    if plan.key != campaign.plan_key:
        raise UsageError(
            f"cannot resume campaign {campaign.id}: the contract, the base path or the kinds of tokens have changed.",
            do="Use the same contract and tokens, or start a new campaign.",
        )
    return PreparedCampaign(campaign, plan)


def plan_of(contract: Contract, campaign: Campaign, target: Target) -> Plan:
    """The plan of a campaign of the database, for the same or another target."""
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
        examples=tuple(serialization.loads(settings["examples"])),
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
    """Run the campaign on a cluster or on this machine; `show` receives every new state."""
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
    """The result of a campaign of the database."""
    state = state_of(database, campaign)
    checked_by = contract
    if campaign.settings["published"]:
        from flowcontract.openapi import assemble

        checked_by = assemble.published(contract)
    everything = findings_of(
        state.groups.values(),
        checked_by,
        target,
        triage=database.triage(),
        earlier=fingerprints_before(database, checked_by, campaign),
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
        parts = [plural(len(counted), "new finding" if fail_on == "new" else "finding"), *_warnings(everything)]
        return Conclusion(Result.FAILED, f"{', '.join(parts)} in {cases}.", everything, notes)
    if not served:
        return Conclusion(Result.INCONCLUSIVE, f"no successful response in {cases}.", everything, notes)
    return Conclusion(
        Result.PASSED, f"{cases}, {_no_failures(everything, len(open_ones), fail_on)}.", everything, notes
    )


def _no_failures(everything: Sequence[CampaignFinding], open_ones: int, fail_on: str) -> str:
    """The findings of a campaign that passed: none, or those that do not fail it."""
    warnings = _warnings(everything)
    others = len(everything) - open_ones - sum(each.is_warning for each in everything)
    if not open_ones:
        parts = ["no open findings" if others else "no findings"]
    elif fail_on == "new":
        parts = ["no new findings", f"{plural(open_ones, 'open finding')} from earlier campaigns"]
    else:
        parts = [f"{plural(open_ones, 'open finding')} ignored"]
    if others:
        parts.append(f"{others} known or waived")
    return ", ".join([*parts, *warnings])


def _warnings(everything: Sequence[CampaignFinding]) -> list[str]:
    count = sum(each.is_warning for each in everything)
    return [plural(count, "warning")] if count else []


def fingerprints_before(database: Database, contract: Contract, campaign: Campaign) -> frozenset[str]:
    """Fingerprints of the findings of all earlier campaigns."""
    known: set[str] = set()
    for earlier in database.campaigns():
        if earlier.id < campaign.id:
            target = Target.at(earlier.target, contract.base_path)
            known |= {
                each.finding.fingerprint for each in findings_of(database.groups(earlier).values(), contract, target)
            }
    return frozenset(known)


def _operations(contract: Contract, options: Mapping[str, Any]) -> list[Operation]:
    named = [contract.operation(name) for name in options["operations"]]
    safe = ("GET", "HEAD", "OPTIONS")
    unsafe = [operation.id for operation in named if operation.method not in safe]
    if unsafe and not options["unsafe"]:
        raise UsageError(
            f"operation {unsafe[0]} may change data on the target.",
            do="Add --allow-unsafe, or choose another operation.",
        )
    chosen = named or [o for o in contract.operations.values() if o.method in safe or options["unsafe"]]
    if not chosen:
        raise UsageError(
            f"{contract.name} has no safe operation.",
            do="Choose one with --operation, and add --allow-unsafe.",
        )
    return chosen


def _known(
    contract: Contract, target: Target, operations: Sequence[Operation], options: Mapping[str, Any]
) -> tuple[dict[str, tuple[probes.Values, ...]], float]:
    """Existing parameter values by operation, given or from examples, and the threshold for slow responses."""
    known: dict[str, tuple[probes.Values, ...]] = {}
    exchanges: list[Exchange] = []
    served = False
    with Transport(target, timeout=float(options["timeout"])) as transport:
        transport.connect()
        for operation in operations:
            named = tuple(options["values"].get(operation.id, ()))
            guesses = probes.discovery(contract, target, operation, named or documented(operation))
            there = []
            for probe in guesses:
                if len(exchanges) >= _SILENT and not any(e.response and e.response.complete for e in exchanges):
                    # A server that never completes a response is a finding, not worth a timeout for each value.
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
            f"no successful response from {target.url}, got {seen}.",
            do="Check --token and the URL, and give values that exist with --param NAME=VALUE.",
        )
    if not any(known.values()) and all(operation.path_parameters() for operation in operations):
        raise TargetError(
            f"no existing path parameter value is known for {target.url}.",
            do="Add one with --param NAME=VALUE, and a --token with permission to read it.",
        )
    return known, slow_threshold(exchanges)


def _from_earlier_campaigns(database: Database, contract: Contract) -> tuple[tuple[str, ...], tuple[Probe, ...]]:
    """Resource IDs and failing requests of earlier campaigns in the database."""
    regressions: dict[str, Probe] = {}
    for campaign in reversed(database.campaigns()):
        for key, kept in database.groups(campaign).items():
            probe = kept.group.probe
            if probe.operation in contract.operations and not probe.compare_with:
                regressions.setdefault(key, replace(probe, new_connection=False, concurrent_group=""))
    corpus: dict[str, None] = {}
    for probe, _ in database.interest().values():
        raw = probe.request.target.partition("?")[0].rstrip("/").rpartition("/")[2]
        if 0 < len(raw) <= 120 and raw.isascii():
            corpus.setdefault(raw)
    return tuple(sorted(corpus))[:CORPUS], tuple(regressions.values())[:REGRESSIONS]
