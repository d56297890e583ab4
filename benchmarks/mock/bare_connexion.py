"""The limit of what Connexion serves: its routing, security and validation around an operation that does nothing."""

import warnings
from typing import Any

from benchmarks.mock import bare

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Connexion imports names that Starlette and jsonschema have deprecated.
    from connexion import ConnexionMiddleware
    from connexion.middleware.request_validation import RequestValidationMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.middleware.security import SecurityMiddleware

_DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "The read of the benchmark", "version": "1"},
    "paths": {
        "/flows/instances/{slug}/": {
            "get": {
                "operationId": "read",
                "security": [{"token": []}],
                "parameters": [{"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The flow"}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "x-bearerInfoFunc": f"{__name__}.accept"},
        }
    },
}


def accept(_token: str, **_given: Any) -> dict[str, str]:
    """Take any token."""
    return {"sub": "anybody"}


app = ConnexionMiddleware(
    bare.app,
    import_name=__name__,
    middlewares=[RoutingMiddleware, SecurityMiddleware, RequestValidationMiddleware],
    resolver=lambda _operation_id: bare.app,
)
app.add_api(_DOCUMENT, base_path="/api/v3")
