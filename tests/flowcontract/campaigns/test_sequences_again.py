"""Every kind of finding of sequences: it is replayed, and its script shows it; neither on a conforming server."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.faulty_servers.crud.catalogue import FAULTS
from tests.faulty_servers.crud.document import DOCUMENT
from tests.faulty_servers.crud.handling import OTHER, OWNER, READER, Account, Call
from tests.faulty_servers.crud.messages import Problem, Response
from tests.faulty_servers.crud.server import Api
from tests.faulty_servers.crud.serving import Serve, running
from tests.faulty_servers.crud.variants import EmptyAtFirst
from tests.flowcontract.campaigns.narrowed import one_scenario
from tests.flowcontract.engine import test_writes as loans

from flowcontract.checks.findings import Result
from flowcontract.engine.campaigns import session, triage
from flowcontract.engine.campaigns.database import Campaign, Database, StoredGroup
from flowcontract.engine.campaigns.findings import CampaignFinding, findings_of
from flowcontract.engine.campaigns.plan import Knowledge, Settings, Shard, Task
from flowcontract.engine.campaigns.worker import Worker
from flowcontract.errors import UsageError
from flowcontract.http.messages import SAFE_METHODS, Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(DOCUMENT)
TOKENS = {
    "FLOWCONTRACT_TOKEN": OWNER, "FLOWCONTRACT_OTHER_TOKEN": OTHER, "FLOWCONTRACT_READ_ONLY_TOKEN": READER,
}  # fmt: skip
Answer = tuple[int, str, bytes]
"""Status, ETag and body of a response."""
PAGE = 2
"""Items of a page that is one of several."""
KINDS = [
    ("created-but-not-stored", "create_and_read", "created-resource-not-found"),
    ("two-for-one", "create_and_read", "created-more-than-once"),
    ("write-only-is-returned", "create_and_read", "write-only-field-returned"),
    ("location-of-the-previous", "create_and_read", "wrong-location"),
    ("deleted-is-readable", "delete", "use-after-delete"),
    ("update-changes-the-neighbor", "update", "update-changes-another-resource"),
    ("task-is-found-in-any-project", "other_parents", "found-below-another-parent"),
    ("filter-is-lost-on-the-next-page", "filtered", "filter-returns-other-items"),
    ("etag-ignores-tasks", "etags_of_parents", "etag-unchanged"),
    ("stale-is-accepted", "etags", "stale-write-accepted"),
    ("always-not-modified", "etags", "conditional-read-ignored"),
    ("total-counts-everybody", "second_user", "wrong-total"),
    ("reader-may-update", "read_only", "read-only-credential-writes"),
    ("cursor-skips-one", "pages", "pages-leave-out-items"),
    ("limit-is-ignored", "pages", "page-too-large"),
    ("children-of-a-deleted-parent", "children", "use-after-delete"),
    ("put-merges", "replace", "replace-keeps-old-values"),
    ("key-is-ignored", "idempotency", "idempotency-key-ignored"),
    ("text-is-latin", "varied_values", "stored-value-differs"),
    ("search-minds-case", "searched", "filter-misses-items"),
    ("restored-is-empty", "restore", "restored-resource-differs"),
    ("post-is-overridden", "method_overrides", "method-override-effective"),
    ("batch-stores-the-valid", "create_several", "rejected-request-changes-data"),
    ("minus-is-ignored", "ordered", "wrong-order"),
]
"""Faults, the scenario that finds each, and the rule: one for each way in which a finding is replayed."""
NIGHTLY = [
    ("created-task-is-not-listed", "create_and_read", "created-resource-not-listed"),
    ("default-is-another", "create_and_read", "default-not-applied"),
    ("location-is-misspelled", "create_and_read", "wrong-location"),
    ("deleted-is-listed", "delete", "use-after-delete"),
    ("patch-shows-another-owner", "update", "stored-value-differs"),
    ("delete-takes-the-next-too", "delete", "delete-removes-another-resource"),
    ("patch-resets-the-others", "update", "update-changes-other-fields"),
    ("version-stays", "update", "version-unchanged"),
    ("update-time-stays", "modification_time", "version-unchanged"),
    ("etag-of-an-update-is-old", "update", "etag-unchanged"),
    ("no-precondition-is-needed", "etags", "missing-header-accepted"),
    ("never-not-modified", "etags", "conditional-read-ignored"),
    ("stale-is-reported-and-written", "etags", "rejected-request-changes-data"),
    ("foreign-task-is-changeable", "second_user", "resource-of-another-user-accessible"),
    ("second-page-skips-one", "pages", "pages-leave-out-items"),
    ("cursor-repeats-one", "pages", "pages-overlap"),
    ("filter-status-is-ignored", "filtered", "filter-returns-other-items"),
    ("unknown-status-is-accepted", "invalid_bodies", "invalid-input-accepted"),
]
"""More faults, whose findings are replayed like those of `KINDS`."""
if os.environ.get("FLOWCONTRACT_ALL_REPLAYS"):  # `.ci/nightly` asks for them.
    KINDS += NIGHTLY


def target(url: str) -> Target:
    return Target.at(url, CONTRACT.base_path, token=OWNER, other_token=OTHER, read_only_token=READER)


Found = tuple[Campaign, CampaignFinding]
"""A finding and its campaign."""


def found_in(shard: Shard, serve: Serve, rule: str, scenario: str = "") -> Found:
    """The first finding of a rule in one shard of a campaign: of single requests, or of a scenario."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Database(Path(folder, "campaign.db")) as database,
        running(serve) as url,
    ):
        prepared = session.begin(database, CONTRACT, target(url), Settings(allow_unsafe=True))
        result = Worker(prepared.plan).run(Task(shard), Knowledge())
    stored = [StoredGroup(group, 0.0, 0.0) for group in result.groups if group.scenario == scenario]
    findings = findings_of(stored, CONTRACT, target(url), is_warning=lambda _: False)
    return prepared.campaign, next(each for each in findings if each.finding.rule == rule)


def found_by(scenario: str, serve: Serve, rule: str) -> Found:
    """The first finding of a rule in a shard of one scenario."""
    with one_scenario(scenario) as shard:
        return found_in(shard, serve, rule, scenario)


@cache
def found(fault: str, scenario: str, rule: str) -> Found:
    """The first finding of a rule on a faulty server."""
    return found_by(scenario, FAULTS[fault].server(), rule)


def resources(exchanges: Sequence[Exchange]) -> list[int]:
    """For each request the number of the first one with the same path."""
    paths = [urlsplit(exchange.request.target).path for exchange in exchanges]
    return [paths.index(path) for path in paths]


def query_names(exchange: Exchange) -> set[str]:
    return {name for name, _ in parse_qsl(urlsplit(exchange.request.target).query)}


@pytest.mark.parametrize(("fault", "scenario", "rule"), KINDS, ids=[f"{fault}-{rule}" for fault, _, rule in KINDS])
def test_a_finding_of_a_sequence_shows_again_and_only_on_the_faulty_server(
    fault: str, scenario: str, rule: str
) -> None:
    faulty = FAULTS[fault].server
    campaign, each = found(fault, scenario, rule)
    with running(faulty()) as url:
        still = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)

    assert still.result is Result.FAILED
    before, now = (
        {exchange.request.method for exchange in exchanges} - set(SAFE_METHODS)
        for exchanges in ([step.exchange for step in each.finding.failure.steps], [one for _, one in still.steps])
    )
    assert before <= now
    assert not each.shown.is_confirmed or len(still.steps) <= max(1, len(each.finding.failure.steps))
    with running(Api()) as url:
        gone = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)
    assert (gone.result, gone.inconclusive) == (Result.PASSED, "")
    assert gone.steps[-1][1] == gone.exchange, "the response that the finding is about is shown, after what led to it"
    shown = [step.exchange for step in each.finding.failure.steps]
    if len(gone.steps) == len(shown):
        assert resources([one for _, one in gone.steps]) == resources(shown), "they are about the same resources"
    if rule == "use-after-delete" and scenario == "delete" and gone.exchange.request.target.count("/") > 4:
        assert gone.exchange.response is not None
        assert gone.exchange.response.status in (404, 410)
    if rule.startswith("filter-"):
        assert query_names(gone.exchange) == query_names(each.finding.failure.exchange), "it shows the same filter"
    steps = each.finding.failure.steps
    if steps and shutil.which("jq") and shutil.which("curl"):
        recorded = [
            (answer.status, answer.header("ETag") or "", answer.body)
            for answer in (step.exchange.response for step in steps)
            if answer
        ]
        sent = [step.exchange.request.body or b"" for step in steps]
        assert seen(printed(each.finding.script, faulty), sent) == seen(recorded, sent)
        assert seen(printed(each.finding.script, Api), sent) != seen(recorded, sent)


@pytest.mark.usefixtures("few_probes")
def test_a_foreign_resource_that_is_gone_says_nothing_about_a_finding() -> None:
    campaign, each = found_by_probes("foreign-task-is-readable", "resource-of-another-user-accessible", Api)

    with running(lambda _: Response(404, {})) as url:
        again = triage.replay(CONTRACT, campaign, each, target(url))

    assert again.result is Result.INCONCLUSIVE
    assert again.inconclusive.endswith("does not exist any more")


@cache
def found_by_probes(fault: str, rule: str, variant: type[Api]) -> Found:
    """The finding of single requests on a faulty server."""
    return found_in(Shard("probes", 0), type("Faulty", (FAULTS[fault].server, variant), {})(), rule)


OF_THE_CAMPAIGN = [
    ("project-of-a-task-is-ignored", "found-below-another-parent"),
    ("foreign-project-is-readable", "resource-of-another-user-accessible"),
    ("unknown-task-is-500", "server-error"),
]
"""Findings of a campaign that creates the resources of its probes, and deletes them."""


@pytest.mark.usefixtures("few_probes")
@pytest.mark.parametrize(("fault", "rule"), OF_THE_CAMPAIGN)
def test_a_replay_creates_what_the_campaign_deleted(fault: str, rule: str) -> None:
    campaign, each = found_by_probes(fault, rule, EmptyAtFirst)
    assert each.creates

    with running(type("Faulty", (FAULTS[fault].server, EmptyAtFirst), {})()) as url:
        still = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)
    with running(EmptyAtFirst()) as url:
        fixed = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)

    assert still.result is Result.FAILED
    assert (fixed.result, fixed.inconclusive) == (Result.PASSED, "")


@pytest.mark.usefixtures("few_probes")
def test_a_replay_that_cannot_create_what_the_campaign_deleted_is_inconclusive() -> None:
    campaign, each = found_by_probes(*OF_THE_CAMPAIGN[0], EmptyAtFirst)

    with running(lambda _: Response(404, {})) as url:
        gone = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)
        unchanged = triage.replay(CONTRACT, campaign, each, target(url))

    assert (gone.result, unchanged.result) == (Result.INCONCLUSIVE, Result.INCONCLUSIVE)
    assert "Add --allow-unsafe" in unchanged.inconclusive
    assert "did not create another" in gone.inconclusive


def printed(script: str, server: type[Api]) -> list[Answer]:
    """What a script prints, sent to a new server."""
    with running(server()) as url:
        origin = re.match(r"http://[^/]+", url)
        assert origin
        moved = re.sub(r"http://127\.0\.0\.1:\d+", origin[0], script)
        done = subprocess.run(["sh", "-c", moved], env={**os.environ, **TOKENS}, capture_output=True, check=False)
    found = []
    for one in re.split(rb"^HTTP/1\.1 ", done.stdout, flags=re.MULTILINE)[1:]:
        head, _, body = one.replace(b"\r\n", b"\n").partition(b"\n\n")
        etag = re.search(rb"^ETag: (.*)$", head, re.MULTILINE)
        found.append((int(head[:3]), etag[1].decode() if etag else "", body.strip()))
    return found


def seen(responses: Sequence[Answer], sent: Sequence[bytes]) -> list[Any]:
    """The responses with a number in place of what the server chose: the same value, the same number.

    Of a page, the number of its items counts, and whether one was on an earlier page; of a whole list, the items that
    the sequence created or that look like them, and whether another one has changed.
    """
    ours = {text for body in sent for _, text in leaves(value_of(body))}
    numbers: dict[str, int] = {}
    listed: dict[str, Any] = {}

    def shown(parts: Any) -> list[Any]:
        return [
            (path, text if text in ours and not path.endswith("id") else numbers.setdefault(text, len(numbers)))
            for path, text in parts
        ]

    found: list[Any] = []
    pages: list[int | None] = []
    for status, etag, body in responses:
        value = value_of(body)
        items = value.get("items") if isinstance(value, dict) else None
        if items is None or status == 201:
            found.append((status, shown([("etag", etag), *leaves(value)])))
            continue
        of_list = {json.dumps(item["id"]): item for item in items}
        if len(items) <= PAGE:
            found.append((status, len(items), bool(of_list.keys() & listed.keys())))
            pages += [numbers.get(key) for key in of_list]
        else:
            own = [item for key, item in of_list.items() if key in numbers or looks_like(item, ours)]
            others = any(listed.get(key, item) != item for key, item in of_list.items() if item not in own)
            found.append((status, others, [shown(leaves(item)) for item in own]))
        listed |= of_list
    return [*found, pages if None not in pages else ()]


def looks_like(item: Any, ours: set[str]) -> bool:
    return any(text in ours for path, text in leaves(item) if path in ("/title", "/text"))


def value_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(member, f"{path}/{name}")
    else:
        yield path, json.dumps(value)


@pytest.mark.usefixtures("few_probes")
@pytest.mark.parametrize("token", [OTHER, "unknown"])
def test_a_campaign_says_that_the_token_of_the_second_user_is_not_accepted(database: Database, token: str) -> None:
    with running(Api()) as url:
        two_users = Target.at(url, CONTRACT.base_path, token=OWNER, other_token=token)
        prepared = session.begin(database, CONTRACT, two_users, Settings(allow_unsafe=True))
        notes = Worker(prepared.plan).run(Task(Shard("probes", 0)), Knowledge()).notes

    assert any("did not accept the token of --other-token" in note for note in notes) is (token != OTHER)


class TypeOfAChange(Api):
    """A changed budget is stored as text."""

    def update_project(self, call: Call) -> Response:
        super().update_project(call)
        project = self.project_of(call)
        project["budget"] = str(project["budget"])
        return self.project_response(200, project)


def test_a_replay_shows_the_change_that_a_response_is_wrong_after() -> None:
    campaign, each = found_by("update", TypeOfAChange(), "schema-violation")
    with running(TypeOfAChange()) as url:
        still = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)

    assert "PATCH" in [exchange.request.method for _, exchange in still.steps]


def test_a_replay_on_a_server_where_a_step_fails_is_inconclusive() -> None:
    class Full(Api):
        """Creates no projects any more."""

        def create_project(self, call: Any) -> Any:
            raise Problem(404, "There is no room.")

    campaign, each = found("stale-is-accepted", "etags", "stale-write-accepted")
    with running(Full()) as url:
        replayed = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)

    assert replayed.result is Result.INCONCLUSIVE
    step, _, text = replayed.inconclusive.partition(": ")
    assert re.fullmatch(r"step 1 \(POST /\S+/projects\) got 404, was 201", step)
    assert "There is no room." in text


def test_a_replay_of_one_request_whose_resource_is_gone_is_inconclusive() -> None:
    campaign, each = found("foreign-project-is-readable", "second_user", "resource-of-another-user-accessible")
    url = "http://127.0.0.1:1"
    only_reads = replace(each, groups=tuple(replace(group, steps=()) for group in each.groups))
    with pytest.raises(UsageError, match="needs a sequence that creates and deletes resources"):
        triage.replay(CONTRACT, campaign, only_reads, target(url))
    bare = replace(each, groups=tuple(replace(group, steps=(), scenario="") for group in each.groups))
    with running(Api()) as url:
        replayed = triage.replay(CONTRACT, campaign, bare, target(url))

    assert replayed.result is Result.INCONCLUSIVE
    assert "deleted at the end of the campaign" in replayed.inconclusive


def test_a_replay_without_the_deletion_that_a_failure_is_about_is_inconclusive() -> None:
    campaign, each = found("deleted-is-readable", "delete", "use-after-delete")
    groups = tuple(replace(group, steps=group.steps[-1:], scenario="") for group in each.groups)
    with running(FAULTS["deleted-is-readable"].server()) as url:
        replayed = triage.replay(CONTRACT, campaign, replace(each, groups=groups), target(url), unsafe=True)

    assert replayed.result is Result.INCONCLUSIVE
    assert "delete nothing" in replayed.inconclusive


@pytest.mark.parametrize(
    ("fault", "scenario", "rule"),
    [
        ("deleted-is-readable", "delete", "use-after-delete"),
        ("filter-is-lost-on-the-next-page", "filtered", "filter-returns-other-items"),
    ],
)
def test_a_sequence_is_shown_rather_than_a_request_whose_resource_is_gone(fault: str, scenario: str, rule: str) -> None:
    _, each = found(fault, scenario, rule)
    with_steps = next(group for group in each.groups if group.violation.rule == rule)
    bare = replace(with_steps, steps=(), scenario="", size=(0, 0, 0, 0, 0))

    assert with_steps.merged(bare).steps == bare.merged(with_steps).steps == with_steps.steps


def test_what_is_created_with_dates_soon_alone_is_replayed(database: Database) -> None:
    contract = Contract(loans.document())
    with running(loans.Loans("keeps")) as url:
        server = Target.at(url, contract.base_path, token=OWNER)
        prepared = session.begin(database, contract, server, Settings(allow_unsafe=True))
        with one_scenario("delete") as shard:
            result = Worker(prepared.plan).run(Task(shard), Knowledge())
        stored = [StoredGroup(group, 0.0, 0.0) for group in result.groups if group.scenario == "delete"]
        (each,) = findings_of(stored, contract, server, is_warning=lambda _: False)

        still = triage.replay(contract, prepared.campaign, each, server, unsafe=True)

    assert still.result is Result.FAILED


class DeniedButStored(Api):
    """A second project with the same title is denied, and stored."""

    def store_project(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        is_taken = any(one["title"] == body["title"] for one in self.projects.values())
        project = super().store_project(account, body)
        if is_taken:
            raise Problem(409, "There is a project with this title.")
        return project


class MergesAfterOtherStatus(FAULTS["put-merges"].server):  # type: ignore[misc]
    """A fault behind creations with another status than the documented one."""

    def create_project(self, call: Call) -> Response:
        return super().create_project(call).but(status=200)


@pytest.mark.parametrize(
    ("server", "scenario", "rule"),
    [
        (FAULTS["two-for-one"].server, "create_and_read", "created-more-than-once"),
        (DeniedButStored, "same_again", "rejected-request-changes-data"),
        (MergesAfterOtherStatus, "replace", "replace-keeps-old-values"),
    ],
)
def test_a_replay_deletes_what_it_created(server: type[Api], scenario: str, rule: str) -> None:
    campaign, each = found_by(scenario, server(), rule)
    api = server()
    before = set(api.projects)

    with running(api) as url:
        still = triage.replay(CONTRACT, campaign, each, target(url), unsafe=True)

    assert (still.result, still.notes) == (Result.FAILED, ())
    assert set(api.projects) == before
