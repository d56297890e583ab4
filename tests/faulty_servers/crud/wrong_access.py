"""Faults in who may do what: other users, a credential that may only read, missing credentials."""

from .conversations import anonymous, foreign, read_only, wrong_parent
from .document import Json
from .fault import fault
from .handling import ACCOUNTS, OTHER, OWNER, Account, Call
from .messages import Problem, Request, Response
from .server import Api

# --- objects of another user ------------------------------------------------------------------------------------------


def _open_to_others(name: str, about: str, *operations: str) -> None:
    """A fault in operations that do not look whose object it is."""

    class Open(Api):
        def is_visible(self, account: Account, record: Json) -> bool:
            return self.current in operations or super().is_visible(account, record)

        def check_body(self, call: Call) -> None:
            self.current = call.operation["operationId"]
            super().check_body(call)

    Open.__name__, Open.__doc__ = name, about
    fault("ownership", foreign)(Open)


for name, about, *operations in (
    ("ForeignProjectIsReadable", "Another user can read a project.", "getProject"),
    ("ForeignProjectIsChangeable", "Another user can change a project with its ETag.", "updateProject"),
    ("ForeignProjectIsReplaceable", "Another user can replace a project with its ETag.", "replaceProject"),
    ("ForeignProjectIsDeletable", "Another user can delete a project with its ETag.", "deleteProject"),
    ("ForeignTasksAreListed", "Another user can list the tasks of a project.", "listTasks"),
    ("ForeignTaskIsReadable", "Another user can read a task.", "getTask"),
    ("ForeignTaskIsChangeable", "Another user can change a task.", "updateTask"),
    ("ForeignTaskIsDeletable", "Another user can delete a task.", "deleteTask"),
    ("ForeignProjectTakesTasks", "Another user can create a task in a project.", "createTask"),
    ("ForeignProjectTakesBatches", "Another user can create a batch of tasks in a project.", "createTasks"),
    ("ForeignNoteIsReadable", "Another user can read a note.", "getNote"),
    ("ForeignNoteIsDeletable", "Another user can delete a note.", "deleteNote"),
    ("ForeignNoteIsRestorable", "Another user can restore a note.", "restoreNote"),
    ("ForeignNotesAreListed", "The list of notes contains those of other users.", "listNotes"),
    ("ForeignProjectsAreListed", "The list of projects contains those of other users.", "listProjects"),
):
    _open_to_others(name, about, *operations)


@fault("ownership", wrong_parent)
class TaskIsFoundInAnyProject(Api):
    """A task is found below any project of the user."""

    def task_of(self, call: Call) -> Json:
        self.project_of(call)
        task = self.tasks.get(call.path["task_id"])
        if task is None or not self.is_visible(call.account, self.projects[task["project_id"]]):
            raise Problem(404, "There is no such task.")
        return task


@fault("ownership", wrong_parent)
class ProjectOfATaskIsIgnored(Api):
    """A task is found even below a project that does not exist."""

    def task_of(self, call: Call) -> Json:
        task = self.tasks.get(call.path["task_id"])
        if task is None or not self.is_visible(call.account, self.projects[task["project_id"]]):
            raise Problem(404, "There is no such task.")
        return task


@fault("ownership", foreign)
class ReadingTakesOver(Api):
    """A user who tries to read the project of another becomes its owner."""

    def get_project(self, call: Call) -> Response:
        try:
            return super().get_project(call)
        except Problem:
            if call.path["project_id"] in self.projects:
                self.projects[call.path["project_id"]]["owner"] = call.account.name
            raise


# --- credentials that may only read -----------------------------------------------------------------------------------


def _open_to_readers(name: str, about: str, *operations: str) -> None:
    class Open(Api):
        def authorize(self, call: Call) -> None:
            if call.operation["operationId"] not in operations:
                super().authorize(call)

    Open.__name__, Open.__doc__ = name, about
    fault("permissions", read_only)(Open)


for name, about, *operations in (
    ("ReaderMayCreate", "A read-only credential can create projects.", "createProject"),
    ("ReaderMayUpdate", "A read-only credential can change projects.", "updateProject"),
    ("ReaderMayDelete", "A read-only credential can delete projects.", "deleteProject"),
    ("ReaderMayChangeTasks", "A read-only credential can change tasks.", "updateTask"),
    ("ReaderMayDeleteTasks", "A read-only credential can delete tasks.", "deleteTask"),
    ("ReaderMaySendBatches", "A read-only credential can create batches of tasks.", "createTasks"),
    (
        "ReaderMayWriteNotes",
        "A read-only credential can create, delete and restore notes.",
        "createNote",
        "deleteNote",
        "restoreNote",
    ),
):
    _open_to_readers(name, about, *operations)


@fault("permissions", read_only)
class ReaderIsRejected(Api):
    """A read-only credential cannot read."""

    def authorize(self, call: Call) -> None:
        if call.account.scope == "read":
            raise Problem(403, "This token may not do that.")


@fault("permissions", read_only)
class DeniedButDone(Api):
    """A read-only credential gets 403 for a new note, but the note is created."""

    def authorize(self, call: Call) -> None:
        try:
            super().authorize(call)
        except Problem:
            if call.operation["operationId"] == "createNote":
                self.store_note(call.account, {"text": "x"})
            raise


# --- missing credentials ----------------------------------------------------------------------------------------------


def _open_to_everybody(name: str, about: str, prefix: str, methods: tuple[str, ...] = ("GET",)) -> None:
    class Open(Api):
        def authenticate(self, request: Request) -> Account:
            if request.method in methods and request.path.startswith(prefix):
                return ACCOUNTS.get(request.header("authorization")[7:], ACCOUNTS[OWNER])
            return super().authenticate(request)

    Open.__name__, Open.__doc__ = name, about
    fault("authentication", anonymous)(Open)


for name, about, prefix, methods in (
    ("ProjectsAreOpen", "Projects can be read without credentials.", "/v1/projects", ("GET",)),
    ("NotesAreOpen", "Notes can be read without credentials.", "/v1/notes", ("GET",)),
    ("NotesAreWritable", "Notes can be created without credentials.", "/v1/notes", ("POST",)),
):
    _open_to_everybody(name, about, prefix, methods)


@fault("authentication", anonymous)
class TokenByPrefix(Api):
    """The beginning of a token is enough."""

    def account_of(self, token: str) -> Account | None:
        return next((account for known, account in ACCOUNTS.items() if token and known.startswith(token)), None)


@fault("authentication", anonymous)
class TokenIgnoresCase(Api):
    """Tokens are case-insensitive."""

    def account_of(self, token: str) -> Account | None:
        return {known.lower(): account for known, account in ACCOUNTS.items()}.get(token.lower())


@fault("authentication", anonymous)
class AnyTokenWillDo(Api):
    """An unknown token is treated as that of the second user."""

    def account_of(self, token: str) -> Account | None:
        return super().account_of(token) or (ACCOUNTS[OTHER] if token else None)


@fault("authentication", anonymous)
class SchemeIsOptional(Api):
    """The token is accepted without the scheme."""

    def authenticate(self, request: Request) -> Account:
        return super().account_of(request.header("authorization")) or super().authenticate(request)


@fault("authentication", anonymous)
class NoChallenge(Api):
    """401 has no WWW-Authenticate."""

    def finish(self, request: Request, response: Response) -> Response:
        return response.having("WWW-Authenticate", None) if response.status == 401 else response


@fault("authentication", anonymous)
class NoCredentialsIs500(Api):
    """A request without credentials gets 500."""

    def authenticate(self, request: Request) -> Account:
        if not request.header("authorization"):
            raise Problem(500, "KeyError: 'authorization'")
        return super().authenticate(request)


@fault("authentication", anonymous)
class UnknownTokenIs302(Api):
    """An unknown token is redirected to a login page."""

    def finish(self, request: Request, response: Response) -> Response:
        return Response(302, headers={"Location": "/login"}) if response.status == 401 else response
