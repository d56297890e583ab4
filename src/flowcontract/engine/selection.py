"""Which operations a run tests, and why it leaves the others out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from flowcontract.engine.options import Options
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import nearest

_KINDS: Mapping[str, Callable[[Operation], tuple[str, ...]]] = {
    "operation": lambda operation: (operation.id,),
    "path": lambda operation: (operation.path,),
    "method": lambda operation: (operation.method, operation.method.lower()),
    "tag": lambda operation: operation.tags,
    "deprecated": lambda operation: ("true" if operation.deprecated else "false",),
}
"""What `--include KIND=VALUE` compares with VALUE, where `*` and `?` are wildcards."""
NOT_SELECTED = "not selected"
NOT_INCLUDED = "not included"
EXCLUDED = "excluded"
LEFT_OUT = (NOT_SELECTED, NOT_INCLUDED, EXCLUDED)
"""Why an operation is none of those that the user asked for."""
UNSAFE = "unsafe method; add --allow-unsafe"
"""Why an operation is not tested by default."""
OTHERS = "it changes what this run did not create; test it in a run of its own with --operation"
"""Why a change of a whole collection, or of settings, is not tested even where unsafe methods are allowed."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_REMOVALS = frozenset({
    "clear", "delete", "drop", "empty", "flush", "purge", "remove", "reset", "truncate", "wipe",
})  # fmt: skip
"""Words that name a removal of what is there, whatever the method."""
_MASS = frozenset({"all", "batch", "bulk", "many", "mass", "multiple"})
_CHANGES = frozenset({
    "archive", "cancel", "change", "close", "disable", "edit", "modify", "patch", "set", "stop", "update",
})  # fmt: skip
"""Words that name a change of what is there beside a word for many."""
STOPS = "it seems to stop the server; test it in a run of its own with --operation"
"""Why an operation that is named like a switch is not tested even where unsafe methods are allowed."""
_STOP = re.compile(
    r"(?i:(?:^|[/_-])(?:shut[_-]?down|power[_-]?off|reboot|restart|halt))$"
    r"|(?<=[a-z])(?:Shut[Dd]own|Power[Oo]ff|Reboot|Restart|Halt)$"
)
"""The end of a path or an operation ID that names a switch of the server."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations of a run."""

    operations: tuple[Operation, ...]
    left_out: Mapping[str, str]
    """Why each of the others is not tested, by operation ID."""
    unchanged: frozenset[str] = frozenset()
    """Those that would be tested if they had changed."""


def parse_filter(text: str) -> tuple[str, str]:
    """Read `KIND=VALUE`, such as `path=/admin/*`. Raises UsageError."""
    kind, separator, value = text.partition("=")
    if kind == "deprecated" and not separator:
        return kind, "true"
    if kind not in _KINDS or not value:
        raise UsageError(
            f"expected KIND=VALUE with one of {', '.join(_KINDS)}, got {text[:80]!r}.",
            do="Write, for instance, path=/admin/* or method=GET.",
        )
    return kind, value


def select(contract: Contract, options: Options) -> Selection:
    """The operations that the options select.

    Raises UsageError if there is none, unless only changed ones are asked for; ContractError for an unknown ID.
    """
    named = {contract.operation(name).id for name in options.operations}
    for name in (*options.safe, *options.pairs):
        contract.operation(name)
    for name, path in options.pairs.items():
        if path and all(operation.path != path for operation in contract.operations.values()):
            raise UsageError(
                f"--pair {name}={path[:80]}: the contract has no such path.",
                do=nearest(path, [each.path for each in contract.operations.values()]).strip() or "Check the path.",
            )
    _require_matches(contract, options)
    chosen, left_out = [], {}
    for operation in contract.operations.values():
        reason = _reason(operation, options, named)
        if reason:
            left_out[operation.id] = reason
        else:
            chosen.append(operation)
    if not chosen and options.only is None:
        reasons = sorted(set(left_out.values()), key=lambda reason: (reason == NOT_SELECTED, reason))
        raise UsageError(
            f"no operation of {contract.name} is selected: {reasons[0] if reasons else 'it has none'}.",
            do="Check --operation, --include and --exclude, or add --allow-unsafe.",
        )
    any_changed = replace(options, only=None)
    operations = contract.operations.values() if options.only is not None else ()
    unchanged = (o.id for o in operations if o.id in left_out and not _reason(o, any_changed, named))
    return Selection(tuple(chosen), left_out, frozenset(unchanged))


def is_excluded(operation: Operation, options: Options) -> bool:
    """Whether nothing may be sent to an operation."""
    return any(_matches(operation, each) for each in options.exclude)


def _require_matches(contract: Contract, options: Options) -> None:
    """Raise UsageError for a filter whose value no operation has: a typing error would change the whole selection.

    A method, or whether an operation is deprecated, may be a rule for all contracts, whatever one of them has.
    """
    operations = contract.operations.values()
    for option, filters in (("--include", options.include), ("--exclude", options.exclude)):
        for kind, pattern in filters:
            known = {text for operation in operations for text in _KINDS[kind](operation)}
            if known and kind not in ("method", "deprecated") and not any(fnmatchcase(text, pattern) for text in known):
                raise UsageError(
                    f"{option} {kind}={pattern[:80]} matches no operation of {contract.name}.",
                    do=nearest(pattern, known).strip() or f"It has, for instance: {min(known)}.",
                )


def _reason(operation: Operation, options: Options, named: set[str]) -> str:
    """Why an operation is left out; empty if it is tested."""
    if (named and operation.id not in named) or (options.only is not None and operation.id not in options.only):
        return NOT_SELECTED
    if options.include and not any(_matches(operation, each) for each in options.include):
        return NOT_INCLUDED
    if is_excluded(operation, options):
        return EXCLUDED
    if options.only_reads(operation):
        return ""
    if not options.allow_unsafe:
        return UNSAFE
    if operation.path_parameters() or operation.id in named:
        return ""
    if any(_STOP.search(name) for name in (operation.id, operation.path.rstrip("/"))):
        return STOPS
    return OTHERS if operation.method in ("PUT", "PATCH", "DELETE") or _changes_what_is_there(operation) else ""


def _changes_what_is_there(operation: Operation) -> bool:
    """Whether the end of the path, or the beginning of the ID, names a removal or a change of many things."""
    segment, name = operation.path.rstrip("/").rpartition("/")[2], operation.id.rpartition(".")[2]
    return any(
        words & _REMOVALS or (words & _MASS and words & _CHANGES)
        for words in ({w.lower() for w in _WORDS.findall(segment)}, {w.lower() for w in _WORDS.findall(name)[:2]})
    )


def _matches(operation: Operation, chosen: tuple[str, str]) -> bool:
    kind, pattern = chosen
    return any(fnmatchcase(text, pattern) for text in _KINDS[kind](operation))
