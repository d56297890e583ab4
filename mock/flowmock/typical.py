"""The operation that shows best what a contract is about: the start panel and the console begin with it."""

from collections.abc import Iterable

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowmock.routing import Route

Served = tuple[Route, Operation]


def read(routes: Iterable[Route], *, by_examples: bool = False) -> Served | None:
    """The most typical GET operation that needs no parameters besides those of its path; None where there is none.

    One that requires credentials goes before one that does not, a list before what is not one, and the list of what
    can be read one by one before others. `by_examples`: the one with the most examples goes before these.
    """
    routes = tuple(routes)
    paths = {route.base_path + route.template.rstrip("/") for route in routes}
    reads = [(route, route.operations["GET"]) for route in routes if "GET" in route.operations]
    return max(
        ((route, operation) for route, operation in reads if not _needs_more(operation)),
        key=lambda each: (
            not each[1].is_open,
            _examples(each[1]) if by_examples else 0,
            not each[0].names,
            is_list(each[1]),
            any(path.startswith(f"{each[0].base_path}{each[0].template.rstrip('/')}/{{") for path in paths),
        ),
        default=None,
    )


def _needs_more(operation: Operation) -> bool:
    return any(each.required for each in operation.parameters if each.location != "path")


def _examples(operation: Operation) -> int:
    success = operation.success()
    return sum(len(media.examples) for media in success.media.values()) if success else 0


def is_list(operation: Operation) -> bool:
    """Whether the body of the success is an array, or an object with one array of objects."""
    success = operation.success()
    media = success.json_media if success else None
    if media is None or media.schema is None:
        return False
    if _is_array(media.schema, media.schemas):
        return True
    return sum(_has_objects(part, media) for _, part in members(media.schema, media.schemas)) == 1


def _is_array(schema: object, schemas: Schemas) -> bool:
    kinds = schemas.resolve(schema).get("type")
    return kinds == "array" or (isinstance(kinds, list) and "array" in kinds)


def _has_objects(schema: object, media: MediaType) -> bool:
    if not _is_array(schema, media.schemas):
        return False
    items = media.schemas.resolve(media.schemas.resolve(schema).get("items") or {})
    return next(members(items, media.schemas), None) is not None
