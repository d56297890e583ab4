"""`flowcontract capture`, as it is typed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowcontract.cli.main import main
from flowcontract.openapi import documents

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(map(str, (ROOT / "spec" / "pages").glob("*.mdx")))
PAGE = next(page for page in PAGES if "retrieve" in page)
DOCUMENT = str(ROOT / "spec" / "openapi.yaml")
CAPTURED = (ROOT / "spec" / "captured" / "2024.8.1.yaml").read_text(encoding="utf-8")

Capsys = pytest.CaptureFixture[str]


def test_the_projects_pages_give_the_captured_document(capsys: Capsys) -> None:
    assert main(["capture", *PAGES]) == 0

    assert capsys.readouterr().out == CAPTURED


def test_it_writes_a_file_and_says_so_on_standard_error(tmp_path: Path, capsys: Capsys) -> None:
    output = tmp_path / "new folder" / "captured.yaml"

    assert main(["capture", *PAGES, "-o", str(output)]) == 0

    assert output.read_text(encoding="utf-8") == CAPTURED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{output} captured: 2 operation(s).\n")
    assert f"`flowcontract build --captured '{output}' -o FILE`" in printed.err


@pytest.mark.parametrize("operation", ["flows_instances_retrieve", "GET /flows/instances/{slug}/"])
def test_an_operation_of_a_document_is_captured_with_what_it_reaches(operation: str, capsys: Capsys) -> None:
    assert main(["capture", "--schema", DOCUMENT, "--operation", operation]) == 0

    found = documents.parse(capsys.readouterr().out, "stdout")
    expected = documents.parse(CAPTURED, "captured")
    assert found["components"]["schemas"].keys() < expected["components"]["schemas"].keys()


def test_a_live_servers_document_is_captured(hands_out: Callable[[int, bytes], str], capsys: Capsys) -> None:
    url = hands_out(200, CAPTURED.encode())

    operations = [f"--operation=flows_instances_{name}" for name in ("retrieve", "list")]
    assert main(["capture", "--schema", url, *operations]) == 0

    assert documents.parse(capsys.readouterr().out, "stdout") == documents.parse(CAPTURED, "captured")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"", "responds 404"),
        (200, b"<html>", "expected an OpenAPI document"),
        (200, b"openapi: 4.0.0\npaths: {}\n", "4.0.0"),
        (200, b"swagger: '2.0'\n", "Swagger 2.0"),
        (200, b"{", "is not valid YAML"),
        (200, b"openapi: 3.0.3\npaths: {}\n", "unknown operation 'x'"),
    ],
)
def test_what_a_server_hands_out_instead_is_an_error(
    status: int, body: bytes, said: str, hands_out: Callable[[int, bytes], str], capsys: Capsys
) -> None:
    url = hands_out(status, body)

    assert main(["capture", "--schema", url, "--operation", "x"]) == 2

    assert url in (shown := capsys.readouterr().err)
    assert said in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected pages or --schema"),
        ([PAGE, "--schema", DOCUMENT, "--operation", "x"], "unknown operation 'x'"),
        ([PAGE, "--add"], "--add needs a file"),
        ([PAGE, "--add", "-o", "nowhere.yaml"], "there is no file nowhere.yaml"),
        (["--schema", DOCUMENT], "must be given together"),
        ([PAGE, "--operation", "x"], "must be given together"),
        (["--schema", DOCUMENT, "--operation", "flows_instances_retreive"], "flows_instances_retrieve"),
        (["--schema", "http://127.0.0.1:1/x", "--operation", "x"], "cannot be read"),
        (["--schema", "nowhere.yaml", "--operation", "x"], "there is no file nowhere.yaml"),
        (["nowhere.mdx"], "page nowhere.mdx not found"),
        ([DOCUMENT], "expected front matter"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(words: list[str], said: str, capsys: Capsys) -> None:
    assert main(["capture", *words]) == 2

    out, shown = capsys.readouterr()
    assert out == ""
    assert said in shown
    assert shown.count("\n") == 1


def test_bad_input_leaves_the_file_that_was_there(tmp_path: Path, capsys: Capsys) -> None:
    output = tmp_path / "captured.yaml"
    output.write_text("as it was", encoding="utf-8")

    assert main(["capture", DOCUMENT, "-o", str(output)]) == 2

    assert output.read_text(encoding="utf-8") == "as it was"
    assert list(tmp_path.iterdir()) == [output]
    assert "Traceback" not in capsys.readouterr().err


def test_a_page_that_contradicts_itself_is_refused_unless_accepted(tmp_path: Path, capsys: Capsys) -> None:
    page, others = tmp_path / "page.mdx", [other for other in PAGES if other != PAGE]
    page.write_text(Path(PAGE).read_text(encoding="utf-8").replace('name={"pk"}', 'name={"id"}'), encoding="utf-8")
    output = tmp_path / "captured.yaml"

    assert main(["capture", str(page), *others, "-o", str(output)]) == 2

    shown = capsys.readouterr().err
    assert not output.exists()
    assert "field 'id'" in shown
    assert "field 'pk'" in shown
    assert "2 contradictions or gaps" in shown

    assert main(["capture", str(page), *others, "-o", str(output), "--accept-disagreements"]) == 0

    assert "field 'id'" in capsys.readouterr().err
    assert output.read_text(encoding="utf-8") == CAPTURED


def test_an_operation_is_added_to_a_captured_file(tmp_path: Path, capsys: Capsys) -> None:
    output = str(tmp_path / "captured.yaml")

    assert main(["capture", PAGE, "-o", output]) == 0
    assert main(["capture", "--schema", DOCUMENT, "--operation", "flows_instances_list", "--add", "-o", output]) == 2

    assert "Capture pages of one release" in capsys.readouterr().err

    (page,) = (other for other in PAGES if other != PAGE)
    assert main(["capture", page, "--add", "-o", output]) == 0

    assert Path(output).read_text(encoding="utf-8") == CAPTURED
