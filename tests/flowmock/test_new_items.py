"""Creations without memory: what is new has just been created, and nothing has happened to it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowmock.generation import new_items

MOMENT = {"type": "string", "format": "date-time"}
TASK = {
    "type": "object",
    "required": ["title", "created_at", "comments"],
    "properties": {
        "title": {"type": "string"},
        "created_at": MOMENT,
        "completed_at": MOMENT | {"type": ["string", "null"]},
        "last_seen_at": MOMENT,
        "comment_count": {"type": "integer"},
        "votes_count": {"type": "integer", "examples": [7]},
        "comments": {"type": "array", "items": {"type": "object", "properties": {"at": MOMENT}}},
    },
}
SENT = {"title": "Buy milk"}
ITEM = {
    **SENT,
    "created_at": "2025-05-01T00:00:00Z",
    "completed_at": "2025-06-01T00:00:00Z",
    "last_seen_at": "2025-06-01T00:00:00Z",
    "comment_count": 45,
    "votes_count": 7,
    "comments": [{"at": "2025-05-02T00:00:00Z"}],
}


@pytest.fixture
def media(contract_of: Callable[..., Contract]) -> MediaType:
    content = {"application/json": {"schema": TASK}}
    responses = {"201": {"description": "Created", "content": content}}
    contract = contract_of({"/tasks": {"post": {"operationId": "create", "responses": responses}}})
    success = contract.operations["create"].success()
    assert success
    return success.media["application/json"]


def test_nothing_has_happened_to_a_new_item(media: MediaType) -> None:
    found = new_items.created(media, ITEM, SENT)

    moment = found.pop("created_at")
    assert found == {**SENT, "completed_at": None, "comment_count": 0, "votes_count": 7, "comments": []}
    assert abs(datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() < 3600


def test_what_the_client_sent_stays(media: MediaType) -> None:
    assert new_items.created(media, ITEM, ITEM) == ITEM


@pytest.mark.parametrize(("method", "is_new"), [("post", True), ("put", False)])
def test_a_creation_without_memory_was_now(
    method: str, is_new: bool, contract_of: Callable[..., Contract], ask: Any
) -> None:
    content = {"application/json": {"schema": TASK}}
    documented: dict[str, Any] = {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"201": {"description": "Created", "content": content}},
    }
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract_of({"/tasks": {method: documented}})) as running:
        response = ask(running, "/tasks", method=method.upper(), body=json.dumps(SENT), headers=headers)

    assert response.json["title"] == "Buy milk"
    assert response.json["created_at"].startswith("2025-") is not is_new
