"""A conforming server of the document: in memory, without a library, and the same for the same requests.

`Api` is called with a Request and returns a Response. It is cut into small methods because a fault is a subclass
that replaces one of them (`fault.py`). Time is a clock of its own that a write moves on by a second.
"""

import base64
import binascii
import datetime
import hashlib
import json
import re
import uuid
from copy import deepcopy

from .document import ETAG_PATTERN, Json
from .handling import ACCOUNTS, BASE, OTHER, OWNER, SCHEMAS, Account, Call, RequestHandler
from .messages import Problem, Response

_NAMESPACE = uuid.UUID("5b1f6d0c-58f2-4a63-9f0e-3f2f4a1f9b11")


class Api(RequestHandler):
    """The server. One instance is one run: it starts with a few resources of both users."""

    def __init__(self) -> None:
        self.projects: dict[str, Json] = {}
        self.tasks: dict[int, Json] = {}
        self.notes: dict[str, Json] = {}
        self.first_responses: dict[tuple[str, str], tuple[bytes, Response]] = {}
        """By user and idempotency key: the body of the request and the response."""
        self.writes = 0
        self.project_count = self.task_count = self.note_count = 0
        self._seed()

    # --- what everybody sees ------------------------------------------------------------------------------------------

    def is_visible(self, account: Account, record: Json) -> bool:
        return bool(record["owner"] == account.name)

    def project_of(self, call: Call) -> Json:
        project = self.projects.get(call.path["project_id"].lower())
        if project is None or not self.is_visible(call.account, project):
            raise Problem(404, "There is no such project.")
        return project

    def task_of(self, call: Call) -> Json:
        project, task = self.project_of(call), self.tasks.get(call.path["task_id"])
        if task is None or task["project_id"] != project["id"]:
            raise Problem(404, "There is no such task.")
        return task

    def note_of(self, call: Call) -> Json:
        note = self.notes.get(call.path["note_id"])
        if note is None or not self.is_visible(call.account, note):
            raise Problem(404, "There is no such note.")
        return note

    def shown_project(self, project: Json) -> Json:
        hidden = {name: value for name, value in project.items() if name != "passphrase"}
        return {**hidden, "open_tasks": self.open_tasks(project)}

    def open_tasks(self, project: Json) -> int:
        return sum(not task["done"] for task in self.tasks.values() if task["project_id"] == project["id"])

    def shown_task(self, task: Json) -> Json:
        return dict(task)

    def shown_note(self, note: Json) -> Json:
        return {"author" if name == "owner" else name: value for name, value in note.items()}

    def etag(self, project: Json) -> str:
        shown = json.dumps(self.shown_project(project), sort_keys=True)
        return f'"{project["version"]}-{hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()[:8]}"'

    def project_response(self, status: int, project: Json, **headers: str) -> Response:
        return Response(status, self.shown_project(project), {"ETag": self.etag(project), **headers})

    # --- accounts and projects ----------------------------------------------------------------------------------------

    def get_account(self, call: Call) -> Response:
        return Response(200, {"name": call.account.name, "scope": call.account.scope})

    def list_projects(self, call: Call) -> Response:
        mine = [project for project in self.projects.values() if self.is_visible(call.account, project)]
        chosen = [project for project in mine if self.is_selected(project, call.query)]
        ordered = self.ordered(chosen, call.query["sort"] or "created_at")
        page, size = call.query["page"], call.query["per_page"]
        items = [self.shown_project(project) for project in self.page(ordered, page, size)]
        return Response(200, {"items": items, "page": page, "per_page": size, "total": self.total(ordered, items)})

    def is_selected(self, project: Json, query: Json) -> bool:
        return (
            query["status"] in (None, project["status"])
            and (query["tag"] is None or query["tag"] in project["tags"])
            and (query["min_budget"] is None or project["budget"] >= query["min_budget"])
            and (query["made_before"] is None or _is_earlier(project["created_at"], query["made_before"]))
            and (query["q"] is None or query["q"].casefold() in project["title"].casefold())
        )

    def ordered(self, projects: list[Json], sort: str) -> list[Json]:
        name = sort.removeprefix("-")
        if name == "created_at":
            return projects[::-1] if sort.startswith("-") else projects
        return sorted(projects, key=lambda project: project[name], reverse=sort.startswith("-"))

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return items[(page - 1) * size : page * size]

    def total(self, all_items: list[Json], items: list[Json]) -> int:
        return len(all_items)

    def create_project(self, call: Call) -> Response:
        key = call.request.header("idempotency-key")
        if key and (before := self.first_responses.get((call.account.name, key))):
            if before[0] != self.digest(call):
                raise Problem(409, "This idempotency key was used with another body.")
            return before[1]
        project = self.store_project(call.account, call.body)
        response = self.project_response(201, project, Location=f"{BASE}/projects/{project['id']}")
        if key:
            self.first_responses[call.account.name, key] = self.digest(call), response
        return response

    def digest(self, call: Call) -> bytes:
        """What makes two bodies the same: their JSON value."""
        return json.dumps(call.body, sort_keys=True).encode()

    def store_project(self, account: Account, body: Json) -> Json:
        self.project_count += 1
        now = self.now()
        identity = str(uuid.uuid5(_NAMESPACE, f"project {self.project_count}"))
        fixed = {"owner": account.name, "version": 1, "created_at": now, "updated_at": now}
        project = {"id": identity, **self.with_defaults("ProjectInput", body), **fixed}
        self.projects[identity] = project
        return project

    def with_defaults(self, schema: str, body: Json) -> Json:
        members = SCHEMAS[schema]["properties"]
        defaults = {name: deepcopy(member["default"]) for name, member in members.items() if "default" in member}
        return {**defaults, **deepcopy(body)}

    def get_project(self, call: Call) -> Response:
        project = self.project_of(call)
        if self.is_not_modified(call, project):
            return Response(304, headers={"ETag": self.etag(project)})
        return self.project_response(200, project)

    def is_not_modified(self, call: Call, project: Json) -> bool:
        known = [tag.strip().removeprefix("W/") for tag in call.request.header("if-none-match").split(",")]
        return "*" in known or self.etag(project) in known

    def replace_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        self.replace(project, call.body)
        self.touch(project)
        return self.project_response(200, project)

    def replace(self, project: Json, body: Json) -> None:
        kept = {name: project[name] for name in ("id", "owner", "version", "created_at", "updated_at")}
        project.clear()
        project.update({"id": kept["id"], **self.with_defaults("ProjectInput", body), **kept})

    def update_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        self.change(project, call.body)
        self.touch(project)
        return self.project_response(200, project)

    def change(self, record: Json, body: Json) -> None:
        record.update(deepcopy(body))

    def touch(self, project: Json) -> None:
        project["version"] += 1
        project["updated_at"] = self.now()

    def unchanged_project(self, call: Call) -> Json:
        """The project, when the precondition holds."""
        project = self.project_of(call)
        expected = call.request.header("if-match")
        if not expected:
            raise Problem(428, "Send If-Match with the ETag of the project.")
        if not re.search(ETAG_PATTERN.replace("$", r"\Z"), expected):
            raise Problem(400, "If-Match: expected an ETag of this server.")
        if not self.matches(project, expected):
            raise Problem(412, "The project has changed.")
        return project

    def matches(self, project: Json, expected: str) -> bool:
        return self.etag(project) == expected

    def delete_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        del self.projects[project["id"]]
        self.delete_children(project)
        self.now()
        return Response(204)

    def delete_children(self, project: Json) -> None:
        self.tasks = {number: task for number, task in self.tasks.items() if task["project_id"] != project["id"]}

    # --- tasks --------------------------------------------------------------------------------------------------------

    def list_tasks(self, call: Call) -> Response:
        project = self.project_of(call)
        chosen = [task for task in self.tasks_of(project) if self.is_selected_task(task, call.query)]
        items, following = self.cursor_page(chosen, call.query["cursor"], call.query["limit"])
        return Response(200, {"items": [self.shown_task(task) for task in items], "next_cursor": following})

    def tasks_of(self, project: Json) -> list[Json]:
        return [task for task in self.tasks.values() if task["project_id"] == project["id"]]

    def is_selected_task(self, task: Json, query: Json) -> bool:
        return query["done"] in (None, task["done"]) and query["assignee"] in (None, task["assignee"])

    def cursor_page(self, tasks: list[Json], cursor: str | None, limit: int) -> tuple[list[Json], str | None]:
        last = 0 if cursor is None else self.read_cursor(cursor)
        rest = [task for task in tasks if task["id"] > last]
        items = rest[:limit]
        return items, self.cursor(items[-1]["id"]) if len(rest) > limit else None

    def cursor(self, last: int) -> str:
        return base64.urlsafe_b64encode(f"after:{last}".encode()).decode().rstrip("=")

    def read_cursor(self, cursor: str) -> int:
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except (binascii.Error, ValueError):
            text = ""
        if not (matched := re.fullmatch(r"after:([1-9]\d{0,9})", text)) or self.cursor(int(matched[1])) != cursor:
            raise Problem(400, "cursor: expected the next_cursor of a page.")
        return int(matched[1])

    def create_task(self, call: Call) -> Response:
        task = self.store_task(self.project_of(call), call.body)
        location = f"{BASE}/projects/{task['project_id']}/tasks/{task['id']}"
        return Response(201, self.shown_task(task), {"Location": location})

    def create_tasks(self, call: Call) -> Response:
        project = self.project_of(call)
        tasks = [self.store_task(project, body) for body in call.body["tasks"]]
        return Response(201, {"items": [self.shown_task(task) for task in tasks]})

    def store_task(self, project: Json, body: Json) -> Json:
        self.task_count += 1
        self.now()
        task = {"id": self.task_count, "project_id": project["id"], **self.with_defaults("TaskInput", body)}
        self.tasks[task["id"]] = task
        return task

    def get_task(self, call: Call) -> Response:
        return Response(200, self.shown_task(self.task_of(call)))

    def update_task(self, call: Call) -> Response:
        task = self.task_of(call)
        self.change(task, call.body)
        self.now()
        return Response(200, self.shown_task(task))

    def delete_task(self, call: Call) -> Response:
        del self.tasks[self.task_of(call)["id"]]
        self.now()
        return Response(204)

    # --- notes --------------------------------------------------------------------------------------------------------

    def list_notes(self, call: Call) -> Response:
        mine = [note for note in self.notes.values() if self.is_visible(call.account, note)]
        items = [self.shown_note(note) for note in mine if self.is_selected_note(note, call.query)]
        return Response(200, {"items": items})

    def is_selected_note(self, note: Json, query: Json) -> bool:
        return bool(note["deleted"] == query["deleted"])

    def create_note(self, call: Call) -> Response:
        note = self.store_note(call.account, call.body)
        return Response(201, self.shown_note(note), {"Location": f"{BASE}/notes/{note['id']}"})

    def store_note(self, account: Account, body: Json) -> Json:
        self.note_count += 1
        self.now()
        identity = f"n{self.note_count:06d}"
        note = {"id": identity, **self.with_defaults("NoteInput", body), "owner": account.name, "deleted": False}
        self.notes[identity] = note
        return note

    def present_note(self, call: Call) -> Json:
        note = self.note_of(call)
        if note["deleted"]:
            raise Problem(410, "This note was deleted.")
        return note

    def get_note(self, call: Call) -> Response:
        return Response(200, self.shown_note(self.present_note(call)))

    def delete_note(self, call: Call) -> Response:
        self.present_note(call)["deleted"] = True
        self.now()
        return Response(204)

    def restore_note(self, call: Call) -> Response:
        note = self.note_of(call)
        if not note["deleted"]:
            raise Problem(409, "This note is not deleted.")
        note["deleted"] = False
        self.now()
        return Response(200, self.shown_note(note))

    # --- time and data ------------------------------------------------------------------------------------------------

    def now(self) -> str:
        """The time of a write."""
        self.writes += 1
        start = datetime.datetime(2026, 3, 2, 8, 0, tzinfo=datetime.UTC)
        return (start + datetime.timedelta(seconds=self.writes)).isoformat().replace("+00:00", "Z")

    def _seed(self) -> None:
        ada, bo = ACCOUNTS[OWNER], ACCOUNTS[OTHER]
        for title, status, tags, budget in (
            ("Garden shed", "active", ["wood", "outdoor"], 1250.5),
            ("Kitchen shelves", "planned", ["wood"], 180),
            ("Bicycle repair", "done", [], 0),
        ):
            self.store_project(ada, {"title": title, "status": status, "tags": tags, "budget": budget})
        self.store_project(bo, {"title": "Boat engine", "budget": 900, "passphrase": "grey heron"})
        first = next(iter(self.projects.values()))
        for title in ("Buy planks", "Draw a plan", "Borrow a saw"):
            self.store_task(first, {"title": title})
        for account, text in ((ada, "Ask about the permit"), (ada, "Measure twice"), (bo, "Order gaskets")):
            self.store_note(account, {"text": text})


def _is_earlier(time: str, other: str) -> bool:
    return _instant(time) < _instant(other)


def _instant(time: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(time.upper())
    except ValueError:
        raise Problem(400, "Expected a time without a leap second.") from None
