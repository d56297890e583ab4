"""Faults in how input is taken: not checked, rejected though valid, changed before it is stored, or too much for it."""

import html
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from .conversations import create, cursors, filters, numbers, pages, texts, update
from .document import Json
from .fault import Conversation, fault
from .handling import SCHEMAS, Account, Call
from .invalid_requests import invalid_others, invalid_projects, invalid_queries, odd_bodies, odd_paths
from .messages import Problem, Response
from .server import Api

# --- invalid input is accepted ----------------------------------------------------------------------------------------


def _not_checked(name: str, about: str, words: str, conversation: Conversation = invalid_projects) -> None:
    """A fault in the check of bodies: errors with these words are not noticed."""

    class NotChecked(Api):
        def body_errors(self, call: Call, schema: Json) -> Iterable[str]:
            return [message for message in super().body_errors(call, schema) if words not in message]

    NotChecked.__name__, NotChecked.__doc__ = name, about
    fault("validation", conversation)(NotChecked)


for name, about, words in (
    ("AnyLengthIsAccepted", "Texts of any length are accepted.", "too short or too long"),
    ("UnknownStatusIsAccepted", "Any status is accepted.", "status: expected one of"),
    ("PriorityOutOfRangeIsAccepted", "Any priority is accepted.", "priority: out of range"),
    ("NegativeBudgetIsAccepted", "Any budget is accepted.", "budget: out of range"),
    ("RepeatedTagsAreAccepted", "A tag may be sent twice.", "distinct items"),
    ("ImpossibleDateIsAccepted", "Any text is accepted as a date.", "starts_on: expected a date"),
    ("UnknownMembersAreAccepted", "Fields that the document excludes are stored.", "an unknown member"),
    ("ManyTagsAreAccepted", "Any number of tags is accepted.", "too many items"),
    ("EmptyPatchIsAccepted", "An empty PATCH is accepted.", "too few members"),
):
    _not_checked(name, about, words)
_not_checked("TimeWithoutZoneIsAccepted", "Any text is accepted as a time.", "due_at: expected", invalid_others)


def _converted(name: str, about: str, conversation: Conversation, convert: Callable[[str, Any], Any]) -> None:
    """A fault that converts members of a body before they are checked."""

    class Converted(Api):
        def read_json(self, body: bytes) -> Any:
            value = super().read_json(body)
            return {key: convert(key, item) for key, item in value.items()} if isinstance(value, dict) else value

    Converted.__name__, Converted.__doc__ = name, about
    fault("validation", conversation)(Converted)


def _as_integer(name: str, value: Any) -> Any:
    is_number = name in ("priority", "ledger_number", "minutes") and isinstance(value, str) and value.isdecimal()
    return int(value) if is_number else value


def _as_number(name: str, value: Any) -> Any:
    return float(value) if name == "budget" and isinstance(value, str) else value


def _as_boolean(name: str, value: Any) -> Any:
    is_boolean = name in ("done", "pinned") and value in ("true", "false", "yes", "no", 0, 1)
    return value in ("true", "yes", 1, True) if is_boolean else value


def _as_text(name: str, value: Any) -> Any:
    is_number = name in ("title", "text") and isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


_converted("IntegerAsTextIsAccepted", "An integer sent as text is accepted.", invalid_projects, _as_integer)
_converted("NumberAsTextIsAccepted", "A budget sent as text is accepted.", invalid_projects, _as_number)
_converted("BooleanAsTextIsAccepted", "A boolean sent as text is accepted.", invalid_others, _as_boolean)
_converted("NumberAsTitleIsAccepted", "A title sent as a number is accepted.", invalid_projects, _as_text)


def _operation_not_checked(name: str, about: str, operation: str, conversation: Conversation) -> None:
    class NotChecked(Api):
        def body_errors(self, call: Call, schema: Json) -> Iterable[str]:
            is_object = isinstance(call.body, dict) and "tasks" not in call.body
            if call.operation["operationId"] == operation and is_object:
                allowed = self.allowed(schema)
                return [f"{key}: an unknown member." for key in call.body if key not in allowed]
            return super().body_errors(call, schema)

        def allowed(self, schema: Json) -> Json:
            name = schema["$ref"].rpartition("/")[2]
            members: Json = SCHEMAS[name]["properties"]
            return members

    NotChecked.__name__, NotChecked.__doc__ = name, about
    fault("validation", conversation)(NotChecked)


_operation_not_checked("PatchIsNotChecked", "PATCH of a project checks no values.", "updateProject", invalid_projects)
_operation_not_checked("TaskPatchIsNotChecked", "PATCH of a task checks no values.", "updateTask", invalid_others)


def _lenient_parameter(name: str, about: str, parameter: str, conversation: Conversation = invalid_queries) -> None:
    """A fault in a query parameter: a value that is not valid is taken as none."""

    class Lenient(Api):
        def parameter_value(self, name: str, text: str, schema: Json) -> Any:
            try:
                return super().parameter_value(name, text, schema)
            except Problem:
                if name == parameter:
                    return schema.get("default")
                raise

    Lenient.__name__, Lenient.__doc__ = name, about
    fault("validation", conversation)(Lenient)


for name, about, parameter in (
    ("InvalidPageIsTheFirst", "A page that is not a number gets the first page.", "page"),
    ("InvalidPerPageIsTheDefault", "A page size of more than 50 is treated as 10.", "per_page"),
    ("InvalidStatusIsNoFilter", "An undocumented status is ignored.", "status"),
    ("InvalidSortIsTheDefault", "An undocumented sort order is ignored.", "sort"),
    ("InvalidLimitIsTheDefault", "A limit out of range is treated as 10.", "limit"),
    ("InvalidDoneIsNoFilter", "`done=maybe` is ignored.", "done"),
):
    _lenient_parameter(name, about, parameter)


@fault("validation", odd_bodies)
class AnyMediaTypeIsAccepted(Api):
    """A body is read as JSON whatever its media type."""

    def is_json(self, media: str) -> bool:
        return True


@fault("validation", odd_bodies)
class NotJsonIsAccepted(Api):
    """A body that is not JSON is treated as a project without a name."""

    def read_json(self, body: bytes) -> Any:
        try:
            return super().read_json(body)
        except Problem:
            return {"title": "untitled"}


# --- valid input is rejected ------------------------------------------------------------------------------------------


def _rejected(name: str, about: str, conversation: Conversation, is_bad: Callable[[Json], bool]) -> None:
    class Rejected(Api):
        def body_errors(self, call: Call, schema: Json) -> Iterable[str]:
            messages = list(super().body_errors(call, schema))
            return messages or (["body: not accepted."] if isinstance(call.body, dict) and is_bad(call.body) else [])

    Rejected.__name__, Rejected.__doc__ = name, about
    fault("valid input", conversation)(Rejected)


for name, about, conversation, is_bad in (
    (
        "LongestTitleIsRejected",
        "A title of exactly 80 letters is rejected.",
        texts,
        lambda body: len(body.get("title", "")) == 80,
    ),
    ("HighestPriorityIsRejected", "The priority 5 is rejected.", numbers, lambda body: body.get("priority") == 5),
    ("NullIsRejected", "null is rejected where it is allowed.", update, lambda body: None in body.values()),
    (
        "LeapDayIsRejected",
        "February 29 is rejected.",
        create,
        lambda body: str(body.get("starts_on")).endswith("02-29"),
    ),
    (
        "OtherScriptsAreRejected",
        "Text in non-Latin scripts is rejected.",
        texts,
        lambda body: any(ord(c) > 0x24F for c in body.get("title", "")),
    ),
    (
        "OffsetIsRejected",
        "A time with an offset other than Z is rejected.",
        create,
        lambda body: not str(body.get("due_at") or "Z").endswith("Z"),
    ),
    (
        "EmptyDescriptionIsRejected",
        "An empty description is rejected.",
        texts,
        lambda body: body.get("description") == "",
    ),
):
    _rejected(name, about, conversation, is_bad)


# --- text and numbers are stored otherwise ----------------------------------------------------------------------------


def _mangled(name: str, about: str, conversation: Conversation, change: Callable[[Any], Any], kind: type = str) -> None:
    """A fault that changes values of one type before they are stored, everywhere."""

    def mangle(value: Any) -> Any:
        return change(value) if isinstance(value, kind) and not isinstance(value, bool) else value

    class Mangled(Api):
        def with_defaults(self, schema: str, body: Json) -> Json:
            return super().with_defaults(schema, {name: mangle(value) for name, value in body.items()})

    Mangled.__name__, Mangled.__doc__ = name, about
    fault("text and numbers", conversation)(Mangled)


for name, about, change in (
    ("TextIsTrimmed", "White space at the ends of a text is removed.", lambda text: text.strip() or text),
    ("TextIsEscaped", "Text is stored with HTML entities.", html.escape),
    (
        "TextIsLatin",
        "Letters beyond Latin-1 become question marks.",
        lambda text: text.encode("latin-1", "replace").decode("latin-1"),
    ),
    ("TextIsMojibake", "UTF-8 is read as Latin-1.", lambda text: text.encode().decode("latin-1")),
    (
        "TextLosesEmoji",
        "Characters beyond the Basic Multilingual Plane are removed.",
        lambda text: "".join(c for c in text if ord(c) < 0x10000) or "?",
    ),
    ("TextIsComposed", "Combining letters are composed.", lambda text: unicodedata.normalize("NFC", text)),
    ("TextIsCut", "Text is truncated after 64 characters.", lambda text: text[:64]),
    ("TextIsOneLine", "Line breaks and tabs become spaces.", lambda text: text.replace("\n", " ").replace("\t", " ")),
    ("TextLosesDoubleSpaces", "Two spaces become one.", lambda text: text.replace("  ", " ")),
    ("TextIsTitled", "The first letter of a text becomes upper case.", lambda text: text[:1].upper() + text[1:]),
    ("NullWordIsNull", "The text `null` becomes empty.", lambda text: "-" if text == "null" else text),
    (
        "LeadingZerosAreLost",
        "Text of digits loses its leading zeros.",
        lambda text: text.lstrip("0") or text if text.isdecimal() else text,
    ),
    ("BackslashesAreLost", "Backslashes are removed.", lambda text: text.replace("\\", "") or text),
):
    _mangled(name, about, texts, change)

_mangled("EmptyTextIsNull", "An empty description becomes null.", texts, lambda text: text or None)
_mangled("BudgetIsRounded", "A budget is rounded to whole numbers.", numbers, round, float)
_mangled("BudgetIsSinglePrecision", "A budget keeps four digits.", create, lambda value: float(f"{value:.4g}"), float)
_mangled(
    "LargeIntegersLoseDigits",
    "An integer beyond 2^53 is rounded.",
    create,
    lambda value: int(float(value)) if value < 2**62 else value,
    int,
)
_mangled(
    "TimeLosesItsOffset", "The offset of a time is replaced by `Z`.", create, lambda text: text.replace("+01:00", "Z")
)
_mangled(
    "DateIsADayEarly",
    "A date is stored as the day before.",
    numbers,
    lambda text: text.replace("2027-01-01", "2026-12-31"),
)


# --- input that is too much -------------------------------------------------------------------------------------------


def _crash(name: str, about: str, conversation: Conversation, is_fatal: Callable[[Any], bool]) -> None:
    """A fault that answers 500 when the path, the query or the body of a request has something in it."""

    class Crashing(Api):
        def check_parameters(self, call: Call, parameters: list[Json], values: dict[str, str]) -> None:
            self.crash((values, dict(call.request.query)))
            super().check_parameters(call, parameters, values)

        def read_json(self, body: bytes) -> Any:
            self.crash(body)
            value = super().read_json(body)
            self.crash(value)
            return value

        def crash(self, value: Any) -> None:
            if is_fatal(value):
                raise Problem(500, "Internal error.")

    Crashing.__name__, Crashing.__doc__ = name, about
    fault("crashes", conversation)(Crashing)


def _has(name: str, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a body has a member with such a value."""
    return lambda value: isinstance(value, dict) and name in value and test(value[name])


def _asks(test: Callable[[dict[str, str], dict[str, str]], bool]) -> Callable[[Any], bool]:
    """Whether the path or the query has such a value."""
    return lambda value: isinstance(value, tuple) and test(*value)


for name, about, conversation, is_fatal in (
    (
        "NulInPathCrashes",
        "A NUL in an ID gets 500.",
        odd_paths,
        _asks(lambda path, _: any("%00" in v for v in path.values())),
    ),
    (
        "InvalidUtf8InPathCrashes",
        "An ID that is not UTF-8 gets 500.",
        odd_paths,
        _asks(lambda path, _: any("%FF" in v.upper() for v in path.values())),
    ),
    (
        "MalformedIdCrashes",
        "An ID that is not a UUID gets 500.",
        odd_paths,
        _asks(lambda path, _: len(path.get("project_id", "-" * 36)) < 36),
    ),
    (
        "LargeIdCrashes",
        "A task ID beyond 64 bits gets 500.",
        odd_paths,
        _asks(lambda path, _: len(path.get("task_id", "")) > 18),
    ),
    (
        "EmptyQueryCrashes",
        "An empty sort order gets 500.",
        invalid_queries,
        _asks(lambda _, query: query.get("sort") == ""),
    ),
    ("PageZeroCrashes", "Page 0 gets 500.", invalid_queries, _asks(lambda _, query: query.get("page") == "0")),
    ("FarPageCrashes", "A page beyond the last gets 500.", pages, _asks(lambda _, query: query.get("page") == "5")),
    (
        "UnknownCursorCrashes",
        "An unknown cursor gets 500.",
        cursors,
        _asks(lambda _, query: query.get("cursor", "YWZ0ZXI")[:7] != "YWZ0ZXI"),
    ),
    ("NotJsonCrashes", "A body that is not JSON gets 500.", odd_bodies, lambda value: value == b"{"),
    ("EmptyBodyCrashes", "An empty body gets 500.", odd_bodies, lambda value: value == b""),
    ("ListAsBodyCrashes", "An array as the body gets 500.", invalid_projects, lambda value: isinstance(value, list)),
    ("NullAsBodyCrashes", "null as the body gets 500.", invalid_projects, lambda value: value is None),
    (
        "NulInTextCrashes",
        "A NUL in a title gets 500.",
        odd_bodies,
        _has("title", lambda value: isinstance(value, str) and "\0" in value),
    ),
    (
        "LoneSurrogateCrashes",
        "Text that is not valid Unicode gets 500.",
        odd_bodies,
        _has("title", lambda value: isinstance(value, str) and "\ud800" in value),
    ),
    ("LeapSecondCrashes", "A leap second gets 500.", numbers, _has("due_at", lambda value: ":60" in str(value))),
    (
        "LargestIntegerCrashes",
        "The largest ledger number gets 500.",
        numbers,
        _has("ledger_number", lambda value: value == 2**63 - 1),
    ),
    (
        "EmojiCrashes",
        "A character beyond the Basic Multilingual Plane gets 500.",
        texts,
        _has("title", lambda value: any(ord(c) > 0xFFFF for c in str(value))),
    ),
    ("QuoteCrashes", "A quote in a title gets 500.", texts, _has("title", lambda value: "'" in str(value))),
    (
        "EmptyResultCrashes",
        "A search without a match gets 500.",
        filters,
        _asks(lambda _, query: query.get("q") == "nothing-like-this"),
    ),
):
    _crash(name, about, conversation, is_fatal)


@fault("crashes", create)
class FourthNoteCrashes(Api):
    """Every fourth note gets 500, but is stored."""

    def store_note(self, account: Account, body: Json) -> Json:
        note = super().store_note(account, body)
        if self.note_count % 4 == 0:
            raise Problem(500, "Internal error.")
        return note


@fault("crashes", texts)
class ListCrashesOnStoredText(Api):
    """The list of projects gets 500 once a title with a line break is stored."""

    def list_projects(self, call: Call) -> Response:
        if any("\n" in project["title"] for project in self.projects.values()):
            raise Problem(500, "Internal error.")
        return super().list_projects(call)
