"""A published page is taken apart, or refused with a line that says what is wrong with it."""

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract.capture.page import parse, read
from flowcontract.errors import CaptureError

OPERATION = {"method": "get", "path": "/x/", "responses": {}}
Pack = Callable[[Any], str]


def as_viewer_shows_it(text: str) -> str:
    """The page as it comes out of a repository viewer: a header, and `|` between the lines that are not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "471 lines\n20 KiB\nPlaintext\n" + "\n|\n|\n".join(lines) + "\n|\n|\n"


def test_front_matter_and_body_of_a_page(demo_page: Path) -> None:
    page = read(demo_page)

    assert page.id == "flows-instances-retrieve"
    assert (page.api["method"], page.api["path"]) == ("get", "/flows/instances/{slug}/")
    assert page.body.lstrip().startswith("import ")


def test_a_page_copied_out_of_a_viewer_is_the_same_page(demo_page: Path) -> None:
    text = demo_page.read_text(encoding="utf-8")

    assert parse(as_viewer_shows_it(text), "viewer").api == parse(text, "file").api


@pytest.mark.parametrize(
    "front",
    [
        "id: x\napi: {packed}\ntitle: x",
        "id: x\napi: '{packed}'",
        'api: "{packed}"\nid: x',
        "id: x\napi: >-\n  {packed}\ntitle: x",
        "id: x\r\napi: {packed}\r",
    ],
    ids=["plain", "quoted", "double-quoted", "folded", "windows"],
)
def test_the_field_is_found_however_it_is_written(front: str, pack: Pack) -> None:
    page = parse(f"---\n{front.format(packed=pack(OPERATION))}\n---\nbody", "p")

    assert page.api == OPERATION
    assert page.id == "x"


def test_early_versions_wrote_the_operation_itself() -> None:
    assert parse(f"---\nid: x\napi: {json.dumps(OPERATION)}\n---\n", "p").api == OPERATION


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x1c"])
def test_a_separator_within_a_text_is_part_of_it(separator: str) -> None:
    operation = OPERATION | {"description": f"one{separator}two"}
    text = f"---\nid: x\napi: {json.dumps(operation, ensure_ascii=False)}\n---\n<p>{separator}</p>\n"

    page = parse(text, "p")

    assert page.api == operation
    assert page.body == f"\n<p>{separator}</p>\n"


def test_the_description_in_the_front_matter_is_not_read_as_yaml(pack: Pack) -> None:
    assert parse(f'---\ndescription: "a \\d: [{{"\napi: {pack(OPERATION)}\n---\n', "p").api == OPERATION


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected front matter"),
        ("# A heading", "expected front matter"),
        ("---\nid: x\n", "expected front matter"),
        ("---\nid: x\ntitle: Introduction\n---\n", "without `api:`"),
        ("---\napi:\n---\n", "without `api:`"),
        ("---\napi: not*base64\n---\n", "is not base64"),
        ("---\napi: AAAA\n---\n", "is not zlib data"),
        ("---\napi: eJw=\n---\n", "is truncated"),
    ],
)
def test_what_is_no_page_is_an_error(text: str, said: str) -> None:
    with pytest.raises(CaptureError, match=said) as error:
        parse(text, "some.api.mdx")

    assert str(error.value).startswith("some.api.mdx")
    assert error.value.do


@pytest.mark.parametrize("kept", [1, 5, 9, 42, -1, -2, -3, -4, -5, -40])
def test_base64_that_was_cut_anywhere_is_an_error(kept: int, pack: Pack) -> None:
    with pytest.raises(CaptureError, match=r"is truncated|not zlib data"):
        parse(f"---\napi: {pack(OPERATION)[:kept]}\n---\n", "p")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([1], "got list"),
        ("x", "got str"),
        (None, "expected an operation"),
        ({}, "no `method` and no `path` and no `responses`"),
        ({"method": "get", "path": "/x/"}, "no `responses`"),
        ({"method": "get", "path": "/x/", "responses": []}, "no `responses`"),
        ({"method": 1, "path": "/x/", "responses": {}}, "no `method`"),
        ({"method": "event", "path": "webhook", "responses": {}}, "webhook"),
    ],
)
def test_json_that_is_no_operation_is_an_error(held: Any, said: str, pack: Pack) -> None:
    with pytest.raises(CaptureError, match=said):
        parse(f"---\napi: {pack(held)}\n---\n", "p")


def test_packed_data_that_is_no_json_is_an_error() -> None:
    packed = base64.b64encode(zlib.compress(b"{'a': 1}")).decode()

    with pytest.raises(CaptureError, match="is not JSON"):
        parse(f"---\napi: {packed}\n---\n", "p")


def test_json_nested_beyond_measure_is_an_error() -> None:
    packed = base64.b64encode(zlib.compress(b"[" * 200_000)).decode()

    with pytest.raises(CaptureError, match="is not JSON"):
        parse(f"---\napi: {packed}\n---\n", "p")


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9)
    squeezed = b"".join(packer.compress(bytes(2**20)) for _ in range(65)) + packer.flush()

    with pytest.raises(CaptureError, match="more than 64 MiB"):
        parse(f"---\napi: {base64.b64encode(squeezed).decode()}\n---\n", "p")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(CaptureError, match=str(path)):
            read(path)
