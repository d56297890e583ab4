"""Two responses to nearly the same request: repeated, with more input, HEAD next to GET, denied."""

from collections.abc import Sequence
from typing import Any

import pytest

from flowcontract.checks import relations
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Relation
from flowcontract.openapi.contract import Contract

from .library import BOOK, BOOK_SCHEMA, ERROR, KNOWN, RESPONSES, SHOP, interaction, received, shop

JSON = "application/json"
PAGE = shop({"200": {"description": "A page.", "content": {"text/html": {}, "text/plain": {}}}})
OTHER = "the-other-book-of-1932"


def _pair(
    relation: Relation,
    first: Any,
    second: Any,
    *,
    contract: Contract = SHOP,
    volatile: Sequence[str] = (),
    noisy: Sequence[str] = (),
    base: dict[str, Any] | None = None,
    **more: Any,
) -> list[tuple[str, str]]:
    base_item = interaction(first, contract=contract, **(base or {}))
    item = interaction(second, contract=contract, relation=relation, **more)
    found = relations.check_pair(item, base_item, volatile, noisy)
    return [(each.rule, each.group_key) for each in found]


@pytest.mark.parametrize(
    ("body", "volatile", "part"),
    [
        (BOOK, (), None),
        (BOOK | {"pages": 1}, (), "/pages"),
        (BOOK | {"pages": 1}, ("/pages",), None),
        (BOOK | {"pages": {"read": 1}}, ("/pages",), None),
        (BOOK | {"pages": 1}, ("/page",), "/pages"),
        ([BOOK], (), ""),
    ],
)
def test_the_same_request_gets_the_same_response(body: Any, volatile: tuple[str, ...], part: str | None) -> None:
    found = _pair(Relation.REPEAT, received(200, BOOK), received(200, body), volatile=volatile)

    assert found == ([] if part is None else [("inconsistent-response", part)])


def test_only_successes_are_compared_and_only_bodies_that_can_be_decoded() -> None:
    broken = received(200, b"x", JSON, ("Content-Encoding", "gzip"))

    assert _pair(Relation.REPEAT, received(200, BOOK), received(404, ERROR)) == []
    assert _pair(Relation.REPEAT, received(404, ERROR), received(200, BOOK)) == []
    assert _pair(Relation.REPEAT, received(200, BOOK), broken) == []
    assert _pair(Relation.REPEAT, broken, received(200, BOOK)) == []
    assert _pair(Relation.REPEAT, received(200, BOOK), received(200, [BOOK]), tolerated=(200,)) == []


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        (("<p>a", "text/html"), ("<p>a", "text/html"), False),
        (("<p>a", "text/html"), ("<p>b", "text/html"), True),
        (("<p>a", "text/html"), ("<p>a", "text/plain"), True),
    ],
)
def test_a_page_is_compared_as_text(first: Any, second: Any, differs: bool) -> None:
    found = _pair(Relation.REPEAT, received(200, *first), received(200, *second), contract=PAGE)

    assert found == ([("inconsistent-response", "")] if differs else [])


def test_undocumented_input_changes_nothing() -> None:
    other = received(200, BOOK | {"title": "Another", "pages": 3})

    assert _pair(Relation.SAME, received(200, BOOK), other) == [("undocumented-input-effect", "differs")]
    assert _pair(Relation.SAME, received(200, BOOK), other, volatile=("/title", "/pages")) == []


@pytest.mark.parametrize(("accept", "count"), [("text/html", 0), ("application/xml", 1)])
def test_a_page_for_a_caller_who_asked_for_one_is_no_difference(accept: str, count: int) -> None:
    page = received(200, "<h1>The Salt Road</h1>", "text/html")

    found = _pair(Relation.SAME, received(200, BOOK), page, headers=(("Accept", accept),))

    assert len(found) == count


def test_another_documented_format_or_language_was_negotiated() -> None:
    page, plain = received(200, "<p>a", "text/html"), received(200, "b", "text/plain")
    english, german = (received(200, BOOK | {"title": name}, JSON, ("Content-Language", name)) for name in ("en", "de"))

    assert _pair(Relation.SAME, page, plain, contract=PAGE) == []
    assert _pair(Relation.SAME, english, german) == []
    assert _pair(Relation.SAME, german, received(200, BOOK, JSON, ("Content-Language", "de"))) != []
    assert _pair(Relation.SAME, german, received(200, BOOK)) != []


@pytest.mark.parametrize("response", [{}, {"description": "A book."}])
def test_where_the_contract_says_nothing_of_a_response_any_format_may_be_negotiated(response: dict[str, str]) -> None:
    contract = shop({"200": response})
    page = received(200, "<p>", "text/html")

    found = _pair(Relation.SAME, received(200, BOOK), page, contract=contract)

    assert found == ([("undocumented-input-effect", "differs")] if response else [])
    assert _pair(Relation.SAME, received(200, BOOK), received(200, [1]), contract=contract) != []


def test_links_may_repeat_the_query_but_nothing_else_of_it() -> None:
    plain = received(200, BOOK | {"self": "/books/x"})

    assert _pair(Relation.SAME, plain, received(200, BOOK | {"self": "/books/x?q=1"})) == []
    assert _pair(Relation.SAME, plain, received(200, BOOK | {"self": "/books/y?q=1"})) != []
    assert _pair(Relation.SAME, received(200, {"a": ["x?1"]}), received(200, {"a": ["x?2"]})) != []
    assert _pair(Relation.SAME, received(200, {"a": ["http://x?1"]}), received(200, {"a": ["http://x?2"]})) == []
    assert _pair(Relation.REPEAT, plain, received(200, BOOK | {"self": "/books/x?q=1"})) != []


def test_lists_that_the_contract_declares_unordered_are_compared_without_order() -> None:
    contract = shop(**{"x-flowcontract-unordered": ["/tags", "/shelf/rows"]})

    def pair(first: Any, second: Any, declared: Contract = contract) -> bool:
        return bool(_pair(Relation.REPEAT, received(200, first), received(200, second), contract=declared))

    assert not pair({"tags": [1, 2]}, {"tags": [2, 1]})
    assert not pair('{"tags": [{"a": 2, "b": 1}, {"b": 2, "a": 1}]}', '{"tags": [{"a": 1, "b": 2}, {"b": 1, "a": 2}]}')
    assert pair({"tags": {"b": [1, 2]}}, {"tags": {"b": [2, 1]}})
    assert pair({"shelf": {"other": [1, 2]}}, {"shelf": {"other": [2, 1]}})
    assert pair({"shelf": [1, 2]}, {"shelf": [2, 1]})
    assert not pair({"shelf": {"rows": [{"a": 1}, {"b": 2}]}}, {"shelf": {"rows": [{"b": 2}, {"a": 1}]}})
    assert pair({"tags": [1, 2]}, {"tags": [1, 3]})
    assert pair({"other": [1, 2]}, {"other": [2, 1]})
    assert pair({"tags": [1, 2]}, {"tags": [2, 1]}, SHOP)


@pytest.mark.parametrize(
    ("response", "key"),
    [
        (received(200, None, JSON), None),
        (received(200, None, JSON, ("Content-Length", "@")), None),
        (received(200, None, JSON, ("Content-Length", "@+1")), "length"),
        (received(200, None, JSON, ("Content-Length", "many")), "length"),
        (received(200, None, JSON, ("Content-Length", "9" * 5000)), "length"),
        (received(200, None, "text/html"), "type"),
        (received(200, None, None), "type"),
        (received(404, None, JSON), "status"),
        (received(404, None, "text/html"), "status"),
    ],
)
def test_head_is_get_without_the_content(response: Any, key: str | None) -> None:
    get = received(200, BOOK)
    lengths = {"@": str(len(get.body)), "@+1": str(len(get.body) + 1)}
    headers = tuple((name, lengths.get(value, value)) for name, value in response.headers)
    head = type(response)(response.status, headers, b"", 0.1)

    found = _pair(Relation.HEAD, get, head, method="HEAD")

    assert found == ([("head-get-mismatch", key)] if key else [])


@pytest.mark.parametrize(
    ("more", "volatile", "rule"),
    [
        (24, ("/pages",), False),
        (25, ("/pages",), True),
        (-24, ("/x",), False),
        (-25, ("/x",), True),
        (1, (), True),
        (-1, (), True),
    ],
)
def test_the_length_of_head_may_differ_a_little_where_the_body_does(
    more: int, volatile: tuple[str, ...], rule: bool
) -> None:
    get = received(200, BOOK)
    head = received(200, None, JSON, ("Content-Length", str(len(get.body) + more)))

    assert bool(_pair(Relation.HEAD, get, head, volatile=volatile, method="HEAD")) is rule


def test_the_length_of_a_body_with_a_redacted_credential_is_the_announced_one() -> None:
    head = received(200, None, JSON, ("Content-Length", "40"))
    body = BOOK | {"title": "${FLOWCONTRACT_TOKEN}"}

    for announced, found in (((), []), (("40",), []), (("41",), [("head-get-mismatch", "length")])):
        get = received(200, body, JSON, *(("Content-Length", length) for length in announced))
        assert _pair(Relation.HEAD, get, head, method="HEAD") == found


@pytest.mark.parametrize(("status", "is_found"), [(404, False), (200, True)])
def test_a_router_without_head_has_a_page_of_its_own_for_a_missing_resource(status: int, is_found: bool) -> None:
    head = received(status, None, "text/plain")

    assert bool(_pair(Relation.HEAD, received(status, ERROR), head, method="HEAD")) is is_found


def test_an_error_may_repeat_the_method_and_a_body_may_be_too_large_to_be_read() -> None:
    get = received(404, {"detail": "GET found nothing"})
    head = received(404, None, JSON, ("Content-Length", str(len(get.body) + 1)))
    cut = received(200, BOOK, cut=True)

    far = received(404, None, JSON, ("Content-Length", str(len(get.body) + 25)))
    success = received(200, BOOK | {"title": "GET"})

    assert _pair(Relation.HEAD, get, head, method="HEAD") == []
    assert _pair(Relation.HEAD, get, far, method="HEAD") == [("head-get-mismatch", "length")]
    other_length = received(200, None, JSON, ("Content-Length", str(len(success.body) + 1)))
    assert _pair(Relation.HEAD, success, other_length, method="HEAD") == [("head-get-mismatch", "length")]
    assert _pair(Relation.HEAD, received(404, ERROR), head, volatile=("/x",), method="HEAD") != []
    assert _pair(Relation.HEAD, cut, received(200, None, JSON, ("Content-Length", "999999")), method="HEAD") == []


ANONYMOUS: dict[str, Any] = {"values": {"id": OTHER}, "headers": ()}


@pytest.mark.parametrize(
    ("second", "key"),
    [
        (received(403, ERROR), None),
        (received(404, ERROR), "status"),
        (received(429, ERROR), None),
        (received(403, {"detail": "Another."}), "body"),
        (received(403, ERROR, JSON, ("X-Found", "1")), "headers"),
        (received(403, ERROR, JSON, ("X-Request-Id", "1")), "headers"),
        (received(403, ERROR, JSON, ("Keep-Alive", "1"), ("Via", "1.1 x"), ("Retry-After", "3")), None),
    ],
)
def test_a_denied_response_does_not_tell_which_resources_exist(second: Any, key: str | None) -> None:
    found = _pair(Relation.DENIAL, received(403, ERROR), second, **ANONYMOUS)

    assert found == ([("resource-enumeration", key)] if key else [])


def test_ids_and_times_of_a_denied_response_may_differ() -> None:
    first, second = (
        received(403, ERROR | {"request_id": number, "at": [{"time": f"{number}"}]}, JSON, ("Date", f"{number}"))
        for number in (1, 2)
    )
    flags = [received(403, ERROR | {"valid": flag}) for flag in (True, False)]

    assert _pair(Relation.DENIAL, first, second, **ANONYMOUS) == []
    assert _pair(Relation.DENIAL, *flags, **ANONYMOUS) == [("resource-enumeration", "body")]


def test_a_header_that_always_differs_says_nothing() -> None:
    first, second = (received(403, ERROR, JSON, ("X-Nonce", name)) for name in "ab")

    assert _pair(Relation.DENIAL, first, second, **ANONYMOUS) == [("resource-enumeration", "headers")]
    assert _pair(Relation.DENIAL, first, second, noisy=("x-nonce",), **ANONYMOUS) == []


def test_headers_that_differ_between_repeated_denials_are_noise() -> None:
    def pair(relation: Relation, target: str) -> tuple[Interaction, Interaction]:
        base = interaction(received(403, ERROR, JSON, ("X-Nonce", "a"), ("X-Fixed", "1")), Expect.DENIED)
        again = received(403, ERROR, JSON, ("X-Nonce", "b"), ("X-Fixed", "1"))
        return interaction(again, Expect.DENIED, relation=relation, target=target), base

    assert relations.noise([pair(Relation.DENIAL, f"/books/{KNOWN}")]) == {"x-nonce"}
    more, base = pair(Relation.DENIAL, f"/books/{KNOWN}")
    other = interaction(received(403, ERROR, JSON, ("X-Other", "a")), Expect.DENIED, target=f"/books/{KNOWN}")
    assert relations.noise([(more, base), (more, other)]) == {"x-nonce", "x-fixed", "x-other"}
    assert relations.noise([pair(Relation.DENIAL, f"/books/{OTHER}")]) == frozenset()
    assert relations.noise([pair(Relation.REPEAT, f"/books/{KNOWN}")]) == frozenset()


def test_a_text_that_each_denial_has_of_its_own_says_nothing() -> None:
    first, second, third = (received(403, {"detail": f"Reference {number}."}) for number in range(3))
    base = interaction(first, Expect.DENIED)
    again = interaction(second, Expect.DENIED, relation=Relation.DENIAL)
    same = interaction(first, Expect.DENIED, relation=Relation.DENIAL)

    assert relations.noise([(again, base)]) == {"/detail"}
    assert relations.noise([(again, base), (same, base)]) == frozenset()
    assert _pair(Relation.DENIAL, first, third, noisy=("/detail",), **ANONYMOUS) == []
    more = received(403, {"detail": "Reference 3.", "book": True})
    assert _pair(Relation.DENIAL, first, more, noisy=("/detail",), **ANONYMOUS) == [("resource-enumeration", "body")]
    texts = [received(403, f"Reference {number}.", "text/plain") for number in range(2)]
    assert _pair(Relation.DENIAL, *texts, noisy=("",), **ANONYMOUS) == []


def test_the_same_denied_request_gets_the_same_denial() -> None:
    first, second = received(403, ERROR), received(403, {"detail": "Another."})

    assert _pair(Relation.DENIAL, first, second) == [("inconsistent-response", "body")]
    assert _pair(Relation.DENIAL, first, received(401, ERROR)) == [("inconsistent-response", "status")]
    more: dict[str, Any] = {"headers": (("Accept", "*/*"),)}
    assert _pair(Relation.DENIAL, first, second, **more) == []
    assert _pair(Relation.DENIAL, first, received(401, ERROR), **more) == [("undocumented-input-effect", "status")]


def test_other_sites_may_be_denied_before_the_credentials_are_looked_at() -> None:
    more: dict[str, Any] = {"headers": (("Origin", "http://localhost"),)}

    assert _pair(Relation.DENIAL, received(401, ERROR), received(403, ERROR), **more) == []
    assert _pair(Relation.DENIAL, received(403, ERROR), received(401, ERROR), **more) != []


def test_a_tolerated_status_ends_a_comparison_unless_both_deny() -> None:
    assert _pair(Relation.DENIAL, received(403, ERROR), received(406, ERROR), tolerated=(406,), **ANONYMOUS) == []
    assert _pair(Relation.DENIAL, received(406, ERROR), received(403, ERROR), tolerated=(406,), **ANONYMOUS) == []
    assert _pair(Relation.DENIAL, received(403, ERROR), received(404, ERROR), tolerated=(404,), **ANONYMOUS) != []
    assert _pair(Relation.DENIAL, received(403, ERROR), received(406, ERROR), **ANONYMOUS) != []


@pytest.mark.parametrize(
    ("first", "second", "found"), [(403, 200, True), (403, 403, False), (200, 200, False), (200, 403, False)]
)
def test_malformed_credentials_are_denied_like_wrong_ones(first: int, second: int, found: bool) -> None:
    bodies = {200: BOOK, 403: ERROR}
    got = _pair(
        Relation.LENIENT,
        received(first, bodies[first]),
        received(second, bodies[second]),
        trigger="a scheme in capitals",
    )

    assert got == ([("lenient-credentials", "served")] if found else [])


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ((404, ERROR, JSON), (400, "<p>No.", "text/html"), True),
        ((404, ERROR, JSON), (400, "No.", None), True),
        ((404, ERROR, JSON), (400, ERROR, JSON), False),
        ((404, ERROR, JSON), (400, ERROR, "application/problem+json"), False),
        ((404, ERROR, JSON), (400, None, "text/html"), False),
        ((404, "No.", "text/html"), (400, "<p>No.", "text/html"), False),
    ],
)
def test_error_responses_have_the_format_of_the_documented_one(first: Any, second: Any, found: bool) -> None:
    got = _pair(Relation.ERROR_FORMAT, received(*first), received(*second))

    assert [rule for rule, _ in got] == (["inconsistent-error-format"] if found else [])


def test_a_documented_format_of_an_error_is_fine() -> None:
    contract = shop({**RESPONSES, "400": {"description": "Bad.", "content": {"text/html": {}}}})

    got = _pair(Relation.ERROR_FORMAT, received(404, ERROR), received(400, "<p>", "text/html"), contract=contract)

    assert got == []


def _denials(missing: Sequence[float], existing: Sequence[float]) -> list[tuple[Interaction, Interaction]]:
    return [
        (
            interaction(
                received(403, ERROR, elapsed=one), Expect.DENIED, relation=Relation.DENIAL, values={"id": OTHER}
            ),
            interaction(received(403, ERROR, elapsed=other)),
        )
        for one, other in zip(missing, existing, strict=True)
    ]


@pytest.mark.parametrize(
    ("missing", "existing", "found"),
    [
        ([0.1] * 4, [0.3] * 4, True),
        ([0.3] * 4, [0.1] * 4, True),
        ([0.1] * 3, [0.3] * 3, False),
        ([0.1] * 4, [0.15] * 4, False),
        ([0.1, 0.1, 0.1, 0.3], [0.3] * 4, False),
        ([0.1] * 4, [0.3, 0.3, 0.3, 0.1], False),
    ],
)
def test_the_time_of_a_denial_tells_only_where_the_ranges_are_apart(
    missing: list[float], existing: list[float], found: bool
) -> None:
    got = list(relations.denial_times(_denials(missing, existing)))

    assert [violation.rule for _, _, violation in got] == (["timing-side-channel"] if found else [])


def test_times_of_other_relations_and_of_the_same_resource_are_not_compared() -> None:
    same = [(item, item) for item, _ in _denials([0.1] * 4, [0.3] * 4)]
    repeats = [
        (interaction(received(200, BOOK, elapsed=0.1), relation=Relation.REPEAT, values={"id": OTHER}), base)
        for _, base in _denials([0.1] * 4, [0.3] * 4)
    ]

    assert list(relations.denial_times(same)) == []
    assert list(relations.denial_times(repeats)) == []


@pytest.mark.parametrize(
    ("statuses", "found"),
    [((200, 405), True), ((405, 200), True), ((501, 404), True), ((405, 501), False), ((200, 404), False)],
)
def test_head_works_for_every_resource_or_for_none(statuses: tuple[int, int], found: bool) -> None:
    heads = [interaction(received(code, None, JSON), method="HEAD", relation=Relation.HEAD) for code in statuses]

    got = list(relations.head_support(heads))

    assert [(violation.rule, violation.group_key) for _, _, violation in got] == (
        [("head-get-mismatch", "not supported")] if found else []
    )
    if found:
        rejected, supported, _ = got[0]
        assert rejected.status in (405, 501)
        assert supported.status not in (405, 501)


def test_a_denied_head_says_nothing_about_head() -> None:
    heads = [
        interaction(received(405, None, None), Expect.DENIED, method="HEAD", relation=Relation.HEAD),
        interaction(received(200, None, JSON), method="HEAD", relation=Relation.HEAD),
        interaction(received(405, None, JSON), method="PUT"),
    ]

    assert list(relations.head_support(heads)) == []


def _unique() -> Contract:
    examples = {"one": {"value": BOOK}, "two": {"value": BOOK | {"id": OTHER}}}
    success = {"description": "A book.", "content": {JSON: {"schema": BOOK_SCHEMA, "examples": examples}}}
    return shop({**RESPONSES, "200": success}, **{"x-flowcontract-unique": ["/id", "/number"]})


def test_what_says_nothing_of_a_unique_field_is_passed_over() -> None:
    contract = _unique()
    silent: list[tuple[Any, dict[str, Any]]] = [
        (received(200, BOOK), {"expect": Expect.DOCUMENTED, "values": {"id": OTHER}}),
        (received(404, ERROR), {}),
        (received(200, BOOK), {"values": {}}),
        (received(200, BOOK), {"values": {"id": "a copy"}}),
        (received(200, {"title": "A"}), {}),
    ]
    first, second = (received(200, BOOK | {"number": 7, "id": name}) for name in (KNOWN, OTHER))
    telling: list[tuple[Any, dict[str, Any]]] = [(first, {}), (second, {"values": {"id": OTHER}})]
    items = [interaction(response, contract=contract, **more) for response, more in silent + telling]

    ((later, earlier, violation),) = relations.distinct_identifiers(items)

    assert (later, earlier) == (items[-1], items[-2])
    assert violation.message == "Expected a different /number for each resource, got 7 for two."


@pytest.mark.parametrize(
    ("second", "more", "parts"),
    [
        (BOOK | {"id": OTHER}, {}, []),
        (BOOK, {}, ["/id"]),
        (BOOK, {"values": {"id": KNOWN}}, []),
        (BOOK, {"values": {"id": "a copy"}}, []),
        (BOOK, {"expect": Expect.DOCUMENTED}, []),
        ({"title": "A"}, {}, []),
    ],
)
def test_a_unique_field_differs_between_resources(second: Any, more: dict[str, Any], parts: list[str]) -> None:
    contract = _unique()
    first = interaction(received(200, BOOK), contract=contract)
    other = interaction(received(200, second), contract=contract, **({"values": {"id": OTHER}} | more))

    got = list(relations.distinct_identifiers([first, other]))

    assert [violation.group_key for _, _, violation in got] == parts
    assert {violation.rule for _, _, violation in got} <= {"duplicate-identity"}


def test_parts_that_differ_between_repeated_requests_are_volatile() -> None:
    def pair(relation: Relation, first: int, second: int, code: int = 200) -> tuple[Interaction, Interaction]:
        base = interaction(received(code, BOOK | {"pages": first}))
        return interaction(received(code, BOOK | {"pages": second}), relation=relation), base

    assert relations.volatile_parts([pair(Relation.REPEAT, 1, 2)]) == {"read": frozenset({"/pages"})}
    twice = [
        pair(Relation.REPEAT, 1, 2),
        (pair(Relation.REPEAT, 1, 1)[0], interaction(received(200, BOOK | {"id": 2, "pages": 1}))),
    ]
    assert relations.volatile_parts(twice) == {"read": frozenset({"/pages", "/id"})}
    assert relations.volatile_parts([pair(Relation.REPEAT, 1, 1)]) == {"read": frozenset()}
    assert relations.volatile_parts([pair(Relation.SAME, 1, 2)]) == {}
    assert relations.volatile_parts([pair(Relation.REPEAT, 1, 2, 404)]) == {}
