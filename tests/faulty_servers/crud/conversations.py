"""Conversations that show faults. Each is short enough to be read, and goes on whatever a server sends back."""

from .fault import Client
from .handling import OTHER, READER

PLAIN = {"title": "Rain barrel"}
FULL = {
    "title": "Greenhouse",
    "description": "Glass on the south side, fog inside.",
    "status": "active",
    "priority": 5,
    "budget": 2300.75,
    "ledger_number": 9_007_199_254_740_993,
    "starts_on": "2028-02-29",
    "tags": ["glass", "outdoor"],
    "passphrase": "blue harbor",
}
FULL_TASK = {
    "title": "Order panes",
    "done": True,
    "minutes": 45,
    "due_at": "2026-12-31T23:59:59+01:00",
    "assignee": "Mirela",
}
NOWHERE = "/projects/00000000-0000-4000-8000-000000000000"


def first_project(client: Client) -> str:
    """The path of a project that was there before."""
    ids = client.ids(client.get("/projects"))
    return f"/projects/{ids[0]}" if ids else NOWHERE


def browse(client: Client) -> None:
    """Read everything that is there."""
    client.get("/me")
    project = first_project(client)
    client.get(project)
    tasks = client.ids(client.get(f"{project}/tasks"))
    client.get(f"{project}/tasks/{tasks[0] if tasks else 1}")
    notes = client.ids(client.get("/notes"))
    client.get(f"/notes/{notes[0] if notes else 'n000001'}")


def unknown(client: Client) -> None:
    """Read what does not exist."""
    client.get(NOWHERE)
    client.get(f"{NOWHERE}/tasks")
    client.get(f"{first_project(client)}/tasks/99999")
    client.get("/notes/n999999")
    client.delete("/notes/n999999")


def wrong_parent(client: Client) -> None:
    """Read a task by the path of another project, and of one that does not exist."""
    project, other = client.project(), client.project()
    task = client.location(client.post(f"{project}/tasks", {"title": "Dig"}))
    client.get(f"{other}/tasks/{task.rpartition('/')[2]}")
    client.get(f"{NOWHERE}/tasks/{task.rpartition('/')[2]}")


def browse_filtered(client: Client) -> None:
    """Read the pages of a filtered list."""
    for number in range(8):
        client.project(status="active" if number % 2 else "done")
    for page in (1, 2, 3):
        client.get(f"/projects?status=active&page={page}&per_page=2")


def create(client: Client) -> None:
    """Create, read back, and find in the list."""
    for body in (FULL, PLAIN, {**PLAIN, "passphrase": "grey heron"}):
        client.get(client.location(client.post("/projects", body)))
    client.get("/projects")
    client.get("/projects?q=greenhouse")
    project = client.project()
    client.get(client.location(client.post(f"{project}/tasks", FULL_TASK)))
    client.get(client.location(client.post(f"{project}/tasks", {"title": "Dig"})))
    client.get(f"{project}/tasks")
    client.get(project)
    client.get(client.location(client.post("/notes", {"text": "Call the glazier", "pinned": True})))
    client.get("/notes")


def update(client: Client) -> None:
    """Change one member; the others stay."""
    project = client.project(**FULL)
    client.patch(project, {"status": "done"}, client.etag(project))
    client.get(project)
    client.patch(project, {"description": None, "tags": []}, client.etag(project))
    client.get(project)
    client.get("/projects?status=done")
    task = client.location(client.post(f"{project}/tasks", FULL_TASK))
    client.patch(task, {"minutes": 0})
    client.patch(task, {"assignee": None, "done": False})
    client.get(task)
    client.get(f"{project}/tasks")


def overridden(client: Client) -> None:
    """Name another method in a header and in the query."""
    note = client.location(client.post("/notes", {"text": "Oil the hinges"}))
    client.get(f"{note}?_method=DELETE")
    client.get(note)
    client.post(note, x_http_method_override="DELETE")
    client.get(note)


def replace(client: Client) -> None:
    """Replace all members."""
    project = client.project(**FULL)
    client.put(project, PLAIN, client.etag(project))
    client.get(project)
    client.put(project, {**FULL, "title": "Orangery"}, client.etag(project))
    client.get(project)


def stale(client: Client) -> None:
    """Write with an ETag from before a change, and without one."""
    project = client.project()
    before = client.etag(project)
    client.patch(project, {"priority": 1}, before)
    client.patch(project, {"priority": 2}, before)
    client.put(project, {"title": "Lost update"}, before)
    client.get(project)
    client.patch(project, {"priority": 4})
    client.put(project, {"title": "Lost update"})
    client.delete(project)
    client.delete(project, before)
    client.get(project)


def task_changes_project(client: Client) -> None:
    """A new task changes the project that counts it."""
    project = client.project()
    before = client.etag(project)
    client.post(f"{project}/tasks", {"title": "Sand"})
    client.etag(project)
    client.patch(project, {"priority": 2}, before)


def not_modified(client: Client) -> None:
    """Ask again with the ETag, then after a change."""
    project = client.project()
    etag = client.etag(project)
    client.get(project, **{"if-none-match": etag})
    client.patch(project, {"priority": 1}, etag)
    client.get(project, **{"if-none-match": etag})


def pages(client: Client) -> None:
    """Read all pages, also after an insert, and one beyond."""
    for number in range(5):
        client.project(title=f"Step {number}")
    client.get("/projects")
    for page in range(1, 6):
        client.get(f"/projects?per_page=3&page={page}")
    client.project(title="Late")
    client.get("/projects?per_page=3&page=3")
    client.get("/projects?per_page=50")
    client.get("/projects?status=planned&per_page=3&page=2")


def cursors(client: Client) -> None:
    """Follow the cursor to the end, also when something is inserted or deleted on the way."""
    project = client.project()
    tasks = [client.location(client.post(f"{project}/tasks", {"title": f"Board {n}"})) for n in range(7)]
    client.get(f"{project}/tasks")
    for interrupted in (False, True):
        cursor = ""
        for turn in range(6):
            page = client.get(f"{project}/tasks?limit=2{cursor}")
            following = page.json.get("next_cursor") if isinstance(page.json, dict) else None
            if not following:
                break
            cursor = f"&cursor={following}"
            if interrupted and turn == 1:
                client.delete(tasks[2])
                client.post(f"{project}/tasks", {"title": "Late board"})
    client.get(f"{project}/tasks?limit=2&cursor=bm93aGVyZQ")


def filters(client: Client) -> None:
    """Each filter alone and two together."""
    client.post("/projects", FULL)
    for query in (
        *("status=active", "status=done", "tag=wood", "tag=woo", "min_budget=1250.5", "min_budget=1000000"),
        *("q=SHED", "q=shed&status=done", "q=nothing-like-this", "status=active&tag=glass", "tag=WOOD"),
        "made_before=2026-03-02T08:00:02Z",
        *("q=e&per_page=2", "q=e&per_page=2&page=2"),
    ):
        client.get(f"/projects?{query}")


def sorting(client: Client) -> None:
    """Every order."""
    for title, priority in (("Attic", 1), ("Zip line", 5), ("attic", 3)):
        client.project(title=title, priority=priority)
    for sort in ("created_at", "-created_at", "title", "-title", "priority", "-priority"):
        client.get(f"/projects?sort={sort}")


def task_filters(client: Client) -> None:
    """Filters of tasks, with a cursor."""
    project = client.project()
    for number in range(4):
        done, assignee = number % 2 == 0, "Mirela" if number < 3 else None
        client.post(f"{project}/tasks", {"title": f"Nail {number}", "done": done, "assignee": assignee})
    for query in ("done=true", "done=false", "assignee=Mirela", "assignee=Mirela&done=true", "assignee=mirela"):
        client.get(f"{project}/tasks?{query}")
    client.get(f"{project}/tasks?done=true&limit=1")
    client.get(f"{project}/tasks?done=false&limit=1")


def two_projects(client: Client) -> None:
    """List the tasks of two projects."""
    projects = client.project(), client.project()
    for project in projects:
        client.post(f"{project}/tasks", {"title": "Sand the floor"})
    for project in projects:
        client.get(f"{project}/tasks")


def idempotent(client: Client) -> None:
    """Send a creation again with the same key, with another body, and as another user."""
    key = {"idempotency-key": "b7d0c1f2-retry"}
    for body in (PLAIN, PLAIN, {"title": "Something else"}):
        client.post("/projects", body, **key)
    client.post("/projects", PLAIN, token=OTHER, **key)
    client.get("/projects")
    client.get("/projects", token=OTHER)
    client.post("/projects", PLAIN, **{"idempotency-key": "b7d0c1f2-next"})
    client.get("/projects")


def foreign(client: Client) -> None:
    """Another user reads, changes, deletes and lists."""
    project = client.project(**FULL)
    task = client.location(client.post(f"{project}/tasks", FULL_TASK))
    note = client.location(client.post("/notes", {"text": "private"}))
    etag = client.etag(project)
    for path in (project, f"{project}/tasks", task, note, "/projects", "/projects?q=greenhouse", "/notes"):
        client.get(path, token=OTHER)
    client.post(f"{project}/tasks", {"title": "planted"}, token=OTHER)
    client.post(f"{project}/tasks/batch", {"tasks": [{"title": "planted"}]}, token=OTHER)
    client.patch(project, {"title": "taken"}, etag, token=OTHER)
    client.put(project, {"title": "taken"}, etag, token=OTHER)
    client.patch(task, {"title": "taken"}, token=OTHER)
    client.delete(task, token=OTHER)
    client.delete(note, token=OTHER)
    client.post(f"{note}/restore", token=OTHER)
    client.delete(project, etag, token=OTHER)
    for path in (project, task, note):
        client.get(path)


def read_only(client: Client) -> None:
    """A credential that may only read writes."""
    project = client.project()
    task = client.location(client.post(f"{project}/tasks", FULL_TASK))
    note = client.location(client.post("/notes", {"text": "private"}))
    etag = client.etag(project)
    client.get("/me", token=READER)
    client.get(project, token=READER)
    client.post("/projects", PLAIN, token=READER)
    client.post("/notes", {"text": "x"}, token=READER)
    client.post(f"{project}/tasks", {"title": "x"}, token=READER)
    client.post(f"{project}/tasks/batch", {"tasks": [{"title": "x"}]}, token=READER)
    client.patch(task, {"title": "x"}, token=READER)
    client.patch(project, {"title": "x"}, etag, token=READER)
    client.put(project, {"title": "x"}, client.etag(project), token=READER)
    client.delete(task, token=READER)
    client.delete(note, token=READER)
    client.post(f"{note}/restore", token=READER)
    client.delete(project, client.etag(project), token=READER)
    client.get("/notes")


def anonymous(client: Client) -> None:
    """No credentials, unknown ones, and a wrong scheme."""
    project = first_project(client)
    for token in (None, "nobody", "owner-", "OWNER-ZK3VQ8RT5XYW"):
        for path in ("/me", "/projects", project, f"{project}/tasks", "/notes"):
            client.get(path, token=token)
        client.post("/notes", {"text": "x"}, token=token)
    client.get("/me", authorization="Basic b3duZXI6")
    client.get("/me", authorization="owner-Zk3vQ8rT5xYw")


def remove(client: Client) -> None:
    """Delete a task, then the project with the other one; nothing of it is left."""
    project = client.project()
    tasks = [client.location(client.post(f"{project}/tasks", {"title": title})) for title in ("Cut", "Glue")]
    client.delete(tasks[0])
    client.get(tasks[0])
    client.delete(tasks[0])
    client.patch(tasks[0], {"title": "Back"})
    client.get(f"{project}/tasks")
    client.delete(project, client.etag(project))
    client.get(project)
    client.get(tasks[1])
    client.get(f"{project}/tasks")
    client.post(f"{project}/tasks", {"title": "Late"})
    client.get("/projects")
    client.get("/projects?status=planned&per_page=50")
    client.delete(project, '"1-00000000"')


def notes(client: Client) -> None:
    """Delete a note, look for it, restore it."""
    note = client.location(client.post("/notes", {"text": "Ask twice", "pinned": True}))
    client.delete(note)
    client.get(note)
    client.get("/notes")
    client.get("/notes?deleted=true")
    client.delete(note)
    client.post(f"{note}/restore")
    client.get(note)
    client.get("/notes")
    client.get("/notes?deleted=true")
    client.post(f"{note}/restore")


def batch(client: Client) -> None:
    """Create several tasks, then several of which one is invalid."""
    project = client.project()
    client.post(f"{project}/tasks/batch", {"tasks": [{"title": "One"}, FULL_TASK, {"title": "Three"}]})
    client.get(f"{project}/tasks")
    client.post(f"{project}/tasks/batch", {"tasks": [{"title": "Four"}, {"title": ""}]})
    client.get(f"{project}/tasks")


TEXTS = (
    *(
        "Zürich",
        "e\u0301clair",
        "\U0001f332 \U0001f469\u200d\U0001f33e",
        "trailing space ",
        " leading",
        "two  spaces",
        "tab\there",
        "line\nbreak",
    ),
    *(
        "<b>bold</b>",
        "O'Brien & sons",
        "100% \\ done",
        "null",
        "0012",
        "true",
        "İstanbul",
        "a" * 80,
        "\u202eright to left",
    ),
)


def texts(client: Client) -> None:
    """Text that servers like to change, written and read back."""
    for text in TEXTS:
        client.get(client.project(title=text, description=text, tags=[text[:20]]))
    project = client.project(description="")
    client.get(project)
    client.patch(project, {"title": TEXTS[2]}, client.etag(project))
    client.get(project)
    client.get(client.location(client.post(f"{project}/tasks", {"title": TEXTS[2], "assignee": TEXTS[3]})))
    client.get(client.location(client.post("/notes", {"text": "a" * 400})))
    client.get("/projects?per_page=50")


def numbers(client: Client) -> None:
    """Numbers at the limits, and dates."""
    for members in (
        {"budget": 0.1 + 0.2},
        {"budget": 1_000_000_000},
        {"budget": 19.99},
        {"budget": 1e-7},
        {"ledger_number": 2**63 - 1},
        {"ledger_number": 0},
        {"priority": 1},
        {"priority": 5},
        {"starts_on": "2027-01-01"},
        {"starts_on": "1999-12-31"},
    ):
        client.get(client.project(**members))
    project = client.project()
    for due in ("2026-06-30T23:59:60Z", "2026-03-29T02:30:00+02:00", "2026-01-01T00:00:00.123456Z"):
        client.get(client.location(client.post(f"{project}/tasks", {"title": "x", "due_at": due, "minutes": 10_000})))
