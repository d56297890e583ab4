"""Serialization as JSON of what the database and the workers get: plain data, unlike pickles."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from flowcontract.checks import Violation
from flowcontract.checks.probe import Probe
from flowcontract.engine.campaigns.plan import (
    FailureGroup,
    Knowledge,
    Plan,
    Settings,
    Shard,
    ShardResult,
    Task,
)
from flowcontract.errors import UsageError
from flowcontract.generation.created import Created
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.http.tls import TLS

T = TypeVar("T")
_KINDS = {
    kind.__name__: kind
    for kind in (
        Exchange, Request, Response, Violation, FailureGroup, Probe, Knowledge, Plan, Settings, Shard, ShardResult,
        Task, Target, TLS, Created,
    )
}  # fmt: skip


def dumps(value: Any) -> str:
    """Serialize a value as ASCII JSON, so that lone surrogates survive."""
    return json.dumps(_plain(value), separators=(",", ":"))


def loads(text: str, kind: type[T]) -> T:
    """Deserialize the output of `dumps`. Raises UsageError for anything else than a value of this class."""
    try:
        value = _value(json.loads(text))
        if not isinstance(value, kind):
            raise TypeError(type(value).__name__)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"the campaign database cannot be read: {text[:60]!r}.", do="Pass another file with --database."
        ) from error
    return value


def pack(value: Any) -> bytes:
    """Serialize and compress a value for a worker."""
    return zlib.compress(dumps(value).encode("ascii"), 1)


def unpack(packed: bytes, kind: type[T]) -> T:
    """The value that was packed."""
    return loads(zlib.decompress(packed).decode("ascii"), kind)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        plain = {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
        return {"$": type(value).__name__, **plain}
    if isinstance(value, bytes):
        return {"$": "bytes", "latin-1": value.decode("latin-1")}
    if isinstance(value, tuple):
        return {"$": "tuple", "of": [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {"$": "dict", "of": [[key, _plain(item)] for key, item in value.items()]}
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    name = plain["$"]
    if name == "bytes":
        return plain["latin-1"].encode("latin-1")
    if name == "tuple":
        return tuple(_value(item) for item in plain["of"])
    if name == "dict":
        return {key: _value(item) for key, item in plain["of"]}
    kind = _KINDS[name]
    hints = _hints(kind)
    # A field that a later version added has its default; one that it dropped is left out.
    given = {key: _cast(hints[key], _value(item)) for key, item in plain.items() if key != "$" and key in hints}
    return kind(**given)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _cast(hint: Any, value: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if get_origin(hint) in (Union, UnionType) and value is not None:
        return next((_cast(each, value) for each in get_args(hint) if isinstance(each, type)), value)
    return value
