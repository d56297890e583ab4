"""Begins, resumes and runs a campaign of the database."""

import json
import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate, combinations

from flowcontract.checks import load_rules
from flowcontract.engine.campaigns.database import KILLED, Batch, Campaign, Database
from flowcontract.engine.campaigns.driver import (
    Budget,
    Driver,
    State,
)
from flowcontract.engine.campaigns.findings import stored_findings
from flowcontract.engine.campaigns.plan import FailureGroup, Plan, Settings
from flowcontract.engine.campaigns.serialization import dumps
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool, Pool
from flowcontract.engine.selection import LEFT_OUT, select
from flowcontract.errors import ContractError, UsageError
from flowcontract.http import credentials
from flowcontract.http.client import Transport
from flowcontract.http.target import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

MOST_REGRESSIONS = 300
"""Maximum number of failures of earlier campaigns to look for first."""
MOST_REGRESSION_BYTES = 4 * 1024 * 1024
"""Bytes of bodies that these have, at most: each worker gets them."""


_NOT_DELETED = "The process of this campaign was killed once: what it was creating then may still exist."


@dataclass(frozen=True, slots=True)
class PreparedCampaign:
    """A campaign of the database and its plan."""

    campaign: Campaign
    plan: Plan


def begin(
    database: Database, contract: Contract, target: Target, settings: Settings, name: str = ""
) -> PreparedCampaign:
    """Store a new campaign. Raises TargetError if nothing listens there, UsageError for wrong settings."""
    plan = _plan(contract, target, settings)
    with Transport(target) as transport:
        transport.connect()
    campaign = database.begin(
        name=name,
        target=target.url,
        contract=f"{contract.name} ({contract.title} {contract.version})",
        source=str(contract.source.resolve()) if contract.source else contract.name if "://" in contract.name else "",
        document=json.dumps(contract.document),
        digest=_digest(plan, dumps(plan.document), target.tokens),
        settings=settings,
    )
    return PreparedCampaign(campaign, _with_regressions(database, contract, campaign, plan))


def resume(database: Database, contract: Contract, campaign: Campaign, target: Target) -> PreparedCampaign:
    """Continue a campaign of the database.

    Raises UsageError if the contract or the kinds of tokens have changed, or if another process runs it.
    """
    load_rules(campaign.settings.plugins)
    with Transport(target) as transport:
        transport.connect()
    plan = plan_of(contract, campaign, target)
    if _digest(plan, dumps(plan.document), target.tokens) != campaign.digest:
        raise _not_the_same(campaign, plan)
    database.claim(campaign)
    if campaign.ended == KILLED and campaign.settings.allow_unsafe:
        noted = Counter({("note", _NOT_DELETED, ""): 1})
        database.write(campaign, Batch(counts=noted, seconds=campaign.seconds, cpu=campaign.cpu))
    return PreparedCampaign(campaign, _with_regressions(database, contract, campaign, plan))


def _with_regressions(database: Database, contract: Contract, campaign: Campaign, plan: Plan) -> Plan:
    found = _regressions(database, contract, plan.target, plan.settings, plan.selected, campaign.id)
    chosen = _not_too_many(found)
    return replace(plan, regressions=chosen, left_out=len(found) - len(chosen))


def _not_the_same(campaign: Campaign, plan: Plan) -> UsageError:
    """Why a campaign cannot be resumed: which credentials it was started with, or that something else has changed."""
    given = plan.target.tokens
    names = sorted({*given, *credentials.OPTIONS, credentials.AUTH})
    chosen = (each for size in range(len(names) + 1) for each in combinations(names, size))
    document = dumps(plan.document)
    before = next((each for each in chosen if _digest(plan, document, each) == campaign.digest), None)
    if before is None:
        return UsageError(
            f"cannot resume campaign {campaign.id}: the contract, the base path or the kinds of tokens have changed.",
            do="Use the same contract and tokens, or start a new campaign.",
        )
    add, leave_out = (", ".join(sorted(a - b)) for a, b in ((set(before), set(given)), (set(given), set(before))))
    return UsageError(
        f"cannot resume campaign {campaign.id}: it was started with other credentials.",
        do=" ".join(f"{verb} {which}." for verb, which in (("Set", add), ("Unset", leave_out)) if which),
    )


def contract_of(
    database: Database, campaign: Campaign, *, current: bool = False, allow_refs: tuple[str, ...] = ()
) -> Contract:
    """The contract of a campaign, as it was when the campaign began.

    `current`: as it is now in its file or at its URL, if it can still be read. Raises UsageError for a damaged one.
    """
    stored, source = database.document(campaign), _named(campaign)
    if source and (current or "://" not in source):
        with suppress(ContractError):
            found = Contract.load(source, allow_refs=allow_refs)
            if current or json.dumps(found.document) == stored:  # Only the file knows its lines.
                return found
    try:
        document = json.loads(stored)
    except ValueError as error:
        raise UsageError(
            f"the contract of campaign {campaign.id} in {database.path} is damaged.",
            do="Restore the file, or choose another one with --database.",
        ) from error
    return Contract(document, label=source or "the contract of the campaign")


def _named(campaign: Campaign) -> str:
    """The URL or the file of a campaign's contract; a file from the current folder, unless it was named as a whole."""
    if "://" in campaign.source or campaign.contract.startswith(campaign.source):
        return campaign.source
    with suppress(ValueError):  # On another drive.
        return os.path.relpath(campaign.source)
    return campaign.source


def plan_of(contract: Contract, campaign: Campaign, target: Target) -> Plan:
    """The plan of a campaign of the database, for the same or another target."""
    return _plan(contract, target, campaign.settings)


def _plan(contract: Contract, target: Target, settings: Settings) -> Plan:
    selection = select(contract, settings.options(0))
    published = assemble.published(contract).document if settings.published else None
    selected = tuple(operation.id for operation in selection.operations)
    counted = sum(selection.left_out.get(name) not in LEFT_OUT for name in contract.operations)
    return Plan(contract.document, published, target, settings, selected, counted)


def _digest(plan: Plan, document: str, tokens: Iterable[str]) -> str:
    """Identifies what must not change when a campaign is resumed; independent of the values of tokens.

    `document`: that of the plan as JSON; `tokens`: their kinds.
    """
    parts = (document, plan.target.prefix, sorted(tokens), plan.selected)
    return blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _regressions(
    database: Database, contract: Contract, target: Target, settings: Settings, selected: Container[str], before: int
) -> list[FailureGroup]:
    """Failures of campaigns with a lower ID than `before`: those that show the findings first, the newest first.

    A campaign that changes no data sends none that need it.
    """
    shown: dict[str, FailureGroup] = {}
    others: dict[str, FailureGroup] = {}
    for campaign in reversed(database.campaigns()):
        prefix = Target.at(campaign.target, contract.base_path).prefix
        stored = database.groups(campaign).values() if campaign.id < before else ()
        for each in stored_findings(database, contract, campaign, target, stored, frozenset()):
            of_finding = {group.key for group in each.shown_groups}
            for group in each.groups:
                needs_own = bool(group.changes or group.setup or group.is_about_own)
                needed = group.operations if group.scenario else {group.probe.operation}
                if all(name in selected for name in needed) and (settings.allow_unsafe or not needs_own):
                    chosen = shown if group.key in of_finding else others
                    chosen.setdefault(group.key, replace(group.moved(prefix, target.prefix), campaign=campaign.id))
    return list((shown | {key: group for key, group in others.items() if key not in shown}).values())


def _not_too_many(groups: Sequence[FailureGroup]) -> tuple[FailureGroup, ...]:
    """The first failures, as many as a campaign sends again. Those of one scenario come together: it runs once."""
    sizes = accumulate(group.body_size for group in groups)
    fitting = [group for group, size in zip(groups, sizes, strict=True) if size <= MOST_REGRESSION_BYTES]
    groups = fitting[:MOST_REGRESSIONS]
    kinds = {(group.scenario, group.kind): number for number, group in reversed(list(enumerate(groups)))}
    return tuple(sorted(groups, key=lambda group: kinds[group.scenario, group.kind]))


def drive(
    database: Database,
    prepared: PreparedCampaign,
    budget: Budget,
    show: Callable[[State], None],
    *,
    workers: int | None,
    cluster: str | None,
    renewed: Callable[[], Target | None] = lambda: None,
    is_failing: Callable[[State], bool] = lambda _: False,
) -> State:
    """Run the campaign on a cluster or on this machine; `show` receives every new state.

    `is_failing`: whether a state is a reason to end it, where the budget says so.
    """
    workers = workers or max(1, (os.cpu_count() or 2) - 1)
    writes = prepared.plan.settings.allow_unsafe  # Then the driver hands out one shard at a time.
    try:
        pool: Pool = ClusterPool(cluster) if cluster else LocalPool(1 if writes else workers, writes=writes)
    except BaseException:
        database.close_campaign(prepared.campaign, "stopped", "its workers did not start")
        raise
    try:
        driver = Driver(database, prepared.campaign, prepared.plan, pool, budget, show, renewed, is_failing)
        return driver.run()
    finally:
        pool.close()
