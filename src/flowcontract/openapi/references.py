"""References to other files: what may be read is put into the document, under `x-flowcontract-files`.

A document is then one value, in which every reference starts with `#`. Only files in the document's own folder (below a
URL's directory, of the same origin) are read, and those in places that the user names; everything else is a problem.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from flowcontract.errors import ContractError
from flowcontract.openapi import pointers, uris
from flowcontract.openapi.normalization import Problem
from flowcontract.openapi.structure import KINDS, SCHEMA_MAPS

FILES = "x-flowcontract-files"
"""Holds the files that a document refers to, by their path from its folder (by URL outside of its directory)."""
MAX_FILES = 1000
"""Files that are read for one document."""

_RAW = frozenset({"example", "enum", "const", "default"})
"""Keywords whose values are data, in which `$ref` has no meaning."""
_MAPS = SCHEMA_MAPS | {key for fields in KINDS.values() for key, kind in fields.items() if isinstance(kind, dict)}
"""Fields that hold objects by name: a key in them is a name, also `default` in `responses`."""
_EXAMPLE = "an example"
"""Says that a node is an Example Object, whose `value` is data, too."""
_NAME = re.compile(r"[\w-]+")
"""What is certainly the name of a component in the mapping of a discriminator, and no file."""
_ANY, _IGNORED = "any value is accepted", "it is ignored"
"""What happens where a reference is not followed."""


class Files(Protocol):
    """Where the files of a document are."""

    root: str
    """The address of the document itself."""

    def address(self, reference: str, base: str) -> str:
        """The address of the file that a reference in the file at `base` means."""

    def name(self, address: str) -> str:
        """What a file is called in messages and in the document."""

    def is_allowed(self, address: str) -> bool:
        """Whether a file may be read."""

    def read(self, address: str) -> Any:
        """The value in a file. Raises ContractError."""


class LocalFiles:
    """Files on this machine."""

    def __init__(self, document: Path, read: Callable[[Path], Any], allowed: Iterable[str] = ()) -> None:
        self.root = str(document.resolve())
        self._read = read
        self._folders = [Path(self.root).parent, *(Path(each).resolve() for each in allowed if "://" not in each)]

    def address(self, reference: str, base: str) -> str:
        """An absolute path, links followed; a URL stays one."""
        if _is_url(reference):
            return reference
        return str(Path(os.path.join(os.path.dirname(base), unquote(reference))).resolve())  # noqa: PTH118, PTH120

    def name(self, address: str) -> str:
        """The path from the document's folder."""
        folder = Path(self.root).parent
        path = Path(address)
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else address

    def is_allowed(self, address: str) -> bool:
        """Whether it lies in the document's folder, or in one that the user named."""
        return "://" not in address and any(Path(address).is_relative_to(folder) for folder in self._folders)

    def read(self, address: str) -> Any:
        """The value in a file."""
        return self._read(Path(address))


class UrlFiles:
    """Files on the server that the document comes from."""

    def __init__(self, url: str, read: Callable[[str], Any], allowed: Iterable[str] = ()) -> None:
        self.root = uris.split(url)[0]
        self._read = read
        self._directory = urljoin(self.root, ".")
        self._origins = {origin(each) for each in allowed if "://" in each}

    def address(self, reference: str, base: str) -> str:
        """An absolute URL."""
        return uris.joined(base, reference)

    def name(self, address: str) -> str:
        """The path from the document's directory."""
        return address.removeprefix(self._directory)

    def is_allowed(self, address: str) -> bool:
        """Whether it lies below the document's directory, or at an origin that the user named."""
        return address.startswith(self._directory) or origin(address) in self._origins

    def read(self, address: str) -> Any:
        """The value at a URL."""
        return self._read(address)


def origin(url: str) -> str:
    """Scheme, host and port of a URL; empty for what is not one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_url(reference: str) -> bool:
    try:
        return bool(urlsplit(reference).scheme)
    except ValueError:
        return True


def bundle(document: Mapping[str, Any], files: Files) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
    """The document with the files it refers to in it, and the references that were not followed.

    A document without references to files is returned as it is.
    """
    if not any(_external(document)):
        return document, ()
    return _Bundler(document, files).run()


def _external(node: Any, owner: str = "") -> Iterable[str]:
    """References to other files. `owner`: the key of the object or map that the node is in."""
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
        if external := _external_value(node, owner):
            yield external
        for key, value in node.items():
            if not _is_data(key, owner):
                yield from _external(value, _owner(key, owner))
    elif isinstance(node, list):
        for item in node:
            yield from _external(item)


def _external_value(node: Mapping[str, Any], owner: str) -> str:
    """The file that an Example Object has instead of a value, where it holds JSON or YAML; empty for none."""
    reference = node.get("externalValue")
    if owner != _EXAMPLE or "value" in node or not isinstance(reference, str) or _is_url(reference):
        return ""
    return reference if reference.lower().endswith((".json", ".yaml", ".yml")) else ""


def _is_data(key: str, owner: str) -> bool:
    """Whether a field holds data, in which `$ref` has no meaning: an example, say."""
    return owner not in _MAPS and (key in _RAW or (key == "value" and owner == _EXAMPLE))


def _owner(key: str, owner: str) -> str:
    """What the node below a key is in: an Example Object where the key is a name in a map of `examples`."""
    if owner == "examples" and key not in SCHEMA_MAPS:
        return _EXAMPLE
    return "" if owner in _MAPS else key


class _Bundler:
    """Copies a document, and every file that is reached from it once."""

    def __init__(self, document: Mapping[str, Any], files: Files) -> None:
        self._document = document
        self._files = files
        own = document.get("$self")
        self._self = uris.split(own)[0] if isinstance(own, str) else ""
        """What the document calls itself (OpenAPI 3.2, `$self`): its references may be relative to that."""
        self._identifiers = {identifier for identifier, _, _ in _identifiers(document, self._self)}
        self._in_files: dict[str, tuple[str, Any]] = {}
        """Schemas of files that have an `$id`, with the pointers to them."""
        self._components = _component_names(document)
        self._read: dict[str, Any] = {}
        self._reasons: dict[str, str] = {}
        """Why files could not be read."""
        self._problems: list[Problem] = []
        self._pending: list[str] = []

    def run(self) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
        known, copy, bundled = -1, {}, dict[str, Any]()
        while known < len(self._in_files):  # What a file names may be what an earlier reference means.
            known = len(self._in_files)
            self._problems.clear()
            self._pending = list(self._read)
            copy = self._copied(self._document, "", self._files.root, self._self)
            while self._pending:
                address = self._pending.pop()
                name = self._files.name(address)
                bundled[name] = self._copied(self._read[address], pointers.join(FILES, name), address, "")
        return ({**copy, FILES: bundled} if bundled else copy), tuple(self._problems)

    def _copied(self, node: Any, at: str, base: str, identifier: str, owner: str = "") -> Any:
        """`identifier`: the `$id` of the schema that the node is in, which its references are relative to."""
        if isinstance(node, list):
            return [self._copied(item, f"{at}/{index}", base, identifier) for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("$id"), str):
            identifier = uris.joined(identifier, node["$id"])
        copy = {
            key: value
            if _is_data(key, owner)
            else self._copied(value, at + pointers.join(key), base, identifier, _owner(key, owner))
            for key, value in node.items()
            if key != "$ref" or not isinstance(value, str)
        }
        if isinstance(node.get("$ref"), str):
            target = self._rewritten(node["$ref"], at, base, identifier)
            if target is not None:
                copy = {"$ref": target, **copy}
        if external := _external_value(node, owner):
            address = self._files.address(external, base)
            if reason := self._unreadable(address):
                self._problems.append(Problem(at, f"refers to {external!r}, {reason}; {_IGNORED}."))
            else:
                copy["value"] = self._read[address]
        if owner == "discriminator" and isinstance(node.get("mapping"), Mapping):
            copy["mapping"] = self._mapping(node["mapping"], at, base, identifier)
        return copy

    def _mapping(self, mapping: Mapping[str, Any], at: str, base: str, identifier: str) -> dict[str, Any]:
        """The mapping of a discriminator: to a component by its name, else by a reference."""
        found: dict[str, Any] = {}
        for value, target in mapping.items():
            is_name = not isinstance(target, str) or target in self._components or _NAME.fullmatch(target)
            rewritten = target if is_name else self._rewritten(target, f"{at}/mapping", base, identifier, _IGNORED)
            if rewritten is not None:
                found[value] = rewritten
        return found

    def _rewritten(self, reference: str, at: str, base: str, identifier: str, loss: str = _ANY) -> str | None:
        """A reference as it is within the document; None where it may not be followed (`loss` says what then)."""
        named, fragment = uris.split(uris.joined(identifier, reference))
        if named in self._identifiers:
            return reference
        if named in self._in_files:
            return _pointed(*self._in_files[named], fragment)
        if self._self and named == self._self:
            return f"#{fragment}"
        return self._target(reference, at, base, loss)

    def _target(self, reference: str, at: str, base: str, loss: str) -> str | None:
        if reference.startswith("#") and base == self._files.root:
            return reference
        file, fragment = uris.split(reference)
        address = self._files.address(file, base) if file else base
        if address == self._files.root:
            return f"#{fragment}"
        if reason := self._unreadable(address):
            self._problems.append(Problem(at, f"refers to {reference!r}, {reason}; {loss}."))
            return None
        return _pointed(pointers.join(FILES, self._files.name(address)), self._read[address], fragment)

    def _unreadable(self, address: str) -> str:
        """Why a file is not read; empty where it was. It is tried once: a server may take long to say no."""
        if address in self._read or address in self._reasons:
            return self._reasons.get(address, "")
        if not self._files.is_allowed(address):
            return "which is outside the document's folder and is not read (--allow-refs allows other locations)"
        if len(self._read) >= MAX_FILES:
            return f"which is not read after {MAX_FILES} files"
        try:
            read = self._read[address] = self._files.read(address)
        except ContractError as error:
            self._reasons[address] = f"which cannot be read ({error.what.rstrip('.')})"
            return self._reasons[address]
        at = pointers.join(FILES, self._files.name(address))
        self._in_files |= {identifier: (at + pointer, node) for identifier, pointer, node in _identifiers(read)}
        self._pending.append(address)
        return ""


def _component_names(document: Mapping[str, Any]) -> frozenset[str]:
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    return frozenset(schemas) if isinstance(schemas, Mapping) else frozenset()


def _identifiers(node: Any, base: str = "", at: str = "", owner: str = "") -> Iterable[tuple[str, str, Any]]:
    """The `$id` of every schema, resolved against those around it, with its pointer: references may name it."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$id"), str) and (own := uris.split(uris.joined(base, node["$id"]))[0]):
            base = own
            yield base, at, node
        for key, value in node.items():
            if not _is_data(key, owner):
                yield from _identifiers(value, base, at + pointers.join(key), _owner(key, owner))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _identifiers(item, base, f"{at}/{index}")


def _pointed(at: str, node: Any, fragment: str) -> str:
    """The reference to a part of a schema or file, which a pointer or the name of an anchor says."""
    pointer = unquote(fragment)
    if pointer and not pointer.startswith("/"):
        anchored = _anchor(node, pointer)
        pointer = f"/{pointer}" if anchored is None else anchored
    return "#" + (at + pointer).replace("%", "%25")


def _anchor(node: Any, name: str) -> str | None:
    """The pointer of the schema with an anchor in a file."""
    schemas = ((at, each) for at, each in pointers.walk(node) if isinstance(each, Mapping))
    return next((at for at, each in schemas if name in (each.get("$anchor"), each.get("$dynamicAnchor"))), None)
