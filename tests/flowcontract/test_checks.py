"""What the checks take for strict JSON, and the order in which they look at an answer."""

import gzip
from dataclasses import replace
from typing import Any

import pytest

from flowcontract.checks import registry
from flowcontract.checks.interaction import NotStrict, parse
from flowcontract.checks.registry import RULES
from flowcontract.checks.relations import differences
from flowcontract.errors import UsageError

from .checks import library


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xef\xbb\xbf{}", "starts with a byte order mark"),
        ("{}".encode("utf-16"), "starts with a byte order mark"),
        (b"\xfe\xff\0{\0}", "starts with a byte order mark"),
        (b'["\xe9"]', "is not UTF-8 (byte 2)"),
        (b'{"a": NaN}', "contains NaN, which JSON does not have"),
        (b"[-Infinity]", "contains -Infinity, which JSON does not have"),
        (b'{"a": 1e999}', "contains a number that is too large: 1e999"),
        (b"[" + b"9" * 400 + b".5]", f"contains a number that is too large: {'9' * 40}"),
        (b'[{"b": 1, "a": 1, "a": 2}]', "contains the name 'a' twice in one object"),
        (b"{} {}", 'is not JSON: there is more text after its end at line 1, column 4, near "{} {}"'),
        (b"{'a': 1}", """is not JSON: syntax error at line 1, column 2, near "{'a': 1}\""""),
        (b'{\n "a": }', 'is not JSON: syntax error at line 2, column 7, near "{\\n "a": }"'),
        (
            b"[" + b"1," * 30 + b"x" + b",2" * 30 + b"]",
            f'is not JSON: syntax error at line 1, column 62, near "{"1," * 10}x{",2" * 9},"',
        ),
        (b"", "is not JSON: it is empty"),
        (b" \n", "is not JSON: it is empty"),
        (b"<p>" + b"x" * 99, f'is not JSON: it starts with "<p>{"x" * 37}"'),
        (b" nothing", 'is not JSON: it starts with " nothing"'),
        (b'"\\ud800"', "contains a lone surrogate (half of a character)"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_only_some_parsers_forgive_is_not_strict_json(body: bytes, message: str) -> None:
    with pytest.raises(NotStrict) as error:
        parse(body)
    assert str(error.value).startswith(message)


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


def test_the_rules_have_a_chapter() -> None:
    sections = registry.sections().split("## ")

    assert len(sections) == 1 + len(RULES)
    assert sections[1] == (
        "no-response\n\n**No valid response** (failure). Without a response, clients cannot tell whether the request "
        "took effect.\n\n"
        "How to fix it: Look for this request in the server's log: the server hung, crashed, closed the connection or"
        " sent invalid HTTP.\n\n"
    )
    assert "slow-response\n\n**Slow response** (warning). " in registry.sections()


def test_reports_show_authorization_and_wrong_data_first_and_incomplete_documents_last() -> None:
    ordered = sorted(RULES, key=registry.rank)

    assert ordered[:3] == ["server-error", "missing-authorization-check", "resource-of-another-user-accessible"]
    assert ordered[7] == "schema-violation"
    assert ordered[-2:] == ["undocumented-status-code", "undocumented-body"]
    assert registry.rank("no-response") == registry.rank("slow-response") == 8


def test_a_rule_of_a_user_has_an_id_of_its_own() -> None:
    known = registry.rule("no-response")

    registry.add(known)
    with pytest.raises(UsageError) as error:
        registry.add(replace(known, title="Silence"))

    assert str(error.value) == "there is a rule 'no-response' already. Choose another ID."
    assert registry.rule("no-response") is known


@pytest.mark.parametrize(("length", "is_kept"), [(64 * 1024, True), (64 * 1024 + 1, False)])
def test_what_was_read_of_a_large_body_is_forgotten_and_read_again(length: int, is_kept: bool) -> None:
    text = f'["{"x" * (length - 4)}"]'
    response = library.received(200, gzip.compress(text.encode()), "application/json", ("Content-Encoding", "gzip"))
    item = library.interaction(response)
    before = item.content, item.json, item.text

    item.release()

    assert (item.content, item.json, item.text) == before
    assert [one is other for one, other in zip((item.content, item.json, item.text), before, strict=True)] == [
        is_kept
    ] * 3
