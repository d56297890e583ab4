"""What a 404 and a 405 of the mock itself say: the path that may have been meant, the methods that are there."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import flowmock

OK = {"responses": {"200": {"description": ""}}}
PATHS = {
    "/pets": {"get": OK, "post": OK},
    "/pets/{id}": {"get": OK},
    "/pets/{id}/toys/": {"get": OK},
    "/store/orders": {"get": OK},
}


@pytest.fixture
def said(contract_of: Callable[..., Any]) -> Callable[..., str]:
    def detail(path: str, *, method: str = "GET") -> str:
        with flowmock.running(contract_of(PATHS, servers=[{"url": "/v1"}])) as running:
            response = httpx.request(method, running.origin + path)
        assert response.status_code == (404 if method == "GET" else 405)
        return str(response.json()["detail"])

    return detail


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/", " (the console is at /__mock__/); paths begin with /v1"),
        ("/v1/petz", "; did you mean /v1/pets?"),
        ("/v1/pets/", "; did you mean /v1/pets (without the trailing slash)?"),
        ("/v1/pets/5/", "; did you mean /v1/pets/5 (without the trailing slash)?"),
        ("/v1/pets/5/toys", "; did you mean /v1/pets/5/toys/ (with a trailing slash)?"),
        ("/v1/pet/5", "; did you mean /v1/pets/{id}?"),
        ("/v1/pets/5/names/", "; did you mean /v1/pets/{id}?"),
        ("/v1/orders", "; did you mean /v1/store/orders?"),
        ("/pets", "; paths begin with /v1: did you mean /v1/pets?"),
        ("/dogs", "; paths begin with /v1"),
        ("/v10/pets", "; paths begin with /v1"),
        ("/v1/xyzzy", ""),
        ("/v1/" + "x" * 2000, ""),
    ],
)
def test_the_nearest_path_is_suggested(said: Callable[..., str], path: str, hint: str) -> None:
    assert said(path) == f"expected a path of the API, got {path}{hint}"


def test_a_405_names_the_methods(said: Callable[..., str]) -> None:
    detail = said("/v1/pets", method="DELETE")

    assert detail == "Method DELETE is not allowed here; allowed: GET, POST, HEAD, OPTIONS."
