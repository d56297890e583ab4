"""Faults in lists: pages, cursors, filters, order."""

from .conversations import browse_filtered, cursors, filters, foreign, notes, pages, sorting, task_filters, two_projects
from .document import Json
from .fault import fault
from .handling import Call
from .messages import Problem, Response
from .server import Api

# --- pages ----------------------------------------------------------------------------------------------------------


@fault("pagination", pages)
class SecondPageSkipsOne(Api):
    """The second page leaves out its first project."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items, page, size)[page == 2 :]


@fault("pagination", pages)
class PagesOverlap(Api):
    """A page begins with the last project of the page before."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        start = (page - 1) * size
        return items[max(start - 1, 0) : start + size]


@fault("pagination", pages)
class LastPageIsEmpty(Api):
    """A last page that is not full is empty."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        chosen = super().page(items, page, size)
        return chosen if len(chosen) == size or page == 1 else []


@fault("pagination", pages)
class PageIsIgnored(Api):
    """Every page is the first."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items, 1, size)


@fault("pagination", pages)
class PagesCountFromZero(Api):
    """The first page is the second."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items, page + 1, size)


@fault("pagination", pages)
class PageIsOneTooLong(Api):
    """A page has one project more than per_page."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return items[(page - 1) * size : page * size + 1]


@fault("pagination", pages)
class BeyondTheLastIsTheLast(Api):
    """A page beyond the last has the projects of the last."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items, min(page, max(1, -(-len(items) // size))), size)


@fault("pagination", pages)
class TotalIsThatOfThePage(Api):
    """The total is the number of projects on the page."""

    def total(self, all_items: list[Json], items: list[Json]) -> int:
        return len(items)


@fault("pagination", pages)
class NewestIsMissing(Api):
    """The newest project is counted, but is on no page."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items[:-1], page, size)


@fault("pagination", pages)
class OrderChangesByPage(Api):
    """Even pages are taken from the reversed list."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items[::-1] if page % 2 == 0 else items, page, size)


@fault("pagination", pages)
class PerPageIsCapped(Api):
    """A page has at most two projects, whatever `per_page` the response states."""

    def page(self, items: list[Json], page: int, size: int) -> list[Json]:
        return super().page(items, page, min(size, 2))


@fault("pagination", pages)
class FilteredAfterPaging(Api):
    """The status is filtered after paging, so pages have too few projects."""

    def list_projects(self, call: Call) -> Response:
        status = call.query["status"]
        call.query["status"] = None
        response = super().list_projects(call)
        items = [item for item in response.json["items"] if status in (None, item["status"])]
        return response.but(json={**response.json, "items": items})


@fault("pagination", browse_filtered)
class FilterIsLostOnTheNextPage(Api):
    """The status is filtered only on the first page."""

    def list_projects(self, call: Call) -> Response:
        if call.query["page"] > 1:
            call.query["status"] = None
        return super().list_projects(call)


@fault("pagination", cursors)
class CursorSkipsOne(Api):
    """A page by cursor leaves out its first task."""

    def read_cursor(self, cursor: str) -> int:
        return super().read_cursor(cursor) + 1


@fault("pagination", cursors)
class CursorRepeatsOne(Api):
    """A page by cursor begins with the last task of the page before."""

    def read_cursor(self, cursor: str) -> int:
        return super().read_cursor(cursor) - 1


@fault("pagination", cursors)
class CursorNeverEnds(Api):
    """The last page has a cursor to an empty page."""

    def cursor_page(self, tasks: list[Json], cursor: str | None, limit: int) -> tuple[list[Json], str | None]:
        items, following = super().cursor_page(tasks, cursor, limit)
        return items, following or (self.cursor(items[-1]["id"]) if items else None)


@fault("pagination", cursors)
class CursorEndsEarly(Api):
    """The second page has no cursor, even if more pages follow."""

    def cursor_page(self, tasks: list[Json], cursor: str | None, limit: int) -> tuple[list[Json], str | None]:
        items, following = super().cursor_page(tasks, cursor, limit)
        return items, None if cursor else following


@fault("pagination", cursors)
class CursorIsAnOffset(Api):
    """The cursor is an offset, so a deletion in between skips a task."""

    def cursor_page(self, tasks: list[Json], cursor: str | None, limit: int) -> tuple[list[Json], str | None]:
        start = 0 if cursor is None else self.read_cursor(cursor)
        items = tasks[start : start + limit]
        return items, self.cursor(start + limit) if len(tasks) > start + limit else None


@fault("pagination", cursors)
class UnknownCursorStartsAgain(Api):
    """An unknown cursor gets the first page."""

    def read_cursor(self, cursor: str) -> int:
        try:
            return super().read_cursor(cursor)
        except Problem:
            return 0


@fault("pagination", cursors)
class LimitIsIgnored(Api):
    """The limit is ignored."""

    def cursor_page(self, tasks: list[Json], cursor: str | None, limit: int) -> tuple[list[Json], str | None]:
        return super().cursor_page(tasks, cursor, 10_000)


@fault("pagination", task_filters)
class CursorForgetsTheFilter(Api):
    """The limit is applied before the filter."""

    def list_tasks(self, call: Call) -> Response:
        query = dict(call.query)
        call.query.update(done=None, assignee=None)
        response = super().list_tasks(call)
        items = [item for item in response.json["items"] if self.is_selected_task(item, query)]
        return response.but(json={**response.json, "items": items})


# --- filters and order ----------------------------------------------------------------------------------------------


def _ignoring(name: str) -> type[Api]:
    class Ignoring(Api):
        def is_selected(self, project: Json, query: Json) -> bool:
            return super().is_selected(project, {**query, name: None})

    Ignoring.__name__ = f"Filter{name.title().replace('_', '')}IsIgnored"
    Ignoring.__doc__ = f"The filter `{name}` has no effect."
    return Ignoring


for ignored in ("status", "tag", "min_budget", "made_before", "q"):
    fault("filters", filters)(_ignoring(ignored))


@fault("filters", two_projects)
class TasksOfAllProjects(Api):
    """The list of tasks has those of all projects of the caller."""

    def tasks_of(self, project: Json) -> list[Json]:
        return [task for task in self.tasks.values() if self.projects[task["project_id"]]["owner"] == project["owner"]]


@fault("filters", filters)
class MinimumIsExclusive(Api):
    """A project with exactly the smallest budget is left out."""

    def is_selected(self, project: Json, query: Json) -> bool:
        return super().is_selected(project, query) and project["budget"] != query["min_budget"]


@fault("filters", filters)
class SearchMindsCase(Api):
    """The search is case-sensitive."""

    def is_selected(self, project: Json, query: Json) -> bool:
        return super().is_selected(project, query) and (query["q"] or "") in project["title"]


@fault("filters", filters)
class SearchOnlyAtTheStart(Api):
    """The search finds text at the start of a title only."""

    def is_selected(self, project: Json, query: Json) -> bool:
        found = project["title"].casefold().startswith((query["q"] or "").casefold())
        return super().is_selected(project, query) and found


@fault("filters", filters)
class TagByPart(Api):
    """The filter by tag also finds tags that only begin with the text."""

    def is_selected(self, project: Json, query: Json) -> bool:
        if query["tag"] and any(tag.startswith(query["tag"]) for tag in project["tags"]):
            query = {**query, "tag": None}
        return super().is_selected(project, query)


@fault("filters", filters)
class FiltersAreAlternatives(Api):
    """With two filters, one match is enough."""

    def is_selected(self, project: Json, query: Json) -> bool:
        filters = ("status", "tag", "min_budget", "made_before", "q")
        names, nothing = [name for name in filters if query[name] is not None], dict.fromkeys(filters)
        alone = [super(FiltersAreAlternatives, self).is_selected(project, {**nothing, n: query[n]}) for n in names]
        return any(alone) or not names


@fault("filters", filters)
class StatusIsInverted(Api):
    """The filter by status returns all projects with another status."""

    def is_selected(self, project: Json, query: Json) -> bool:
        others = super().is_selected(project, {**query, "status": None})
        return others and (query["status"] is None or project["status"] != query["status"])


@fault("filters", task_filters)
class DoneFalseIsIgnored(Api):
    """`done=false` is ignored."""

    def is_selected_task(self, task: Json, query: Json) -> bool:
        return super().is_selected_task(task, {**query, "done": query["done"] or None})


@fault("filters", task_filters)
class AssigneeIgnoresCase(Api):
    """The filter by assignee is case-insensitive."""

    def is_selected_task(self, task: Json, query: Json) -> bool:
        asked, given = query["assignee"], task["assignee"] or ""
        same = asked is None or given.casefold() == asked.casefold()
        return same and super().is_selected_task(task, {**query, "assignee": None})


@fault("filters", notes)
class DeletedNotesAreListed(Api):
    """The list has the deleted notes, too."""

    def is_selected_note(self, note: Json, query: Json) -> bool:
        return bool(not query["deleted"] or note["deleted"])


@fault("filters", foreign)
class SearchFindsForeignProjects(Api):
    """The search finds projects of other users."""

    def list_projects(self, call: Call) -> Response:
        if call.query["q"] is None:
            return super().list_projects(call)
        found = [self.shown_project(one) for one in self.projects.values() if self.is_selected(one, call.query)]
        return Response(200, {"items": found[:10], "page": 1, "per_page": 10, "total": len(found)})


@fault("filters", sorting)
class MinusIsIgnored(Api):
    """A minus sign does not reverse the order."""

    def ordered(self, projects: list[Json], sort: str) -> list[Json]:
        return super().ordered(projects, sort.removeprefix("-"))


@fault("filters", sorting)
class SortIsIgnored(Api):
    """Every sort order is that of creation."""

    def ordered(self, projects: list[Json], sort: str) -> list[Json]:
        return projects


@fault("filters", sorting)
class PrioritySortsByTitle(Api):
    """Sorting by priority sorts by title."""

    def ordered(self, projects: list[Json], sort: str) -> list[Json]:
        return super().ordered(projects, sort.replace("priority", "title"))
