"""Compare what a run reports with the reviewed findings of a product."""

import base64
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Review = Literal["true", "false", "contested", "duplicate"]
"""true: a defect of the server by its own document; false: it conforms; contested: both can be argued, `why` says how;
duplicate: another entry is the same defect (`of`)."""

_STATUS = r"(?:\bgot |Received: |\breturned |\bstatus(?:_code)?: |HTTP/1\.1 )"
"""What stands before a status code in the text of a finding."""

REVIEWED = Path(__file__).with_name("reviewed.toml")


@dataclass(frozen=True, slots=True)
class Reported:
    """One finding of a run."""

    rule: str
    operations: tuple[str, ...]
    """As the run names them: `GET /path` or an operation ID."""
    text: str
    """Everything that the run says about it."""
    is_warning: bool = False

    def summary(self) -> str:
        """The beginning of its message."""
        message = re.search(r"^message: (.*)", self.text, re.MULTILINE)
        return message[1][:120] if message else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One reviewed finding. It covers a reported finding when all its patterns match."""

    id: str
    product: str
    version: str
    review: Review
    why: str
    rule: str = ""
    """Regular expression for the whole ID of the rule; empty: any."""
    operation: str = ""
    """Regular expression found in the name of at least one operation; empty: any."""
    evidence: str = ""
    """Regular expression found in the text; empty: any."""
    status: int = 0
    """Status code of the response that the finding is about, as its text says it; 0: any."""
    of: str = ""
    """For a duplicate: the ID of the entry that counts."""
    needs_writes: bool = False
    """Whether only a run with `--allow-unsafe` can show it."""

    def covers(self, reported: Reported) -> bool:
        """Whether the reported finding is this one."""
        if self.rule and not re.fullmatch(self.rule, reported.rule):
            return False
        if self.operation and not any(re.search(self.operation, name) for name in reported.operations):
            return False
        if self.status and not re.search(rf"{_STATUS}{self.status}\b", reported.text):
            return False
        return not self.evidence or re.search(self.evidence, reported.text, re.DOTALL) is not None


@dataclass(slots=True)
class Comparison:
    """The findings of one run, sorted."""

    found: dict[str, Reported] = field(default_factory=dict)
    """By the ID of a true entry: the first finding that it covers."""
    missed: list[str] = field(default_factory=list)
    """IDs of the true entries without a finding."""
    duplicates: list[tuple[str, Reported]] = field(default_factory=list)
    """Further findings of a true entry, with its ID."""
    false: list[tuple[str, Reported]] = field(default_factory=list)
    contested: list[tuple[str, Reported]] = field(default_factory=list)
    new: list[Reported] = field(default_factory=list)
    """Findings without an entry: to be reviewed."""
    warnings: list[Reported] = field(default_factory=list)
    """Warnings without an entry: a conforming server may cause them."""

    @property
    def entries(self) -> int:
        """How many findings the run reported as failures, and warnings that are reviewed."""
        return sum(map(len, (self.found, self.duplicates, self.false, self.contested, self.new)))


def compare(reported: Iterable[Reported], entries: Sequence[Entry], *, writes: bool = False) -> Comparison:
    """Sort the findings of a run over one product by the entries of that product.

    The first entry in the file that covers a finding decides. A warning that only false entries cover is a warning.
    """
    result = Comparison()
    for one in reported:
        entry = next((entry for entry in entries if entry.covers(one)), None)
        if entry is None or (one.is_warning and entry.review != "true"):
            (result.warnings if one.is_warning else result.new).append(one)
        elif entry.review == "true" and entry.id not in result.found:
            result.found[entry.id] = one
        elif entry.review in ("true", "duplicate"):
            result.duplicates.append((entry.of or entry.id, one))
        else:
            (result.false if entry.review == "false" else result.contested).append((entry.id, one))
    expected = [entry for entry in entries if entry.review == "true" and (writes or not entry.needs_writes)]
    result.missed = [entry.id for entry in expected if entry.id not in result.found]
    return result


def read_entries(path: Path = REVIEWED) -> list[Entry]:
    """The reviewed findings in the order of the file.

    Raises ValueError for an entry that is incomplete or ambiguous, with its ID.
    """
    entries = [Entry(**table) for table in tomllib.loads(path.read_text(encoding="utf-8")).get("entry", ())]
    known: set[str] = set()
    for entry in entries:
        if entry.review not in get_args(Review):
            raise ValueError(f"{entry.id}: expected review to be one of {', '.join(get_args(Review))}")
        if entry.id in known:
            raise ValueError(f"{entry.id}: expected unique IDs, got this one twice")
        if (entry.review == "duplicate") != bool(entry.of) or (entry.of and entry.of not in known):
            raise ValueError(f"{entry.id}: expected `of` with the ID of an earlier entry for a duplicate only")
        if not (entry.rule or entry.operation or entry.evidence or entry.status):
            raise ValueError(f"{entry.id}: expected at least one of rule, operation, evidence and status")
        if not entry.why.endswith("."):
            raise ValueError(f"{entry.id}: expected why to be a sentence")
        for pattern in (entry.rule, entry.operation, entry.evidence):
            re.compile(pattern)
        known.add(entry.id)
    return entries


def of_gate(result: dict[str, Any]) -> list[Reported]:
    """The findings in the JSON of `flowcontract gate --json`."""
    return [
        Reported(
            rule=finding["rule"],
            operations=tuple(finding.get("operations") or [finding["operation"]]),
            text=_text(finding),
            is_warning="warning" in (finding.get("status"), finding.get("severity")),
        )
        for finding in result["findings"]
    ]


def of_schemathesis(events: Iterable[dict[str, Any]]) -> tuple[list[Reported], int]:
    """The findings in the NDJSON events of `schemathesis run`, and how many requests it sent.

    As in its own summary, one failure is one title with one operation.
    """
    reported: dict[tuple[str, str], Reported] = {}
    requests = 0
    for event in events:
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        requests += len(recorder.get("interactions", ()))
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] != "failure":
                    continue
                failure = check["failure_info"]["failure"]
                operation = failure.get("operation") or recorder["label"]
                text = _text({**failure, "interaction": recorder["interactions"].get(case)})
                reported.setdefault((failure["title"], operation), Reported(check["name"], (operation,), text))
    return list(reported.values()), requests


def _text(value: Any) -> str:
    """Names and scalar values, a line for each: what a pattern of an entry is searched in."""
    if isinstance(value, dict) and set(value) == {"$base64"}:
        return base64.b64decode(value["$base64"]).decode("utf-8", "replace")
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_text(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "\n".join(_text(item) for item in value)
    return str(value)
