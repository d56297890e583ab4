"""Look up a finding in a database, and replay its request."""

from collections.abc import Callable
from dataclasses import replace

from flowcontract.engine.campaigns.conclusion import Evaluation, conclude
from flowcontract.engine.campaigns.database import Campaign, Database
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.replaying import Replay, ReplayResult
from flowcontract.engine.campaigns.session import plan_of
from flowcontract.engine.campaigns.worker import Worker
from flowcontract.engine.cleanup import left_over_notes
from flowcontract.errors import UsageError
from flowcontract.http import credentials
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


def find(
    database: Database, contract_of: Callable[[Campaign], Contract], fingerprint: str
) -> tuple[Campaign, CampaignFinding]:
    """A finding by its fingerprint or a prefix of it, from the newest campaign. Raises UsageError if ambiguous."""
    matching: dict[str, tuple[Campaign, CampaignFinding]] = {}
    for campaign in database.campaigns():
        contract = contract_of(campaign)
        target = Target.at(campaign.target, contract.base_path)
        for each in conclude(Evaluation(database, contract, campaign, target)).findings:
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
    """Send the plainest request of a finding, or its whole sequence, again, and check the response by the same rule.

    Raises TargetError if the target is unreachable, UsageError if the request is not safe.
    """
    group = each.shown
    if missing := sorted(group.operations - set(contract.operations)):
        raise UsageError(
            f"{contract.name} has no operation {missing[0]!r}, which this finding needs.",
            do="Pass the contract of its campaign with --spec, or leave --spec out.",
        )
    if not unsafe and group.changes:
        raise UsageError(f"this finding needs {group.changes}, which may change data there.", do="Add --allow-unsafe.")
    if missing := sorted(group.credentials - target.tokens.keys()):
        raise UsageError(
            f"this finding needs credentials that are not given: {', '.join(missing)}.",
            do=f"Add {' and '.join(dict.fromkeys(map(credentials.option, missing)))}.",
        )
    before = Target.at(campaign.target, contract.base_path)
    plan = plan_of(contract, campaign, target)
    replay = Replay(Worker(plan), unsafe=unsafe)
    result = replay.run(group.moved(before.prefix, target.prefix))
    return replace(result, notes=tuple(note for session in replay.sessions for note in left_over_notes(session)))
