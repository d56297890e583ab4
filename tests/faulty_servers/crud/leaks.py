"""Faults that show what nobody should see."""

from typing import Any

from .conversations import browse, create, unknown
from .document import Json
from .fault import fault
from .handling import Call
from .invalid_requests import odd_bodies
from .messages import Problem, Response
from .server import Api


@fault("leaks", odd_bodies)
class StackTrace(Api):
    """The error for a body that is not JSON contains a stack trace."""

    def read_json(self, body: bytes) -> Any:
        try:
            return super().read_json(body)
        except Problem:
            trace = 'Traceback (most recent call last):\n  File "/srv/workshop/app.py", line 88, in load\nValueError'
            raise Problem(400, trace) from None


@fault("leaks", unknown)
class QueryInErrors(Api):
    """The 404 of a task contains the SQL statement."""

    def task_of(self, call: Call) -> Json:
        if call.path["task_id"] not in self.tasks:
            number = call.path["task_id"]
            raise Problem(404, f"no row: SELECT id, title FROM task WHERE id = {number} AND deleted_at IS NULL")
        return super().task_of(call)


@fault("leaks", browse)
class TokenInAccount(Api):
    """The account contains the token of the caller, which is not documented."""

    def get_account(self, call: Call) -> Response:
        response = super().get_account(call)
        return response.but(json={**response.json, "token": call.request.header("authorization")[7:]})


@fault("leaks", create)
class PassphraseInDescription(Api):
    """A project without a description has its write-only passphrase there."""

    def shown_project(self, project: Json) -> Json:
        shown = super().shown_project(project)
        return {**shown, "description": shown["description"] or project.get("passphrase")}


@fault("leaks", browse)
class TotalCountsEverybody(Api):
    """The total of the list counts the projects of other users."""

    def total(self, all_items: list[Json], items: list[Json]) -> int:
        return len(self.projects)
