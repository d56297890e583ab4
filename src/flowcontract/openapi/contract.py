"""The contract: what an OpenAPI document says, read once, immutable, the same for mock, gate and fuzz.

All other code takes a Contract and does not read the document again.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flowcontract.errors import ContractError
from flowcontract.openapi import documents, pointers
from flowcontract.openapi.model import (
    Location,
    Operation,
    SecurityScheme,
)
from flowcontract.openapi.normalization import Normalized, Problem
from flowcontract.openapi.operations import OperationReader, base_path
from flowcontract.openapi.reader import Source, read
from flowcontract.openapi.schemas import Schemas
from flowcontract.text import nearest

if TYPE_CHECKING:
    import ssl


class Contract:
    """An OpenAPI document as values: operations, responses, examples, invariants, security."""

    def __init__(
        self,
        document: Mapping[str, Any] | Source,
        *,
        source: Path | None = None,
        label: str = "the contract",
        problems: Iterable[Problem] = (),
    ) -> None:
        """Read a parsed document of OpenAPI 3.0, 3.1 or 3.2, or one that `reader.read` has found.

        Of a parsed one, `source` is the file that it comes from, and `label` what messages call it where there is none.
        `problems`: what was left out of it before.
        Raises ContractError where it is not an OpenAPI document of these versions.
        """
        found = document if isinstance(document, Source) else Source(label, lambda: document, path=source)
        self._source = found
        self._normalized: Normalized = found.normalized
        self._problems = [*problems, *self._normalized.problems]
        self.schemas = Schemas(self._normalized, lambda: self.document, lambda: found.fingerprint)
        info = self._normalized.document.get("info") or {}
        self.title: str = str(info.get("title", ""))
        self.version: str = str(info.get("version", ""))
        self.base_path: str = base_path(self._normalized.document)
        """The path of the first server, without a slash at its end: `/api/v3`, or empty."""

    @classmethod
    def load(
        cls,
        source: "str | os.PathLike[str] | None" = None,
        *,
        allow_refs: tuple[str, ...] = (),
        tls: "ssl.SSLContext | None" = None,
    ) -> "Contract":
        """Read the contract in a file, at a URL, or on standard input (`-`); without one, the bundled contract.

        References to other files are followed within the document's folder (below the URL's directory), and within the
        folders or origins of `allow_refs`; others are problems. `tls`: how the server of a URL is trusted, if not as
        the system does. Raises ContractError.
        """
        return cls(read(os.fspath(carried("openapi.yaml") if source is None else source), allow_refs, tls))

    @property
    def source(self) -> Path | None:
        """The file it comes from; None where it comes from none."""
        return self._source.path

    @property
    def document(self) -> Mapping[str, Any]:
        """The document as it was written, for tools that take a whole document."""
        return self._source.document

    def extension(self, name: str) -> Any:
        """The value of an extension at the root, such as `x-flowcontract-server-profile`; None for none."""
        return self._normalized.document.get(name)

    @property
    def name(self) -> str:
        """What messages call this contract: its file, short where it lies below the current folder."""
        return self._source.name

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What in the document cannot be used, with its location: it is left out, and everything else works."""
        self.operations  # noqa: B018 - names what it leaves out
        return (*dict.fromkeys(self._problems), *self.schemas.problems())

    @cached_property
    def security_schemes(self) -> Mapping[str, SecurityScheme]:
        """The declared schemes by name."""
        return MappingProxyType(self._reader.security_schemes())

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its id, in the order of the document.

        An operation without an id is called by method and path; a second one of the same id gets a number
        (`list`, `list_2`), because an operation that is not served would be the worse surprise.
        """
        return MappingProxyType(self._reader.operations(self.security_schemes))

    @cached_property
    def webhooks(self) -> Mapping[str, list[Operation]]:
        """The requests that the server sends by itself, by name."""
        return MappingProxyType(self._reader.webhooks(self.security_schemes))

    def callbacks(self, operation: Operation) -> Mapping[str, list[Operation]]:
        """The requests that the server sends because of an operation, by the callback's name and its expression."""
        return self._reader.callbacks(operation.pointer, self.security_schemes)

    @cached_property
    def _reader(self) -> OperationReader:
        return OperationReader(
            self._normalized, self.schemas, lambda pointer, message: self._problems.append(Problem(pointer, message))
        )

    def find(self, name: str) -> Operation | None:
        """The operation with this ID, or with this method and path; None if there is none.

        `GET /books`: the path with or without the base path.
        """
        if name in self.operations:
            return self.operations[name]
        method, _, path = name.partition(" ")
        for operation in self.operations.values() if path else ():
            if operation.method == method.upper() and path in (operation.path, self.base_path + operation.path):
                return operation
        return None

    def operation(self, operation_id: str) -> Operation:
        """One operation by its ID, or by method and path, as for `find`. Raises ContractError that suggests another."""
        if found := self.find(operation_id):
            return found
        path = operation_id.partition(" ")[2]
        instances = f"It has, for instance: {', '.join(list(self.operations)[:3])}."
        raise ContractError(
            f"{self.name} has no operation {operation_id!r}.",
            do=nearest(operation_id, self._addresses if path else self.operations).strip() or instances,
        )

    @property
    def _addresses(self) -> list[str]:
        """Method and path of every operation."""
        return [f"{operation.method} {operation.path}" for operation in self.operations.values()]

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return documents.lines(self.source.read_text(encoding="utf-8")) if self.source else {}

    def location(self, pointer: str) -> Location:
        """Where a pointer stands: file and line, of the nearest element above where it has no line itself."""
        if self.source is None:
            return Location(pointer)
        nearest = pointer
        while nearest not in self._lines:
            nearest = nearest.rpartition("/")[0]
        return Location(pointer, self.name, self._lines[nearest])

    def excerpt(self, pointer: str, lines: int = 18) -> str:
        """The part of the document at a pointer as YAML, with what is too deep for so many lines left out.

        A keyword of a schema is shown with the schema around it, and the nearest part above where there is none.
        """
        tokens, keyword = self._existing(pointers.split(pointer)), {}
        value = pointers.get(self.document, tokens)
        if not isinstance(value, Mapping) and tokens:
            keyword = {tokens[-1]: value}
            tokens = tokens[:-1]
            value = pointers.get(self.document, tokens)
        if not isinstance(value, Mapping):
            return ""
        rest = {key: item for key, item in value.items() if key not in keyword}
        name = tokens[-1] if tokens else "document"
        texts = [documents.dump({name: {**keyword, **_cut(rest, depth)}}) for depth in (6, 4, 3, 2, 1, 0)]
        text = next((text for text in texts if text.count("\n") <= lines), "")
        return text or "\n".join([*texts[-1].splitlines()[:lines], "…"])

    def _existing(self, tokens: list[str]) -> list[str]:
        """The tokens up to the nearest part that the document has."""
        for count in range(len(tokens), 0, -1):
            try:
                pointers.get(self.document, tokens[:count])
            except LookupError:
                continue
            return tokens[:count]
        return []

    def read(self, pointer: str) -> Mapping[str, Any]:
        """The object at a pointer without what cannot be read. Raises LookupError where there is none."""
        found: Mapping[str, Any] = self._normalized.resolve(pointer)
        return found

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """A schema of the document with its reference followed; see `Schemas.resolve`."""
        return self.schemas.resolve(node)


def _cut(value: Any, depth: int) -> Any:
    """A value with `…` for what is deeper than `depth` levels; examples and descriptions are left out."""
    if isinstance(value, Mapping):
        return {
            key: _cut(item, depth - 1) if depth else "…"
            for key, item in value.items()
            if not (isinstance(key, str) and key in ("example", "examples", "description"))
        }
    if isinstance(value, list) and not depth:
        return ["…"]
    return [_cut(item, depth - 1) for item in value] if isinstance(value, list) else value


def carried(name: str) -> Path:
    """The path of a file of `spec/` that the project carries: packed in the wheel, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "spec"
    root = packed if packed.is_dir() else package.parents[1] / "spec"
    return root / name
