"""Servers that conform, each in a manner of its own: a gate has to pass all of them."""

import datetime
import json
import uuid

from .document import Json
from .handling import ACCOUNTS, OWNER, Account, Call
from .messages import NOTHING, Problem, Request, Response
from .server import Api

VARIANTS: dict[str, type[Api]] = {}
"""By name."""


def variant(server: type[Api]) -> type[Api]:
    """Put a server into VARIANTS; its docstring says what is different."""
    VARIANTS[server.__name__] = server
    return server


@variant
class RequestIds(Api):
    """Every response has a header with a random ID."""

    def finish(self, request: Request, response: Response) -> Response:
        return response.having("X-Request-ID", uuid.uuid4().hex)


@variant
class RandomIds(Api):
    """IDs of projects are random, in upper case."""

    def store_project(self, account: Account, body: Json) -> Json:
        project = super().store_project(account, body)
        del self.projects[project["id"]]
        project["id"] = str(uuid.uuid4()).upper()
        # Found in either case, as a UUID has to be.
        self.projects[project["id"].lower()] = project
        return project

    def delete_project(self, call: Call) -> Response:
        project = self.unchanged_project(call)
        del self.projects[project["id"].lower()]
        self.delete_children(project)
        self.now()
        return Response(204)


@variant
class WallClock(Api):
    """Times are those of the wall clock, with microseconds and an offset."""

    def now(self) -> str:
        super().now()
        zone = datetime.timezone(datetime.timedelta(hours=2))
        return datetime.datetime.now(zone).isoformat(timespec="microseconds")


@variant
class TerseErrors(Api):
    """All errors have the same detail."""

    def problem(self, problem: Problem) -> Response:
        return super().problem(Problem(problem.status, "Not possible.", problem.headers))


@variant
class EchoingErrors(Api):
    """The detail of an error repeats the path of the request."""

    def finish(self, request: Request, response: Response) -> Response:
        if response.status < 400:
            return response
        return response.but(
            json={**response.json, "detail": f"{request.method} {request.path}: {response.json['detail']}"}
        )


@variant
class PrettyJson(Api):
    """JSON is indented, its members are sorted, and its media type has a charset."""

    def finish(self, request: Request, response: Response) -> Response:
        if response.json is NOTHING:
            return response
        text = json.dumps(response.json, ensure_ascii=True, indent=2, sort_keys=True)
        return response.but(raw=text.encode(), media=f"{response.media}; charset=utf-8")


@variant
class SomebodyElseWorks(Api):
    """Every seventh request, the same user creates a project on another device."""

    requests = 0

    def finish(self, request: Request, response: Response) -> Response:
        self.requests += 1
        if self.requests % 7 == 0:
            self.store_project(ACCOUNTS[OWNER], {"title": f"From the phone {self.requests}"})
        return response


@variant
class FarTimesAreRejected(Api):
    """Times before 2000 or after 2100 are rejected in a query."""

    def list_projects(self, call: Call) -> Response:
        time = call.query["made_before"]
        if time is not None and not "2000" <= time[:4] < "2100":
            raise Problem(400, "made_before: expected a time of this century.")
        return super().list_projects(call)


@variant
class UniqueTitles(Api):
    """The projects of one owner have different titles."""

    def store_project(self, account: Account, body: Json) -> Json:
        if any(one["owner"] == account.name and one["title"] == body["title"] for one in self.projects.values()):
            raise Problem(409, "There is a project with this title.")
        return super().store_project(account, body)


@variant
class PreconditionsFirst(Api):
    """If-Match is compared before the body is read."""

    def check_body(self, call: Call) -> None:
        if call.operation["operationId"] == "updateProject":
            self.unchanged_project(call)
        super().check_body(call)


@variant
class CachingHeaders(Api):
    """Every response has the headers of a careful server, and closes the connection."""

    def finish(self, request: Request, response: Response) -> Response:
        headers = {"Cache-Control": "no-store", "Vary": "Authorization", "X-Content-Type-Options": "nosniff"}
        return response.but(headers={**response.headers, **headers, "Connection": "close"})


@variant
class EmptyAtFirst(Api):
    """There is nothing before the first request."""

    def __init__(self) -> None:
        super().__init__()
        self.projects, self.tasks, self.notes = {}, {}, {}


@variant
class ManyProjects(Api):
    """There are two hundred projects at first."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(200):
            self.store_project(ACCOUNTS[OWNER], {"title": f"Archive {number:03d}", "priority": number % 5 + 1})
