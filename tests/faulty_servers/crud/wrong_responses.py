"""Faults in what is sent back: status, schema, headers, and words that nobody should see."""

from copy import deepcopy
from typing import Any

from .conversations import (
    browse,
    create,
    idempotent,
    not_modified,
    notes,
    remove,
    stale,
    task_changes_project,
    unknown,
    update,
)
from .document import Json
from .fault import fault, responses
from .handling import Call
from .invalid_requests import invalid_projects, methods
from .messages import NOTHING, Request, Response
from .server import Api

_PROJECT, _PROJECTS = "GET /projects/{project_id}", "GET /projects"
_TASK, _TASKS = "GET /projects/{project_id}/tasks/{task_id}", "GET /projects/{project_id}/tasks"


def _altered(change: Any) -> Any:
    """A change of a copy of the JSON: in place, or by another value."""

    def altered(response: Response) -> Response:
        value = deepcopy(response.json)
        changed = change(value)
        return response.but(json=value if changed is None else changed)

    return altered


def _first(change: Any) -> Any:
    """A change of the first item of a list."""
    return _altered(lambda value: change(value["items"][0]) if value["items"] else None)


# --- status ----------------------------------------------------------------------------------------------------------

for name, about, conversation, of, status, wrong in (
    ("created-is-200", "A created project gets 200.", create, "POST /projects", 201, 200),
    ("created-is-202", "A created task gets 202.", create, "POST /projects/{project_id}/tasks", 201, 202),
    ("unknown-project-is-422", "An unknown project gets 422.", unknown, _PROJECT, 404, 422),
    ("unknown-task-is-500", "An unknown task gets 500.", unknown, _TASK, 404, 500),
    ("unknown-note-is-418", "An unknown note gets 418.", unknown, "GET /notes/{note_id}", 404, 418),
    (
        "stale-is-409",
        "A stale ETag gets 409, which is not documented.",
        stale,
        "PATCH /projects/{project_id}",
        412,
        409,
    ),
    (
        "no-precondition-is-500",
        "A missing If-Match gets 500.",
        stale,
        "PUT /projects/{project_id}",
        428,
        500,
    ),
    (
        "used-key-is-422",
        "An idempotency key with another body gets 422.",
        idempotent,
        "POST /projects",
        409,
        422,
    ),
    (
        "restored-twice-is-500",
        "Restoring a note that is not deleted gets 500.",
        notes,
        "POST /notes/{note_id}/restore",
        409,
        500,
    ),
    ("invalid-is-422", "Invalid bodies get 422.", invalid_projects, "POST /projects", 400, 422),
):
    responses(
        "status",
        conversation,
        name,
        about,
        lambda response, wrong=wrong: response.but(status=wrong),
        of=of,
        status=status,
    )

responses(
    "status",
    remove,
    "deleted-has-a-body",
    "A deleted task gets 200 and a body.",
    lambda response: response.but(status=200, json={"deleted": True}),
    of="DELETE /projects/{project_id}/tasks/{task_id}",
    status=204,
)
responses(
    "status",
    unknown,
    "unknown-project-is-null",
    "An unknown project gets 200 and null.",
    lambda response: response.but(status=200, json=None, media="application/json"),
    of=_PROJECT,
    status=404,
)

# --- schema ----------------------------------------------------------------------------------------------------------


def _set(name: str, value: Any) -> Any:
    return lambda item: item.__setitem__(name, value(item) if callable(value) else value)


for name, about, conversation, of, change in (
    (
        "version-is-text",
        "The version of a project is text.",
        browse,
        _PROJECT,
        _altered(_set("version", lambda item: str(item["version"]))),
    ),
    (
        "open-tasks-is-negative",
        "The number of open tasks is one too small, even below zero.",
        create,
        _PROJECT,
        _altered(_set("open_tasks", lambda item: item["open_tasks"] - 1)),
    ),
    (
        "tags-is-null",
        "A project without tags has null instead of an empty list.",
        create,
        _PROJECT,
        _altered(_set("tags", lambda item: item["tags"] or None)),
    ),
    (
        "listed-without-budget",
        "Projects in the list lack their budget.",
        browse,
        _PROJECTS,
        _first(lambda item: item.pop("budget") and None),
    ),
    (
        "time-without-zone",
        "The time of creation has no zone.",
        browse,
        _PROJECT,
        _altered(_set("created_at", lambda item: item["created_at"].rstrip("Z"))),
    ),
    (
        "date-with-time",
        "The start date has a time.",
        create,
        _PROJECT,
        _altered(_set("starts_on", lambda item: item["starts_on"] and item["starts_on"] + "T00:00:00")),
    ),
    (
        "status-outside-the-list",
        "A project that is done has a status that is not in the list.",
        update,
        _PROJECT,
        _altered(_set("status", lambda item: "closed" if item["status"] == "done" else item["status"])),
    ),
    ("task-id-is-text", "The ID of a task is text.", browse, _TASK, _altered(_set("id", lambda item: str(item["id"])))),
    (
        "undocumented-member",
        "A task has a field that the document excludes.",
        browse,
        _TASK,
        _altered(_set("internal_rank", 7)),
    ),
    (
        "done-is-a-number",
        "`done` of a task is 0 or 1.",
        browse,
        _TASK,
        _altered(_set("done", lambda item: int(item["done"]))),
    ),
    (
        "last-page-lacks-cursor",
        "The last page has no next_cursor where null is documented.",
        browse,
        _TASKS,
        _altered(lambda value: value.pop("next_cursor") and None),
    ),
    (
        "total-is-missing",
        "The list of projects has no total.",
        browse,
        _PROJECTS,
        _altered(lambda value: value.pop("total") and None),
    ),
    ("list-is-bare", "The list of notes is an array.", browse, "GET /notes", _altered(lambda value: value["items"])),
    (
        "only-the-second-is-wrong",
        "The second project in the list has no owner.",
        browse,
        _PROJECTS,
        _altered(lambda value: value["items"][1].pop("owner") and None if len(value["items"]) > 1 else None),
    ),
    (
        "note-id-has-a-prefix",
        "The ID of a note does not match its pattern.",
        browse,
        "GET /notes/{note_id}",
        _altered(_set("id", lambda item: f"note-{item['id']}")),
    ),
    (
        "scope-is-a-list",
        "The scope of the account is a list.",
        browse,
        "GET /me",
        _altered(_set("scope", lambda item: [item["scope"]])),
    ),
):
    responses("schema", conversation, name, about, change, of=of, status=200)

responses(
    "schema",
    unknown,
    "error-lacks-status",
    "Errors lack the field `status`.",
    _altered(lambda value: value.pop("status") and None),
    status=404,
)
responses(
    "schema",
    unknown,
    "error-states-another-status",
    "The field `status` of a 404 is 400.",
    _altered(_set("status", lambda _: 400)),
    status=404,
)
responses(
    "schema", unknown, "error-has-no-body", "404 has no body.", lambda response: response.but(json=NOTHING), status=404
)
responses(
    "schema",
    stale,
    "error-is-a-string",
    "The body of 412 is a string.",
    _altered(lambda value: value["detail"]),
    status=412,
)


@fault("schema", create)
class WriteOnlyIsReturned(Api):
    """The passphrase, which is write-only, is returned."""

    def shown_project(self, project: Json) -> Json:
        return {**super().shown_project(project), **{k: v for k, v in project.items() if k == "passphrase"}}


# --- headers ---------------------------------------------------------------------------------------------------------

for name, about, conversation, of, status, header, text in (
    ("read-has-no-etag", "A read of a project has no ETag.", browse, _PROJECT, 200, "ETag", None),
    ("created-has-no-etag", "A created project has no ETag.", create, "POST /projects", 201, "ETag", None),
    ("etag-has-no-quotes", "The ETag has no quotes.", browse, _PROJECT, 200, "ETag", "1-00000000"),
    (
        "etag-is-weak",
        "The ETag is weak, but its pattern allows only strong ones.",
        browse,
        _PROJECT,
        200,
        "ETag",
        'W/"1-0"',
    ),
    ("etag-never-changes", "Every project has the same ETag.", update, _PROJECT, 200, "ETag", '"1-00000000"'),
    ("created-has-no-location", "A created note has no Location.", create, "POST /notes", 201, "Location", None),
    (
        "location-is-the-list",
        "The Location of a created task is the list.",
        create,
        "POST /projects/{project_id}/tasks",
        201,
        "Location",
        "/v1/projects",
    ),
    (
        "location-is-misspelled",
        "The Location of a created note is below another path.",
        create,
        "POST /notes",
        201,
        "Location",
        "/v1/note/n000004",
    ),
    (
        "location-lacks-the-base",
        "The Location of a created note is not below the base path.",
        create,
        "POST /notes",
        201,
        "Location",
        "/notes/n000004",
    ),
):
    responses(
        "headers",
        conversation,
        name,
        about,
        lambda response, header=header, text=text: response.having(header, text),
        of=of,
        status=status,
    )

responses(
    "headers",
    unknown,
    "errors-are-plain-json",
    "Errors are application/json.",
    lambda response: response.but(media="application/json"),
    status=404,
)
responses(
    "headers",
    browse,
    "json-is-html",
    "Lists are sent as text/html.",
    lambda response: response.but(media="text/html"),
    of=_PROJECTS,
    status=200,
)


@fault("headers", task_changes_project)
class EtagIgnoresTasks(Api):
    """The ETag stays the same when the number of open tasks in the body changes."""

    def etag(self, project: Json) -> str:
        return f'"{project["version"]}-{project["id"][:8]}"'


@fault("headers", update)
class EtagOfAnUpdateIsOld(Api):
    """An update returns the ETag from before."""

    def update_project(self, call: Call) -> Response:
        project = self.projects.get(call.path["project_id"])
        before = self.etag(project) if project else None
        response = super().update_project(call)
        return response.having("ETag", before)


@fault("headers", not_modified)
class NeverNotModified(Api):
    """If-None-Match with the current ETag gets the whole project."""

    def is_not_modified(self, call: Call, project: Json) -> bool:
        return False


@fault("headers", not_modified)
class AlwaysNotModified(Api):
    """Any If-None-Match gets 304, even if the project has changed."""

    def is_not_modified(self, call: Call, project: Json) -> bool:
        return bool(call.request.header("if-none-match"))


@fault("headers", methods)
class NotAllowedLacksAllow(Api):
    """405 has no Allow header."""

    def finish(self, request: Request, response: Response) -> Response:
        return response.having("Allow", None) if response.status == 405 else response
