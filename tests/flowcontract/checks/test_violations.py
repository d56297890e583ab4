"""What each check says in full: the message, where in the contract, the key of its finding, what was compared.

After a change that is meant, `FLOWCONTRACT_WRITE=1 pytest tests/flowcontract/checks/test_violations.py` writes the
table anew: its diff is what users will read.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowcontract.checks import relations
from flowcontract.checks.interaction import Violation
from flowcontract.checks.probe import ANOTHER_USER, Expect, Relation
from flowcontract.checks.registry import RULES

from .library import (
    ADDING,
    BOOK,
    BOOK_SCHEMA,
    CALLER,
    ERROR,
    ERROR_SCHEMA,
    RESPONSES,
    SHOP,
    adds,
    interaction,
    json_response,
    received,
    shop,
    two_routes,
    violations,
)

TABLE = Path(__file__).resolve().parents[2] / "data" / "violations.txt"
SEQUENCES = TABLE.with_name("sequence_problems.txt")
JSON = "application/json"
ALLOW = ("Allow", "GET")
BEARER = ("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}")
ALL_SITES = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"))
STATED = shop(
    **{
        "x-flowcontract-invariants": [
            {"name": "the ID is the requested one", "left": "$response.body#/id", "right": "$request.path.id"}
        ]
    }
)
WITH_PROBLEMS = shop({**RESPONSES, "404": {"description": "No.", "content": {"application/problem+json": {}}}})
WITH_HEADERS = shop(
    {
        **RESPONSES,
        "200": json_response(
            BOOK_SCHEMA,
            headers={
                "X-Count": {"required": True, "schema": {"type": "integer"}},
                "X-Many": {"schema": {"type": "array", "items": {"type": "integer"}}},
            },
        ),
        "400": json_response(ERROR_SCHEMA),
        "401": json_response(ERROR_SCHEMA),
        "405": json_response(ERROR_SCHEMA, headers={"Allow": {"schema": {"type": "string"}}}),
    }
)
WITH_406 = shop({**RESPONSES, "406": json_response(ERROR_SCHEMA)})
SHOP_503 = shop({**RESPONSES, "503": {"description": "No."}})
NO_DENIAL = shop({"200": json_response(BOOK_SCHEMA), "404": json_response({})})
MADE_UP = {"headers": (("Authorization", "Bearer flowcontract-12"),)}
ONLY_GZIP = {"headers": (("Accept-Encoding", "gzip"),)}
ANONYMOUS = {"headers": (), "known_ids": frozenset({"the-other-book-of-1932"})}
OTHER: dict[str, Any] = {"values": {"id": "the-other-book-of-1932"}}

GENERATED = {"is_generated": True, "trigger": "generated input: x"}
FORM: dict[str, Any] = {
    "method": "POST",
    "headers": (CALLER, ("Content-Type", "multipart/form-data")),
    "body": b"--x--",
}
LISTING = shop(
    {
        "200": json_response(
            {
                "properties": {
                    "9": {"type": "string"},
                    "items": {"items": {"required": ["title", "pages"], "properties": {"id": {"type": "string"}}}},
                }
            }
        )
    }
)

RESPONSES_TO_ONE: list[tuple[Any, Expect, dict[str, Any]]] = [
    ("timeout", Expect.SUCCESS, {}),
    ("garbage: no status line", Expect.SUCCESS, {}),
    (received(200, BOOK), Expect.SUCCESS, {"retried": "reset"}),
    (received(500, ERROR), Expect.SUCCESS, {}),
    (received(200, "{", JSON, ("Content-Length", "9"), complete=False), Expect.SUCCESS, {}),
    (received(200, "{", complete=False), Expect.SUCCESS, {}),
    (received(200, BOOK, JSON, ("Content-Length", "9"), ("Transfer-Encoding", "chunked")), Expect.SUCCESS, {}),
    (received(200, BOOK, surplus=b"more\xff\n"), Expect.SUCCESS, {}),
    (received(200, None, JSON, surplus=b"more"), Expect.SUCCESS, {"method": "HEAD"}),
    (received(304, None, surplus=b"more"), Expect.SUCCESS, {}),
    (received(406, ERROR), Expect.SUCCESS, {"contract": WITH_406, "headers": (CALLER, ("Accept", "application/json"))}),
    (received(403, {"detail": "flowcontract-12 is wrong"}), Expect.DENIED, MADE_UP),
    (received(418, ERROR), Expect.SUCCESS, {}),
    (received(404, ERROR), Expect.SUCCESS, {}),
    (received(403, ERROR), Expect.SUCCESS, {}),
    (received(403, ERROR), Expect.SUCCESS, {"relation": Relation.SAME}),
    (received(404, ERROR), Expect.SUCCESS, {"relation": Relation.SAME, "name": "query/x", "strict": True}),
    (received(503, ERROR), Expect.SUCCESS, {"relation": Relation.SAME, "contract": SHOP_503}),
    (received(200, BOOK), Expect.NOT_FOUND, OTHER),
    (received(403, ERROR), Expect.NOT_FOUND, OTHER),
    (received(400, ERROR), Expect.NOT_FOUND, OTHER),
    (received(406, ERROR), Expect.NOT_FOUND, OTHER | {"tolerated": (406,), "strict": True}),
    (received(404, ERROR), Expect.NOT_FOUND, {"contract": shop({"200": json_response(BOOK_SCHEMA)})}),
    (received(200, BOOK), Expect.DENIED, {}),
    (received(200, BOOK), Expect.DENIED, {"headers": (), "contract": WITH_HEADERS}),
    (received(304, None, None), Expect.DENIED, {"trigger": "a token in capitals"}),
    (received(404, ERROR), Expect.DENIED, {"headers": ()}),
    (received(401, ERROR), Expect.DENIED, {"contract": NO_DENIAL}),
    (received(200, BOOK), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(400, ERROR), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(404, ERROR), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH", "uses_405": False}),
    (received(405, ERROR, JSON, ALLOW), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH", "strict": True}),
    (received(200, {"items": []}), Expect.SHADOWED, {}),
    (received(200, BOOK), Expect.REJECTED, {"target": "/books/x?limit=many"}),
    (received(200, BOOK), Expect.REJECTED, {"target": f"/books/x?limit={'m' * 300}"}),
    (received(200, BOOK), Expect.UNSPECIFIED, {"values": {}}),
    (received(200, BOOK), Expect.UNSPECIFIED, {"values": {}, "headers": ()}),
    (received(404, {"detail": "SELECT a FROM b"}), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": "no book the-other-book-of-1932"}), Expect.NOT_FOUND, OTHER),
    (received(404, "<script>alert(1)</script>", "text/html"), Expect.UNSPECIFIED, {"values": {}}),
    (received(404, ERROR, JSON, ("X-Flowcontract-Injected", "1")), Expect.UNSPECIFIED, {"values": {}}),
    (received(403, {"detail": "see the-other-book-of-1932"}), Expect.DENIED, ANONYMOUS),
    (received(200, BOOK, JSON, ("Location", "/a"), ("Location", "/b")), Expect.SUCCESS, {}),
    (received(405, ERROR), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH", "contract": WITH_HEADERS}),
    (received(405, ERROR), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(405, ERROR, JSON, ("Allow", "PUT")), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(405, ERROR, JSON, ("Allow", "GET, PATCH")), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(401, ERROR), Expect.DENIED, {"contract": WITH_HEADERS}),
    (received(400, ERROR, JSON, ("Retry-After", "soon")), Expect.DOCUMENTED, {"contract": WITH_HEADERS}),
    (received(200, BOOK), Expect.SUCCESS, {"contract": WITH_HEADERS}),
    (received(200, BOOK, JSON, ("X-Count", "many")), Expect.SUCCESS, {"contract": WITH_HEADERS}),
    (received(200, BOOK, "text/html"), Expect.SUCCESS, {}),
    (received(200, BOOK, None), Expect.SUCCESS, {"headers": (CALLER, ("Accept", JSON))}),
    (received(200, "x", "text/plain"), Expect.DOCUMENTED, {"contract": shop({"200": {"description": "None."}})}),
    (received(200, None, JSON), Expect.SUCCESS, {}),
    (received(200, BOOK, "application/json; charset=latin-1"), Expect.SUCCESS, {}),
    (received(200, BOOK, JSON, ("Content-Encoding", "gzip")), Expect.SUCCESS, {}),
    (received(200, BOOK, JSON, ("Content-Encoding", "br")), Expect.SUCCESS, ONLY_GZIP),
    (received(200, '{"a": 1, "a": 2}'), Expect.SUCCESS, {}),
    (received(200, b"\xff"), Expect.SUCCESS, {}),
    (received(200, "{"), Expect.SUCCESS, {}),
    (received(200, "<p>"), Expect.SUCCESS, {}),
    (received(200, "{} {}"), Expect.SUCCESS, {}),
    (received(200, {"title": 7}), Expect.SUCCESS, {}),
    (received(200, []), Expect.SUCCESS, {}),
    (received(200, '{"id": "1", "title": "A", "pages": 7.0}'), Expect.SUCCESS, {}),
    (received(200, BOOK | {"id": "another"}), Expect.SUCCESS, {"contract": STATED}),
    (received(200, {"id": "1", "title": "A"}), Expect.SUCCESS, {"contract": STATED, "values": {}}),
    (received(404, {"status": 400}, "application/problem+json"), Expect.NOT_FOUND, {"contract": WITH_PROBLEMS}),
    (received(200, BOOK), Expect.NOT_BELOW, {"known_bodies": frozenset({received(200, BOOK).body})}),
    (received(200, BOOK, elapsed=2.26), Expect.SUCCESS, {}),
    (received(404, ERROR, elapsed=2.26), Expect.NOT_FOUND, OTHER | {"trigger": "a quote", "usual_time": 0.05}),
    (received(200, BOOK, JSON, ("Cache-Control", "public, max-age=60")), Expect.SUCCESS, {"headers": (BEARER,)}),
    (received(200, BOOK, JSON, *ALL_SITES), Expect.SUCCESS, {}),
    (received(200, BOOK, JSON, ("ETag", "v1"), ("Date", "today")), Expect.SUCCESS, {}),
    (received(200, BOOK | {"owner": {"password": "pbkdf2$600000$x"}}), Expect.SUCCESS, {}),
    (received(404, {"detail": "GET http://10.0.12.7:9000/books"}), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": "no postgres://shop:s3cret@db/shop"}), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": "no 3196943"}), Expect.NOT_FOUND, OTHER | {"target": "/books/%7B%7B1787*1789%7D%7D"}),
    (received(200, BOOK, JSON, *[("Transfer-Encoding", "chunked")] * 2), Expect.SUCCESS, {}),
    (received(200, None, JSON), Expect.SUCCESS, {"contract": shop({"200": {"description": "Done."}})}),
    (received(405, ERROR, JSON, ALLOW), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH", "contract": two_routes()}),
    (received(500, ERROR), Expect.NOT_FOUND, OTHER),
    (received(500, ERROR), Expect.NOT_FOUND, {"values": {"id": "x" * 60}}),
    (received(500, ERROR), Expect.SUCCESS, {"trigger": "an emoji"}),
    (received(501, ERROR), Expect.SUCCESS, {"method": "PATCH"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | {"target": "/books/x"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | {"target": "/books/x?a=1?b"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | {"target": f"/books/x?{'a' * 120}"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | {"target": "/books/x?limit=many"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | {"target": f"/books/x?limit={'m' * 120}"}),
    (received(500, ERROR), Expect.DOCUMENTED, GENERATED | FORM | {"contract": ADDING}),
    (received(200, BOOK), Expect.REJECTED, FORM | {"contract": ADDING}),
    (received(200, BOOK), Expect.REJECTED, {"contract": ADDING, "method": "POST"}),
    (received(200, BOOK), Expect.REJECTED, adds({"pages": "7"})),
    (received(200, "<p>", "text/html"), Expect.REJECTED, adds({"pages": []})),
    (received(200, BOOK), Expect.REJECTED, adds({"parts": [{"size": 1}, {"size": []}]})),
    (received(200, BOOK), Expect.REJECTED, adds({"7": [], "parts": 3})),
    (received(200, {"9": 1, "items": [{"id": 1}, {"id": 2, "x": 0}]}), Expect.SUCCESS, {"contract": LISTING}),
    (received(204, None, None), Expect.SUCCESS, {}),
    (received(418, ERROR), Expect.SUCCESS, {"contract": shop({"2XX": {"description": "Any."}, "400": {}})}),
    (received(418, ERROR), Expect.SHADOWED, {"contract": shop({"200": json_response(BOOK_SCHEMA)})}),
    (received(204, None, None), Expect.DENIED, {"headers": (("authorization", "Bearer x"),)}),
    (received(200, BOOK), Expect.DENIED, {"trigger": ANOTHER_USER}),
    (received(200, BOOK, "*/*"), Expect.SUCCESS, {}),
    (received(200, BOOK, JSON, ("X-Count", "7"), ("X-Many", "1,x,y")), Expect.SUCCESS, {"contract": WITH_HEADERS}),
    (received(405, ERROR, JSON, ("Allow", "OPTIONS")), Expect.METHOD_NOT_ALLOWED, {"method": "PATCH"}),
    (received(200, BOOK, JSON, ("X-Error", "/srv/x ORA-12345")), Expect.SUCCESS, {}),
    (received(404, f'{{"stacktrace": "{"x" * 99}"}}'), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": "open /srv/shop/x.py"}), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": "API_KEY='1'"}), Expect.NOT_FOUND, OTHER),
    (received(404, {"detail": f"no book {'y' * 80}"}), Expect.NOT_FOUND, {"values": {"id": "y" * 80}}),
]  # fmt: skip

PAIRS: list[tuple[Relation, Any, Any, dict[str, Any]]] = [
    (Relation.REPEAT, received(200, BOOK), received(200, BOOK | {"title": "B", "pages": 1}), {}),
    (Relation.REPEAT, received(200, BOOK), received(200, [BOOK]), {}),
    (Relation.SAME, received(200, BOOK), received(200, BOOK | {"title": "B"}), {"trigger": "a query"}),
    (Relation.SAME, received(200, BOOK), received(200, BOOK | {"title": "B"}), {}),
    (
        Relation.SAME,
        received(200, BOOK | {"self": "http://127.0.0.1/books"}),
        received(200, BOOK | {"self": "http://other.invalid/books"}),
        {"headers": (("X-Forwarded-Host", "other.invalid"),)},
    ),
    (Relation.HEAD, received(200, BOOK), received(404, None, JSON), {"method": "HEAD"}),
    (Relation.HEAD, received(200, BOOK), received(200, None, None), {"method": "HEAD"}),
    (Relation.HEAD, received(200, BOOK), received(200, None, JSON, ("Content-Length", "7")), {"method": "HEAD"}),
    (Relation.DENIAL, received(403, ERROR), received(404, ERROR), OTHER),
    (Relation.DENIAL, received(403, ERROR), received(403, {"detail": "Gone."}), OTHER),
    (Relation.DENIAL, received(403, "No.", "text/html"), received(403, "Gone.", "text/html"), OTHER),
    (Relation.DENIAL, received(403, ERROR), received(403, ERROR, JSON, ("X-B", "1"), ("X-A", "1")), OTHER),
    (Relation.DENIAL, received(403, ERROR), received(403, {"detail": "Gone."}), {}),
    (Relation.DENIAL, received(403, ERROR), received(401, ERROR), {"headers": ()}),
    (Relation.LENIENT, received(403, ERROR), received(200, BOOK), {"trigger": "a scheme in capitals"}),
    (Relation.ERROR_FORMAT, received(404, ERROR), received(418, "No.", "text/html"), {}),
    (Relation.ERROR_FORMAT, received(404, ERROR), received(418, "No.", None), {}),
    (Relation.ERROR_FORMAT, received(404, ERROR), received(403, "No.", "text/html"), {}),
]


WARNINGS = {
    "converted-input-accepted",
    "echoed-resource-id",
    "content-type-without-body",
    "cross-origin-credentials",
    "forwarded-host-trusted",
    "incomplete-allow-header",
    "inconsistent-error-format",
    "lenient-credentials",
    "missing-challenge",
    "missing-reference-accepted",
    "put-keeps-old-values",
    "slow-response",
    "undocumented-body",
    "unsupported-method-not-found",
    "value-normalized",
}


def _line(violation: Violation) -> str:
    parts = [
        violation.rule,
        violation.message,
        violation.pointer,
        violation.group_key,
        *(repr(value) if value is not None else "" for value in (violation.expected, violation.actual)),
        violation.part,
        violation.family,
        violation.schema,
    ]
    return " | ".join(part.encode("unicode_escape").decode() for part in parts)


def _single() -> Iterator[str]:
    for response, expect, options in RESPONSES_TO_ONE:
        more = dict(options)
        context = {
            name: more.pop(name)
            for name in ("strict", "uses_405", "known_ids", "known_bodies", "usual_time")
            if name in more
        }
        contract = more.pop("contract", SHOP)
        found = violations(interaction(response, expect, contract=contract, **more), contract, **context)
        assert found, (response, expect)
        yield from map(_line, found)


def _pairs() -> Iterator[str]:
    for relation, first, second, more in PAIRS:
        item = interaction(second, relation=relation, **more)
        found = list(relations.check_pair(item, interaction(first), ()))
        assert found, (relation, first, second)
        yield from map(_line, found)


def _several() -> Iterator[str]:
    denial = received(403, ERROR, elapsed=0.11)
    missing = [interaction(denial, Expect.DENIED, relation=Relation.DENIAL, **OTHER) for _ in range(4)]
    existing = [interaction(received(403, ERROR, elapsed=number)) for number in (0.31, 0.42, 0.5, 0.6)]
    heads = [interaction(received(code, None, JSON), relation=Relation.HEAD, method="HEAD") for code in (405, 200, 501)]
    book = json_response(BOOK_SCHEMA, examples={})
    book["content"][JSON]["examples"] = {"one": {"value": BOOK}, "two": {"value": BOOK | {"id": OTHER["values"]["id"]}}}
    contract = shop({**RESPONSES, "200": book}, **{"x-flowcontract-unique": ["/none", "/id"]})
    alike = [interaction(received(200, BOOK), contract=contract, **more) for more in ({}, OTHER)]
    for one, other, violation in (
        *relations.denial_times(list(zip(missing, existing, strict=True))),
        *relations.head_support(heads),
        *relations.distinct_identifiers(alike),
    ):
        items = [*missing, *existing, *heads, *alike]
        yield f"{_line(violation)} | {items.index(one)} {items.index(other)}"


def test_the_violations_are_those_of_the_table() -> None:
    lines = [*_single(), *_pairs(), *_several()]
    if os.environ.get("FLOWCONTRACT_WRITE"):
        TABLE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    assert lines == TABLE.read_text(encoding="utf-8").splitlines()
    assert {line.partition(" ")[0] for line in lines} <= set(RULES)


def test_each_rule_is_violated_in_one_of_the_tables() -> None:
    responses = {line.split(" | ")[0] for line in TABLE.read_text(encoding="utf-8").splitlines()}
    sequences = {line.split(" | ")[1] for line in SEQUENCES.read_text(encoding="utf-8").splitlines() if " | " in line}

    # What only Schemathesis checks is in the tests of its rules.
    assert responses | sequences == set(RULES) - {"schemathesis-check"}


def test_these_rules_are_warnings_and_all_others_fail_a_run() -> None:
    assert {name for name, rule in RULES.items() if rule.is_warning} == WARNINGS
