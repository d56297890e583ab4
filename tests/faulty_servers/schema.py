"""Schemas: a body that is JSON and not what the contract says, in one constraint."""

from collections.abc import Callable
from typing import Any

from .fault import LONGEST, OTHER, answers, flows
from .server import ServerResponse

Flow = dict[str, Any]


def without(member: str) -> Any:
    def change(flow: Flow) -> None:
        del flow[member]

    return change


def with_(**members: Any) -> Any:
    return lambda flow: flow.update(members)


def renamed(member: str, name: str) -> Any:
    return lambda flow: flow.update({name: flow.pop(member)})


def longer(tail: str) -> Any:
    return lambda flow: flow.update(slug=flow["slug"] + tail)


def first_stage(value: Any) -> Any:
    return lambda flow: flow.update(stages=[value, *flow["stages"][1:]])


def hyphens_dropped(flow: Flow) -> None:
    flow["pk"] = flow["pk"].replace("-", "")


def replaced(body: Any) -> Callable[[ServerResponse], ServerResponse]:
    return lambda answer: answer.but(json=body)


def braced(flow: Flow) -> None:
    flow["policybindingmodel_ptr_id"] = "{" + flow["policybindingmodel_ptr_id"] + "}"


MISSING = "A required property is not there: "
for member in ("pk", "name", "stages", "policies", "cache_count", "background", "export_url", "designation"):
    flows("schema", f"no-{member.replace('_', '-')}", f"{MISSING}`{member}`.", without(member))

for name, about, change in (
    ("title-renamed", "`title` is called `label`.", renamed("title", "label")),
    ("ptr-id-in-camel-case", "A property has a name in camel case.", renamed("policybindingmodel_ptr_id", "ptrId")),
    ("pk-is-null", "`pk` is null.", with_(pk=None)),
    ("name-is-null", "`name` is null.", with_(name=None)),
    ("policies-is-null", "A list is null where it would be empty.", with_(policies=None)),
    ("layout-is-null", "An optional property is null, which its schema does not allow.", with_(layout=None)),
    ("cache-count-is-null", "A counter that was not computed is null.", with_(cache_count=None)),
    ("pk-is-integer", "`pk` is the number of a row.", with_(pk=17)),
    ("name-is-number", "`name` is a number.", with_(name=404)),
    ("title-is-list", "`title` is a list of one text.", with_(title=["Welcome"])),
    ("title-is-object", "`title` is an object of translations.", with_(title={"en": "Welcome"})),
    ("background-is-boolean", "`background` is false where none is set.", with_(background=False)),
    ("stages-is-text", "A list is written as a text with commas.", with_(stages="a,b")),
    ("stages-is-object", "A list is written as an object by position.", with_(stages={"0": "x"})),
    ("stages-is-count", "A list is replaced by its length.", lambda flow: with_(stages=len(flow["stages"]))(flow)),
    ("policies-of-objects", "The items of a list are objects, not identifiers.", with_(policies=[{"pk": "x"}])),
    ("stages-of-numbers", "The items of a list are numbers.", first_stage(7)),
    ("stages-with-null", "A list holds a null.", first_stage(None)),
    ("stages-nested", "A list holds a list.", first_stage([])),
    ("cache-count-is-text", "An integer is sent as a text.", with_(cache_count="0")),
    ("cache-count-is-fraction", "An integer has a fraction.", with_(cache_count=0.5)),
    ("cache-count-is-boolean", "An integer is sent as true.", with_(cache_count=True)),
    ("cache-count-is-list", "An integer is sent as a list.", with_(cache_count=[0])),
    ("compatibility-is-text", "A boolean is sent as a text.", with_(compatibility_mode="false")),
    ("compatibility-is-number", "A boolean is sent as 0.", with_(compatibility_mode=0)),
    ("compatibility-is-null", "A boolean is null.", with_(compatibility_mode=None)),
    ("designation-unknown", "An enumeration holds a value that it does not have.", with_(designation="login")),
    ("designation-in-capitals", "An enumeration is in capitals.", with_(designation="ENROLLMENT")),
    ("designation-is-empty", "An enumeration is an empty text.", with_(designation="")),
    ("designation-is-index", "An enumeration is sent as a position.", with_(designation=3)),
    ("designation-padded", "An enumeration has a space behind it.", with_(designation="enrollment ")),
    ("layout-unknown", "An optional enumeration holds another value.", with_(layout="sidebar")),
    ("layout-of-later-release", "A layout of a later release.", with_(layout="sidebar_left_frame_background")),
    ("denied-action-unknown", "Another value in `denied_action`.", with_(denied_action="deny")),
    ("authentication-of-later-release", "A value of a later release.", with_(authentication="require_redirect")),
    ("engine-mode-unknown", "Another value in `policy_engine_mode`.", with_(policy_engine_mode="none")),
    ("engine-mode-is-list", "An enumeration is a list.", with_(policy_engine_mode=["any"])),
    ("pk-is-no-uuid", "An identifier is not of the format.", with_(pk="not-a-uuid")),
    ("pk-without-hyphens", "A UUID is written without hyphens.", hyphens_dropped),
    ("pk-one-too-short", "A UUID lacks its last digit.", lambda flow: with_(pk=flow["pk"][:-1])(flow)),
    (
        "pk-with-foreign-letter",
        "A UUID holds a letter that is no digit.",
        lambda flow: with_(pk="g" + flow["pk"][1:])(flow),
    ),
    ("pk-is-urn", "A UUID is written as a URN.", lambda flow: with_(pk="urn:uuid:" + flow["pk"])(flow)),
    ("pk-is-empty", "An identifier is an empty text.", with_(pk="")),
    ("ptr-id-in-braces", "A UUID is in braces.", braced),
    ("stages-of-names", "The items of a list are names, not UUIDs.", first_stage("default-source-enrollment-prompt")),
    ("wrapped-in-data", "The body is wrapped in an object.", lambda flow: {"data": dict(flow)}),
    ("wrapped-in-list", "The body is a list of one.", lambda flow: [dict(flow)]),
    ("wrapped-in-page", "The body is a page of results.", lambda flow: {"results": [dict(flow)], "pagination": {}}),
    ("body-is-text", "The body is the slug alone.", lambda flow: flow["slug"]),
    ("body-is-empty-object", "The body is an empty object.", lambda flow: {}),
):
    flows("schema", name, about, change)

# The same kinds of fault in one flow only: whoever reads one flow does not see them.
for name, about, change, only in (
    ("one-title-is-null", "One flow's `title` is null.", with_(title=None), OTHER),
    ("one-export-url-missing", "One flow has no link.", without("export_url"), "default-source-pre-authentication"),
    ("one-stage-is-no-uuid", "The last stage of one flow is no UUID.", lambda flow: flow["stages"].append("x"), OTHER),
    (
        "one-designation-unknown",
        "One flow is of a kind that there is not.",
        with_(designation="setup"),
        "initial-setup",
    ),
    ("longest-slug-cut", "The longest slug comes back cut.", lambda flow: with_(slug=flow["slug"][:49])(flow), LONGEST),
    (
        "empty-list-is-null",
        "Of a flow without stages the list is null.",
        with_(stages=None),
        "default-source-pre-authentication",
    ),
    (
        "one-empty-list-missing",
        "Of a flow without stages the list is not there.",
        without("stages"),
        "default-source-pre-authentication",
    ),
):
    flows("schema", name, about, change, only=only)

for name, about, value in (
    ("slug-with-space", "The slug in the body breaks its pattern.", " "),
    ("slug-with-line-end", "The slug in the body ends in a line feed, which `$` lets pass.", "\n"),
    ("slug-too-long", "The slug in the body is longer than its limit.", "-" * 50),
):
    flows("schema", name, about, longer(value))

flows(
    "schema",
    "cache-count-negative",
    "A counter is -1 where nothing was counted.",
    with_(cache_count=-1),
    forbids="observed",
)
answers(
    "schema",
    "cache-count-is-float",
    "An integer is written as 1.0, which strict clients reject.",
    lambda answer: answer.but(body=answer.body.replace(b'"cache_count":', b'"cache_count":0.0,"was":')),
    by="integer",
)
answers(
    "schema",
    "cache-count-in-exponents",
    "An integer is written as 1e2, which strict clients reject.",
    lambda answer: answer.but(body=answer.body.replace(b'"cache_count":', b'"cache_count":1e2,"was":')),
    by="integer",
)

for status, word in ((403, "denial"), (404, "not-found")):
    for name, about, body in (
        ("without-detail", "has no `detail`", {"code": "x"}),
        ("detail-renamed", "calls `detail` `message`", {"message": "No."}),
        ("detail-is-null", "has null for `detail`", {"detail": None}),
        ("detail-is-list", "has a list for `detail`", {"detail": ["No."]}),
        ("detail-is-object", "has an object for `detail`", {"detail": {"message": "No."}}),
        ("is-json-text", "is a JSON text", "No."),
        ("is-json-list", "is a JSON list", [{"detail": "No."}]),
        ("code-is-number", "has a number for `code`", {"detail": "No.", "code": status}),
    ):
        answers(
            "error schema",
            f"{word}-{name}",
            f"The body of a {status} {about}.",
            replaced(body),
            status=status,
            by="schema",
            forbids="published" if status == 403 else "observed",
        )
