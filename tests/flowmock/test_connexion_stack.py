"""Connexion serves: reads that are not in the cache pass its routing, its security and its validation."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.connexion_app import MAX_PATHS

LAYERS = (RoutingMiddleware, SecurityMiddleware, RequestValidationMiddleware)
OK = {"responses": {"200": {"description": "", "content": {"text/plain": {"example": "ok"}}}}}


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many requests have passed each layer of Connexion."""
    counted: Counter[str] = Counter()

    def counting(layer: Any) -> Callable[..., Any]:
        call = layer.__call__

        async def counts(self: Any, scope: Any, receive: Any, send: Any) -> None:
            counted[layer.__name__] += 1
            await call(self, scope, receive, send)

        return counts

    for layer in LAYERS:
        monkeypatch.setattr(layer, "__call__", counting(layer))
    return counted


def test_every_read_that_is_not_cached_passes_through_connexion(
    passed: Counter[str], ask: Callable[..., Any], flow: str
) -> None:
    with flowmock.running() as running:
        for number in range(3):  # Never seen before.
            assert ask(running, f"{flow}?n={number}").status == 200
        assert passed == {layer.__name__: 3 for layer in LAYERS}

        for _ in range(5):  # Kept from the second time on.
            assert ask(running, flow).status == 200
        assert passed == {layer.__name__: 5 for layer in LAYERS}

        running.mock.forget()
        assert ask(running, flow).status == 200
        assert passed == {layer.__name__: 6 for layer in LAYERS}


def test_what_connexion_denies_it_denies_by_itself(passed: Counter[str], ask: Callable[..., Any], flow: str) -> None:
    with flowmock.running() as running:
        assert ask(running, flow, token=None).status == 403

    assert passed == {"RoutingMiddleware": 1, "SecurityMiddleware": 1}


def test_many_paths_are_served_as_few_are(ask: Callable[..., Any], contract_of: Callable[..., Contract]) -> None:
    paths = {f"/group{number // 10}/things{number}/{{id}}": {"get": OK} for number in range(3 * MAX_PATHS)}
    paths |= {"/group0/things0/own": {"get": OK}, "/{id}": {"get": OK}, "/group1/{a-b}/{c.d}/x": {"get": OK}}
    with flowmock.running(contract_of(paths)) as running:
        statuses = {path: ask(running, path.replace("{id}", "a%2Fb").replace("{", "").replace("}", "")).status
                    for path in paths}  # fmt: skip
        entries = running.mock.journal.entries()

    assert set(statuses.values()) == {200}
    assert [entry.call.operation.path for entry in entries if entry.call.operation] == list(paths)


@pytest.mark.parametrize("path", ["/a//b", "/a/", "//a", "/A"])
def test_no_slash_is_redirected(path: str, ask: Callable[..., Any], contract_of: Callable[..., Contract]) -> None:
    with flowmock.running(contract_of({"/a": {"get": OK}, "/a/b": {"get": OK}})) as running:
        assert ask(running, path).status == 404


def test_a_documented_head_is_served_by_its_own_operation(
    ask: Callable[..., Any], contract_of: Callable[..., Contract]
) -> None:
    head = {"operationId": "look", "responses": {"204": {"description": ""}}}
    with flowmock.running(contract_of({"/a": {"get": OK, "head": head}})) as running:
        assert ask(running, "/a", method="HEAD").status == 204
        assert ask(running, "/a").status == 200


@pytest.mark.parametrize(
    ("scheme", "headers", "status", "challenge"),
    [
        ({"type": "http", "scheme": "digest"}, {}, 401, 'Digest realm="mock"'),
        ({"type": "http", "scheme": "digest"}, {"Authorization": 'Digest username="x"'}, 200, ""),
        ({"type": "http", "scheme": "Basic"}, {"Authorization": "Basic eDp5"}, 200, ""),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {}, 401, 'ApiKey realm="mock", name="X-Key"'),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"Cookie": "sid=1"}, 200, ""),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://x.example"}, {"Authorization": "Bearer x"}, 200, ""),
        ({"type": "oauth2", "flows": {}}, {}, 401, 'Bearer realm="mock"'),
    ],
)
def test_schemes_that_connexion_does_not_know_are_checked_too(
    scheme: dict[str, Any],
    headers: dict[str, str],
    status: int,
    challenge: str,
    ask: Callable[..., Any],
    contract_of: Callable[..., Contract],
) -> None:
    contract = contract_of(
        {"/a": {"get": OK | {"security": [{"a scheme": []}]}}}, components={"securitySchemes": {"a scheme": scheme}}
    )
    with flowmock.running(contract) as running:
        response = ask(running, "/a", token=None, headers=headers)

    assert response.status == status
    assert response["www-authenticate"].startswith(challenge)
    assert bool(response["www-authenticate"]) is bool(challenge)
