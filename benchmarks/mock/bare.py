"""The limit: an ASGI application that sends the same bytes for every request, and does nothing else."""

from pathlib import Path
from typing import Any

BODY = Path(__file__).with_name("answer.json").read_bytes()
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
}
END = {"type": "http.response.body", "body": BODY}


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send(START)
    await send(END)
