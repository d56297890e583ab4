"""Whether a document is valid OpenAPI 3.0, by the validator that others use too."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import pointers


def flaw(document: Mapping[str, Any]) -> str:
    """The first thing that is wrong with a document, and where; empty where it is valid OpenAPI 3.0."""
    from openapi_spec_validator import OpenAPIV30SpecValidator
    from referencing.exceptions import Unresolvable

    try:
        for error in OpenAPIV30SpecValidator(document).iter_errors():
            place = pointers.join(*getattr(error, "absolute_path", ()))
            return f"at {place or 'its root'}: {_short(str(error.args[0]))}"
    except Unresolvable as error:
        return f"where it refers to {_short(str(error.ref))!r}, which is not in it"
    except RecursionError:
        return "in schemas that are nested too deeply"
    except (TypeError, ValueError, AttributeError) as error:
        # The validator follows what it has found to be wrong; on some documents that ends in one of these.
        return f"in a way that stops the validator ({_short(str(error)) or type(error).__name__})"
    return ""


@contextlib.contextmanager
def reading(*documents: tuple[str, Mapping[str, Any]]) -> Iterator[None]:
    """Read documents, each with what messages call it, without asking at every step whether they are valid.

    Where one turns out not to be, raises ContractError that says which, what is wrong with it, and where.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        flaws = {name: wrong for name, document in documents if (wrong := flaw(document))}
        name, wrong = next(iter(flaws.items()), (documents[0][0], f"({_short(str(error)) or type(error).__name__})"))
        raise ContractError(f"{name} is no valid OpenAPI document {wrong}.", do="Mend it there.") from error


def _short(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return (line if len(line) <= 200 else line[:200] + " …").rstrip(".")
