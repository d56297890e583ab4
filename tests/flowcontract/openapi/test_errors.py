"""What is said where a document, a file or an overlay cannot be used, and how to fix it."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract.errors import FlowContractError
from flowcontract.openapi import documents, reader, releases
from flowcontract.openapi.assemble import build, published, render
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.overlay import Draft, Overlay
from flowcontract.openapi.validation import first_line, flaws


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], Path]:
    """Write a file below the current folder, which is empty at first."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, content: Any) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return written


def said(call: Callable[[], Any]) -> str:
    """What an error says, a bar, and how to fix it."""
    with pytest.raises(FlowContractError) as error:
        call()
    return f"{error.value.what} | {error.value.do}"


DEEP = "[" * 1001 + "]" * 1001
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{other}'] * 9)}]\n" for name, other in zip("bcdefgh", "abcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [\n", "x.yaml is not valid YAML at line 2, column 1: "),
        (
            "a: 1\n b: 2",
            "x.yaml is not valid YAML at line 2, column 3: mapping values are not allowed in this context;",
        ),
        ("a: \x01", "x.yaml is not valid YAML: unacceptable character #x0001: control characters are not allowed."),
        ("a: 1\nb: 2\na: 3", 'x.yaml has the key "a" twice, at lines 1 and 3.'),
        ("a: {b: 1, ä: 2, ä: 3}", 'x.yaml has the key "\\u00e4" twice, at lines 1 and 1.'),
        ("&a [*a]", "x.yaml has an alias inside the value that it refers to."),
        (DEEP, "x.yaml is nested deeper than 200 levels."),
        ("- " * 201 + "a", "x.yaml is nested deeper than 200 levels."),
        ("[" * 201 + "]" * 201, "x.yaml is nested deeper than 200 levels."),
        (ALIASES, "x.yaml has aliases that expand to more than 100,335 values."),
        (b"\xff\xfea\0", "x.yaml is encoded as UTF-16 or UTF-32, expected UTF-8."),
        ("ab".encode("utf-16-be"), "x.yaml is encoded as UTF-16 or UTF-32, expected UTF-8."),
        ("a".encode("utf-32-le"), "x.yaml is encoded as UTF-16 or UTF-32, expected UTF-8."),
        (b"a: \xff", "x.yaml is not UTF-8 (byte 3)."),
        (
            b" " * (33 * 2**20),
            "x.yaml has 33 MiB; up to 32 MiB are read. Split it, or keep only the operations you need.",
        ),
    ],
)
def test_a_document_that_cannot_be_read(text: str | bytes, what: str) -> None:
    found = said(lambda: documents.parse(text, "x.yaml"))

    assert found.startswith(what)
    assert found.endswith(". | Fix the file.")
    assert found.endswith("; check the indentation and the quotes there. | Fix the file.") is ("at line 2" in what)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("[" * 200 + "]" * 200, 200),
        ("[ " * 200 + "a" + "]" * 200, 200),
        ("- " * 199 + "a", 199),
        ('{"a": ' * 200 + "1" + "}" * 200, 200),
        ('- "[[[["\n' * 300, 1),
        ("- ']'\n- [1]", 2),
    ],
)
def test_a_document_as_deep_as_may_be_is_read(text: str, levels: int) -> None:
    assert depth_of(documents.parse(text, "x.yaml")) == levels


def depth_of(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(depth_of, parts), default=0)


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        ('{"a": 1,', "x", "expecting property name enclosed in double quotes; it may be truncated"),
        ('{"a": 1, ]', "x", "expecting property name enclosed in double quotes"),
        ('{"a": tru}x', "x.json", "expecting value"),
        ('["a', "x.json?v=1", "unterminated string; it may be truncated"),
        ('["a', "x.json#a", "unterminated string; it may be truncated"),
    ],
)
def test_what_is_meant_as_json(text: str, name: str, what: str) -> None:
    found = said(lambda: documents.parse(text, name))

    assert found.startswith(f"{name} is not valid JSON at line 1, column ")
    assert found.endswith(f": {what}. | Fix the file.")


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1 b}'])
def test_what_is_not_json_may_be_yaml(text: str) -> None:
    assert documents.parse(text, "x.yaml") in ({"a": "NaN"}, {"a": "1 b"})


def test_files_that_cannot_be_read_or_written(write: Callable[[str, Any], Path], tmp_path: Path) -> None:
    write("file", "old")
    Path("folder").mkdir()

    assert said(lambda: documents.read(Path("none"))) == "there is no file none. | Check the path."
    assert said(lambda: documents.read(Path("folder"))) == (
        "folder cannot be read: Is a directory. | Check the path and its permissions."
    )
    assert said(lambda: documents.read(Path("a\0b"))) == (
        "a\0b cannot be read: embedded null byte. | Check the path and its permissions."
    )
    for call in (documents.require_writable, lambda path: documents.write(path, "new")):
        assert said(lambda call=call: call(Path("folder"))) == (  # type: ignore[misc]
            f"{'folder' if call is documents.require_writable else tmp_path / 'folder'} cannot be written: "
            "Is a directory. | Choose another file or folder."
        )
    assert said(lambda: documents.make_folder(Path("file"))) == (
        "the folder file cannot be created: File exists. | Choose another folder."
    )
    assert said(lambda: documents.make_folder(Path("file/below"))) == (
        "the folder file/below cannot be created: Not a directory. | Choose another folder."
    )
    assert said(lambda: documents.require_writable(Path("file/below/x"))) == (
        "the folder file/below cannot be created: Not a directory. | Choose another folder."
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert Path("file").read_text(encoding="utf-8") == "old"


def test_to_ask_whether_a_file_can_be_written_keeps_what_is_there(write: Callable[[str, Any], Path]) -> None:
    write("a/file", "old")

    documents.require_writable(Path("a/b/c/new"))
    documents.require_writable(Path("a/file"))
    documents.require_writable(Path("new"))

    assert [str(path) for path in sorted(Path().rglob("*"))] == ["a", "a/file"]
    assert Path("a/file").read_text(encoding="utf-8") == "old"


def test_a_private_file_is_for_its_owner_alone(write: Callable[[str, Any], Path]) -> None:
    for name in ("old", "new"):
        write("old", "")
        documents.write(Path(name), "ä\r\n", private=True)

        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
        assert Path(name).read_bytes() == "ä\r\n".encode()

    mask = os.umask(0o027)
    try:
        documents.write(Path("public"), "")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(Path("public").stat().st_mode) == 0o640


DOCUMENT = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([], "expected an OpenAPI document, an object at its root; the contract is an array. | Pass another document."),
        (None, "expected an OpenAPI document, an object at its root; the contract is empty. | Pass another document."),
        (
            "x",
            (
                "expected an OpenAPI document, an object at its root; the contract is a plain value."
                " | Pass another document."
            ),
        ),
        (
            {"swagger": "2.0"},
            (
                "expected an OpenAPI document of version 3.0, 3.1 or 3.2; the contract is a Swagger 2.0 document."
                " | Pass another document, or convert it first."
            ),
        ),
        (
            {"paths": {}},
            (
                "expected an OpenAPI document of version 3.0, 3.1 or 3.2;"
                " the contract is not one: it has no `openapi` field."
                " | Pass another document, or convert it first."
            ),
        ),
        (
            {"openapi": "4.0" + "0" * 50},
            f"the contract is OpenAPI 4.0{'0' * 37}; expected 3.0, 3.1 or 3.2. | Convert it to one of them first.",
        ),
        (
            {"openapi": 3.3},
            "the contract is OpenAPI 3.3; expected 3.0, 3.1 or 3.2. | Convert it to one of them first.",
        ),
    ],
)
def test_what_is_not_an_openapi_document(document: Any, found: str) -> None:
    assert said(lambda: Contract(document)) == found


@pytest.mark.parametrize("version", ["3.0", "3.0.3", "3.1.2", "3.2.0", 3.1])
def test_versions_that_are_read(version: Any) -> None:
    assert Contract({**DOCUMENT, "openapi": version}).version == "1"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://[x/", "'http://[x/' is not a URL: Invalid IPv6 URL."),
        ("https://me:secret@x.example/", "the URL contains credentials."),
        (
            "http://127.0.0.1:1/a?token=x",
            "http://127.0.0.1:1/a?token=… cannot be read: Connection refused.",
        ),
        (
            "http://127.0.0.1:x/a",
            "http://127.0.0.1:x/a cannot be read: nonnumeric port: 'x'.",
        ),
    ],
)
def test_a_url_that_cannot_be_read(url: str, found: str) -> None:
    do = {"is not": "Check the URL.", "contain": "Download the document, and pass the file."}
    advice = next(
        (text for part, text in do.items() if part in found), "Check the URL, and whether the server is running."
    )

    assert said(lambda: reader.fetch(url)) == f"{found} | {advice}"


@pytest.mark.parametrize(
    ("source", "is_url"),
    [("http://x", True), ("HTTPS://x", True), ("ftp://x", False), ("http.yaml", False), ("-", False)],
)
def test_what_is_a_url(source: str, is_url: bool) -> None:
    assert reader.is_url(source) is is_url


def test_an_unknown_operation_names_near_ones_or_some() -> None:
    items = {f"/{name}": {"get": {"operationId": name, "responses": {}}} for name in ("list", "find", "make", "more")}
    contract = Contract({**DOCUMENT, "paths": items})

    assert said(lambda: contract.operation("lists")) == (
        "the contract has no operation 'lists'. | Did you mean 'list'?"
    )
    assert said(lambda: contract.operation("zzz")) == (
        "the contract has no operation 'zzz'. | It has, for instance: list, find, make."
    )


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (
            {"target": "$.none", "update": {}},
            "over, action 1 ($.none) matches nothing in the document. | Fix its target, or remove the action.",
        ),
        (
            {"target": "$.a[", "update": {}},
            "over, action 1 ($.a[) is not a JSONPath: unexpected end of query. | Write it as in RFC 9535.",
        ),
        (
            {"target": "$", "remove": True},
            "over, action 1 ($) would remove the whole document. | Select a part of it.",
        ),
        (
            {"target": "$.text", "update": {}},
            (
                "over, action 1 ($.text) selects a plain value and its update is an object:"
                " only objects can be merged, and"
                " only arrays can be appended to. | Select the object that holds the value instead."
            ),
        ),
        (
            {"target": "$.a", "update": [1]},
            (
                "over, action 1 ($.a) selects an object and its update is an array: only objects can be merged, and"
                " only arrays can be appended to. | Select the object that holds the value instead."
            ),
        ),
    ],
)
def test_an_action_of_an_overlay(action: Any, found: str, write: Callable[[str, Any], Path]) -> None:
    path = write("over.yaml", {"overlay": "1.0.0", "actions": [action]})

    assert said(lambda: Draft({"a": {}, "text": "t"}).apply(Overlay.load(path, origin="over"))) == found


@pytest.mark.parametrize(
    ("overlay", "found"),
    [
        (
            {"overlay": "1.0.0", "actions": {}},
            (
                "over.yaml: expected an OpenAPI Overlay 1.0 with `overlay: 1.0.0`, `info` and a list `actions`."
                " | Fix the file, or omit it."
            ),
        ),
        (
            {"overlay": "1.0.0", "actions": [{"target": "$", "update": 1}, 5]},
            "over.yaml, action 2: expected a mapping with a `target`. | Add a JSONPath as target.",
        ),
        (
            {"overlay": "1.0.0", "actions": [{"target": "$"}]},
            "over.yaml, action 1: expected `update` or `remove: true`. | Add one of them.",
        ),
    ],
)
def test_an_overlay(overlay: Any, found: str, write: Callable[[str, Any], Path]) -> None:
    path = write("over.yaml", overlay)

    assert said(lambda: Overlay.load(path)) == found
    assert Overlay.load(
        write("more.yaml", {"overlay": "1.0.5", "actions": [{"target": "$", "remove": True}]})
    ).origin == ("more.yaml")


GET = {
    "operationId": "thing",
    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}},
}
CAPTURED = {**DOCUMENT, "paths": {"/a": {"get": GET}}}
EXAMPLE = {"operation": "thing", "status": "200", "value": "x"}


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (
            {"operation": "thing", "status": "200"},
            "examples/one.yaml: expected an example with `operation`, `status` and `value`. | Fix the file.",
        ),
        (
            EXAMPLE | {"operation": "other"},
            "examples/one.yaml: unknown operation 'other'. | Use an operation of the contract.",
        ),
        (
            EXAMPLE | {"status": 404},
            (
                "examples/one.yaml: thing documents no application/json response with status 404."
                " | Fix `status` or `media`, or add the response in an overlay."
            ),
        ),
        (
            EXAMPLE | {"value": 5},
            (
                "examples/one.yaml:1: the example 'one' violates the contract at its root: expected string, got 5."
                " | Fix the example, or the schema if the example is right."
            ),
        ),
    ],
)
def test_an_example(example: Any, found: str, write: Callable[[str, Any], Path]) -> None:
    captured = write("captured/1.yaml", CAPTURED)
    write("examples/one.yaml", example)

    assert said(lambda: build(captured, examples=Path("examples"))) == found


def test_an_example_that_is_there_already(write: Callable[[str, Any], Path]) -> None:
    document = json.loads(json.dumps(CAPTURED))
    media = document["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
    media["examples"] = {"one": {"value": "y"}}
    captured = write("captured/1.yaml", document)
    write("examples/one.yaml", EXAMPLE)

    assert said(lambda: build(captured, examples=Path("examples"))) == (
        "examples/one.yaml: duplicate example 'one' at /paths/~1a/get/responses/200/content/application~1json."
        " | Rename the file."
    )
    assert said(lambda: build(captured, examples=Path("none"))) == (
        "cannot read the folder of examples none: No such file or directory. | Check the path."
    )


def test_what_a_contract_is_built_from(write: Callable[[str, Any], Path]) -> None:
    captured = write("spec/captured/1.yaml", CAPTURED)
    action = {"target": "$.paths.*.get", "update": {"responses": {"404": {"description": "None."}}}}
    over = write("spec/over.yaml", {"overlay": "1.0.0", "actions": [action]})
    wrong = write("spec/wrong.yaml", {"overlay": "1.0.0", "actions": [{"target": "$.info", "update": {"title": 5}}]})
    for name in ("b", "a"):
        write(f"spec/examples/{name}.yaml", EXAMPLE | {"summary": name})
    write("spec/examples/notes.txt", "x")
    write("spec/examples/plain.yaml", EXAMPLE)

    document = build(captured, [over], Path("spec/examples"))

    assert document["x-flowcontract-captured"] == "captured/1.yaml"
    assert list(document["x-flowcontract-provenance"].items()) == [
        ("/paths/~1a/get/responses/200/content/application~1json/examples", "examples/"),
        *(
            (f"/paths/~1a/get/responses/200/content/application~1json/examples/{name}", f"examples/{name}.yaml")
            for name in ("a", "b", "plain")
        ),
        ("/paths/~1a/get/responses/404", "over.yaml"),
    ]
    examples = document["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert examples == {
        "a": {"summary": "a", "value": "x"},
        "b": {"summary": "b", "value": "x"},
        "plain": {"value": "x"},
    }
    assert render(document).startswith(
        "# Built by `flowcontract build`. Change what it is built from (captured/1.yaml, examples/, over.yaml),"
        " then build again.\nopenapi: 3.1.0\n"
    )
    assert build(captured, base=Path())["x-flowcontract-captured"] == "spec/captured/1.yaml"
    assert said(lambda: build(captured, [wrong])) == (
        'the built document is not valid OpenAPI at /info/title: 5 is not of type "string".'
        " | Fix the overlay or the captured document."
    )


def test_the_published_part(write: Callable[[str, Any], Path]) -> None:
    write("captured/1.yaml", CAPTURED)
    built = write("openapi.yaml", {**DOCUMENT, "x-flowcontract-captured": "captured/1.yaml"})

    assert list(published(Contract.load(built)).operations) == ["thing"]
    assert said(lambda: published(Contract(CAPTURED, label="it"))) == (
        "expected `x-flowcontract-captured` in it for its published part, got none."
        " | Build it with `flowcontract build`, or test against the whole contract."
    )
    assert said(
        lambda: published(Contract({**DOCUMENT, "x-flowcontract-captured": "captured/1.yaml"}, label="it"))
    ) == (
        "expected a file, to find its published part (captured/1.yaml) beside it, got it."
        " | Save it as a file first, or use the whole contract."
    )


INDEX = {"base": "1.1", "first": "1.0", "last": "1.9", "releases": {"1.0": "the first", "1.1": "the second"}}


def test_releases_are_listed_and_loaded(write: Callable[[str, Any], Path]) -> None:
    contract = write("openapi.yaml", {**CAPTURED, "servers": [{"url": "/api"}]})
    write("overlays/releases/index.yaml", INDEX)
    overlay = {
        "overlay": "1.0.0",
        "actions": [{"target": "$.paths.*.get.responses['200']", "update": {"description": "old"}}],
    }
    write("overlays/releases/1.0.yaml", overlay)
    read = Contract.load(contract)

    assert releases.text(read) == (
        "1.0        the first\n1.1        the second\n\n"
        "Other releases from 1.0 to 1.9 have the contract of the last one before them.\n"
    )
    assert releases.like("1.5", releases.folder_of(read)) == "1.1"
    old, own = (releases.load(name, read, prefix=prefix) for name, prefix in (("1.0", ""), ("1.7", "/x")))
    at = "/paths/~1a/get/responses/200/description"
    assert (old.version, old.operation("thing").responses["200"].description, old.name) == (
        "1.0",
        "old",
        "the contract of release 1.0",
    )
    assert old.document["x-flowcontract-provenance"] == {at: "overlays/releases/1.0.yaml"}
    assert (old.source, own.source) == (None, contract)
    assert (own.version, own.base_path, old.base_path) == ("1.7", "/x/api", "/api")
    assert releases.folder_of(Contract(CAPTURED)) is None
    assert said(lambda: releases.text(Contract(CAPTURED))) == (
        "the contract has no releases: overlays/releases/index.yaml not found."
        " | Remove the release, or add overlays with the changes of the releases."
    )


def test_a_release_leaves_out_what_its_history_does_not_know(write: Callable[[str, Any], Path]) -> None:
    other = {"operationId": "other", "responses": {"200": {"description": ""}}}
    document = {**CAPTURED, "paths": {"/a": {"get": GET, "put": other}, "/b": {"get": other | {"operationId": "more"}}}}
    contract = Contract.load(write("openapi.yaml", {**document, "x-flowcontract-captured": "captured.yaml"}))
    write("captured.yaml", CAPTURED)
    write("overlays/releases/index.yaml", INDEX | {"operations": ["thing"], "base": "1.0"})
    actions = [
        {"target": "$.info", "update": {"title": "Later"}},
        {"target": "$.paths['/b']", "update": {"summary": "b"}},
    ]
    write("overlays/releases/1.1.yaml", {"overlay": "1.0.0", "actions": actions})

    later, own = releases.load("1.1", contract), releases.load("1.0", contract)
    published_part = releases.load("1.1", contract, published_only=True)

    assert list(later.operations) == ["thing"]
    assert list(later.document["paths"]) == ["/a"]
    assert later.document["x-flowcontract-undescribed"] == ["other", "more"]
    assert (later.title, later.extension("x-flowcontract-captured")) == ("Later", None)
    assert list(own.operations) == ["thing", "other", "more"]
    assert own.extension("x-flowcontract-captured") == "captured.yaml"
    assert (list(published_part.operations), published_part.title) == (["thing"], "Later")
    assert published_part.extension("x-flowcontract-undescribed") is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0.9", "expected a release from 1.0 to 1.9, got '0.9'. Did you mean '1.0'?"),
        ("2.0", "expected a release from 1.0 to 1.9, got '2.0'. Did you mean '1.1'?"),
        ("1.x", "expected a release from 1.0 to 1.9, got '1.x'. Did you mean '1.1'?"),
        ("zzz", "expected a release from 1.0 to 1.9, got 'zzz'."),
    ],
)
def test_a_release_that_is_not_known(name: str, found: str, write: Callable[[str, Any], Path]) -> None:
    folder = write("releases/index.yaml", INDEX).parent

    assert said(lambda: releases.like(name, folder)) == f"{found} | Releases that changed the contract: 1.0, 1.1."


def test_a_series_with_several_contracts(write: Callable[[str, Any], Path]) -> None:
    index = {
        "base": "1.0.0",
        "first": "1.0.0",
        "last": "1.9.9",
        "releases": dict.fromkeys(("1.0.0", "1.0.5", "1.1.0"), ""),
    }
    folder = write("releases/index.yaml", index).parent

    assert said(lambda: releases.like("1.0", folder)) == (
        "the releases of 1.0 have several contracts. | Pass a release: 1.0.0, 1.0.5."
    )
    assert releases.like("1.1", folder) == "1.1.0"
    later = write(
        "later/index.yaml", index | {"releases": dict.fromkeys(("1.0.0", "1.9.0", "1.10.0"), ""), "last": "1.11.0"}
    )
    assert releases.like("1.10.5", later.parent) == "1.10.0"
    assert releases.like("1.0.4", folder) == "1.0.0"


@pytest.mark.parametrize(
    ("index", "found"),
    [
        ({}, "releases/index.yaml lists no releases. | Fix the file."),
        ({"releases": ["1.0"]}, "releases/index.yaml lists no releases. | Fix the file."),
        *(
            (
                INDEX | wrong,
                (
                    "releases/index.yaml: expected `base` (a release), `first`, `last` and the releases in order."
                    " | Fix the file."
                ),
            )
            for wrong in ({"base": "1.5"}, {"releases": {"1.1": "", "1.0": ""}})
        ),
        (
            {key: value for key, value in INDEX.items() if key != "last"},
            (
                "releases/index.yaml: expected `base` (a release), `first`, `last` and the releases in order."
                " | Fix the file."
            ),
        ),
    ],
)
def test_an_index_of_releases(index: Any, found: str, write: Callable[[str, Any], Path]) -> None:
    folder = write("releases/index.yaml", index).parent

    assert said(lambda: releases.names(folder)) == found


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (CAPTURED, []),
        ({**DOCUMENT, "openapi": "3.0.3"}, []),
        ({**DOCUMENT, "openapi": "3.2.0"}, []),
        ({**DOCUMENT, "info": {"title": "T"}}, ['at /info: "version" is a required property']),
        (
            {**DOCUMENT, "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/none"}}}}}},
            ["where it refers to '/none', which is not in it"],
        ),
    ],
)
def test_what_the_validator_of_others_finds(document: Any, found: list[str]) -> None:
    assert flaws(document)[: len(found) or None] == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one.\ntwo", "one"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + " …"),
    ],
)
def test_the_first_line_of_a_message(text: str, line: str) -> None:
    assert first_line(text) == line
