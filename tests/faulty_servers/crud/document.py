"""The OpenAPI document of the API: projects with tasks, and notes that are deleted softly.

It is written down here in full. A server of it is conforming when everything below holds, the descriptions included.
"""

from typing import Any

Json = dict[str, Any]

PROBLEM = "application/problem+json"
STATUSES = ("planned", "active", "done")
ETAG_PATTERN = '^"[0-9]+-[0-9a-f]{8}"$'
NOTE_PATTERN = "^n[0-9]{6}$"


def _text(minimum: int, maximum: int, **more: Any) -> Json:
    return {"type": "string", "minLength": minimum, "maxLength": maximum, **more}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, required: tuple[str, ...], **more: Any) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _nullable(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def _read_only(schema: Json) -> Json:
    return {**schema, "readOnly": True}


_TIME = {"type": "string", "format": "date-time"}
_PROJECT_MEMBERS: Json = {
    "title": _text(1, 80),
    "description": {**_nullable(_text(0, 500)), "default": None},
    "status": {"type": "string", "enum": list(STATUSES), "default": "planned"},
    "priority": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3},
    "budget": {"type": "number", "minimum": 0, "maximum": 1_000_000_000, "default": 0},
    "ledger_number": {**_nullable({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}), "default": None},
    "starts_on": {**_nullable({"type": "string", "format": "date"}), "default": None},
    "tags": {"type": "array", "items": _text(1, 20), "maxItems": 8, "uniqueItems": True, "default": []},
}
_PASSPHRASE: Json = {**_text(8, 64), "writeOnly": True}
_TASK_MEMBERS: Json = {
    "title": _text(1, 120),
    "done": {"type": "boolean", "default": False},
    "minutes": {**_nullable({"type": "integer", "minimum": 0, "maximum": 10_000}), "default": None},
    "due_at": {**_nullable(_TIME), "default": None},
    "assignee": {**_nullable(_text(1, 40)), "default": None},
}
_NOTE_MEMBERS: Json = {"text": _text(1, 400), "pinned": {"type": "boolean", "default": False}}


def _partial(members: Json) -> Json:
    """A change: any of the members, none of them with a default."""
    bare = {name: {key: value for key, value in schema.items() if key != "default"} for name, schema in members.items()}
    return _object(bare, (), minProperties=1)


_SCHEMAS: Json = {
    "ProjectInput": _object({**_PROJECT_MEMBERS, "passphrase": _PASSPHRASE}, ("title",)),
    "ProjectChange": _partial({**_PROJECT_MEMBERS, "passphrase": _PASSPHRASE}),
    "Project": _object(
        {
            "id": _read_only({"type": "string", "format": "uuid"}),
            **_PROJECT_MEMBERS,
            "owner": _read_only(_text(1, 40)),
            "version": _read_only({"type": "integer", "minimum": 1}),
            "open_tasks": _read_only({"type": "integer", "minimum": 0}),
            "created_at": _read_only(_TIME),
            "updated_at": _read_only(_TIME),
        },
        ("id", *_PROJECT_MEMBERS, "owner", "version", "open_tasks", "created_at", "updated_at"),
    ),
    "ProjectPage": _object(
        {
            "items": {"type": "array", "items": _ref("Project")},
            "page": {"type": "integer", "minimum": 1},
            "per_page": {"type": "integer", "minimum": 1, "maximum": 50},
            "total": {"type": "integer", "minimum": 0},
        },
        ("items", "page", "per_page", "total"),
    ),
    "TaskInput": _object(_TASK_MEMBERS, ("title",)),
    "TaskChange": _partial(_TASK_MEMBERS),
    "Task": _object(
        {
            "id": _read_only({"type": "integer", "minimum": 1}),
            "project_id": _read_only({"type": "string", "format": "uuid"}),
            **_TASK_MEMBERS,
        },
        ("id", "project_id", *_TASK_MEMBERS),
    ),
    "TaskPage": _object(
        {
            "items": {"type": "array", "items": _ref("Task")},
            "next_cursor": {"type": ["string", "null"], "description": "null on the last page."},
        },
        ("items", "next_cursor"),
    ),
    "TaskBatch": _object(
        {"tasks": {"type": "array", "items": _ref("TaskInput"), "minItems": 1, "maxItems": 20}}, ("tasks",)
    ),
    "TaskBatchResult": _object({"items": {"type": "array", "items": _ref("Task")}}, ("items",)),
    "NoteInput": _object(_NOTE_MEMBERS, ("text",)),
    "Note": _object(
        {
            "id": _read_only({"type": "string", "pattern": NOTE_PATTERN}),
            **_NOTE_MEMBERS,
            "author": _read_only(_text(1, 40)),
            "deleted": _read_only({"type": "boolean"}),
        },
        ("id", *_NOTE_MEMBERS, "author", "deleted"),
    ),
    "NoteList": _object({"items": {"type": "array", "items": _ref("Note")}}, ("items",)),
    "Account": _object(
        {"name": _text(1, 40), "scope": {"type": "string", "enum": ["read", "write"]}}, ("name", "scope")
    ),
    "Problem": _object(
        {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
        ("title", "status", "detail"),
    ),
}


def _parameter(name: str, where: str, schema: Json, description: str = "", *, required: bool = False) -> Json:
    said = {"description": description} if description else {}
    return {"name": name, "in": where, "required": required, "schema": schema, **said}


_PROJECT_ID = _parameter("project_id", "path", {"type": "string", "format": "uuid"}, required=True)
_TASK_ID = _parameter("task_id", "path", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, required=True)
_NOTE_ID = _parameter("note_id", "path", {"type": "string", "pattern": NOTE_PATTERN}, required=True)
_IF_MATCH = _parameter(
    "If-Match",
    "header",
    {"type": "string", "pattern": ETAG_PATTERN},
    "The ETag of the last read. 428 without it, 412 when the project has changed since.",
    required=True,
)
_ETAG = {"ETag": {"required": True, "schema": {"type": "string", "pattern": ETAG_PATTERN}}}
_LOCATION = {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}

_ERRORS = {
    "400": "The request does not match this document.",
    "401": "The credentials are missing or unknown.",
    "403": "The credentials may only read.",
    "404": "There is no such resource, or it belongs to another user.",
    "409": "The resource is in use or in another state, or the idempotency key was used with another body.",
    "410": "The note was deleted; it can be restored.",
    "412": "The project has changed since the ETag was read.",
    "415": "The body is not JSON.",
    "428": "If-Match is missing.",
}


def _responses(status: str, schema: str, errors: str, headers: Json | None = None) -> Json:
    success: Json = {"description": "Success."}
    if schema:
        success["content"] = {"application/json": {"schema": _ref(schema)}}
    if headers:
        success["headers"] = headers
    failures = {
        code: {
            "description": _ERRORS[code],
            "content": {PROBLEM: {"schema": _ref("Problem")}},
            **(
                {"headers": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}}
                if code == "401"
                else {}
            ),
        }
        for code in errors.split()
    }
    return {status: success, **failures}


def _operation(
    name: str, status: str, schema: str, errors: str, *, headers: Json | None = None, body: str = "", **more: Any
) -> Json:
    operation: Json = {"operationId": name, "responses": _responses(status, schema, errors, headers), **more}
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return operation


_LIST_PROJECTS = [
    _parameter("page", "query", {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1}),
    _parameter("per_page", "query", {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}),
    _parameter("status", "query", {"type": "string", "enum": list(STATUSES)}, "Only projects with this status."),
    _parameter("tag", "query", _text(1, 20), "Only projects with this tag."),
    _parameter("min_budget", "query", {"type": "number", "minimum": 0}, "Only projects with at least this budget."),
    _parameter("made_before", "query", _TIME, "Only projects whose created_at is earlier than this."),
    _parameter("q", "query", _text(1, 80), "Only projects whose title contains this text, whatever its case."),
    _parameter(
        "sort",
        "query",
        {"type": "string", "enum": ["created_at", "-created_at", "title", "-title", "priority", "-priority"]},
        "Default: created_at. A minus sign reverses. Equal values are in the order of creation.",
    ),
]
_LIST_TASKS = [
    _parameter("cursor", "query", _text(1, 64), "`next_cursor` of the page before. 400 for any other value."),
    _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}),
    _parameter("done", "query", {"type": "boolean"}, "Only tasks that are done, or that are not."),
    _parameter("assignee", "query", _text(1, 40), "Only tasks of this person."),
]
_IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key",
    "header",
    _text(8, 64, pattern="^[0-9A-Za-z-]+$"),
    "The same key with the same body returns the first response again and creates nothing. 409 with another body.",
)
_IF_NONE_MATCH = _parameter("If-None-Match", "header", {"type": "string"}, "304 when it is the ETag of the project.")

_READ, _WRITE = "400 401 404", "400 401 403 404"
_GET_PROJECT = _operation("getProject", "200", "Project", _READ, headers=_ETAG, parameters=[_IF_NONE_MATCH])
_GET_PROJECT["responses"]["304"] = {"description": "Not modified.", "headers": _ETAG}

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "Workshop",
        "version": "1.0.0",
        "description": "Everybody sees and changes only what they have created. Lists are in the order of creation.",
    },
    "servers": [{"url": "/v1"}],
    "security": [{"bearer": []}],
    "paths": {
        "/me": {"get": _operation("getAccount", "200", "Account", "401")},
        "/projects": {
            "get": _operation("listProjects", "200", "ProjectPage", "400 401", parameters=_LIST_PROJECTS),
            "post": _operation(
                "createProject",
                "201",
                "Project",
                "400 401 403 409 415",
                headers={**_ETAG, **_LOCATION},
                body="ProjectInput",
                parameters=[_IDEMPOTENCY_KEY],
            ),
        },
        "/projects/{project_id}": {
            "parameters": [_PROJECT_ID],
            "get": _GET_PROJECT,
            "put": _operation(
                "replaceProject",
                "200",
                "Project",
                f"{_WRITE} 412 415 428",
                headers=_ETAG,
                body="ProjectInput",
                parameters=[_IF_MATCH],
                description="Members that are missing get their defaults.",
            ),
            "patch": _operation(
                "updateProject",
                "200",
                "Project",
                f"{_WRITE} 412 415 428",
                headers=_ETAG,
                body="ProjectChange",
                parameters=[_IF_MATCH],
                description="Members that are missing stay as they are.",
            ),
            "delete": _operation(
                "deleteProject",
                "204",
                "",
                f"{_WRITE} 412 428",
                parameters=[_IF_MATCH],
                description="Deletes its tasks, too.",
            ),
        },
        "/projects/{project_id}/tasks": {
            "parameters": [_PROJECT_ID],
            "get": _operation("listTasks", "200", "TaskPage", _READ, parameters=_LIST_TASKS),
            "post": _operation("createTask", "201", "Task", f"{_WRITE} 415", headers=_LOCATION, body="TaskInput"),
        },
        "/projects/{project_id}/tasks/batch": {
            "parameters": [_PROJECT_ID],
            "post": _operation(
                "createTasks",
                "201",
                "TaskBatchResult",
                f"{_WRITE} 415",
                body="TaskBatch",
                description="Creates all of them in this order, or none.",
            ),
        },
        "/projects/{project_id}/tasks/{task_id}": {
            "parameters": [_PROJECT_ID, _TASK_ID],
            "get": _operation("getTask", "200", "Task", _READ),
            "patch": _operation("updateTask", "200", "Task", f"{_WRITE} 415", body="TaskChange"),
            "delete": _operation("deleteTask", "204", "", _WRITE),
        },
        "/notes": {
            "get": _operation(
                "listNotes",
                "200",
                "NoteList",
                "400 401",
                parameters=[
                    _parameter("deleted", "query", {"type": "boolean", "default": False}, "The deleted notes instead.")
                ],
            ),
            "post": _operation("createNote", "201", "Note", "400 401 403 415", headers=_LOCATION, body="NoteInput"),
        },
        "/notes/{note_id}": {
            "parameters": [_NOTE_ID],
            "get": _operation("getNote", "200", "Note", f"{_READ} 410"),
            "delete": _operation(
                "deleteNote", "204", "", f"{_WRITE} 410", description="A deleted note can be restored."
            ),
        },
        "/notes/{note_id}/restore": {
            "parameters": [_NOTE_ID],
            "post": _operation("restoreNote", "200", "Note", f"{_WRITE} 409"),
        },
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
}
