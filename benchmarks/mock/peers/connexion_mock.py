"""Connexion's own mock, every part of it switched on: `python connexion_mock.py CONTRACT PORT`."""

import json
import sys
from pathlib import Path
from typing import Any

import connexion
import uvicorn
from connexion.mock import MockResolver


class _Mock(MockResolver):
    """Names the media type: where a contract has answers of several, Connexion's mock answers 500 without."""

    def mock_operation(self, operation: Any, *_: Any, **__: Any) -> tuple[Any, int, dict[str, str]]:
        return *operation.example_response(), {"Content-Type": "application/json"}


def accept(token: str) -> dict[str, str]:
    """Take any token: Connexion refuses all of them where nothing says which to take."""
    return {"sub": token}


def _application(path: Path) -> connexion.AsyncApp:
    document = json.loads(path.read_text(encoding="utf-8"))
    for scheme in document["components"]["securitySchemes"].values():
        scheme["x-bearerInfoFunc"] = "connexion_mock.accept"
    app = connexion.AsyncApp("peer")
    app.add_api(document, resolver=_Mock(mock_all=True), validate_responses=True)
    return app


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    uvicorn.run(
        _application(Path(sys.argv[1])), port=int(sys.argv[2]), http="httptools", log_level="error", access_log=False
    )
