"""Find a cause in a database, and ask it again."""

from dataclasses import dataclass, replace

from flowcontract.checks.probe import Probe
from flowcontract.engine.campaigns.database import Campaign, Database
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.runner import CaseRunner
from flowcontract.engine.campaigns.session import conclude, resumed
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of asking again."""

    exchange: Exchange
    broken: tuple[str, ...]
    """What was expected and what came, of the same rule; empty where it holds now."""


def find(database: Database, contract: Contract, fingerprint: str) -> tuple[Campaign, CampaignFinding]:
    """A cause by its identifier or the beginning of it, as the newest campaign saw it. Raises UsageError."""
    matching: dict[str, tuple[Campaign, CampaignFinding]] = {}
    for campaign in database.campaigns():
        target = Target.at(campaign.target, contract.base_path)
        for each in conclude(database, contract, campaign, target).found:
            if fingerprint and each.finding.fingerprint.startswith(fingerprint.lower()):
                matching[each.finding.fingerprint] = (campaign, each)
    if len(matching) != 1:
        some = "no cause" if not matching else f"{len(matching)} causes"
        raise UsageError(
            f"{database.path} holds {some} {fingerprint!r}.",
            do="`flowcontract campaigns show` lists them; give more letters.",
        )
    return next(iter(matching.values()))


def replay(
    contract: Contract, campaign: Campaign, each: CampaignFinding, target: Target, *, unsafe: bool = False
) -> Replayed:
    """Ask the smallest request of a cause again, and judge it by the same rule.

    Raises TargetError where nothing listens, UsageError where the request is not safe.
    """
    group = next(c for c in each.groups if c.exchange == each.finding.failure.exchange)
    if group.probe.request.method not in ("GET", "HEAD", "OPTIONS", "TRACE") and not unsafe:
        raise UsageError(
            f"this failure needs {group.probe.request.method}, which may change the target.", do="Add --allow-unsafe."
        )
    bench = CaseRunner(resumed(contract, campaign, target))
    try:
        if not bench.is_up():
            raise TargetError(f"nothing answers at {target.origin}.", do="Start the server, or check host and port.")
        probe = _moved(group.probe, Target.at(campaign.target, contract.base_path), target)
        interaction = bench.ask(probe)
        broken = bench.broken(interaction)
        same = [item.violation.message for item in broken if item.violation.rule == group.violation.rule]
        return Replayed(interaction.exchange, tuple(same))
    finally:
        bench.close()


def _moved(probe: Probe, before: Target, now: Target) -> Probe:
    """The probe for a target that may stand behind another path prefix."""
    path = probe.request.target
    if before.prefix != now.prefix and path.startswith(before.prefix):
        return replace(probe, request=replace(probe.request, target=now.prefix + path[len(before.prefix) :]))
    return probe
