"""Look up a finding in a database, and replay its request."""

from dataclasses import dataclass, replace

from flowcontract.checks.probe import Probe
from flowcontract.engine.campaigns.database import Campaign, Database
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.runner import CaseRunner
from flowcontract.engine.campaigns.session import conclude, plan_of
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of a replay."""

    exchange: Exchange
    failures: tuple[str, ...]
    """Messages of the same rule; empty if the failure is not reproduced."""


def find(database: Database, contract: Contract, fingerprint: str) -> tuple[Campaign, CampaignFinding]:
    """A finding by its fingerprint or a prefix of it, from the newest campaign. Raises UsageError if ambiguous."""
    matching: dict[str, tuple[Campaign, CampaignFinding]] = {}
    for campaign in database.campaigns():
        target = Target.at(campaign.target, contract.base_path)
        for each in conclude(database, contract, campaign, target).findings:
            if fingerprint and each.finding.fingerprint.startswith(fingerprint.lower()):
                matching[each.finding.fingerprint] = (campaign, each)
    if len(matching) != 1:
        number = "no finding" if not matching else f"{len(matching)} findings"
        raise UsageError(
            f"{database.path} has {number} {fingerprint!r}.",
            do="Run `flowcontract campaigns show` to list the findings, and give more characters.",
        )
    return next(iter(matching.values()))


def replay(
    contract: Contract, campaign: Campaign, each: CampaignFinding, target: Target, *, unsafe: bool = False
) -> ReplayResult:
    """Send the smallest request of a finding again, and check the response by the same rule.

    Raises TargetError if the target is unreachable, UsageError if the request is not safe.
    """
    group = next(c for c in each.groups if c.exchange == each.finding.failure.exchange)
    if group.probe.request.method not in ("GET", "HEAD", "OPTIONS", "TRACE") and not unsafe:
        raise UsageError(
            f"the request of this finding is a {group.probe.request.method}, which may change data on the target.",
            do="Add --allow-unsafe.",
        )
    runner = CaseRunner(plan_of(contract, campaign, target))
    try:
        if not runner.is_up():
            raise TargetError(f"no connection to {target.origin}.", do="Start the server, or check host and port.")
        probe = _moved(group.probe, Target.at(campaign.target, contract.base_path), target)
        interaction = runner.send(probe)
        occurrences = runner.check(interaction)
        same = [item.violation.message for item in occurrences if item.violation.rule == group.violation.rule]
        return ReplayResult(interaction.exchange, tuple(same))
    finally:
        runner.close()


def _moved(probe: Probe, before: Target, now: Target) -> Probe:
    """The probe for a target that may have another path prefix."""
    path = probe.request.target
    if before.prefix != now.prefix and path.startswith(before.prefix):
        return replace(probe, request=replace(probe.request, target=now.prefix + path[len(before.prefix) :]))
    return probe
