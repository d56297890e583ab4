"""The day that generated moments lie around."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import flowmock
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowmock import startup
from flowmock.settings import Settings, resolve

Ask = Callable[..., Any]

TALK = {
    "type": "object",
    "required": ["id", "starts_at", "created_at"],
    "properties": {
        "id": {"type": "integer"},
        "starts_at": {"type": "string", "format": "date-time"},
        "created_at": {"type": "string", "format": "date-time"},
    },
}


def contract() -> Contract:
    def read(schema: Any, **more: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {"get": {"responses": {"200": {"description": "", "content": content}}, **more}}

    parameter = {"name": "talk_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Talks", "version": "1"},
            "paths": {
                "/talks": read({"type": "array", "items": TALK}),
                "/talks/{talk_id}": read(TALK, parameters=[parameter]),
            },
        }
    )


@pytest.mark.parametrize("seed", ["", "seed=3"])
def test_moments_lie_around_the_day(ask: Ask, seed: str) -> None:
    with flowmock.running(contract(), today="2031-05-17") as running:
        found = ask(running, "/talks", headers={"Prefer": f"items=20, {seed}".rstrip(", ")}).json

    assert all("2030-05-17" <= talk["created_at"] < "2031-05-17" for talk in found)
    assert {talk["starts_at"] > "2031-05-17" for talk in found} == {True, False}


def test_now_is_the_current_day(ask: Ask) -> None:
    today = datetime.now(UTC).date()
    with flowmock.running(contract(), today="now") as running:
        found = ask(running, "/talks", headers={"Prefer": "items=20"}).json

    assert all(talk["created_at"] < (today + timedelta(days=1)).isoformat() for talk in found)
    assert any(talk["starts_at"] >= today.isoformat() for talk in found)


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "20260101", "2026-W01-1"])
def test_what_is_no_date_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="expected a date"):
        Settings(today=text)


def test_the_file_may_have_a_date_of_its_own() -> None:
    import argparse

    assert resolve(argparse.Namespace(), {}, {"today": date(2031, 5, 17)}).today == "2031-05-17"


def test_the_start_text_says_the_day_that_was_given(tmp_path: Any) -> None:
    with flowmock.running(contract(), today="2031-05-17") as running, (tmp_path / "out").open("w+") as out:
        startup.show(running, out)
        out.seek(0)
        assert "Today:   2031-05-17" in out.read()
