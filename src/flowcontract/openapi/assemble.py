"""Assemble the contract from the captured document, overlays and examples.

The result is one self-contained OpenAPI document. `x-flowcontract-provenance` names the source file of every
element that the captured document does not have; `x-flowcontract-captured` is the path of the captured document, so
that a server can be tested against the published part only.
"""

import contextlib
import copy
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flowcontract.errors import BuildError, ContractError, FlowContractError
from flowcontract.openapi import documents, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION, Example, Operation, Parameter
from flowcontract.openapi.normalization import Problem
from flowcontract.openapi.overlay import Draft, Overlay
from flowcontract.openapi.reader import require_openapi
from flowcontract.openapi.schemas import SchemaError
from flowcontract.openapi.structure import METHODS
from flowcontract.openapi.validation import first_line, flaws
from flowcontract.text import unknown_key

CAPTURED = f"{EXTENSION}-captured"
PROVENANCE = f"{EXTENSION}-provenance"
EXAMPLE_SUFFIXES = (".yaml", ".yml", ".json")
"""Files of a folder of examples."""

_SHOWN = 5
"""Errors of one example that are named one by one."""
_HEADER = "# Built by `flowcontract build`. Change what it is built from ({sources}), then build again.\n"


class _Misfit(NamedTuple):
    """A file with an example that does not fit."""

    where: str
    what: str
    do: str


def build(
    captured: Path, overlays: Sequence[Path] = (), examples: Path | None = None, *, base: Path | None = None
) -> dict[str, Any]:
    """Build the contract as a document.

    `examples` is a folder with one YAML or JSON file per example. `base` is the folder the document will lie in
    (default: where the captured file's folder lies); every file is named relative to it. Raises BuildError where the
    parts do not fit together, ContractError where one of them or the result is not valid.
    """
    base = base if base is not None else captured.parent.parent
    document = extended(_captured(captured), overlays, examples, base=base)
    document[CAPTURED] = _relative(captured, base)
    document[PROVENANCE] = document.pop(PROVENANCE)  # At the end, as it is long.
    return document


def extended(
    published: Mapping[str, Any],
    overlays: Sequence[Path] = (),
    examples: Path | None = None,
    *,
    base: Path,
    left_out: list[Problem] | None = None,
) -> dict[str, Any]:
    """A document with overlays and examples; files are named relative to `base`. Raises as `build` does.

    `left_out`: takes the problems of files with examples that do not fit, which are left out instead.
    """
    problems: dict[Path, _Misfit] = {}
    files = example_files(examples) if examples else []
    while True:
        used = [path for path in files if path not in problems]
        draft = _draft(published, overlays, used, problems, base)
        by_origin = {_relative(path, base): path for path in used}
        violations = list(_new_violations(draft.document, published))
        of_files: dict[Path, list[SchemaError]] = {}
        for example, error in violations:
            if path := by_origin.get(draft.origin(example.pointer)):
                of_files.setdefault(path, []).append(error)
        if not of_files:
            break
        problems |= {path: _problem_of_value(path, errors) for path, errors in of_files.items()}
    for example, error in violations:
        raise BuildError(
            f"the example {example.name!r} ({example.pointer}) violates the contract {_what_is_wrong(error)}.",
            do="Fix the example, or the schema if the example is right.",
        )
    found = [problems[path] for path in files if path in problems]
    if left_out is None and found:
        shown = "\n".join(f"{misfit.where}: {misfit.what}." for misfit in found)
        raise BuildError(shown, do=" ".join(dict.fromkeys(misfit.do for misfit in found)))
    if left_out is not None:
        left_out += (Problem(misfit.where, f"{misfit.what}; the example is left out.") for misfit in found)
    document = draft.document
    document[PROVENANCE] = dict(sorted({**document.get(PROVENANCE, {}), **draft.origins}.items()))
    return document


def _draft(
    published: Mapping[str, Any],
    overlays: Sequence[Path],
    examples: Sequence[Path],
    problems: dict[Path, _Misfit],
    base: Path,
) -> Draft:
    """The document with all that fits; `problems` takes those of files that do not."""
    draft = Draft(copy.deepcopy(dict(published)))
    for path in overlays:
        draft.apply(Overlay.load(path, origin=_relative(path, base)))
    _require_valid(draft.document, published)
    for path in examples:
        try:
            _add_example(draft, path, _relative(path, base))
        except FlowContractError as error:
            message = error.what.removeprefix(str(path)).lstrip(": ").rstrip(".")
            problems[path] = _Misfit(str(path), message, error.do)
    _add_parameter_examples(draft)
    return draft


def _problem_of_value(path: Path, errors: Sequence[SchemaError]) -> _Misfit:
    """What is wrong with the value in a file, with the line of the first error."""
    lines = documents.lines(documents.content(path).decode("utf-8", "replace"))
    at = f"/value{errors[0].instance}"
    while at not in lines:
        at = at.rpartition("/")[0]
    shown = list(dict.fromkeys(map(_what_is_wrong, errors)))
    others = [f"{len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
    what = "; ".join([*shown[:_SHOWN], *others])
    message = f"the example {path.stem!r} violates the contract {what}"
    return _Misfit(f"{path}:{lines[at]}", message, "Fix the example, or the schema if the example is right.")


def _what_is_wrong(error: SchemaError) -> str:
    return f"at {error.instance or 'its root'}: {first_line(error.message).rstrip('.')}"


def _require_valid(document: Mapping[str, Any], published: Mapping[str, Any]) -> None:
    """Raise BuildError where a document is not valid OpenAPI, but for what the publisher got wrong."""
    if (found := flaws(document)) and (new := [flaw for flaw in found if flaw not in flaws(published)]):
        raise BuildError(
            f"the built document is not valid OpenAPI {new[0]}.", do="Fix the overlay or the captured document."
        )


def example_files(folder: Path) -> list[Path]:
    """The files of a folder of examples. Raises BuildError where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in EXAMPLE_SUFFIXES)
    except OSError as error:
        raise BuildError(
            f"cannot read the folder of examples {folder}: {error.strerror}.", do="Check the path."
        ) from error


def render(document: Mapping[str, Any]) -> str:
    """The text of a built document: YAML below a comment with its sources."""
    sources = dict.fromkeys([document[CAPTURED], *document[PROVENANCE].values()])
    # Of the examples, the folder is enough.
    named = [source for source in sources if source.endswith("/") or f"{source.rpartition('/')[0]}/" not in sources]
    return _HEADER.format(sources=", ".join(named)) + documents.dump(document)


def published(contract: Contract) -> Contract:
    """The captured part of a contract: what its publisher documents.

    Raises ContractError where the contract does not name its captured document.
    """
    name = contract.extension(CAPTURED)
    if isinstance(name, str) and contract.source is None:
        raise ContractError(
            f"expected a file, to find its published part ({name}) beside it, got {contract.name}.",
            do="Save it as a file first, or use the whole contract.",
        )
    if not isinstance(name, str) or contract.source is None:
        raise ContractError(
            f"expected `{CAPTURED}` in {contract.name} for its published part, got none.",
            do="Build it with `flowcontract build`, or test against the whole contract.",
        )
    return Contract.load(contract.source.parent / name)


def _captured(path: Path) -> dict[str, Any]:
    document = documents.read(path)
    require_openapi(document, str(path))
    return dict(document)


def _relative(path: Path, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()


def _add_example(draft: Draft, path: Path, origin: str) -> None:
    raw = documents.read(path)
    if not isinstance(raw, Mapping) or not {"operation", "status", "value"} <= set(raw):
        raise BuildError(f"{path}: expected an example with `operation`, `status` and `value`.", do="Fix the file.")
    if wrong := unknown_key(raw, ("operation", "status", "media", "summary", "value")):
        raise BuildError(f"{path}: {wrong}", do="Fix the file.")
    at = _operation_at(draft.document, str(raw["operation"]))
    if at is None:
        raise BuildError(f"{path}: unknown operation {raw['operation']!r}.", do="Use an operation of the contract.")
    tokens = [*at, "responses", str(raw["status"]), "content", str(raw.get("media", "application/json"))]
    try:
        media = pointers.get(draft.document, tokens)
    except LookupError as error:
        raise BuildError(
            f"{path}: {raw['operation']} documents no {tokens[-1]} response with status {tokens[-3]}.",
            do="Fix `status` or `media`, or add the response in an overlay.",
        ) from error
    if path.stem in media.get("examples", {}):
        raise BuildError(f"{path}: duplicate example {path.stem!r} at {pointers.join(*tokens)}.", do="Rename the file.")
    summary = {"summary": str(raw["summary"])} if raw.get("summary") else {}
    draft.add([*tokens, "examples", path.stem], {**summary, "value": raw["value"]}, origin)


def _operation_at(document: Mapping[str, Any], operation_id: str) -> list[str] | None:
    for path, item in (document.get("paths") or {}).items():
        for method in METHODS if isinstance(item, Mapping) else ():
            operation = item.get(method)
            names = (f"{method.upper()} {path}", operation.get("operationId")) if isinstance(operation, Mapping) else ()
            if operation_id in names:
                return ["paths", path, method]
    return None


def _add_parameter_examples(draft: Draft) -> None:
    """Add the values of the examples to path parameters, so that every OpenAPI tool can use them."""
    for operation in Contract(draft.document).operations.values():
        success = operation.success()
        media = success.media.values() if success else ()
        origins = {name: draft.origin(one.pointer) for item in media for name, one in item.examples.items()}
        for name, values in operation.example_path_values().items():
            for parameter in operation.path_parameters():
                tokens = pointers.split(parameter.pointer)
                if name not in parameter.examples and _takes_examples(draft.document, tokens):
                    value = _typed(parameter, values[parameter.name])
                    draft.add([*tokens, "examples", name], {"value": value}, origins[name])


def _takes_examples(document: Mapping[str, Any], tokens: Sequence[str]) -> bool:
    """Whether a parameter is in the document, which may only imply it, and has no single example."""
    try:
        return "example" not in pointers.get(document, tokens)
    except LookupError:
        return False


def _typed(parameter: Parameter, text: str) -> Any:
    """The value of a parameter that stands in a path as this text."""
    with contextlib.suppress(ValueError):
        if not parameter.is_valid(text) and parameter.is_valid(value := json.loads(text)):
            return value
    return text


def _new_violations(document: Mapping[str, Any], published: Mapping[str, Any]) -> Iterator[tuple[Example, SchemaError]]:
    """The examples that violate the contract, but for what the publisher got wrong."""
    known: set[tuple[str, str, str]] | None = None
    for example, error in _violations(document):
        if known is None:
            known = {_violation(*each) for each in _violations(published)}
        if _violation(example, error) not in known:
            yield example, error


def _violations(document: Mapping[str, Any]) -> Iterator[tuple[Example, SchemaError]]:
    for operation in Contract(document).operations.values():
        for example, errors in _errors(operation):
            yield from ((example, error) for error in errors)


def _violation(example: Example, error: SchemaError) -> tuple[str, str, str]:
    return example.pointer, error.instance, error.message


def _errors(operation: Operation) -> list[tuple[Example, list[SchemaError]]]:
    """Every example of an operation, with what is wrong with it."""
    judged = [
        (example, list(parameter.errors(example.value)))
        for parameter in operation.parameters
        for example in parameter.examples.values()
    ]
    for media in operation.request_media.values():
        judged += [(example, list(media.request_errors(example.value))) for example in media.examples.values()]
    for answer in operation.responses.values():
        for media in answer.media.values():
            judged += [(example, list(media.errors(example.value))) for example in media.examples.values()]
    return judged
