"""Faults in what a creation or a change leaves behind."""

from copy import deepcopy

from .conversations import batch, create, replace, update
from .document import Json
from .fault import fault
from .handling import BASE, Account, Call
from .messages import Response
from .server import Api

# --- creation ---------------------------------------------------------------------------------------------------------


@fault("storage", create)
class CreatedButNotStored(Api):
    """A created project cannot be read."""

    def store_project(self, account: Account, body: Json) -> Json:
        project = super().store_project(account, body)
        if self.project_count > 4:
            del self.projects[project["id"]]
        return project


@fault("storage", create)
class CreatedTaskIsNotListed(Api):
    """A created task can be read, but is not in the list."""

    def is_selected_task(self, task: Json, query: Json) -> bool:
        return super().is_selected_task(task, query) and task["id"] <= 3


@fault("storage", create)
class DescriptionIsNotStored(Api):
    """The description of a new project is returned, but not stored."""

    def create_project(self, call: Call) -> Response:
        response = super().create_project(call)
        self.projects[response.json["id"]]["description"] = None
        return response


@fault("storage", create)
class TagsAreReordered(Api):
    """Tags are stored in alphabetical order of their last letters."""

    def store_project(self, account: Account, body: Json) -> Json:
        return super().store_project(account, {**body, "tags": sorted(body.get("tags", []), key=lambda tag: tag[::-1])})


@fault("storage", create)
class StatusIsAlwaysPlanned(Api):
    """A new project has the status `planned`, whatever was sent."""

    def store_project(self, account: Account, body: Json) -> Json:
        return super().store_project(account, {**body, "status": "planned"})


@fault("storage", create)
class DefaultIsAnother(Api):
    """The default priority is 1 instead of 3."""

    def store_project(self, account: Account, body: Json) -> Json:
        return super().store_project(account, {"priority": 1, **body})


@fault("storage", create)
class DoneIsNotTaken(Api):
    """A task that is created as done is open."""

    def store_task(self, project: Json, body: Json) -> Json:
        return super().store_task(project, {**body, "done": False})


@fault("storage", create)
class TwoForOne(Api):
    """A creation stores the project twice."""

    def create_project(self, call: Call) -> Response:
        response = super().create_project(call)
        self.store_project(call.account, call.body)
        return response


@fault("storage", create)
class PinnedIsForgotten(Api):
    """A note that is created as pinned is not pinned when it is read."""

    def get_note(self, call: Call) -> Response:
        response = super().get_note(call)
        return response.but(json={**response.json, "pinned": False})


@fault("storage", create)
class LocationOfThePrevious(Api):
    """The Location of a new note is that of the note before."""

    def create_note(self, call: Call) -> Response:
        return super().create_note(call).having("Location", f"{BASE}/notes/n{self.note_count - 1:06d}")


@fault("storage", batch)
class BatchStoresTheFirst(Api):
    """Only the first task of a batch is stored."""

    def create_tasks(self, call: Call) -> Response:
        response = super().create_tasks(call)
        for item in response.json["items"][1:]:
            del self.tasks[item["id"]]
        return response


@fault("storage", batch)
class BatchShowsAllButOne(Api):
    """The response to a batch leaves out the last task."""

    def create_tasks(self, call: Call) -> Response:
        response = super().create_tasks(call)
        return response.but(json={"items": response.json["items"][: max(1, len(response.json["items"]) - 1)]})


@fault("storage", batch)
class BatchIsReversed(Api):
    """A batch is stored in reverse."""

    def create_tasks(self, call: Call) -> Response:
        call.body = {"tasks": call.body["tasks"][::-1]}
        return super().create_tasks(call)


@fault("storage", batch)
class BatchStoresTheValid(Api):
    """A batch with an invalid task gets 400, but the valid ones are stored."""

    def body_errors(self, call: Call, schema: Json) -> list[str]:
        messages = list(super().body_errors(call, schema))
        if messages and call.operation["operationId"] == "createTasks" and isinstance(call.body, dict):
            for body in call.body.get("tasks", ()):
                if not list(
                    super().body_errors(
                        Call(call.request, call.operation, call.account, body={"tasks": [body]}), schema
                    )
                ):
                    self.store_task(self.project_of(call), body)
        return messages


# --- changes ----------------------------------------------------------------------------------------------------------


@fault("updates", update)
class UpdateTimeStays(Api):
    """A change of a project does not change its `updated_at`."""

    def update_project(self, call: Call) -> Response:
        before = self.project_of(call)["updated_at"]
        super().update_project(call)
        project = self.project_of(call)
        project["updated_at"] = before
        return self.project_response(200, project)


@fault("updates", update)
class PatchShowsAnotherOwner(Api):
    """The response to a PATCH of a project shows an owner that is not stored."""

    def update_project(self, call: Call) -> Response:
        response = super().update_project(call)
        return response.but(json={**response.json, "owner": "nobody"})


@fault("updates", update)
class PatchResetsTheOthers(Api):
    """PATCH of a project resets missing fields to their defaults."""

    def update_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        self.replace(project, {"title": project["title"], **call.body})
        self.touch(project)
        return self.project_response(200, project)


@fault("updates", update)
class PatchResetsTheBudget(Api):
    """PATCH without a budget sets it to zero."""

    def change(self, record: Json, body: Json) -> None:
        super().change(record, {"budget": 0, **body} if "budget" in record else body)


@fault("updates", update)
class PatchIgnoresNull(Api):
    """null in a PATCH is ignored."""

    def change(self, record: Json, body: Json) -> None:
        super().change(record, {name: value for name, value in body.items() if value is not None})


@fault("updates", update)
class PatchIgnoresEmptyLists(Api):
    """An empty list in a PATCH is ignored."""

    def change(self, record: Json, body: Json) -> None:
        super().change(record, {name: value for name, value in body.items() if value != []})


@fault("updates", update)
class PatchIgnoresZero(Api):
    """A zero in a PATCH of a task is ignored."""

    def change(self, record: Json, body: Json) -> None:
        super().change(record, {name: value for name, value in body.items() if value != 0 or value is False})


@fault("updates", update)
class PatchAppendsTags(Api):
    """Tags in a PATCH are added to the existing ones."""

    def change(self, record: Json, body: Json) -> None:
        if "tags" in body:
            body = {**body, "tags": [*record["tags"], *body["tags"]]}
        super().change(record, body)


@fault("updates", update)
class UpdateIsNotStored(Api):
    """PATCH of a project returns the change, but does not store it."""

    def update_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        before = deepcopy(project)
        response = super().update_project(call)
        project.clear()
        project.update(before)
        return response


@fault("updates", update)
class UpdateReturnsTheOld(Api):
    """PATCH of a task returns the task as it was."""

    def update_task(self, call: Call) -> Response:
        before = dict(self.task_of(call))
        return super().update_task(call).but(json=before)


@fault("updates", update)
class UpdateChangesTheNeighbor(Api):
    """PATCH of a project also sets the status of another one."""

    def change(self, record: Json, body: Json) -> None:
        super().change(record, body)
        if "status" in body:
            next(iter(self.projects.values()))["status"] = body["status"]


@fault("updates", update)
class VersionStays(Api):
    """A change does not increment the version."""

    def touch(self, project: Json) -> None:
        project["updated_at"] = self.now()


@fault("updates", update)
class CreationTimeMoves(Api):
    """A change sets the time of creation."""

    def touch(self, project: Json) -> None:
        super().touch(project)
        project["created_at"] = project["updated_at"]


@fault("updates", update)
class ListIsNotUpdated(Api):
    """The filter by status sees the status from before a change."""

    def store_project(self, account: Account, body: Json) -> Json:
        project = super().store_project(account, body)
        self.first_status = {**getattr(self, "first_status", {}), project["id"]: project["status"]}
        return project

    def is_selected(self, project: Json, query: Json) -> bool:
        return super().is_selected({**project, "status": self.first_status[project["id"]]}, query)


@fault("updates", replace)
class PutMerges(Api):
    """PUT does not remove missing fields."""

    def replace(self, project: Json, body: Json) -> None:
        self.change(project, body)


@fault("updates", replace)
class PutForgetsTags(Api):
    """PUT does not store tags."""

    def replace(self, project: Json, body: Json) -> None:
        super().replace(project, {**body, "tags": []})


@fault("updates", replace)
class PutMakesANewId(Api):
    """PUT gives the project another ID."""

    def replace_project(self, call: Call) -> Response:
        response = super().replace_project(call)
        return response.but(json={**response.json, "id": "00000000-0000-4000-8000-0000000000ff"})
