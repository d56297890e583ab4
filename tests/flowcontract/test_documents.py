"""Documents are read as OpenAPI wants them read, written the same every time, and never half."""

import errno
import json
import os
import stat
import textwrap
from pathlib import Path
from typing import Any

import pytest

from flowcontract.errors import ContractError
from flowcontract.openapi import documents, pointers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("2024-08-01", "2024-08-01"),
        ("2024.8.1", "2024.8.1"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0", 0),
        ("-7", -7),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", ".inf"),
        ("<<", "<<"),
        ("'1'", "1"),
    ],
)
def test_a_value_has_the_type_that_yaml_1_2_gives_it(text: str, value: Any) -> None:
    read = documents.parse(f"key: {text}\n", "text")["key"]

    assert (read, type(read)) == (value, type(value))


def test_keys_are_strings_as_in_json() -> None:
    assert documents.parse("200: a\ntrue: b\n1.5: c\nnull: d\n", "text") == {
        "200": "a",
        "true": "b",
        "1.5": "c",
        "null": "d",
    }


@pytest.mark.parametrize("text", ['{"a": [1, "x"]}', '{\n\t"a": [\n\t\t1,\n\t\t"x"\n\t]\n}'])
def test_json_is_read_too(text: str) -> None:
    assert documents.parse(text, "text") == {"a": [1, "x"]}


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\tx", "a: \x00", "a: *b", "- a\nb"])
def test_invalid_yaml_is_rejected_by_name(text: str) -> None:
    with pytest.raises(ContractError, match=r"some\.yaml is not valid YAML"):
        documents.parse(text, "some.yaml")


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ('{"a": {"b": 1', "some.json", "JSON at line 1, column 14: expecting ',' delimiter; it may be truncated"),
        ('{"a":\n "b', "some.json", "JSON at line 2, column 2: unterminated string; it may be truncated"),
        ('{"a": 1,, "b": 2}', "some.json", "JSON at line 1, column 9: expecting property name"),
        ('{"a": {"b": 1', "http://127.0.0.1/api.JSON?v=1", "JSON at line 1"),
        ('{"a": {"b": 1', "standard input", "JSON at line 1"),
        ("{a: {b: 1", "standard input", "YAML at line"),
        ('{"a": {"b": 1', "some.yml", "YAML at line"),
    ],
)
def test_what_is_meant_as_json_is_called_json(text: str, name: str, problem: str) -> None:
    with pytest.raises(ContractError) as raised:
        documents.parse(text, name)

    assert str(raised.value).startswith(f"{name} is not valid {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 'has the key "a" twice, at lines 1 and 3'),
        ('{"a": 1,\n "b": {"c": 1,\n "c": 2}}', 'has the key "c" twice, at lines 2 and 3'),
        ("&a [*a]", "has an alias inside the value that it refers to"),
        ("a: b".encode("utf-16"), "is encoded as UTF-16 or UTF-32, expected UTF-8"),
        (b"a: \xff", "is not UTF-8"),
        ("[" * 10_000 + "]" * 10_000, "is nested deeper than 200 levels"),
        ('{"a":' * 300 + "1" + "}" * 300, "is nested deeper than 200 levels"),
        (b" " * (documents.MAX_BYTES + 1), "up to 32 MiB are read"),
    ],
    ids=["yaml twice", "json twice", "own alias", "utf-16", "not utf-8", "brackets", "objects", "size"],
)
def test_what_cannot_be_used_is_rejected_in_one_line(text: str | bytes, problem: str) -> None:
    with pytest.raises(ContractError) as error:
        documents.parse(text, "some.yaml")

    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert documents.parse(b'\xef\xbb\xbf{"a": 1}', "text") == {"a": 1}


def test_aliases_of_aliases_are_rejected_before_they_are_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 20)]

    with pytest.raises(ContractError, match="aliases that expand to more than"):
        documents.parse("\n".join(lines), "text")


def test_what_an_alias_names_is_shared() -> None:
    document = documents.parse("a: &a [x]\nb: [*a, *a]", "text")

    assert document["b"][0] is document["b"][1]


@pytest.mark.parametrize(
    "value",
    [
        "1e3",
        "010",
        "0o7",
        "1:30",
        "no",
        "true",
        "null",
        "~",
        "",
        ".5",
        "0x1",
        "x: y",
        "- a",
        "#c",
        "a\nb",
        " lead",
        "é😀",
        "trail \nx",
        "\x00",
        "a\tb",
        "@a",
        "`a`",
        "2024-01-01",
        "\u2028",
        "\ufeffb",
        "=",
        "<<",
        "%x",
        "line\n\n\nend\n",
    ],
)
def test_what_is_written_reads_as_it_was(value: str) -> None:
    document = {"key": value, "list": [value], "number": 1.5, "none": None, "flag": True}

    assert documents.parse(documents.dump(document), "text") == document


def test_a_text_of_several_lines_is_written_as_lines() -> None:
    assert documents.dump({"a": "one\ntwo", "b": "x" * 300}) == f"a: |-\n  one\n  two\nb: {'x' * 300}\n"


def test_what_is_shared_is_written_out() -> None:
    shared = {"x": 1}

    assert documents.dump({"a": shared, "b": shared}) == "a:\n  x: 1\nb:\n  x: 1\n"


def test_a_file_is_written_whole_into_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.yaml"

    documents.write(path, "a: ä\n")

    assert path.read_bytes() == "a: ä\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_file_for_its_owner_alone_is_read_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)

    documents.write(path, "new", private=True)
    documents.write(tmp_path / "other.yaml", "new", private=True)

    assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()] == [0o600, 0o600]


def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)

    documents.write(path, "new")

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    documents.write(tmp_path / "link", "new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        documents.write(pipe, "new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)

    assert pipe.is_fifo()


def test_where_nothing_can_be_written_everything_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old", encoding="utf-8")

    for path in (tmp_path / "folder", tmp_path / "file" / "below"):
        with pytest.raises(ContractError, match="cannot be written"):
            documents.write(path, "new")

    assert (tmp_path / "file").read_text(encoding="utf-8") == "old"
    assert sorted(child.name for child in tmp_path.iterdir()) == ["file", "folder"]


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="there is no file"):
        documents.read(tmp_path / "missing.yaml")
    with pytest.raises(ContractError, match="cannot be read"):
        documents.read(tmp_path)


def test_every_element_has_a_line() -> None:
    text = "a:\n  b/c: 1\nlist:\n- x\n- y: 2\n  z: 3\n200: q\n"

    assert documents.lines(text) == {
        "": 1,
        "/a": 1,
        "/a/b~1c": 2,
        "/list": 3,
        "/list/0": 4,
        "/list/1": 5,
        "/list/1/y": 5,
        "/list/1/z": 6,
        "/200": 7,
    }


def test_elements_of_json_have_lines_whatever_its_escapes() -> None:
    assert documents.lines('{\n"a": "\\ud83d\\ude00",\n"b": 1}') == {"": 1, "/a": 2, "/b": 3}
    assert documents.lines('{"a": "\x7f"}') == {"": 1}


@pytest.mark.parametrize(
    ("tokens", "pointer"),
    [((), ""), (("a", 0), "/a/0"), (("/flows/{x}/", "~"), "/~1flows~1{x}~1/~0"), (("",), "/"), (("~1",), "/~01")],
)
def test_pointers_are_built_and_taken_apart(tokens: tuple[str | int, ...], pointer: str) -> None:
    assert pointers.join(*tokens) == pointer
    assert pointers.split(pointer) == [str(token) for token in tokens]


def test_pointers_are_followed() -> None:
    document = {"a": [{"b/c": 1}], "200": 2}

    assert pointers.get(document, ["a", 0, "b/c"]) == 1
    assert pointers.get(document, ["a", "0", "b/c"]) == 1
    assert pointers.get(document, [200]) == 2
    assert pointers.get(document, []) is document


@pytest.mark.parametrize("tokens", [["x"], ["a", "x"], ["a", "9"], ["a", "-1"], ["200", "x"], ["a", "²"]])
def test_a_pointer_that_leads_nowhere_says_so(tokens: list[str]) -> None:
    with pytest.raises(LookupError):
        pointers.get({"a": [1], "200": 2}, tokens)


def test_to_ask_whether_a_file_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    documents.require_writable(tmp_path / "new" / "deeper" / "report.html")

    assert list(tmp_path.iterdir()) == []


PLAIN = [
    "",
    "a: 1\nb: [1, -2.5, 1e3, .5, +1, 0x10, 0o17, 017, 1_000, .inf, 2001-01-01]",
    "{200: a, true: b, null: c, 1.5: d, '1': e}",
    "a: yes\nb: No\nc: TRUE\nd: ~\ne:\nf: 'null'\ng: =\nh: |\n  12\ni: >\n  x\n  y",
    "- - 1\n  - {a: [{b: []}]}\n- ''",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_yaml_is_read_as_any_other(text: str) -> None:
    """An alias makes it a text that PyYAML's own way reads."""
    other = (
        f"[&same x, *same, {json.dumps(text)}]" if not text else f"- &same x\n- *same\n-\n{textwrap.indent(text, '  ')}"
    )

    assert documents.parse(other, "x")[2] == (documents.parse(text, "x") if text else "")


@pytest.mark.parametrize("text", ["a: 1\na: 2", "[a, b", "--- 1\n--- 2", "? [a]\n: b", "a: !thing 1"])
def test_what_is_not_plain_is_still_an_error(text: str) -> None:
    with pytest.raises(ContractError):
        documents.parse(text, "x")


def test_merge_keys_tags_and_aliases_are_read() -> None:
    assert documents.parse("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: !!str 3", "x") == {
        "a": {"x": 1},
        "b": {"x": 1, "y": 2},
        "c": "3",
    }


def test_json_behind_an_empty_line_is_json_whatever_its_escapes() -> None:
    assert documents.parse('\n {"a": "\\ud83d\\ude00"}', "text") == {"a": "\U0001f600"}


def test_merged_keys_may_be_overridden_at_every_level() -> None:
    text = """
outer:
  inner:
    one: &one {x: 1, y: 1}
    two: &two
      <<: *one
      x: 2
three:
  <<: *two
  y: 3
"""
    assert documents.parse(text, "x") == {
        "outer": {"inner": {"one": {"x": 1, "y": 1}, "two": {"x": 2, "y": 1}}},
        "three": {"x": 2, "y": 3},
    }


def test_merging_the_same_keys_again_and_again_takes_no_time() -> None:
    lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60))]

    assert documents.parse("\n".join(lines), "x")["a59"] == {"x": 1}


def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_the_file(tmp_path: Path) -> None:
    """Not what another process may be writing just now, and nothing of other files."""
    names = [".a.md.x8k2p0ab.tmp", ".a.md.now_now_.tmp", ".b.md.x8k2p0ab.tmp", ".a.md.original"]
    for name in names:
        (tmp_path / name).write_text("half")
        if "now" not in name:
            os.utime(tmp_path / name, (1e9, 1e9))

    documents.write(tmp_path / "a.md", "whole")

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[1:], "a.md"])


def test_what_a_write_leaves_that_is_killed_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a[1].md"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            documents.write(path, "half")
    (left,) = tmp_path.iterdir()
    os.utime(left, (1e9, 1e9))
    documents.write(path, "whole")

    assert left.name.startswith(".")
    assert {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()} == {"a[1].md": "whole"}


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ContractError) as error:
        documents.write(tmp_path / "a.md", "new")

    assert error.value.what == f"{tmp_path / 'a.md'} cannot be written: No space left on device."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["folder", "file/below", "file/below/deeper", "loop", "a\0b", "a\0b/deeper"])
def test_what_could_not_be_written_is_known_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(ContractError, match=r"cannot be (written|created)"):
        documents.require_writable(tmp_path / name)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder", "loop"]


def test_files_pipes_and_links_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")

    for name in ("file", "link", "pipe", "new"):
        documents.require_writable(tmp_path / name)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "link", "pipe"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("levels", [201, 400, 900])
@pytest.mark.parametrize("more", ["", "same: &same 1\nother: *same\n"])
def test_what_is_nested_too_deeply_is_rejected_by_name(levels: int, more: str) -> None:
    text = more + "".join(f"{' ' * level}a:\n" for level in range(levels))

    with pytest.raises(ContractError, match=r"^x is nested deeper than 200 levels\.") as error:
        documents.parse(text, "x")

    assert error.value.do == "Fix the file."


@pytest.mark.parametrize("levels", [1, 199, 200])
@pytest.mark.parametrize("text", ["[{}]", '[{{"a": {}}}, "]]", "[["]', "a: {}\nb: [[]]"])
def test_what_has_as_many_levels_as_are_allowed_is_read(levels: int, text: str) -> None:
    depth = levels - 2 if "{{" in text else levels - 1

    assert documents.parse(text.format("[" * depth + "]" * depth if depth > 0 else "1"), "x")
