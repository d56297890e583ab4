"""Patterns of ECMA-262, and of other engines, as the validator's engine reads them."""

import jsonschema_rs
import pytest

from flowcontract.openapi.regular_expressions import is_approximate, readable


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("^a+$", ["a", "aa"], ["", "ab"]),
        (r"^(?<year>\d{4})-\k<year>$", ["1999-1999"], ["1999-2000"]),
        (r"^(?P<y>\d)(?P<m>\d)-(?P=m)$", ["12-2"], ["12-1"]),
        (r"^(a)(?<b>b)\k<b>$", ["abb"], ["aba"]),
        (r"^(?:a)(?<b>b)\k<b>$", ["abb"], ["aba"]),
        (r"^[(]\((?<b>b)\k<b>$", ["((bb"], ["((b"]),
        (r"^[\](](?<b>b)\k<b>$", ["]bb", "(bb"], ["bb"]),
        (r"^(?<b>b)\k<b>0$", ["bb0"], ["b0", "bb"]),
        (r"^(?P<b$1>b)\k<b$1>$", ["bb"], ["b"]),
        (r"\Aab\Z", ["ab"], ["aab", "abb"]),
        (r"\Aab\z", ["ab"], ["aab", "abb"]),
        (r"^\\Z$", ["\\Z"], ["\\", ""]),
        (r"^\cJ$", ["\n"], ["J", "cJ"]),
        (r"^\ca$", ["\x01"], ["a"]),
        (r"^\0$", ["\0"], ["0"]),
        (r"^[\cJ\0]$", ["\n", "\0"], ["J", "0", "c"]),
        (r"^[\w-.]+$", ["a-b.c", "-"], ["a b", ","]),
        (r"^[.-\w]+$", ["a-b.c", "-"], ["a b", "/"]),
        (r"^[a-c]$", ["b"], ["-"]),
        (r"^[\d-a]$", ["-", "5", "a"], ["b"]),
        (r"^[a[b]$", ["a", "[", "b"], ["c", "a]"]),
        (r"^[^[]$", ["a"], ["["]),
        (r"^[^\w-.]$", [" "], ["-", ".", "a"]),
        (r"^a]$", ["a]"], ["a"]),
        (r"^a}$", ["a}"], ["a"]),
        ("^{x}$", ["{x}"], ["x"]),
        ("{2}", ["{2}"], ["22"]),
        ("^(|{2})$", ["", "{2}"], ["2"]),
        ("^a{,2}$", ["a{,2}"], ["a", "aa"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaa"], ["a"]),
        ("^a{2,3}}$", ["aa}", "aaa}"], ["aa"]),
        (r"^[\d-\w]+]$", ["1-a]"], ["1-a"]),
    ],
)
def test_a_pattern_keeps_its_meaning(pattern: str, matching: list[str], others: list[str]) -> None:
    read = readable(pattern)
    assert read is not None
    validator = jsonschema_rs.Draft202012Validator({"pattern": read})

    assert [text for text in [*matching, *others] if validator.is_valid(text)] == matching
    assert not is_approximate(pattern)


@pytest.mark.parametrize("letter", "wWdDsS")
def test_beside_a_set_a_hyphen_is_itself(letter: str) -> None:
    for pattern in (f"^[\\{letter}-z]$", f"^[a-\\{letter}]$", f"^[^\\{letter}-z]$", f"^[\\{letter}\\{letter}-\\]-a]$"):
        assert readable(pattern) is not None
        assert readable(pattern) != pattern
    validator = jsonschema_rs.Draft202012Validator({"pattern": readable(f"^[\\{letter}-+]$")})
    assert validator.is_valid("-")
    assert validator.is_valid("+")
    assert validator.is_valid(",") is letter.isupper()


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        (r"a\k<b>", None),
        (r"(?<b>x)\k<b>", r"(x)(?:\1)"),
        (r"[\cA-\cZ]\c1", None),
        (r"(?<b>x)[\w-\cA\0]", r"(x)[\w\-\x01\x00]"),
        (r"(?<b>x)[]a", None),
        (r"(?<b>x)\00", None),
        (r"(?<b>x)(?<c>[(](?:y))\k<c>", r"(x)([(](?:y))(?:\2)"),
        (r"(?<b>x)\(\k<b>", r"(x)\((?:\1)"),
        (r"(?<b>x){2,3}{}a{,}", r"(x){2,3}\{\}a\{,\}"),
    ],
)
def test_a_pattern_is_rewritten(pattern: str, read: str | None) -> None:
    assert readable(pattern) == read


@pytest.mark.parametrize("pattern", ["^(", "[a", r"a\k<b>", "(?P=b)", "*", r"[\w-\q]", "^(?:{2})$"])
def test_what_no_engine_reads_is_none(pattern: str) -> None:
    assert readable(pattern) is None


def test_a_large_upper_bound_is_left_open() -> None:
    assert readable("^.{1,2097152}$") == "^.{1,}$"
    assert is_approximate("^.{1,2097152}$")
    assert readable("^a{2,1000}$") == "^a{2,1000}$"
    assert not is_approximate("^a{2,1000}$")
    assert readable(r"\A.{1,2097152}a{2,1000}\Z") == "^.{1,}a{2,1000}$"
