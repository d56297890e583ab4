"""Whether a document is valid OpenAPI of its own version, by the validator that others use too."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi import pointers


def flaws(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document, and where; empty where it is valid OpenAPI of its version."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator, OpenAPIV32SpecValidator
    from referencing.exceptions import Unresolvable

    version = str(document.get("openapi", ""))
    validators = {"3.1": OpenAPIV31SpecValidator, "3.2": OpenAPIV32SpecValidator}
    validator = validators.get(version[:3], OpenAPIV30SpecValidator)
    found = []
    try:
        for error in validator(dict(document)).iter_errors():
            location = pointers.join(*getattr(error, "absolute_path", ()))
            found.append(f"at {location or 'its root'}: {first_line(str(error.args[0]))}")
    except Unresolvable as error:
        found.append(f"where it refers to {first_line(str(error.ref))!r}, which is not in it")
    except RecursionError:
        found.append("in schemas that are nested too deeply")
    except (TypeError, ValueError, AttributeError) as error:
        # The validator follows what it has found to be wrong; on some documents that ends in one of these.
        found.append(f"in a way that stops the validator ({first_line(str(error)) or type(error).__name__})")
    return found


def first_line(text: str) -> str:
    """The first line of a message, shortened."""
    line = text.splitlines()[0] if text else ""
    return (line if len(line) <= 200 else line[:200] + " …").rstrip(".")
