"""Media types: their parts, and which documented one a `Content-Type` falls under (RFC 9110, 8.3.1)."""

from collections.abc import Iterable, Mapping

JSON_PATCH = "application/json-patch+json"
"""Steps that change a JSON document (RFC 6902)."""


def essence(media_type: str) -> str:
    """Type and subtype in lower case, without parameters."""
    return media_type.partition(";")[0].strip().lower()


def parse(media_type: str) -> tuple[str, Mapping[str, str]]:
    """The essence and the parameters; names in lower case, values without quotes."""
    found = {}
    for piece in media_type.split(";")[1:]:
        name, _, value = piece.partition("=")
        found[name.strip().lower()] = value.strip().strip('"')
    return essence(media_type), found


def is_json(media_type: str) -> bool:
    """Whether content of this type is JSON: `application/json`, `text/json` or any `+json`."""
    kind = essence(media_type)
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def is_json_sequence(media_type: str) -> bool:
    """Whether content of this type is JSON values one after another: JSON Lines, NDJSON, RFC 7464."""
    return essence(media_type).partition("/")[2] in ("x-ndjson", "ndjson", "jsonl", "json-seq")


def is_xml(media_type: str) -> bool:
    """Whether content of this type is XML."""
    kind = essence(media_type)
    return kind in ("application/xml", "text/xml") or kind.endswith("+xml")


def best_match(content_type: str, documented: Iterable[str]) -> str | None:
    """The documented media type or range that a `Content-Type` falls under, the most specific one; None for none.

    Parameters choose between types that differ by them only; they exclude nothing, as servers ignore most of them.
    """
    kind, parameters = parse(content_type)
    ranked = [(rank, name) for name in documented if (rank := _rank(kind, parameters, name))]
    return max(ranked, key=lambda item: item[0])[1] if ranked else None


def _rank(kind: str, parameters: Mapping[str, str], documented: str) -> tuple[int, int] | None:
    """How precisely a documented type fits: exact, then by suffix, by type, any; None where it does not."""
    wanted, wanted_parameters = parse(documented)
    if wanted == kind:
        equal = [parameters.get(name, "").lower() == value.lower() for name, value in wanted_parameters.items()]
        return (5, len(equal)) if all(equal) else (4, -len(equal))
    if wanted == "*/*":  # A missing Content-Type falls under it too.
        return 1, 0
    main, _, sub = wanted.partition("/")
    if "/" not in kind or main not in ("*", kind.partition("/")[0]):
        return None
    if sub.startswith("*+") and kind.endswith(sub[1:]):
        return 3, 0
    return {"*": (1 if main == "*" else 2, 0), "": (1, 0) if main == "*" else None}.get(sub)
