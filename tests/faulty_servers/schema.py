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


MISSING = "A required field is missing: "
for member in ("pk", "name", "stages", "policies", "cache_count", "background", "export_url", "designation"):
    flows("schema", f"no-{member.replace('_', '-')}", f"{MISSING}`{member}`.", without(member))

for name, about, change in (
    ("title-renamed", "`title` is renamed to `label`.", renamed("title", "label")),
    ("ptr-id-in-camel-case", "The name of a field is in camel case.", renamed("policybindingmodel_ptr_id", "ptrId")),
    ("pk-is-null", "`pk` is null.", with_(pk=None)),
    ("name-is-null", "`name` is null.", with_(name=None)),
    ("policies-is-null", "An empty list is null.", with_(policies=None)),
    ("layout-is-null", "An optional field is null, which its schema does not allow.", with_(layout=None)),
    ("cache-count-is-null", "A counter is null.", with_(cache_count=None)),
    ("pk-is-integer", "`pk` is an integer.", with_(pk=17)),
    ("name-is-number", "`name` is a number.", with_(name=404)),
    ("title-is-list", "`title` is a list with one string.", with_(title=["Welcome"])),
    ("title-is-object", "`title` is an object of translations.", with_(title={"en": "Welcome"})),
    ("background-is-boolean", "`background` is false.", with_(background=False)),
    ("stages-is-text", "A list is a string with commas.", with_(stages="a,b")),
    ("stages-is-object", "A list is an object with the positions as keys.", with_(stages={"0": "x"})),
    ("stages-is-count", "A list is replaced by its length.", lambda flow: with_(stages=len(flow["stages"]))(flow)),
    ("policies-of-objects", "The items of a list are objects instead of IDs.", with_(policies=[{"pk": "x"}])),
    ("stages-of-numbers", "A list contains a number.", first_stage(7)),
    ("stages-with-null", "A list contains null.", first_stage(None)),
    ("stages-nested", "A list contains a list.", first_stage([])),
    ("cache-count-is-text", "An integer is a string.", with_(cache_count="0")),
    ("cache-count-is-fraction", "An integer has a fraction.", with_(cache_count=0.5)),
    ("cache-count-is-boolean", "An integer is true.", with_(cache_count=True)),
    ("cache-count-is-list", "An integer is a list.", with_(cache_count=[0])),
    ("compatibility-is-text", "A boolean is a string.", with_(compatibility_mode="false")),
    ("compatibility-is-number", "A boolean is 0.", with_(compatibility_mode=0)),
    ("compatibility-is-null", "A boolean is null.", with_(compatibility_mode=None)),
    ("designation-unknown", "An enumeration has an undocumented value.", with_(designation="login")),
    ("designation-in-capitals", "An enumeration is in upper case.", with_(designation="ENROLLMENT")),
    ("designation-is-empty", "An enumeration is an empty string.", with_(designation="")),
    ("designation-is-index", "An enumeration is a number.", with_(designation=3)),
    ("designation-padded", "An enumeration has a space at the end.", with_(designation="enrollment ")),
    ("layout-unknown", "An optional enumeration has an undocumented value.", with_(layout="sidebar")),
    (
        "layout-of-later-release",
        "`layout` has a value of a later release.",
        with_(layout="sidebar_left_frame_background"),
    ),
    ("denied-action-unknown", "`denied_action` has an undocumented value.", with_(denied_action="deny")),
    (
        "authentication-of-later-release",
        "`authentication` has a value of a later release.",
        with_(authentication="require_redirect"),
    ),
    ("engine-mode-unknown", "`policy_engine_mode` has an undocumented value.", with_(policy_engine_mode="none")),
    ("engine-mode-is-list", "An enumeration is a list.", with_(policy_engine_mode=["any"])),
    ("pk-is-no-uuid", "An ID is not a UUID.", with_(pk="not-a-uuid")),
    ("pk-without-hyphens", "A UUID is written without hyphens.", hyphens_dropped),
    ("pk-one-too-short", "A UUID lacks its last digit.", lambda flow: with_(pk=flow["pk"][:-1])(flow)),
    (
        "pk-with-foreign-letter",
        "A UUID contains a letter that is not a hexadecimal digit.",
        lambda flow: with_(pk="g" + flow["pk"][1:])(flow),
    ),
    ("pk-is-urn", "A UUID is written as a URN.", lambda flow: with_(pk="urn:uuid:" + flow["pk"])(flow)),
    ("pk-is-empty", "An ID is an empty string.", with_(pk="")),
    ("ptr-id-in-braces", "A UUID is in braces.", braced),
    ("stages-of-names", "A list contains a name instead of a UUID.", first_stage("default-source-enrollment-prompt")),
    ("wrapped-in-data", "The body is wrapped in an object.", lambda flow: {"data": dict(flow)}),
    ("wrapped-in-list", "The body is wrapped in a list.", lambda flow: [dict(flow)]),
    ("wrapped-in-page", "The body is a page of results.", lambda flow: {"results": [dict(flow)], "pagination": {}}),
    ("body-is-text", "The body is only the slug.", lambda flow: flow["slug"]),
    ("body-is-empty-object", "The body is an empty object.", lambda flow: {}),
):
    flows("schema", name, about, change)

# The same kinds of fault in one flow only: whoever reads one flow does not see them.
for name, about, change, only in (
    ("one-title-is-null", "One flow's `title` is null.", with_(title=None), OTHER),
    ("one-export-url-missing", "One flow has no link.", without("export_url"), "default-source-pre-authentication"),
    (
        "one-stage-is-no-uuid",
        "The last stage of one flow is not a UUID.",
        lambda flow: flow["stages"].append("x"),
        OTHER,
    ),
    (
        "one-designation-unknown",
        "One flow has an undocumented `designation`.",
        with_(designation="setup"),
        "initial-setup",
    ),
    (
        "longest-slug-cut",
        "The longest slug is returned truncated.",
        lambda flow: with_(slug=flow["slug"][:49])(flow),
        LONGEST,
    ),
    (
        "empty-list-is-null",
        "One empty list is null.",
        with_(stages=None),
        "default-source-pre-authentication",
    ),
    (
        "one-empty-list-missing",
        "One empty list is missing.",
        without("stages"),
        "default-source-pre-authentication",
    ),
):
    flows("schema", name, about, change, only=only)

for name, about, value in (
    ("slug-with-space", "The slug in the body violates its pattern.", " "),
    ("slug-with-line-end", "The slug in the body ends in a line feed, which `$` lets pass.", "\n"),
    ("slug-too-long", "The slug in the body is longer than its limit.", "-" * 50),
):
    flows("schema", name, about, longer(value))

flows(
    "schema",
    "cache-count-negative",
    "A counter is -1.",
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
        ("detail-renamed", "has `message` instead of `detail`", {"message": "No."}),
        ("detail-is-null", "has null for `detail`", {"detail": None}),
        ("detail-is-list", "has a list for `detail`", {"detail": ["No."]}),
        ("detail-is-object", "has an object for `detail`", {"detail": {"message": "No."}}),
        ("is-json-text", "is a JSON string", "No."),
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
