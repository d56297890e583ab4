"""What the outcomes of a client's calls mean, without a client: cases and outcomes as values."""

import copy
from typing import Any

import pytest

from flowcontract.compatibility.cases import Case, Category
from flowcontract.compatibility.clients.calls import Outcome
from flowcontract.compatibility.diff.rules import CONSUMERS
from flowcontract.compatibility.outcomes import (
    Cell,
    Compatibility,
    GeneratedFrom,
    Reaction,
    evaluate,
    is_read,
    reactions,
)
from flowcontract.openapi.contract import Contract

GROUP: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "kind": {"enum": ["open", "closed"]}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Groups", "version": "1"},
    "paths": {
        "/groups": {
            "get": {
                "operationId": "list",
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": GROUP}}}},
            },
            "delete": {"operationId": "clear", "responses": {"204": {"description": ""}}},
        }
    },
}
READ, NOTHING, FAILED = Outcome(ok=True, value="Group"), Outcome(ok=True), Outcome(ok=False, error="E", message="no")
EXAMPLE, ERROR, ALLOWED, INVALID = Category.EXAMPLE, Category.ERROR, Category.ALLOWED, Category.INVALID
COMPATIBLE, PARTIAL = Compatibility.COMPATIBLE, Compatibility.PARTIAL
INCOMPATIBLE, INCONCLUSIVE = Compatibility.INCOMPATIBLE, Compatibility.INCONCLUSIVE


def contract(**kind: Any) -> Contract:
    document = copy.deepcopy(DOCUMENT)
    schema = document["paths"]["/groups"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema["properties"]["kind"] |= kind
    document["info"]["version"] = "2" if kind else "1"
    return Contract(document)


def case(category: Category, title: str = "one", status: int = 200, operation: str = "list", **more: Any) -> Case:
    kind = more.pop("kind", category.value)
    return Case(f"{category}-{title}", category, kind, operation, {}, title, status, **more)


KNOWN, WIDER = contract(), contract(enum=["open", "closed", "secret"])
CLEARED = (case(EXAMPLE, operation="clear", status=204, no_body=True), NOTHING)


def evaluated(
    *trial: tuple[Case, Outcome], served: Contract = KNOWN, known: Contract | None = KNOWN, **more: Any
) -> Cell:
    consumer = CONSUMERS["reader"]
    return evaluate("c", served, GeneratedFrom(known, consumer) if known else None, trial, **more)


@pytest.mark.parametrize(
    ("one", "outcome", "read"),
    [
        (case(EXAMPLE), READ, True),
        (case(EXAMPLE), NOTHING, False),
        (case(EXAMPLE, no_body=True), NOTHING, True),
        (case(EXAMPLE), FAILED, False),
        (case(EXAMPLE, no_body=True), FAILED, False),
        (case(ERROR, status=404), Outcome(ok=False, status=404), True),
        (case(ERROR, status=404), Outcome(ok=False, status=400), False),
        (case(ERROR, status=404), Outcome(ok=True, value="x", status=404), False),
    ],
)
def test_what_counts_as_read(one: Case, outcome: Outcome, read: bool) -> None:
    assert is_read(one, outcome) is read


TOLD = Outcome(ok=False, error="E", status=404)


@pytest.mark.parametrize(
    ("trial", "served", "known", "compatibility"),
    [
        ([(case(EXAMPLE), READ), CLEARED], KNOWN, KNOWN, COMPATIBLE),
        ([(case(EXAMPLE), READ), (case(ERROR, status=404), TOLD), CLEARED], KNOWN, KNOWN, COMPATIBLE),
        ([(case(EXAMPLE), READ), (case(ALLOWED), FAILED), CLEARED], KNOWN, KNOWN, PARTIAL),
        ([(case(EXAMPLE), READ), (case(INVALID), FAILED), CLEARED], KNOWN, KNOWN, COMPATIBLE),
        ([(case(EXAMPLE), FAILED), (case(ALLOWED), READ), CLEARED], KNOWN, KNOWN, INCOMPATIBLE),
        ([(case(EXAMPLE), READ), (case(ERROR, status=404), FAILED), CLEARED], KNOWN, KNOWN, INCOMPATIBLE),
        ([(case(EXAMPLE), READ), CLEARED], WIDER, KNOWN, PARTIAL),
        ([(case(EXAMPLE), READ), CLEARED], WIDER, None, COMPATIBLE),
        ([(case(EXAMPLE), READ)], KNOWN, KNOWN, INCONCLUSIVE),
        ([], KNOWN, KNOWN, INCONCLUSIVE),
        ([(case(EXAMPLE), NOTHING), CLEARED], KNOWN, KNOWN, INCOMPATIBLE),
        ([(case(EXAMPLE, no_body=True), NOTHING), CLEARED], KNOWN, KNOWN, INCOMPATIBLE),
    ],
)
def test_whether_a_client_works_with_a_server(
    trial: Any, served: Contract, known: Contract | None, compatibility: Compatibility
) -> None:
    assert evaluated(*trial, served=served, known=known).compatibility is compatibility


def test_a_cell_says_what_was_tried() -> None:
    cell = evaluated((case(EXAMPLE), READ), (case(INVALID), READ), CLEARED)
    wide = evaluated((case(EXAMPLE), READ), served=WIDER)

    assert (cell.client, cell.server, cell.tried, cell.untested, cell.problem) == ("c", "1", 2, (), "")
    assert (cell.predicted, cell.blocked, cell.disagreements, cell.reasons) == ((), (), (), ())
    assert (wide.server, wide.tried, wide.untested) == ("2", 1, ("DELETE /groups",))
    assert [(one.rule, one.at, one.operations) for one in wide.predicted or ()] == [
        ("response-enum-value", "/kind", ("GET /groups",))
    ]
    assert evaluated(known=None, server="mine").server == "mine"
    assert evaluated(known=None).predicted is None
    assert evaluated((case(ALLOWED), FAILED), known=None).disagreements == ()


def test_operations_that_do_not_count_are_not_untested() -> None:
    only = evaluated((case(EXAMPLE), READ), operations=frozenset({"list"}))
    more = evaluated((case(EXAMPLE), READ), operations=frozenset({"list", "clear"}))
    without = Contract({**DOCUMENT, "paths": {"/groups": {"get": DOCUMENT["paths"]["/groups"]["get"]}}})

    assert (only.untested, only.compatibility) == ((), COMPATIBLE)
    assert (more.untested, more.compatibility) == (("DELETE /groups",), INCONCLUSIVE)
    assert evaluated((case(EXAMPLE), READ), known=without).untested == ()
    assert evaluated((case(EXAMPLE), READ), known=without, operations=frozenset({"clear"})).untested == (
        "DELETE /groups",
    )


def test_an_operation_that_is_gone_blocks_the_client() -> None:
    served = Contract({**DOCUMENT, "paths": {"/groups": {"get": DOCUMENT["paths"]["/groups"]["get"]}}})

    cell = evaluated((case(EXAMPLE), READ), served=served)

    assert cell.compatibility is INCOMPATIBLE
    assert [(one.rule, one.about) for one in cell.blocked] == [("operation-removed", "DELETE /groups")]


def test_reasons_are_grouped_by_kind_and_message() -> None:
    other = Outcome(ok=False, message="other")
    cell = evaluated(
        (case(ALLOWED, "a", kind="k"), FAILED),
        (case(ALLOWED, "b", kind="k"), FAILED),
        (case(ALLOWED, "c", kind="l"), FAILED),
        (case(ALLOWED, "d", kind="k"), other),
        (case(ERROR, "e", status=404), READ),
        (case(EXAMPLE, "f"), NOTHING),
        (case(ALLOWED, "g"), NOTHING),
    )

    assert [(one.category, one.kind, one.titles, one.message) for one in cell.reasons] == [
        (ALLOWED, "k", ("a", "b"), "E: no"),
        (ALLOWED, "l", ("c",), "E: no"),
        (ALLOWED, "k", ("d",), "other"),
        (ERROR, "error", ("e",), "it returned without an error"),
        (EXAMPLE, "example", ("f",), "it returned nothing"),
    ]


@pytest.mark.parametrize(
    ("trial", "disagreements"),
    [
        ([(case(ALLOWED, "/kind: x", at="/kind"), FAILED)], []),
        (
            [(case(ALLOWED, "/kind: x", at="/kind"), READ)],
            ['predicted to be rejected, but read: /kind may be "secret"'],
        ),
        ([(case(ALLOWED, "/name: x", at="/name"), READ)], []),
        ([(case(ALLOWED, "/name: x", at="/name"), FAILED)], ["not predicted: /name: x: E: no"]),
        ([(case(EXAMPLE), FAILED)], []),
        ([(case(EXAMPLE), FAILED), (case(ALLOWED, "/name: x", at="/name"), FAILED)], []),
        ([(case(ERROR, "404", status=404), FAILED)], ["not predicted: error, 404: E: no"]),
        ([(case(ERROR, "404", status=404), TOLD)], []),
        ([(case(ALLOWED, "/kind: x", at="/kind", operation="clear"), FAILED)], ["not predicted: /kind: x: E: no"]),
        ([(case(ALLOWED, "/kind: x", at="/kind", operation="none"), FAILED)], []),
    ],
)
def test_where_the_prediction_and_the_client_disagree(trial: Any, disagreements: list[str]) -> None:
    found = evaluated(*trial, served=WIDER).disagreements

    assert [text.partition(" [")[0] for text in found] == disagreements


def test_examples_that_are_rejected_without_a_prediction_are_a_disagreement() -> None:
    cell = evaluated((case(EXAMPLE), FAILED), (case(EXAMPLE, "two"), NOTHING), (case(ALLOWED, "x"), FAILED))

    assert cell.disagreements == ("not predicted: the examples are rejected: E: no",)


def test_some_rules_show_in_the_examples_themselves() -> None:
    without = contract(enum=["open", "closed"])
    document = copy.deepcopy(dict(without.document))
    schema = document["paths"]["/groups"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema["required"], schema["properties"]["name"] = ["name"], {"type": "integer"}

    cell = evaluated((case(EXAMPLE), READ), served=Contract(document))

    assert cell.disagreements == (
        "predicted to be rejected, but read: /name integer instead of string [response-type]",
    )


@pytest.mark.parametrize(
    ("total", "read", "nothing", "label"),
    [
        (2, 2, 0, "reads"),
        (2, 0, 2, "returns nothing"),
        (2, 0, 0, "rejects"),
        (3, 1, 1, "reads 1 of 3"),
        (3, 2, 0, "reads 2 of 3"),
    ],
)
def test_a_reaction_in_a_word_or_two(total: int, read: int, nothing: int, label: str) -> None:
    assert Reaction("c", EXAMPLE, "k", total, read, nothing, "", ()).label == label


def test_reactions_are_counted_by_kind() -> None:
    trial = [
        (case(ALLOWED, "a", kind="k"), READ),
        (case(ALLOWED, "b", kind="k"), NOTHING),
        (case(ALLOWED, "c", kind="k"), FAILED),
        (case(ALLOWED, "d", kind="k"), Outcome(ok=False, message="later")),
        (case(INVALID, "e", kind="k"), READ),
        (case(ERROR, "f", status=404), TOLD),
        (case(EXAMPLE, "g"), NOTHING),
    ]

    found = list(reactions("c", KNOWN, None, trial))

    assert [(one.client, one.category, one.kind, one.total, one.read, one.nothing, one.message) for one in found] == [
        ("c", ALLOWED, "k", 4, 1, 1, "E: no"),
        ("c", INVALID, "k", 1, 1, 0, ""),
        ("c", EXAMPLE, "example", 1, 0, 1, ""),
    ]
    assert [one.disagreements for one in found] == [(), (), ()]


@pytest.mark.parametrize(
    ("body", "outcome", "disagreements"),
    [
        ({"name": "x"}, READ, ()),
        ({"name": "x"}, FAILED, ("one was predicted to be read, but rejected: E: no",)),
        ({"name": 5}, FAILED, ()),
        ({"name": 5}, READ, ("one was predicted to be rejected, but read",)),
        ({"name": "x", "kind": "other"}, READ, ("one was predicted to be rejected, but read",)),
        ({}, READ, ("one was predicted to be rejected, but read",)),
        (None, FAILED, ()),
    ],
)
def test_each_body_is_predicted(body: Any, outcome: Outcome, disagreements: tuple[str, ...]) -> None:
    generated_from = GeneratedFrom(KNOWN, CONSUMERS["reader"])
    others = [
        (case(ALLOWED, operation=name, body=5, status=status), READ) for name, status in (("list", 404), ("x", 200))
    ]

    (found,) = reactions("c", KNOWN, generated_from, [(case(ALLOWED, body=body), outcome), *others])

    assert found.disagreements == disagreements
