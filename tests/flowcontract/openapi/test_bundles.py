"""Documents of several files, put into one: which files are read, where they stand, and which references lead there."""

import os
from pathlib import Path
from typing import Any

import pytest

from flowcontract.errors import ContractError
from flowcontract.openapi import references
from flowcontract.openapi.references import LocalFiles, UrlFiles, bundle, origin


class Files:
    """Files in memory, in the folder `/api`."""

    root = "/api/openapi.yaml"

    def __init__(self, files: dict[str, Any]) -> None:
        self.files = files
        self.asked: list[str] = []

    def address(self, reference: str, base: str) -> str:
        return reference if "://" in reference else os.path.normpath(Path(base).parent / reference)

    def name(self, address: str) -> str:
        return address.removeprefix("/api/")

    def is_allowed(self, address: str) -> bool:
        return address.startswith("/api/")

    def read(self, address: str) -> Any:
        self.asked.append(address)
        if self.name(address) not in self.files:
            raise ContractError(f"there is no file {address}.")
        return self.files[self.name(address)]


def bundled(document: Any, **files: Any) -> tuple[Any, list[str]]:
    """The document with the files in it, and the problems. A name with `__` is a path below a folder."""
    known = Files({name.replace("__", "/") + ".json": content for name, content in files.items()})
    found, problems = bundle(document, known)
    assert len(known.asked) == len(set(known.asked))
    return found, [f"{one.pointer}: {one.message}" for one in problems]


def ref(target: str, **beside: Any) -> dict[str, Any]:
    return {"$ref": target, **beside}


def test_a_document_without_other_files_is_left_as_it_is() -> None:
    document = {"a": ref("#/b"), "b": [ref("#")], "example": ref("x.json"), "c": {"$ref": 5}}

    found, problems = bundled(document)

    assert found is document
    assert problems == []


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("x.json", "#/x-flowcontract-files/x.json"),
        ("x.json#", "#/x-flowcontract-files/x.json"),
        ("x.json#/a/b", "#/x-flowcontract-files/x.json/a/b"),
        ("x.json#/a%20b", "#/x-flowcontract-files/x.json/a b"),
        ("x.json#/100%25", "#/x-flowcontract-files/x.json/100%25"),
        ("x.json#mark", "#/x-flowcontract-files/x.json/list/1"),
        ("x.json#dynamic", "#/x-flowcontract-files/x.json/a~1b/c"),
        ("x.json#whole", "#/x-flowcontract-files/x.json"),
        ("x.json#unknown", "#/x-flowcontract-files/x.json/unknown"),
        ("below/y.json", "#/x-flowcontract-files/below~1y.json"),
        ("openapi.yaml", "#"),
        ("openapi.yaml#/a", "#/a"),
        ("#/a", "#/a"),
    ],
)
def test_a_reference_leads_into_the_document(reference: str, target: str) -> None:
    x = {"$anchor": "whole", "list": [{}, {"$anchor": "mark"}], "a/b": {"c": {"$dynamicAnchor": "dynamic"}}}
    found, problems = bundled({"a": ref(reference, title="t"), "b": ref("x.json")}, x=x, below__y={})

    assert problems == []
    assert list(found["a"].items()) == [("$ref", target), ("title", "t")]


def test_files_are_copied_once_with_references_of_their_own() -> None:
    x = {"one": ref("#/two"), "two": ref("below/y.json#/z"), "three": ref("openapi.yaml#/a")}
    y = {"z": ref("../x.json"), "examples": {"e": {"value": ref("none.json")}}}

    found, problems = bundled({"a": [ref("x.json"), ref("x.json#/one")]}, x=x, below__y=y)

    at = "#/x-flowcontract-files"
    assert problems == []
    assert found == {
        "a": [ref(f"{at}/x.json"), ref(f"{at}/x.json/one")],
        "x-flowcontract-files": {
            "x.json": {"one": ref(f"{at}/x.json/two"), "two": ref(f"{at}/below~1y.json/z"), "three": ref("#/a")},
            "below/y.json": {"z": ref(f"{at}/x.json"), "examples": y["examples"]},
        },
    }


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (
            "/etc/x.json",
            "which is outside the document's folder and is not read (--allow-refs allows other locations)",
        ),
        (
            "https://x.example/y",
            "which is outside the document's folder and is not read (--allow-refs allows other locations)",
        ),
        (
            "http://[x",
            "which is outside the document's folder and is not read (--allow-refs allows other locations)",
        ),
        ("none.json#/a", "which cannot be read (there is no file /api/none.json)"),
    ],
)
def test_a_reference_that_is_not_followed_is_named(reference: str, reason: str) -> None:
    found, problems = bundled({"a": {"b/c": [ref(reference, title="t")]}})

    assert found == {"a": {"b/c": [{"title": "t"}]}}
    assert problems == [f"/a/b~1c/0: refers to {reference!r}, {reason}; any value is accepted."]


def test_only_so_many_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MAX_FILES", 2)

    listed = [ref(f"{name}.json") for name in "abca"]

    found, problems = bundled({"l": listed}, a={}, b={}, c={})

    assert list(found["x-flowcontract-files"]) == ["b.json", "a.json"]
    assert problems == ["/l/2: refers to 'c.json', which is not read after 2 files; any value is accepted."]
    assert found["l"][3] == ref("#/x-flowcontract-files/a.json")


@pytest.mark.parametrize(
    ("document", "is_data"),
    [
        ({"example": ref("x.json")}, True),
        ({"enum": [ref("x.json")], "const": ref("x.json"), "default": ref("x.json")}, True),
        ({"examples": {"one": {"value": ref("x.json")}}}, True),
        ({"examples": {"properties": {"value": ref("x.json")}}}, False),
        ({"examples": {"one": ref("x.json")}}, False),
        ({"value": ref("x.json")}, False),
        ({"properties": {"value": ref("x.json")}}, False),
    ],
)
def test_data_of_examples_has_no_references(document: Any, is_data: bool) -> None:
    found, problems = bundled({**document, "other": ref("y.json")}, x={}, y={})

    assert problems == []
    assert ("x.json" not in found["x-flowcontract-files"]) is is_data
    assert ({key: found[key] for key in document} == document) is is_data


def test_names_are_no_keywords() -> None:
    data = {"default": ref("none.json")}
    document = {
        "responses": {"default": ref("x.json#/a")},
        "properties": {"example": ref("x.json#/b"), "responses": data},
        "schemas": {"enum": {"items": ref("x.json#/c")}},
    }

    found, problems = bundled(document, x={})

    at = "#/x-flowcontract-files/x.json"
    assert problems == []
    assert found["responses"] == {"default": ref(f"{at}/a")}
    assert found["properties"] == {"example": ref(f"{at}/b"), "responses": data}
    assert found["schemas"] == {"enum": {"items": ref(f"{at}/c")}}


def test_the_mapping_of_a_discriminator_names_components_or_refers_to_schemas() -> None:
    mapping = {"a": "Cat", "b": "com.cat", "c": "x.json", "d": "x.json#/Dog", "e": "#/Dog", "f": "none.json"}
    union = {"oneOf": [ref("x.json")], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    document = {"components": {"schemas": {"com.cat": {}, "Pet": union}}}

    found, problems = bundled(document, x={"Dog": {}, "discriminator": {"propertyName": "kind", "mapping": mapping}})

    at = "#/x-flowcontract-files/x.json"
    assert found["components"]["schemas"]["Pet"]["discriminator"]["mapping"] == {
        "a": "Cat",
        "b": "com.cat",
        "c": at,
        "d": f"{at}/Dog",
        "e": "#/Dog",
    }
    assert found["x-flowcontract-files"]["x.json"]["discriminator"]["mapping"]["e"] == f"{at}/Dog"
    assert problems[0] == (
        "/components/schemas/Pet/discriminator/mapping: refers to 'none.json', which cannot be read "
        "(there is no file /api/none.json); it is ignored."
    )


def test_identifiers_are_no_files() -> None:
    document = {
        "a": {
            "$id": "https://x.example/a/base",
            "b": ref("other.json"),
            "c": {"$id": "inner/", "d": ref("../other.json#x")},
        },
        "e": {"$id": "https://x.example/a/other.json"},
        "f": ref("https://x.example/a/base#here"),
        "g": ref("file.json"),
        "h": [{"$id": "https://x.example/in/list"}, ref("https://x.example/in/list")],
        "default": {"$id": "https://x.example/data"},
        "i": ref("https://x.example/data"),
    }

    found, problems = bundled(document, file={})

    assert {key: found[key] for key in "aefh"} == {key: document[key] for key in "aefh"}
    assert found["g"] == ref("#/x-flowcontract-files/file.json")
    assert [text.partition(":")[0] for text in problems] == ["/i"]


def test_identifiers_in_files_are_known_in_all_files() -> None:
    x = {
        "$id": "https://x.example/x",
        "a": ref("part"),
        "b": ref("#mark"),
        "c": ref("#/d"),
        "d": {"$id": "part", "$anchor": "mark"},
    }
    document = {"early": ref("https://x.example/part#mark"), "file": ref("x.json"), "none": ref("https://x.example/no")}

    found, problems = bundled(document, x=x)

    at = "#/x-flowcontract-files/x.json"
    assert found["early"] == ref(f"{at}/d")
    assert found["x-flowcontract-files"]["x.json"] == {
        "$id": "https://x.example/x", "a": ref(f"{at}/d"), "b": ref(f"{at}/d"), "c": ref(f"{at}/d"), "d": x["d"],
    }  # fmt: skip
    assert [text.partition(":")[0] for text in problems] == ["/none"]


@pytest.mark.parametrize(
    "reference", ["https://x.example/api/me#/a", "me#/a", "../api/me#/a", "#/a", "openapi.yaml#/a"]
)
def test_a_document_may_have_a_name_of_its_own(reference: str) -> None:
    document = {"$self": "https://x.example/api/me", "b": ref(reference), "file": ref("x.json")}
    found, problems = bundled(document, x={"c": ref("https://x.example/api/me#/a")})

    assert problems == []
    assert found["b"] == found["x-flowcontract-files"]["x.json"]["c"] == ref("#/a")


def test_local_files_lie_in_the_folder_or_in_places_that_are_named(tmp_path: Path) -> None:
    folder, other = tmp_path / "api", tmp_path / "other"
    files = LocalFiles(folder / "openapi.yaml", str, [str(other), "https://x.example"])
    base = str(folder / "below" / "a.yaml")

    assert files.root == str(folder / "openapi.yaml")
    assert files.address("../b%20c.yaml", base) == str(folder / "b c.yaml")
    assert files.address("https://x.example/a%20b", base) == "https://x.example/a%20b"
    assert files.name(str(folder / "below" / "a.yaml")) == "below/a.yaml"
    assert files.name(str(other / "a.yaml")) == str(other / "a.yaml")
    assert [files.is_allowed(str(tmp_path / name)) for name in ("api/a", "api/b/c", "other/a", "apis/a", "a")] == [
        True, True, True, False, False
    ]  # fmt: skip
    assert not files.is_allowed("https://x.example/a")
    assert files.address("http://[x", base) == "http://[x"
    assert files.read(str(other)) == str(other)


def test_files_at_a_url_lie_below_its_directory_or_at_origins_that_are_named() -> None:
    files = UrlFiles("https://x.example/a/openapi.yaml#top", str, ["https://Y.example:8443/b", "/folder"])

    assert files.root == "https://x.example/a/openapi.yaml"
    assert files.address("../b.yaml", "https://x.example/a/c/d.yaml") == "https://x.example/a/b.yaml"
    assert files.name("https://x.example/a/c/d.yaml") == "c/d.yaml"
    assert files.name("https://y.example/d.yaml") == "https://y.example/d.yaml"
    assert files.is_allowed("https://x.example/a/b")
    assert files.is_allowed("https://y.example:8443/c")
    assert files.address("http://[x", files.root) == "http://[x"
    for url in ("http://[x", "https://x.example/b", "https://y.example/c", "http://x.example/a/b"):
        assert not files.is_allowed(url)
    assert files.read("https://x.example/a/b") == "https://x.example/a/b"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://X.example:8443/a?b#c", "https://x.example:8443"),
        ("HTTP://x.example", "http://x.example"),
        ("a.yaml", "://"),
        ("http://[x", ""),
    ],
)
def test_the_origin_of_a_url(url: str, found: str) -> None:
    assert origin(url) == found


def test_the_external_value_of_an_example_is_its_value() -> None:
    values = {
        "own": {"externalValue": "samples/one.json"},
        "both": {"value": 1, "externalValue": "samples/one.json"},
        "far": {"externalValue": "https://example.com/one.json"},
        "lost": {"externalValue": "two.json"},
        "text": {"externalValue": "rows.csv"},
    }
    found, problems = bundled({"examples": values, "other": {"externalValue": "two.json"}}, samples__one={"a": 1})

    assert {name: each.get("value") for name, each in found["examples"].items()} == {
        "own": {"a": 1}, "both": 1, "far": None, "lost": None, "text": None,
    }  # fmt: skip
    assert problems == [
        "/examples/lost: refers to 'two.json', which cannot be read (there is no file /api/two.json); it is ignored."
    ]
