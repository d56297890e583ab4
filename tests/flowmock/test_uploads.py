"""With `stateful`, a download returns the file that was uploaded."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT, WHOLE = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer"}
BYTES = {"schema": {"type": "string", "format": "binary"}}
NAMED = {"headers": {"Content-Disposition": {"schema": TEXT}}}
JPEG = "\xff\xd8\xff photo"


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def said(content: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": content, **more}


def as_json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def at(path: str, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in names]
    return {path: {**operations, "parameters": parameters}}


def does(status: str, answer: Any, body: Any = None) -> dict[str, Any]:
    sent = {"requestBody": {"content": body}} if body else {}
    return {"responses": {status: answer, "404": {"description": ""}}, **sent}


PLOT = of(id=UUID, name=TEXT)
PHOTO = of(id=UUID, file_name=TEXT, content_type=TEXT, size_bytes=WHOLE, sha256={"type": "string", "minLength": 64})
FORM = {"multipart/form-data": {"schema": of(file={"type": "string", "format": "binary"})}}
IMAGES = {"image/png": BYTES, "image/jpeg": BYTES}
SCORE = of(id=UUID, title=TEXT)
PATHS = {
    **at("/plots", get=does("200", said(as_json({"type": "array", "items": PLOT})))),
    **at("/plots/{plot_id}", get=does("200", said(as_json(PLOT)))),
    **at(
        "/plots/{plot_id}/photos",
        get=does("200", said(as_json({"type": "array", "items": PHOTO}))),
        post=does("201", said(as_json(PHOTO)), FORM),
    ),
    **at("/plots/{plot_id}/photos/{photo_id}", delete=does("204", {"description": ""})),
    **at("/plots/{plot_id}/photos/{photo_id}/content", get=does("200", said(IMAGES, **NAMED))),
    **at("/plots/{plot_id}/photos/{photo_id}/thumbnail", get=does("200", said(IMAGES))),
    **at("/scores", get=does("200", said(as_json({"type": "array", "items": SCORE})))),
    **at("/scores/{score_id}", get=does("200", said(as_json(SCORE)))),
    **at(
        "/scores/{score_id}/sheet",
        put=does("204", {"description": ""}, {"application/pdf": BYTES}),
        get=does("200", said({"application/octet-stream": BYTES})),
    ),
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        yield running


def upload(running: flowmock.Running, ask: Ask, path: str, name: str, kind: str = "image/jpeg") -> Any:
    body = (
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        f"{JPEG}\r\n--b--\r\n"
    )
    return ask(running, path, method="POST", headers={"content-type": "multipart/form-data; boundary=b"}, body=body)


@pytest.fixture
def photos(running: flowmock.Running, ask: Ask) -> str:
    return f"/plots/{ask(running, '/plots').json[0]['id']}/photos"


def test_a_download_is_what_was_uploaded(running: flowmock.Running, ask: Ask, photos: str) -> None:
    made = upload(running, ask, photos, "gate.jpg").json

    download = ask(running, f"{photos}/{made['id']}/content")

    content = JPEG.encode("latin-1")
    assert (download.status, download.body, download["content-type"]) == (200, content, "image/jpeg")
    assert download["content-disposition"] == 'attachment; filename="gate.jpg"'
    assert (made["file_name"], made["content_type"], made["size_bytes"]) == ("gate.jpg", "image/jpeg", len(content))
    assert made["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_download_has_the_type_of_what_was_uploaded(running: flowmock.Running, ask: Ask, photos: str) -> None:
    made = upload(running, ask, photos, "notes.txt", "text/plain").json

    download = ask(running, f"{photos}/{made['id']}/content")

    assert (download.body, download["content-type"]) == (JPEG.encode("latin-1"), "text/plain")


def test_a_name_may_have_any_letters(running: flowmock.Running, ask: Ask, photos: str) -> None:
    made = upload(running, ask, photos, "tür.jpg".encode().decode("latin-1")).json

    download = ask(running, f"{photos}/{made['id']}/content")

    assert made["file_name"] == "tür.jpg"
    assert download["content-disposition"].endswith("filename*=UTF-8''t%C3%BCr.jpg")


def test_what_is_not_the_file_stays_generated(running: flowmock.Running, ask: Ask, photos: str) -> None:
    made = upload(running, ask, photos, "gate.jpg").json
    path = f"{photos}/{made['id']}"

    assert ask(running, f"{path}/thumbnail").body != JPEG.encode("latin-1")
    assert ask(running, f"{path}/content", headers={"accept": "image/png"})["content-type"] == "image/png"
    assert ask(running, f"{path}/content", headers={"x-mock-session": "other"}).status == 404
    ask(running, path, method="DELETE")
    assert ask(running, f"{path}/content").status == 404


def test_a_file_is_downloaded_where_it_was_put(running: flowmock.Running, ask: Ask) -> None:
    path = f"/scores/{ask(running, '/scores').json[0]['id']}/sheet"
    for content in ("%PDF-1.4 one", "%PDF-1.4 two"):
        ask(running, path, method="PUT", headers={"content-type": "application/pdf"}, body=content)

        download = ask(running, path)

        assert (download.body.decode(), download["content-type"]) == (content, "application/octet-stream")


@pytest.mark.parametrize("stateful", [False, True])
def test_a_generated_file_is_as_it_is_described(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    plot = of(id=UUID, photos={"type": "array", "minItems": 2, "items": PHOTO})
    images = {"application/pdf": BYTES, **IMAGES}
    paths = {
        **at("/plots", get=does("200", said(as_json({"type": "array", "items": plot})))),
        **at("/plots/{plot_id}", get=does("200", said(as_json(plot)))),
        **at("/plots/{plot_id}/photos/{photo_id}", get=does("200", said(images, **NAMED))),
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        plot_path = f"/plots/{ask(running, '/plots').json[0]['id']}"
        for photo in ask(running, plot_path).json["photos"]:
            for accept in ("*/*", "image/webp,image/*;q=0.8"):
                file = ask(running, f"{plot_path}/photos/{photo['id']}", headers={"accept": accept})
                assert file["content-type"] == photo["content_type"] == "image/png"
                assert len(file.body) == photo["size_bytes"]
                assert photo["file_name"] in file["content-disposition"]


@pytest.mark.parametrize(
    ("file", "documented", "sent", "status"),
    [
        ({"maxLength": 4}, "413", ("a.png", "image/png", "12345"), 413),
        ({"maxLength": 4}, "413", ("a.png", "image/png", "1234"), 201),
        ({"contentMediaType": "image/png"}, "415", ("a.exe", "application/x-msdownload", "1"), 415),
        ({"contentMediaType": "image/png"}, "415", ("a.png", "application/octet-stream", "1"), 201),
        ({"contentMediaType": "image/png"}, "415", ("a.bin", "application/octet-stream", "1"), 415),
        ({"contentMediaType": "image/png"}, "415", ("a", "text/plain", "1"), 415),
        ({"contentMediaType": "application/octet-stream"}, "415", ("a.exe", "application/x-msdownload", "1"), 201),
        ({"description": "JPEG, PNG or PDF, at most 1 KB"}, "415", ("a.svg", "image/svg+xml", "1"), 415),
        ({"description": "JPEG, PNG or PDF, at most 1 KB"}, "415", ("a.pdf", "application/pdf", "1"), 201),
        ({"description": "JPEG, PNG or PDF, at most 1 KB"}, "413", ("a.pdf", "application/pdf", "1" * 1025), 413),
        ({"description": "JPEG, PNG or PDF, at most 1 KB"}, "409", ("a.svg", "image/svg+xml", "1" * 1025), 201),
        ({"description": "A scan, usually a PDF"}, "415", ("a.svg", "image/svg+xml", "1"), 201),
    ],
)
def test_limits_of_files_get_the_documented_error(
    contract_of: Written, ask: Ask, file: Any, documented: str, sent: tuple[str, str, str], status: int
) -> None:
    form = {"multipart/form-data": {"schema": of(file={"type": "string", **file})}}
    post = does("201", said(as_json(PHOTO)), form)
    post["responses"][documented] = said(as_json(of(message=TEXT)))
    name, kind, content = sent
    body = (
        f'--b\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: {kind}\r\n\r\n'
        f"{content}\r\n--b--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    with flowmock.running(contract_of(at("/photos", post=post))) as running:
        reply = ask(running, "/photos", method="POST", headers=headers, body=body)

    assert reply.status == status
    assert status == 201 or "expected" in reply.json["message"]
