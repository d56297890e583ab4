"""What the mock uses of Connexion: its layers, and what they are told of an operation.

Connexion's own specification reads and validates a document, with two packages for JSON Schema and one for YAML. The
contract has been read and checked already, so the layers are given what they ask of it: an operation at a time.
"""

import logging
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from flowcontract.openapi.model import Operation, SecurityScheme

with warnings.catch_warnings():
    # What Connexion imports of Starlette and jsonschema warns of its own age.
    warnings.simplefilter("ignore")
    from connexion.exceptions import ProblemException
    from connexion.middleware.abstract import RoutedAPI
    from connexion.middleware.request_validation import RequestValidationAPI, RequestValidationOperation
    from connexion.middleware.security import SecurityAPI, SecurityOperation
    from connexion.operations import OpenAPIOperation
    from connexion.resolver import Resolution
    from connexion.security import NO_VALUE

__all__ = [
    "NO_VALUE",
    "ProblemException",
    "RequestValidationAPI",
    "RequestValidationOperation",
    "Resolution",
    "RoutedAPI",
    "SecurityAPI",
    "SecurityOperation",
    "Skeleton",
]

# It says of each operation with several request media types which one it would have taken; here none is.
logging.getLogger("connexion.operations").setLevel(logging.ERROR)


class Skeleton:
    """One operation of a contract as Connexion's layers ask for it, in the place of Connexion's specification."""

    operation_cls = OpenAPIOperation
    base_path = ""
    security = None
    components: Mapping[str, Any] = {}

    def __init__(self, operation: Operation, operation_id: str, schemes: Iterable[SecurityScheme]) -> None:
        """`schemes`: those of the operation's contract. They are numbered: not every name is one to Connexion."""
        names = {scheme: f"s{number}" for number, scheme in enumerate(schemes)}
        self.security_schemes = {name: _scheme(scheme) for scheme, name in names.items()}
        self._operation: dict[str, Any] = {
            "operationId": operation_id,
            "security": [{names[scheme]: [] for scheme in alternative} for alternative in operation.security],
        }
        if operation.request_media:
            # Media types are for the body validator, which knows the contract's own.
            self._operation["requestBody"] = {"content": {"*/*": {"schema": {"x-validated": True}}}}
        self._paths = {"/": {operation.method.lower(): self._operation}}

    def get(self, _paths: str, _default: Any) -> dict[str, Any]:
        """The paths of the document: one, with the operation."""
        return self._paths

    def get_operation(self, _path: str, _method: str) -> dict[str, Any]:
        """The operation."""
        return self._operation

    def get_path_params(self, _path: str) -> list[Any]:
        """The parameters of the path. Ours are read from the call."""
        return []


def _scheme(scheme: SecurityScheme) -> dict[str, Any]:
    if scheme.kind == "http":
        return {"type": "http", "scheme": scheme.scheme if scheme.scheme in ("bearer", "basic") else "bearer"}
    if scheme.kind == "apiKey":
        return {"type": "apiKey", "in": scheme.location, "name": scheme.parameter}
    return {"type": "http", "scheme": "bearer"}
