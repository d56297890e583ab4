"""Read and write YAML and JSON documents the one way the project does it.

OpenAPI asks for YAML 1.2 restricted to JSON's types (OpenAPI 3.1.1, section 4.2): `no` is a string, dates are strings,
keys are strings. PyYAML is of YAML 1.1, so its implicit types are replaced.
"""

import contextlib
import errno
import glob
import json
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from functools import cache as once
from pathlib import Path
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import cache, plain_yaml, pointers

MAX_BYTES = 32 * 1024 * 1024
"""Bytes of a document that are read."""
MAX_DEPTH = 200
"""Levels of a document that are read. Real documents have fewer than 50."""
MAX_SHARED = 100_000
"""Values that aliases of YAML may stand for, beyond one per byte of the text."""


def parse(text: str | bytes, name: str) -> Any:
    """Parse YAML (or JSON, its subset); `name` is what the error calls the source.

    Raises ContractError with line and column for what is not valid YAML (or JSON, where the name or the text says that
    it is meant to be), has a key twice, is nested deeper than `MAX_DEPTH`, or expands by aliases beyond what anybody
    could read.
    """
    try:
        text = _decoded(text)
        depth = _require_shallow(text)
        value = _json(text)
        if value is not _NOT_JSON and depth <= MAX_DEPTH:  # JSON has strings as keys, and no aliases.
            return value
        if value is _NOT_JSON and (plain := _yaml().plain(text)) is not plain_yaml.NOT_PLAIN:
            return plain
        return _with_string_keys(_loaded(text, name) if value is _NOT_JSON else value, len(text))
    except RecursionError as error:
        raise ContractError(f"{name} is nested too deeply.", do="Fix the file.") from error
    except _Unusable as error:
        raise ContractError(f"{name} {error}.", do="Fix the file.") from error


class _Unusable(ValueError):
    """Says what is wrong with a document, as it goes on after its name."""


class _InvalidYaml(_Unusable):
    """It is not YAML."""


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise _Unusable(
            f"has {len(text) / 2**20:.0f} MiB; up to {MAX_BYTES // 2**20} MiB are read. "
            "Split it, or keep only the operations you need"
        )
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or text[:4].count(0) in (2, 3):
        raise _Unusable("is encoded as UTF-16 or UTF-32, expected UTF-8")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unusable(f"is not UTF-8 (byte {error.start})") from error


_NOT_JSON = object()
_TEMPORARY = ".tmp"
"""The end of the names of temporary files."""
_WRITTEN_WITHIN = 60.0
"""Seconds after which a temporary file is not being written any more."""


def _json(text: str) -> Any:
    """A JSON document's value. Its own parser reads it thirty times as fast as one of YAML."""
    if not text.lstrip(" \t\r\n").startswith(("{", "[")):
        return _NOT_JSON
    try:
        return json.loads(text, parse_constant=_reject, object_pairs_hook=_once_each)
    except _Duplicate:
        pass  # YAML's reader says where.
    except ValueError:
        pass  # It may be a flow mapping of YAML.
    return _NOT_JSON


def _loaded(text: str, name: str) -> Any:
    """What YAML's reader makes of a text. What is neither YAML nor JSON is called what it is meant to be."""
    try:
        return _yaml().load(text)
    except _InvalidYaml as error:
        if not _is_meant_as_json(text, name):
            raise
        try:
            json.loads(text)
        except json.JSONDecodeError as found:
            problem = found.msg.removesuffix(" starting at")
            is_cut = found.pos >= len(text.rstrip()) or problem.startswith("Unterminated")
            problem = f"{problem[:1].lower()}{problem[1:]}{'; it may be truncated' if is_cut else ''}"
            raise _Unusable(f"is not valid JSON at line {found.lineno}, column {found.colno}: {problem}") from error
        raise


def _is_meant_as_json(text: str, name: str) -> bool:
    """Whether a document is JSON by its name; without one that says YAML, by its beginning."""
    extension = re.search(r"\.(json|ya?ml)(?:[?#]|$)", name, re.IGNORECASE)
    return extension[1].lower() == "json" if extension else re.match(r'\s*\{\s*"', text) is not None


class _Duplicate(ValueError):
    """A key stands twice in one object."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate
    return found


def _reject(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def read(path: Path) -> Any:
    """Read a YAML or JSON file; raises ContractError where it is missing, unreadable or invalid."""
    return parsed(content(path), str(path))


def parsed(text: bytes, name: str) -> Any:
    """As `parse`; what YAML says is kept on disk for the next time."""
    if text[:1] == b"{":  # JSON is read as fast as the cache is.
        return parse(text, name)
    return cache.cached("document", text, lambda: parse(text, name))


def content(path: Path) -> bytes:
    """The bytes of a file; raises ContractError where it is missing, unreadable or too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ContractError(f"there is no file {path}.", do="Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name.
        reason = getattr(error, "strerror", None) or error
        raise ContractError(f"{path} cannot be read: {reason}.", do="Check the path and its permissions.") from error


def dump(document: Any) -> str:
    """Write a document as YAML, the same text for the same document every time."""
    return str(_yaml().dump(document))


def dump_json(document: Any) -> str:
    """Write a document as readable JSON, the same text for the same document every time."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def make_folder(path: Path) -> None:
    """Make a folder where there is none. Raises ContractError where it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unmade(path, error) from error


def _unmade(folder: Path, error: Exception) -> ContractError:
    """ValueError: a NUL in the name."""
    reason = getattr(error, "strerror", None) or error
    return ContractError(f"the folder {folder} cannot be created: {reason}.", do="Choose another folder.")


def require_writable(path: Path) -> None:
    """See that a file can be written, before what would be lost is made. Nothing is left behind.

    Where its folder is missing, one is made and removed beside it: another run may be making that one just now.
    Raises ContractError where it cannot.
    """
    import tempfile

    above = _nearest_folder(path.parent)
    if above != path.parent:
        try:
            Path(tempfile.mkdtemp(dir=above, prefix=f".{path.parent.name}.")).rmdir()
        except (OSError, ValueError) as error:
            raise _unmade(path.parent, error) from error
        return
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.is_file() or not path.exists():  # A device or a pipe is written to as it is.
            path = path.resolve()
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_TEMPORARY)
            os.close(handle)
            os.unlink(temporary)  # noqa: PTH108
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(path, error) from error


def _nearest_folder(folder: Path) -> Path:
    """The folder if it exists, else the one that it would be made in. Raises ContractError where it cannot be made."""
    for each in (folder, *folder.parents):
        try:
            is_folder = stat.S_ISDIR(each.stat().st_mode)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise _unmade(folder, error) from error
        if is_folder:
            return each
        reason = errno.EEXIST if each == folder else errno.ENOTDIR
        raise _unmade(folder, OSError(reason, os.strerror(reason)))
    return folder


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed.

    `private`: only its owner may read it (mode 0600).

    A link stays a link to what is then written; a device or a pipe is written to as it is. Raises ContractError where
    it cannot be written; what was at `path` is then as it was.
    """
    import tempfile

    temporary = ""
    try:
        path = path.resolve()
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_TEMPORARY)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        mode = 0o600 if private else mode
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
        _remove_left_over(path)
    except (OSError, RuntimeError, ValueError) as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise _unwritable(path, error) from error


def _remove_left_over(path: Path) -> None:
    """Remove what processes left that were killed while they wrote this file; others may be writing it just now."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_TEMPORARY}"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _WRITTEN_WITHIN:
                left.unlink()


def _unwritable(path: Path, error: Exception) -> ContractError:
    """RuntimeError: links that lead to each other; ValueError: a NUL in the name."""
    reason = getattr(error, "strerror", None) or error
    return ContractError(f"{path} cannot be written: {reason}.", do="Choose another file or folder.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _require_shallow(text: str) -> int:
    """The levels of brackets. Rejects so many that a parser, which calls itself, would run out of stack."""
    depth = deepest = 0
    for sign in re.findall(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[\[{\]}]', text):
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth = max(depth - 1, 0)
    if deepest > 5 * MAX_DEPTH or re.search(rf"(?:[-?:][ ]){{{MAX_DEPTH}}}", text):
        raise _Unusable(f"is nested deeper than {MAX_DEPTH} levels")
    return deepest


def _with_string_keys(root: Any, size: int) -> Any:
    """Copy a parsed document with strings as keys; what YAML aliases share stays shared.

    `size`: characters of its text, which bound the values of a document without aliases.
    """
    done: dict[int, tuple[Any, int]] = {}
    """Copies and the number of values in each, by the identity of the original."""
    open_nodes: set[int] = set()

    def copied(node: Any, depth: int) -> tuple[Any, int]:
        if not isinstance(node, Mapping | list):
            return node, 1
        if id(node) in done:
            return done[id(node)]
        if id(node) in open_nodes:
            raise _Unusable("has an alias inside the value that it refers to")
        if depth >= MAX_DEPTH:
            raise _Unusable(f"is nested deeper than {MAX_DEPTH} levels")
        open_nodes.add(id(node))
        count = 1
        copy: Any
        if isinstance(node, list):
            copy = []
            for item in node:
                value, values = copied(item, depth + 1)
                copy.append(value)
                count += values
        else:
            copy = {}
            for key, item in node.items():
                value, values = copied(item, depth + 1)
                copy[key if isinstance(key, str) else _key(key)] = value
                count += values
        if count > size + MAX_SHARED:
            raise _Unusable(f"has aliases that expand to more than {size + MAX_SHARED:,} values")
        open_nodes.discard(id(node))
        done[id(node)] = copy, count
        return done[id(node)]

    return copied(root, 0)[0]


def _key(key: Any) -> str:
    """A status such as 200 is a string in OpenAPI, however YAML read it."""
    return json.dumps(key) if isinstance(key, bool | int | float) or key is None else str(key)


_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""JSON's escape for half of a character beyond U+FFFF, which YAML lacks."""


def lines(text: str) -> dict[str, int]:
    """Map each JSON Pointer of a YAML text to the line (from 1) on which its key stands."""
    return cache.cached("lines", text.encode("utf-8", "surrogatepass"), lambda: dict(_lines(text)))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    yield "", 1
    yaml = _yaml()
    pending = [("", yaml.compose(_HALF.sub(r"\\ufffd", text)))]
    while pending:
        pointer, node = pending.pop()
        for key, line, value in yaml.parts(node):
            location = pointer + pointers.join(key)
            yield location, line
            pending.append((location, value))


class _Yaml:
    """PyYAML with the types of YAML 1.2's JSON schema. Imported when it is needed: a warm start needs no YAML."""

    def __init__(self) -> None:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        self._module = yaml

        class Loader(loader):  # type: ignore[misc]
            """YAML with the types of JSON alone; a key stands once."""

            def flatten_mapping(self, node: Any) -> None:
                """Put what is merged in its place, without keys that are overridden: those are no duplicates."""
                _require_distinct_keys(node)
                super().flatten_mapping(node)
                node.value = _last_of_each_key(node.value)

        class Dumper(dumper):  # type: ignore[misc]
            """Block style, insertion order, no aliases, lines of a text as lines, long lines unbroken."""

            def ignore_aliases(self, _data: Any) -> bool:
                return True

        not_json = (":timestamp", ":bool", ":value", ":int", ":float")
        Loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(not_json)]
            for first, rules in loader.yaml_implicit_resolvers.items()
        }
        boolean = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
        Loader.add_implicit_resolver("tag:yaml.org,2002:bool", boolean, "tTfF")
        # YAML 1.2 has no merge keys; authors write them all the same, and most readers merge.
        Loader.add_constructor("tag:yaml.org,2002:merge", lambda _, node: node.value)
        Dumper.add_representer(str, _represent_text)
        for each in (Loader, Dumper):
            # A reader of YAML 1.2 takes these for numbers, PyYAML for strings: the dumper quotes such strings.
            each.add_implicit_resolver("tag:yaml.org,2002:int", plain_yaml.INTEGER, "-+0123456789")
            each.add_implicit_resolver("tag:yaml.org,2002:float", plain_yaml.FLOAT, "-+.0123456789")
        self._loader, self._dumper = Loader, Dumper

    def load(self, text: str) -> Any:
        """The value of a text. Raises _Unusable."""
        try:
            return self._module.load(text, self._loader)
        except self._module.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise _InvalidYaml(
                f"is not valid YAML{where}: {error.problem}; check the indentation and the quotes there"
            ) from error
        except (self._module.YAMLError, ValueError) as error:
            if isinstance(error, _Unusable):
                raise
            raise _InvalidYaml(f"is not valid YAML: {(str(error).splitlines() or ['?'])[0]}") from error

    def plain(self, text: str) -> Any:
        """The value of plain YAML; `plain_yaml.NOT_PLAIN` for any other."""
        return plain_yaml.load(text, self._loader, MAX_DEPTH)

    def dump(self, value: Any) -> Any:
        """A value as text."""
        return self._module.dump(value, Dumper=self._dumper, sort_keys=False, allow_unicode=True, width=2**20)

    def compose(self, text: str) -> Any:
        """The nodes of a text, which know their lines; None for JSON that is no YAML."""
        try:
            return self._module.compose(text, self._loader)
        except self._module.YAMLError:
            return None

    def parts(self, node: Any) -> Iterator[tuple[str | int, int, Any]]:
        """The parts of a node: key or index, the line (from 1) on which it stands, its node."""
        if isinstance(node, self._module.MappingNode):
            for key, value in node.value:
                yield str(key.value), key.start_mark.line + 1, value
        elif isinstance(node, self._module.SequenceNode):
            for index, value in enumerate(node.value):
                yield index, value.start_mark.line + 1, value


def _represent_text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _require_distinct_keys(node: Any) -> None:
    keys: list[Hashable] = [(key.tag, key.value) for key, _ in node.value if isinstance(key.value, str)]
    if len(set(keys)) == len(keys):
        return
    name = next(key for key, count in Counter(keys).items() if count > 1)
    places = [key.start_mark.line + 1 for key, _ in node.value if (key.tag, key.value) == name]
    text = json.dumps(name[1]) if isinstance(name, tuple) else str(name)
    raise _Unusable(f"has the key {text} twice, at lines {places[0]} and {places[1]}")


def _last_of_each_key(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The pairs of nodes, of those with one key the last; keys that are no texts are told apart."""
    found = {(key.tag, key.value) if isinstance(key.value, str) else id(key): (key, value) for key, value in pairs}
    return list(found.values())


@once
def _yaml() -> _Yaml:
    return _Yaml()
