"""Conversations of requests that the document excludes, or that are odd: values, paths, bodies, methods."""

from .conversations import FULL_TASK, NOWHERE, PLAIN, first_project
from .fault import Client

INVALID_PROJECTS = (
    *({"title": ""}, {"title": "a" * 81}, {"title": None}, {"title": 7}, {}, [], None, "title"),
    *({**PLAIN, "description": "a" * 501}, {**PLAIN, "status": "paused"}, {**PLAIN, "status": None}),
    *({**PLAIN, "priority": 0}, {**PLAIN, "priority": 6}, {**PLAIN, "priority": "3"}, {**PLAIN, "priority": 2.5}),
    *(
        {**PLAIN, "budget": -1},
        {**PLAIN, "budget": "12.50"},
        {**PLAIN, "budget": 1_000_000_001},
        {**PLAIN, "budget": True},
    ),
    *({**PLAIN, "ledger_number": 2**63}, {**PLAIN, "ledger_number": -1}, {**PLAIN, "ledger_number": "12"}),
    *({**PLAIN, "starts_on": "2026-02-30"}, {**PLAIN, "starts_on": "tomorrow"}, {**PLAIN, "starts_on": "2026-2-3"}),
    *({**PLAIN, "tags": ["a", "a"]}, {**PLAIN, "tags": [""]}, {**PLAIN, "tags": ["a" * 21]}, {**PLAIN, "tags": "wood"}),
    *({**PLAIN, "tags": [str(n) for n in range(9)]}, {**PLAIN, "color": "red"}, {**PLAIN, "owner": "bo"}),
    *(
        {**PLAIN, "id": "00000000-0000-4000-8000-000000000001"},
        {**PLAIN, "passphrase": "short"},
        {**PLAIN, "version": 9},
    ),
)


def invalid_projects(client: Client) -> None:
    """Bodies that the document excludes, by every method that takes one; nothing of them is stored."""
    project = client.project()
    for body in INVALID_PROJECTS:
        client.post("/projects", body)
        client.put(project, body, client.etag(project))
        if body not in ({}, []):
            client.patch(project, body, client.etag(project))
    client.patch(project, {}, client.etag(project))
    client.get(project)
    client.get("/projects")


def invalid_others(client: Client) -> None:
    """Invalid tasks and notes."""
    project = client.project()
    task = client.location(client.post(f"{project}/tasks", FULL_TASK))
    for body in (
        *({"title": ""}, {"title": "a" * 121}, {"title": "x", "done": "yes"}, {"title": "x", "done": "true"}, {}),
        *(
            {"title": "x", "minutes": -1},
            {"title": "x", "minutes": 10_001},
            {"title": "x", "minutes": "5"},
            [{"title": "x"}],
        ),
        *(
            {"title": "x", "due_at": "2026-01-01T10:00:00"},
            {"title": "x", "due_at": "2026-13-01T10:00:00Z"},
            {"title": "x", "id": 3},
        ),
        *(
            {"title": "x", "due_at": "2026-01-01"},
            {"title": "x", "assignee": ""},
            {"title": "x", "project_id": NOWHERE[10:]},
        ),
    ):
        client.post(f"{project}/tasks", body)
        client.post(f"{project}/tasks/batch", {"tasks": [body]})
        client.patch(task, body)
    client.post(f"{project}/tasks/batch", {"tasks": []})
    client.post(f"{project}/tasks/batch", {"tasks": [{"title": "x"}] * 21})
    for body in (
        {"text": ""},
        {"text": "a" * 401},
        {"text": 4},
        {"text": "x", "pinned": 1},
        {"text": "x", "deleted": True},
    ):
        client.post("/notes", body)
    client.get(f"{project}/tasks")
    client.get("/notes")


def invalid_queries(client: Client) -> None:
    """Parameters that the document excludes."""
    for query in (
        *("page=0", "page=-1", "page=x", "page=1.5", "page=", "per_page=0", "per_page=51", "per_page=1000"),
        *("status=paused", "status=", "tag=", "min_budget=-1", "min_budget=many", "sort=budget", "sort=", "q="),
        *("page=1&page=2", "page=100001"),
    ):
        client.get(f"/projects?{query}")
    project = first_project(client)
    for query in ("limit=0", "limit=51", "limit=x", "done=maybe", "done=1", "cursor=x", "cursor=", "assignee="):
        client.get(f"{project}/tasks?{query}")
    client.get("/notes?deleted=perhaps")
    client.post("/projects", PLAIN, **{"idempotency-key": "short"})


def odd_paths(client: Client) -> None:
    """IDs that are malformed, at a limit, or of another kind."""
    project = first_project(client)
    for path in (
        *("/projects/x", "/projects/%00", "/projects/%FF", "/projects/..%2Fnotes", f"{project}%20", "/projects/"),
        *(f"{project}/tasks/0", f"{project}/tasks/-1", f"{project}/tasks/x", f"{project}/tasks/{2**31}"),
        *(f"{project}/tasks/{2**63}", f"{project}/tasks/1.0", f"{project}/tasks/%C3%A9", f"{NOWHERE}/tasks/1"),
        *(
            "/notes/x",
            "/notes/n1",
            "/notes/N000001",
            "/notes/%00",
            "/notes/n0000001",
            project.upper().replace("PROJECTS", "projects"),
        ),
    ):
        client.get(path)


def odd_bodies(client: Client) -> None:
    """Bodies that are not JSON, or not of the documented media type."""
    project = client.project()
    for raw, media in (
        (b"", "application/json"),
        (b"{", "application/json"),
        (b'{"title": "\xff"}', "application/json"),
        (b'{"title": "a", "title": "b"}', "application/json"),
        (b'{"title": "x", "budget": NaN}', "application/json"),
        (b'{"title": "x", "budget": 1e999}', "application/json"),
        (b'{"title": "\\ud800"}', "application/json"),
        (b"[" * 2_000, "application/json"),
        (b'{"title": "x"}', "text/plain"),
        (b'{"title": "x"}', ""),
        (b"title=x", "application/x-www-form-urlencoded"),
        (b'{"title": "\\u0000"}', "application/json; charset=utf-8"),
    ):
        client.send("POST", "/projects", raw=raw, media=media)
        client.send("POST", f"{project}/tasks", raw=raw, media=media)
    client.get("/projects")


def methods(client: Client) -> None:
    """Methods that a path does not have, and HEAD."""
    project = first_project(client)
    for path in ("/me", "/projects", project, f"{project}/tasks", f"{project}/tasks/1", "/notes", "/notes/n000001"):
        for method in ("HEAD", "OPTIONS", "DELETE", "PUT", "TRACE"):
            if method != "PUT" or path != project:
                client.send(method, path)
    client.get("/nowhere")
