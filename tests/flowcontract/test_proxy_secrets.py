"""No secret that goes by the proxy stands in anything that it writes, wherever and however it was sent."""

import base64
import gzip
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from flowcontract import reporting
from flowcontract.cli.proxy import proxying
from flowcontract.openapi.contract import Contract
from flowcontract.proxy.recording import Recorder

from .wire import saying

SECRET = "quite+secret/Value=0123456789&x"
QUOTED = quote(SECRET, safe="")
CODED = base64.b64encode(SECRET.encode()).decode()
BASIC = base64.b64encode(f"user:{SECRET}".encode()).decode()
NUMBER = 9876543210123
FORMS = (
    SECRET,
    QUOTED,
    quote(QUOTED, safe=""),
    CODED,
    BASIC,
    str(NUMBER),
    "words of the secret",
    "words+of+the+secret",
)
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = (
    f'--B\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n'
    '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--B--\r\n'
)
ECHO = {"said": SECRET, "link": f"/x/{QUOTED}", "coded": CODED}


def answer(body: Any, *headers: str, media: str = "application/json") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"Content-Type: {media}", *headers, "Connection: close", f"Content-Length: {len(content)}"]
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + content


PLAIN = answer({"a": 1})
REQUESTS: dict[str, tuple[str, dict[str, str], bytes | None]] = {
    "a bearer token": ("", {"Authorization": f"Bearer {SECRET}"}, None),
    "a token without a scheme": ("", {"Authorization": SECRET}, None),
    "a digest": ("", {"Authorization": f'Digest username="u", response="{SECRET}"'}, None),
    "a password": ("", {"Authorization": f"Basic {BASIC}"}, None),
    "a key in a header": ("", {"X-Api-Key": SECRET}, None),
    "a proxy's password": ("", {"Proxy-Authorization": f"Basic {BASIC}"}, None),
    "a token of a form": ("", {"X-CSRFToken": SECRET}, None),
    "a cookie": ("", {"Cookie": f"a=b; sid={SECRET}"}, None),
    "a cookie in quotes": ("", {"Cookie": f'sid="{SECRET}"'}, None),
    "a referrer": ("", {"Referer": f"http://h/x?access_token={QUOTED}"}, None),
    "a token of a web socket": ("", {"Sec-WebSocket-Protocol": f"bearer, {SECRET}"}, None),
    "a query": (f"?token={QUOTED}", {}, None),
    "a query in lower case": (f"?token={QUOTED.replace('%2B', '%2b')}", {}, None),
    "an encoded name": (f"?%74oken={QUOTED}", {}, None),
    "a name in brackets": (f"?user[password]={QUOTED}", {}, None),
    "a URL in a query": (f"?next=/x?token={QUOTED}", {}, None),
    "an encoded URL in a query": (f"?next={quote(f'/x?token={QUOTED}', safe='')}", {}, None),
    "a query with semicolons": (f"?a=1;token={QUOTED}", {}, None),
    "JSON": ("", JSON, json.dumps({"password": SECRET}).encode()),
    "the name of a member": ("", JSON, json.dumps({"tokens": {SECRET: True}}).encode()),
    "JSON within JSON": ("", JSON, json.dumps({"data": json.dumps({"password": SECRET})}).encode()),
    "broken JSON": ("", JSON, f'{{"password": "{SECRET}", '.encode()),
    "JSON in UTF-16": ("", JSON, json.dumps({"password": SECRET}).encode("utf-16")),
    "coded JSON": ("", {**JSON, "Content-Encoding": "gzip"}, gzip.compress(json.dumps({"password": SECRET}).encode())),
    "a form": ("", FORM, f"password={QUOTED}".encode()),
    "a form in parts": ("", {"Content-Type": "multipart/form-data; boundary=B"}, PARTS.encode()),
    "XML": ("", {"Content-Type": "application/xml"}, f"<a><password>{SECRET}</password></a>".encode()),
}
ANSWERS: dict[str, bytes] = {
    "JSON": answer({"token": SECRET, "note": f"use {SECRET}"}),
    "a list": answer({"recovery_tokens": [SECRET]}),
    "a number": answer({"pin": NUMBER, "x": NUMBER}),
    "the name of a member": answer({"tokens": {SECRET: {"x": 1}}}),
    "a key that looks drawn": answer({"key": SECRET}),
    "a URL": answer({"link": f"https://x/y?token={QUOTED}"}),
    "a fragment": answer({"link": f"https://x/y#access_token={QUOTED}"}),
    "JSON within JSON": answer({"data": json.dumps({"password": SECRET})}),
    "broken JSON": answer(f'{{"token": "{SECRET}"'.encode()),
    "coded JSON": answer(gzip.compress(json.dumps({"token": SECRET}).encode()), "Content-Encoding: gzip"),
    "an unknown coding": answer(json.dumps({"token": SECRET}).encode(), "Content-Encoding: br"),
    "a cookie": answer({"a": SECRET}, f"Set-Cookie: session={SECRET}; Path=/; HttpOnly"),
    "a cookie in quotes": answer({"a": SECRET}, f'Set-Cookie: session="{SECRET}"'),
    "a redirect": answer({"a": 1}, f"Location: https://x/cb?code={QUOTED}&token={QUOTED}"),
    "a link": answer({"a": 1}, f"Link: <https://x/?access_token={QUOTED}>; rel=next"),
    "a header": answer({"a": 1}, f"X-Auth-Token: {SECRET}"),
    "a page": answer(f'<input name="csrfmiddlewaretoken" value="{SECRET}">'.encode(), media="text/html"),
    "text": answer(f"password={SECRET}".encode(), media="text/plain"),
    "a trailer": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-Auth-Token\r\n"
        b'Connection: close\r\n\r\n7\r\n{"a":1}\r\n0\r\nX-Auth-Token: ' + SECRET.encode() + b"\r\n\r\n"
    ),
}


def contract() -> Contract:
    parameter = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    answers = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}
    operations = {
        method: {"operationId": method, "parameters": [parameter], "responses": answers} for method in ("get", "post")
    }
    return Contract(
        {"openapi": "3.0.3", "info": {"title": "S", "version": "1"}, "paths": {"/things/{key}/": operations}}
    )


def written(sent: bytes, query: str, headers: dict[str, str], body: bytes | None, folder: Path) -> dict[str, bytes]:
    """Everything that is written of one exchange: what was recorded, and the reports."""
    small = contract()
    recorder = Recorder(small)
    with saying(lambda connection: connection.sendall(sent)) as url, proxying(small, url) as running, running.serving():
        running.proxy.checker.observers.append(recorder)
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"), timeout=10)
        connection.request("POST" if body else "GET", f"/things/a/{query}", body, headers)
        connection.getresponse().read()
        connection.close()
    recorder.write(folder / "recorded")
    reporting.write(running.proxy.checker.run_result(), folder / "reports", reporting.ALL)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaks(files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(name, form) for name, text in files.items() for form in FORMS if form.encode() in text]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_secret_of_a_request_is_written_nowhere(name: str, tmp_path: Path) -> None:
    files = written(answer(ECHO), *REQUESTS[name], tmp_path)

    assert {"exchanges.har", "scenario.yaml"} <= files.keys()
    assert leaks(files) == []


@pytest.mark.parametrize("name", ANSWERS)
def test_a_secret_of_an_answer_is_written_nowhere(name: str, tmp_path: Path) -> None:
    assert leaks(written(ANSWERS[name], "", {}, None, tmp_path)) == []


def test_what_is_no_secret_stays(tmp_path: Path) -> None:
    told = {
        "detail": "Bearer authentication is required. The password: must be long.",
        "key": "a-plain-key",
        "code": "x",
    }
    files = written(answer(told), "?page=2&search=token", {}, None, tmp_path)

    assert json.dumps(told)[1:-1] in files["exchanges.har"].decode().replace('\\"', '"')
    assert b"search=token" in files["exchanges.har"]


def test_an_address_of_a_person_is_not_recorded_wherever_it_stands(tmp_path: Path) -> None:
    told = {"members": {"jane@company.org": {"note": "ask joe.doe@company.org"}}}
    files = written(answer(told), "", {}, None, tmp_path)

    assert b"redacted@example.com" in files["scenario.yaml"]
    assert b"company.org" not in files["scenario.yaml"] + files["examples.yaml"]
