"""Bounds and searches without effect are found by reads; what has no effect for a reason is not."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.engine.confirmation import Findings
from flowcontract.engine.phases import filters, success
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Json = dict[str, Any]
Query = Mapping[str, str]
Select = Callable[[Json, Query], bool]
DAY, NUMBER, TEXT = {"type": "string", "format": "date"}, {"type": "integer"}, {"type": "string"}
CRATE: Json = {
    "type": "object",
    "properties": {
        "id": NUMBER,
        "label": TEXT,
        "weight_g": NUMBER,
        "ripe_on": {"type": ["string", "null"], "format": "date"},
        "created_at": {"type": "string", "format": "date-time"},
        "sold_on": {"type": ["string", "null"], "format": "date"},
    },
}


def _contract(*parameters: tuple[str, Json, str]) -> Contract:
    schema = {"type": "object", "properties": {"total": NUMBER, "items": {"type": "array", "items": CRATE}}}
    documented = [
        {"name": name, "in": "query", "schema": query, "description": description}
        for name, query, description in parameters
    ]
    responses: Json = {
        "200": {"description": "Some.", "content": {"application/json": {"schema": schema}}},
        "400": {"description": "Invalid."},
    }
    paths = {"/crates": {"get": {"operationId": "listCrates", "parameters": documented, "responses": responses}}}
    return Contract({"openapi": "3.1.0", "info": {"title": "Crates", "version": "1"}, "paths": paths})


class Crates:
    """Crates with a weight and a day. `select` says which of them a query finds; `rejected`, which gets 400."""

    def __init__(self, select: Select, rejected: Callable[[Query], bool] = lambda query: False, **every: Any) -> None:
        self.select, self.rejected = select, rejected
        self.reads = 0
        self.crates = [
            {
                "id": number,
                "label": f"Crate {number}",
                "weight_g": 100 * number,
                "ripe_on": f"2025-06-{number:02}" if number % 3 else None,
                "created_at": f"2025-05-{number:02}T08:00:00Z",
                "sold_on": None,
                **every,
            }
            for number in range(1, 8)
        ]

    def __call__(self, request: Request) -> Response:
        query = dict(request.query)
        if self.rejected(query):
            return Response(400, {})
        found = [crate for crate in self.crates if self.select(crate, query)]
        return Response(200, {"total": len(found), "items": found})


def _all(_crate: Json, _query: Query) -> bool:
    return True


def _messages(
    server: Callable[[Request], Response],
    *parameters: tuple[str, Json, str],
    rule: str = "filter-returns-other-items",
) -> list[str]:
    """The messages of the findings about filters, after they were sent again."""
    contract = _contract(*parameters)
    with running(server) as url:
        target = Target.at(url, contract.base_path)
        with Sender(target, timeout=10, time_limit=100) as sender:
            session = new_session(contract, target, engine.Options(), sender)
            success.run(session)
            filters.run(session)
            checked = Findings(session)
            findings = checked.retried(checked.occurrences())
    return [item.failure.message for item in findings if item.rule == rule]


EATEN = ("eaten_before", DAY, "Only crates whose ripe_on is earlier than this day.")


@pytest.mark.parametrize(
    ("parameter", "sent"),
    [
        (EATEN, "eaten_before=1900-01-01"),
        (("ripe_since", DAY, ""), "ripe_since=2199-12-31"),
        (("created[gte]", {"type": "string", "format": "date-time"}, ""), "created[gte]=2199-12-31T00:00:00Z"),
        (("day", DAY, "Only crates with a `ripe_on` later than it."), "day=2199-12-31"),
        (("max_weight", NUMBER, ""), "max_weight=0"),
        (("heaviest_to", NUMBER, "Only crates whose weight is at most this."), "heaviest_to=0"),
        (("from_load", NUMBER, "The lowest weight, without the pallet."), "from_load=1000000000"),
        (("picked_until", DAY, "Only crates that ripen on or before this day."), "picked_until=1900-01-01"),
        (("weight_g_above", {**NUMBER, "maximum": 900}, ""), "weight_g_above=900"),
        (("q", TEXT, "Words of the label."), "q=quokkazigfilter"),
        (("containing", {**TEXT, "maxLength": 5}, "Crates whose label contains this."), "containing=qkxz"),
    ],
)
def test_a_filter_without_effect_is_found_whatever_its_name(parameter: tuple[str, Json, str], sent: str) -> None:
    (message,) = _messages(Crates(_all), parameter)

    assert message.startswith(f"Expected {sent} or ")
    assert message.endswith(f"got the same list as without {parameter[0]} (7 items, total 7).")


def _before(crate: Json, query: Query) -> bool:
    return "eaten_before" not in query or (crate["ripe_on"] or "9") < query["eaten_before"]


def _after(crate: Json, query: Query) -> bool:
    return (crate["ripe_on"] or "9") > query.get("eaten_before", "")


def _undated_stay(crate: Json, query: Query) -> bool:
    return crate["ripe_on"] is None or _before(crate, query)


@pytest.mark.parametrize("select", [_before, _after, _undated_stay])
def test_a_filter_with_an_effect_is_not_found(select: Select) -> None:
    assert _messages(Crates(select), EATEN) == []


def _is_far(query: Query) -> bool:
    return query.get("eaten_before", "2025")[:4] != "2025"


def test_where_far_values_are_rejected_those_of_the_list_tell() -> None:
    assert _messages(Crates(_before, _is_far), EATEN) == []
    assert len(_messages(Crates(_all, _is_far), EATEN)) == 1
    assert _messages(Crates(_all, lambda query: "eaten_before" in query), EATEN) == []


RANGE = (("ripe_from", DAY, ""), ("ripe_to", DAY, ""))


def _as_a_whole(crate: Json, query: Query) -> bool:
    is_whole = {"ripe_from", "ripe_to"} <= set(query)
    return not is_whole or query["ripe_from"] <= (crate["ripe_on"] or "") <= query["ripe_to"]


def test_a_range_may_have_an_effect_only_as_a_whole() -> None:
    assert _messages(Crates(_as_a_whole), *RANGE) == []
    assert len(_messages(Crates(_all), *RANGE)) == 2


@pytest.mark.parametrize(
    "parameter",
    [
        ("ripe_before", DAY, "Only together with `ripe_after`."),
        ("ripe_before", DAY, "Deprecated, without effect."),
        ("available_from", DAY, "Crates that are free then, whose ripe_on is later."),
        ("sold_before", DAY, "Crates that were sold earlier."),  # None was: they may all stay.
        ("arrive_after", DAY, ""),  # Of nothing that the list shows.
        ("max_depth", NUMBER, "Levels of crates in crates."),
        ("max_load", NUMBER, "What a van carries, whatever the weight of a crate."),
        ("limit", NUMBER, ""),
        ("q", TEXT, "Finds what is similar."),
        ("lang", TEXT, "Language of the search."),
    ],
)
def test_what_may_have_no_effect_is_not_found(parameter: tuple[str, Json, str]) -> None:
    assert _messages(Crates(_all), parameter) == []


def test_a_list_without_the_values_of_a_bound_says_nothing() -> None:
    assert _messages(Crates(_all, ripe_on=None), EATEN) == []
    assert _messages(Crates(_all, ripe_on="9999-12-31"), EATEN) == []


def test_a_list_that_changes_meanwhile_says_nothing() -> None:
    class Growing(Crates):
        def __call__(self, request: Request) -> Response:
            self.reads += "eaten_before" in dict(request.query)
            self.crates[0]["label"] = f"Crate after {self.reads} filters"
            return super().__call__(request)

    assert _messages(Growing(_all), EATEN) == []


@pytest.mark.parametrize(
    ("name", "description", "found"),
    [
        ("ripe_to", "Only crates that are ripe on this day or earlier; the day itself is included.", "2025-06-01"),
        ("ripe_from", "The first day, inclusive.", "2025-06-07"),
        ("created_to", "Created on or before this day (UTC).", "2025-05-01"),
        ("created_to", "Created on or before this day.", ""),  # In which zone?
        ("ripe_to", "Only crates that are ripe before this day, which is not included.", ""),
        ("ripe_to", "The last day.", ""),
    ],
)
def test_a_bound_that_includes_its_day_finds_what_happens_on_it(name: str, description: str, found: str) -> None:
    prop = "ripe_on" if name.startswith("ripe") else "created_at"

    def select(crate: Json, query: Query, *, is_included: bool) -> bool:
        day = query.get(name)
        shown = crate[prop][:10] if day and crate[prop] else None
        is_within = shown is not None and day is not None and (shown < day if name.endswith("to") else shown > day)
        return day is None or is_within or (is_included and shown == day)

    right, wrong = (Crates(partial(select, is_included=value)) for value in (True, False))
    parameter = (name, DAY, description)

    assert _messages(right, parameter, rule="filter-misses-items") == []
    messages = [
        message.partition(" to include")[0] for message in _messages(wrong, parameter, rule="filter-misses-items")
    ]
    assert messages == ([f"Expected {name}={found}"] if found else [])
