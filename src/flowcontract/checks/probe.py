"""A probe: one request worth sending, why, and what a right server may answer. Values only.

Plans make probes, checks judge what came of them; both know this module and neither knows the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flowcontract.http.messages import Request

NO_HEAD = (405, 501)
"""How a server that never learnt HEAD says so; that it says so of each thing alike is seen by a relation."""


class Expect(StrEnum):
    """The part a probe plays, and so what a right server owes it."""

    SUCCESS = "success"
    """A key that exists, asked for by a caller who may: the documented success."""
    MISSING = "missing"
    """A key that cannot exist, asked for by a caller who may: not found."""
    REFUSED = "refused"
    """A caller without the right: the documented refusal."""
    METHOD = "method"
    """A method that the contract does not have: not allowed, or refused."""
    SHADOWED = "shadowed"
    """A key that may exist and that another route is known to take: found or not found, nothing else."""
    ANY = "any"
    """Generated input: whatever the contract documents."""
    FREE = "free"
    """Outside the contract: no answer is owed, but none may fail or leak."""


class Relation(StrEnum):
    """How the answer to a probe has to stand to the answer to an earlier one."""

    NONE = ""
    REPEAT = "repeat"
    """The same question: the same answer."""
    SAME = "same"
    """A question that differs in something without meaning: the same answer."""
    HEAD = "head"
    """HEAD beside GET: the same without the content."""
    REFUSAL = "refusal"
    """The same refusal for a key that exists and one that does not."""
    LENIENCE = "lenience"
    """The right credentials in a form that only a lenient reader takes, beside wrong ones: both may be refused."""
    FORM = "form"
    """A refusal of another kind: the same form."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of a plan."""

    name: str
    """Unique in the plan: `group/what/key`."""
    reason: str
    """Why it is worth sending, in one sentence."""
    operation: str
    """Id of the operation it is about."""
    request: Request
    expect: Expect
    values: Mapping[str, str] = field(default_factory=dict)
    """The path parameters as a server decodes them; empty where the path is not the operation's."""
    tolerated: tuple[int, ...] = ()
    """Statuses beyond what `expect` asks for that a right server may choose to answer this with."""
    odd: bool = False
    """The HTTP layer or a router may answer this before the application sees it: the form of an error is free."""
    plausible: bool = False
    """An unknown key that might exist after all: an answer that is consistent with it is believed."""
    trigger: str = ""
    """What is special about it; failures with different triggers have different causes."""
    like: str = ""
    """Name of the earlier probe that `relation` compares with."""
    relation: Relation = Relation.NONE
    fresh: bool = False
    """Sent over a new connection."""
    together: str = ""
    """Consecutive probes with the same text here are sent at the same time."""

    @property
    def group(self) -> str:
        """The first part of the name."""
        return self.name.partition("/")[0]
