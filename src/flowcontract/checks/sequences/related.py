"""Rules about resources that refer to each other: what a deletion takes along, and totals over the parts of another."""

import re
from collections.abc import Iterator, Mapping

from flowcontract.checks.sequences.values import shown
from flowcontract.checks.steps import Problem, Step, checks
from flowcontract.text import plain_name

_GOES = re.compile(r"\b(?:go|goes|gone|delet\w+|remov\w+|cascad\w+|drop\w*|disappear\w*|vanish\w*)\b", re.IGNORECASE)
_STAYS = re.compile(r"\b(?:stay|stays|remain|remains|kee?p[st]?|surviv\w+)\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:not|no|never|cannot|without|if|unless|until|when|while|only|must|may|can|fail\w*|reject\w*|den\w+)\b|n't\b",
    re.IGNORECASE,
)
"""Words with which a sentence is about a condition, and not about what a deletion does."""
_REJECTS = re.compile(
    r"\b409\b|\b(?:cannot|can't|can not|must not|may not) be (?:deleted|removed)\b|\bre(?:ject|fus)(?:s|ed|es)?\b"
    r"|\bis denied\b",
    re.IGNORECASE,
)
"""What a sentence says of a deletion that is not done."""
_EXCEPT = re.compile(r"\b(?:unless|except|but|other than|only|not|without|no)\b", re.IGNORECASE)
"""What limits such a sentence to some of the resources that it names."""
_TOTALS = ("total", "sum", "amount", "count", "balance", "quantity")
"""Parts of the names of numbers that are computed from parts, in lower case."""


def fate(text: str, names: tuple[str, str]) -> str:
    """What a description of a deletion says about other resources: `goes`, `stays`, or nothing.

    `names`: of these resources, singular and plural, in lower case and without separators.
    """
    for sentence in re.split(r"[.;\n]", text):
        words = {plain_name(word) for word in re.findall(r"[\w-]+", sentence)}
        pairs = {plain_name(f"{one}{other}") for one, other in re.findall(r"(?=\b([\w-]+) ([\w-]+))", sentence)}
        if not (words | pairs) & set(names) or _HEDGE.search(sentence):
            continue
        stays, goes = _STAYS.search(sentence), _GOES.search(sentence)
        if bool(stays) != bool(goes):
            return "stays" if stays else "goes"
    return ""


def prevents(text: str, names: tuple[str, str]) -> bool:
    """Whether a description says that a deletion is rejected while there is any of certain other resources.

    Of "while it has projects or invoices" that is said of both; of "while it has active projects" it is not.
    """
    wanted = "|".join(map(re.escape, names))
    # The words between are other resources of a list, each without an adjective.
    has_any = (
        rf"\b(?:has|have|with|contains?|any) (?:any )?(?:\w+(?:,| or| and) )*(?:{wanted})(?= *(?:$|,|\)|or\b|and\b))"
    )
    for sentence in re.split(r"[.;\n]", text):
        plain = re.sub(r"(?<=\w)[-_](?=\w)", "", sentence)
        rejects = _REJECTS.search(plain) is not None
        if rejects and not _EXCEPT.search(_REJECTS.sub("", plain)) and re.search(has_any, plain, re.IGNORECASE):
            return True
    return False


@checks("referenced-resource-deleted", of="deleted")
def prevented(deleted: Step, read: Step, name: str, owner: str) -> Iterator[Problem]:
    """What another resource refers to is not deleted, where the contract says so. `owner`: its ID."""
    refers = read.ok and isinstance(read.body, Mapping) and str(read.body.get(name)) == owner
    if refers and deleted.ok and deleted.status != 202:
        yield Problem(
            "referenced-resource-deleted",
            f"Expected the deletion to be rejected, because another resource refers to it ({name}: {owner}), got"
            f" {deleted.status}.",
            f"deleted although {name} refers to it",
            (deleted, read),
            actual=read.body,
            culprit=deleted,
        )


@checks("wrong-total", of="deleted")
def totals_follow(before: Step, raised: Step, deleted: Step, after: Step) -> Iterator[Problem]:
    """A total that grew with a part is as before when the part is deleted.

    `before`, `raised`, `after`: reads of the whole, before the creation of the part, after it and after its deletion.
    """
    reads = [step.body for step in (before, raised, after)]
    if not deleted.ok or not all(isinstance(body, Mapping) for body in reads):
        return
    for name in reads[0]:
        old, more, now = (body.get(name) for body in reads)
        is_number = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (old, more, now))
        if is_number and old != more == now and any(part in plain_name(name) for part in _TOTALS):
            yield Problem(
                "wrong-total",
                f"Expected {name} to be {shown(old)} again after what was added is deleted, got {shown(now)}.",
                f"{name} without what was deleted",
                (before, raised, deleted, after),
                expected={name: old},
                actual={name: now},
                culprit=deleted,
            )
