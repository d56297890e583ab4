"""Pages to capture: the project's own, those in tests/data/pages, and small ones made by a test."""

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def demo_page() -> Path:
    """The page that the project's contract is captured from."""
    return ROOT / "spec" / "pages" / "flows-instances-retrieve.api.mdx"


@pytest.fixture
def pages() -> Path:
    """Pages of an API of corner cases, by three versions of the generator, and the API's own document."""
    return ROOT / "tests" / "data" / "pages"


@pytest.fixture
def pack() -> Callable[[Any], str]:
    """What stands behind `api:` for an operation."""
    return _pack


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Path]:
    """Write a page of one operation; keywords are fields of the operation."""

    def write(name: str = "thing", *, body: str = "", **fields: Any) -> Path:
        operation = {
            "operationId": name,
            "method": "get",
            "path": f"/{name}/",
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}},
            "servers": [{"url": "/api/"}],
            "info": {"title": "Things", "version": "1.0"},
        }
        path = tmp_path / f"{name}.api.mdx"
        path.write_text(f"---\nid: {name}\napi: {_pack(operation | fields)}\n---\n\n{body}\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def answer() -> Callable[[Any], dict[str, Any]]:
    """The `responses` of an operation that answers with one schema."""
    return lambda schema: {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


def _pack(operation: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(operation).encode())).decode()
