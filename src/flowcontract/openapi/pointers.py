"""JSON Pointer (RFC 6901): how a place in a document is named."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def join(*tokens: str | int) -> str:
    """Build a pointer from raw tokens: `join("paths", "/flows/")` is `/paths/~1flows~1`."""
    return "".join(["/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens])


def split(pointer: str) -> list[str]:
    """Take a pointer apart into raw tokens; the empty pointer (the whole document) has none."""
    if not pointer:
        return []
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.removeprefix("/").split("/")]


def get(document: Any, tokens: Iterable[str | int]) -> Any:
    """Follow raw tokens from the root of a JSON document; raises LookupError where there is nothing."""
    node = document
    for token in tokens:
        if isinstance(node, list):
            if not str(token).isdecimal():
                raise LookupError(f"{token!r} is not an index of an array")
            node = node[int(token)]
        elif isinstance(node, dict):
            node = node[str(token)]
        else:
            raise LookupError(f"nothing below a {type(node).__name__} at {token!r}")
    return node


def around(document: Any, pointer: str) -> list[Any]:
    """The value at a pointer and those that it lies in, the innermost first; as far as they exist."""
    found = [document]
    for token in split(pointer):
        try:
            found.append(get(found[-1], [token]))
        except LookupError:
            break
    return found[::-1]


def walk(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """A value and all those in it, the outer before the inner, each with its pointer."""
    yield at, value
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for token, member in members:
        yield from walk(member, at + join(token))


def find(document: Any, is_wanted: Callable[[Any], bool]) -> str | None:
    """The pointer to the first value below the root that is wanted, the outer before the inner; None without one."""
    waiting: list[tuple[str, Any]] = [("", document)]
    for pointer, node in waiting:  # It grows meanwhile.
        if pointer and is_wanted(node):
            return pointer
        members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        waiting += [(f"{pointer}{join(token)}", value) for token, value in members]
    return None
