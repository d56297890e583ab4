"""Faults in writes under a condition, in creations that are repeated, and in deletions."""

from .conversations import idempotent, notes, overridden, remove, stale, update
from .document import Json
from .fault import fault
from .handling import Call
from .messages import Problem, Request, Response
from .server import Api

# --- preconditions ----------------------------------------------------------------------------------------------------


@fault("preconditions", stale)
class StaleIsAccepted(Api):
    """A stale If-Match changes the project."""

    def matches(self, project: Json, expected: str) -> bool:
        return True


@fault("preconditions", stale)
class StaleIsAcceptedForPut(Api):
    """A stale If-Match replaces the project."""

    def replace_project(self, call: Call) -> Response:
        call.request = call.request.having("if-match", self.etag(self.project_of(call)))
        return super().replace_project(call)


@fault("preconditions", stale)
class StaleIsAcceptedForDelete(Api):
    """A stale If-Match deletes the project."""

    def delete_project(self, call: Call) -> Response:
        if call.request.header("if-match"):
            call.request = call.request.having("if-match", self.etag(self.project_of(call)))
        return super().delete_project(call)


@fault("preconditions", stale)
class NoPreconditionIsNeeded(Api):
    """A change without If-Match is accepted."""

    def unchanged_project(self, call: Call) -> Json:
        return super().unchanged_project(call) if call.request.header("if-match") else self.project_of(call)


@fault("preconditions", stale)
class StaleIsReportedAndWritten(Api):
    """A stale If-Match gets 412, but the change is made."""

    def unchanged_project(self, call: Call) -> Json:
        try:
            return super().unchanged_project(call)
        except Problem as problem:
            if problem.status == 412 and call.request.method == "PATCH":
                self.change(self.project_of(call), call.body)
            raise


@fault("preconditions", update)
class CurrentIsRejected(Api):
    """The current ETag gets 412 from the second change on."""

    def matches(self, project: Json, expected: str) -> bool:
        return super().matches(project, expected) and project["version"] < 2


# --- repeated creations -----------------------------------------------------------------------------------------------


@fault("idempotency", idempotent)
class KeyIsIgnored(Api):
    """A repeated idempotency key creates a second project."""

    def create_project(self, call: Call) -> Response:
        call.request = call.request.having("idempotency-key", None)
        return super().create_project(call)


@fault("idempotency", idempotent)
class RepeatedIsAnother(Api):
    """A repeated creation returns another project than the first one."""

    def create_project(self, call: Call) -> Response:
        known = (call.account.name, call.request.header("idempotency-key")) in self.first_responses
        response = super().create_project(call)
        return response.but(json={**response.json, "id": "00000000-0000-4000-8000-0000000000aa"}) if known else response


@fault("idempotency", idempotent)
class KeyWithAnotherBody(Api):
    """An idempotency key with another body gets the first response."""

    def digest(self, call: Call) -> bytes:
        return b""


@fault("idempotency", idempotent)
class KeyIsSharedByUsers(Api):
    """Another user with the same idempotency key gets the project of the first."""

    def create_project(self, call: Call) -> Response:
        key = call.request.header("idempotency-key")
        for (_, used), (digest, response) in self.first_responses.items():
            if used == key and digest == self.digest(call):
                return response
        return super().create_project(call)


@fault("idempotency", idempotent)
class AnyKeyIsTheSame(Api):
    """A new idempotency key with the same body creates nothing."""

    def create_project(self, call: Call) -> Response:
        if call.request.header("idempotency-key"):
            call.request = call.request.having("idempotency-key", "always-the-same")
        return super().create_project(call)


# --- deletion ---------------------------------------------------------------------------------------------------------


@fault("deletion", remove)
class DeletedIsFoundByStatus(Api):
    """The list of projects with a status still has deleted ones."""

    def __init__(self) -> None:
        self.deleted: dict[str, Json] = {}
        super().__init__()

    def delete_project(self, call: Call) -> Response:
        before = dict(self.projects)
        response = super().delete_project(call)
        self.deleted |= {key: project for key, project in before.items() if key not in self.projects}
        return response

    def list_projects(self, call: Call) -> Response:
        kept = self.projects
        self.projects = {**kept, **self.deleted} if call.query["status"] else kept
        try:
            return super().list_projects(call)
        finally:
            self.projects = kept


@fault("deletion", remove)
class DeletedIsReadable(Api):
    """A deleted task can still be read."""

    def delete_task(self, call: Call) -> Response:
        task = self.task_of(call)
        response = super().delete_task(call)
        self.gone = {**getattr(self, "gone", {}), task["id"]: task}
        return response

    def get_task(self, call: Call) -> Response:
        gone = getattr(self, "gone", {}).get(call.path["task_id"])
        return Response(200, self.shown_task(gone)) if gone else super().get_task(call)


@fault("deletion", remove)
class DeletedIsListed(Api):
    """A deleted task is still in the list."""

    def delete_task(self, call: Call) -> Response:
        self.gone = [*getattr(self, "gone", []), dict(self.task_of(call))]
        return super().delete_task(call)

    def list_tasks(self, call: Call) -> Response:
        response = super().list_tasks(call)
        gone = [task for task in getattr(self, "gone", []) if task["project_id"] == call.path["project_id"]]
        return response.but(json={**response.json, "items": [*gone, *response.json["items"]]})


@fault("deletion", remove)
class DeletedDoesNothing(Api):
    """DELETE of a project succeeds, but deletes nothing."""

    def delete_project(self, call: Call) -> Response:
        self.unchanged_project(call)
        return Response(204)


@fault("deletion", remove)
class ChildrenOfADeletedParent(Api):
    """The tasks of a deleted project can still be read."""

    def delete_children(self, project: Json) -> None:
        self.orphans = {**getattr(self, "orphans", {}), project["id"]: project}

    def project_of(self, call: Call) -> Json:
        orphan = getattr(self, "orphans", {}).get(call.path["project_id"])
        if orphan and "task_id" in call.path:
            return dict(orphan)
        return super().project_of(call)


@fault("deletion", remove)
class ListOfADeletedParent(Api):
    """The list of tasks of a deleted project is empty instead of missing."""

    def list_tasks(self, call: Call) -> Response:
        if call.path["project_id"] not in self.projects:
            return Response(200, {"items": [], "next_cursor": None})
        return super().list_tasks(call)


@fault("deletion", remove)
class DeleteTakesTheNextToo(Api):
    """DELETE of a task deletes the next one of the project, too."""

    def delete_task(self, call: Call) -> Response:
        number = call.path["task_id"] + 1
        response = super().delete_task(call)
        self.tasks.pop(number, None)
        return response


@fault("deletion", notes)
class DeletedNoteIsReadable(Api):
    """A deleted note can be read instead of 410."""

    def get_note(self, call: Call) -> Response:
        return Response(200, self.shown_note(self.note_of(call)))


@fault("deletion", notes)
class DeletedForGood(Api):
    """A deleted note cannot be restored."""

    def delete_note(self, call: Call) -> Response:
        response = super().delete_note(call)
        del self.notes[call.path["note_id"]]
        return response


@fault("deletion", notes)
class RestoredIsEmpty(Api):
    """A restored note is no longer pinned."""

    def restore_note(self, call: Call) -> Response:
        response = super().restore_note(call)
        self.note_of(call)["pinned"] = False
        return response


@fault("deletion", notes)
class RestoredStaysDeleted(Api):
    """A restored note is returned, but stays deleted."""

    def restore_note(self, call: Call) -> Response:
        response = super().restore_note(call)
        self.note_of(call)["deleted"] = True
        return response


@fault("deletion", overridden)
class PostIsOverridden(Api):
    """A POST with a method override deletes."""

    def handle(self, request: Request) -> Response:
        named = request.header("x-http-method-override") if request.method == "POST" else ""
        return super().handle(request.but(method=named or request.method))


@fault("deletion", overridden)
class QueryOverridesTheMethod(Api):
    """Any request with `_method=DELETE` in the query deletes."""

    def handle(self, request: Request) -> Response:
        return super().handle(request.but(method=dict(request.query).get("_method", request.method)))
