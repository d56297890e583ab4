"""What the checks take for strict JSON, and the order in which they look at an answer."""

from typing import Any

import pytest

from flowcontract.checks.interaction import NotStrict, parse
from flowcontract.checks.registry import RULES
from flowcontract.checks.relations import differences


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "byte order mark"),
        (b'"\xe9"', "not UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 1, "a": 1}', "'a' twice"),
        (b"{} {}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"", "not JSON"),
        (b'"\\ud800"', "half a character"),
        (b"[" * 100_000, "too deeply"),
    ],
)
def test_what_only_some_parsers_forgive_is_not_strict_json(body: bytes, message: str) -> None:
    with pytest.raises(NotStrict, match=message):
        parse(body)


def test_a_fraction_can_be_told_from_an_integer() -> None:
    assert parse(b"[1, 1.0, 1e0, 1.5]") == [1, 1.0, 1.0, 1.5]
    assert parse(b"[1, 1.0, 1e0, 1.5]", shift_fractions=True) == [1, 1.5, 1.5, 1.5]


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["/a/1"]),
        ({"a": [1]}, {"a": [1, 2]}, ["/a"]),
        ({"a": 1}, {"b": 1}, ["/a", "/b"]),
        ([], {}, [""]),
    ],
)
def test_differences_are_named_by_their_smallest_part(left: Any, right: Any, where: list[str]) -> None:
    assert list(differences(left, right)) == where


def test_each_rule_says_what_why_and_what_to_do() -> None:
    assert all(rule.id == name and rule.title and rule.why and rule.advice for name, rule in RULES.items())
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
