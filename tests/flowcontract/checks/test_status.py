"""Which statuses each kind of probe may get: one response, one rule or none."""

from typing import Any

import pytest

from flowcontract.checks.probe import ANOTHER_USER, Expect, Relation
from flowcontract.openapi.contract import Contract

from .library import (
    BOOK,
    BOOK_SCHEMA,
    CALLER,
    ERROR,
    ERROR_SCHEMA,
    KNOWN,
    PATH,
    RESPONSES,
    interaction,
    json_response,
    received,
    rules,
    shop,
    violations,
)

NOTHING = {"description": "Nothing."}


def _status(code: int, *headers: tuple[str, str]) -> Any:
    return received(code, BOOK if code < 300 else ERROR, "application/json", *headers)


ALLOW = ("Allow", "GET, HEAD")
CHALLENGE = ("WWW-Authenticate", "Bearer")


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (200, None),
        (199, "undocumented-status-code"),
        (201, "undocumented-status-code"),
        (299, "undocumented-status-code"),
        (302, "undocumented-status-code"),
        (404, "existing-resource-not-found"),
        (403, "valid-request-rejected"),
        (418, "undocumented-status-code"),
        (499, "undocumented-status-code"),
        (500, "server-error"),
        (501, "server-error"),
    ],
)
def test_a_valid_request_gets_the_documented_success(code: int, rule: str | None) -> None:
    assert rules(_status(code)) == ([rule] if rule else [])


def test_only_a_path_parameter_value_says_that_a_resource_exists() -> None:
    assert rules(_status(404), values={}) == ["valid-request-rejected"]


@pytest.mark.parametrize(
    ("responses", "code", "rule"),
    [
        ({"302": NOTHING}, 302, None),
        ({"302": NOTHING}, 200, "undocumented-status-code"),
        ({"302": NOTHING, "400": NOTHING}, 400, "valid-request-rejected"),
        ({"200": NOTHING, "302": NOTHING}, 302, "valid-request-rejected"),
        ({"404": NOTHING}, 204, None),
        ({"404": NOTHING}, 418, "undocumented-status-code"),
        ({"default": NOTHING}, 418, "valid-request-rejected"),
        ({"2XX": NOTHING}, 204, None),
        ({}, 204, None),
        ({}, 404, None),
        ({"5XX": NOTHING}, 503, "valid-request-rejected"),
        ({"553": NOTHING, "200": NOTHING}, 553, "valid-request-rejected"),
        ({"200": NOTHING, "503": NOTHING}, 500, "server-error"),
    ],
)
def test_what_is_documented_decides(responses: dict[str, Any], code: int, rule: str | None) -> None:
    assert rules(received(code, None, None), contract=shop(responses)) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("code", "relation", "rule"),
    [
        (400, Relation.SAME, None),
        (422, Relation.SAME, None),
        (404, Relation.SAME, "undocumented-input-effect"),
        (500, Relation.SAME, "server-error"),
        (503, Relation.SAME, "server-error"),
        (404, Relation.NONE, "existing-resource-not-found"),
    ],
)
def test_an_undocumented_query_parameter_may_be_rejected_and_changes_nothing_else(
    code: int, relation: Relation, rule: str | None
) -> None:
    errors = {"400": json_response(ERROR_SCHEMA), "422": json_response(ERROR_SCHEMA), "500": NOTHING, "503": NOTHING}

    found = rules(_status(code), contract=shop({**RESPONSES, **errors}), name="query/unknown", relation=relation)

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (200, "resource-of-another-user-accessible"),
        (304, "missing-authorization-check"),
        (403, None),
        (404, None),
    ],
)
def test_a_second_user_does_not_reach_what_the_first_one_has(code: int, rule: str | None) -> None:
    found = rules(_status(code), Expect.DENIED, trigger=ANOTHER_USER, tolerated=(404,))

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(("code", "rule"), [(400, None), (415, None), (404, "undocumented-status-code")])
def test_a_body_that_no_parser_reads_may_get_the_status_of_a_parser(code: int, rule: str | None) -> None:
    contract = shop({"200": NOTHING}, requestBody={"content": {"application/json": {}}})
    unreadable = {"method": "POST", "body": b"{", "headers": (CALLER, ("Content-Type", "application/json"))}

    assert rules(received(code, None, None), Expect.DOCUMENTED, contract=contract, **unreadable) == (
        [rule] if rule else []
    )


def test_a_rejected_header_is_an_effect_of_undocumented_input() -> None:
    contract = shop({**RESPONSES, "400": json_response(ERROR_SCHEMA)})

    assert rules(_status(400), contract=contract, name="headers/x", relation=Relation.SAME) == [
        "undocumented-input-effect"
    ]


def test_a_strict_run_does_not_let_a_query_lead_to_404() -> None:
    found = {"name": "query/unknown", "relation": Relation.SAME, "tolerated": (404,)}

    assert rules(_status(404), strict=True, **found) == ["undocumented-input-effect"]
    assert rules(_status(404), **found) == []


@pytest.mark.parametrize(
    ("code", "strict", "rule"),
    [
        (414, False, None),
        (414, True, None),
        (301, True, None),
        (300, True, None),
        (399, True, None),
        (400, True, "undocumented-status-code"),
        (431, True, None),
        (413, True, None),
        (501, True, None),
        (406, False, None),
        (406, True, "undocumented-status-code"),
        (403, True, None),
        (415, True, "undocumented-status-code"),
    ],
)
def test_a_tolerated_status_must_be_documented_only_in_a_strict_run(code: int, strict: bool, rule: str | None) -> None:
    assert rules(_status(code), tolerated=(code,), strict=strict) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (404, None),
        (200, "nonexistent-resource-found"),
        (403, "nonexistent-resource-found"),
        (400, "undocumented-status-code"),
        (410, "undocumented-status-code"),
    ],
)
def test_a_resource_id_that_does_not_exist_gets_404(code: int, rule: str | None) -> None:
    assert rules(_status(code), Expect.NOT_FOUND, values={"id": "nobody"}) == ([rule] if rule else [])


@pytest.mark.parametrize(("identity", "found"), [("08", False), ("\u0663", False), ("8", True), ("08a", True)])
def test_a_number_in_another_form_may_be_the_id_of_somebody_else(identity: str, found: bool) -> None:
    assert bool(rules(_status(403), Expect.NOT_FOUND, values={"id": identity})) == found


def test_without_a_documented_404_a_path_parameter_may_take_any_value() -> None:
    contract = shop({"200": json_response(BOOK_SCHEMA)})

    assert rules(_status(200), Expect.NOT_FOUND, contract=contract) == []
    assert rules(_status(200), Expect.NOT_FOUND, contract=contract, strict=True) == ["nonexistent-resource-found"]
    assert rules(_status(404), Expect.NOT_FOUND, contract=contract) == ["undocumented-status-code"]
    assert rules(_status(404), Expect.NOT_FOUND, contract=contract, odd=True) == []


@pytest.mark.parametrize(
    ("name", "schema", "value", "is_fine"),
    [
        ("year", {"type": "integer", "minimum": 1900, "maximum": 2100}, "2100", True),
        ("year", {"type": "integer", "minimum": 1900, "maximum": 2100}, "2101", False),
        ("id", {"type": "integer", "minimum": 1, "maximum": 10}, "9", False),
        ("shelf", {"type": "integer", "minimum": 1, "maximum": 999999999}, "999999999", False),
        ("day", {"type": "string", "format": "date"}, "2024-05-01", True),
        ("side", {"type": "string", "enum": ["north", "south"]}, "south", True),
        ("side", {"type": "string", "enum": ["north", "south"]}, "middle", False),
        ("ids", {"type": "array", "items": {"type": "integer"}}, "1,2,3", True),
    ],
)
def test_a_valid_value_that_is_not_a_resource_id_need_not_be_unknown(
    name: str, schema: dict[str, Any], value: str, is_fine: bool
) -> None:
    document = shop(parameters=[{"name": name, "in": "path", "required": True, "schema": schema}]).document
    contract = Contract({**document, "paths": {f"/books/{{{name}}}": document["paths"][PATH]}})
    sent = {"contract": contract, "values": {name: value}, "target": f"/books/{value}"}

    found = rules(_status(200), Expect.NOT_FOUND, **sent)

    assert found == ([] if is_fine else ["nonexistent-resource-found"])


@pytest.mark.parametrize("body", [{}, {"data": None}, {"items": []}, {"item": {}, "more": 1}, [], None])
def test_a_success_may_say_that_there_is_no_such_resource(body: Any) -> None:
    contract = shop({**RESPONSES, "200": json_response({})})
    text = "null" if body is None else body

    assert rules(received(200, text), Expect.NOT_FOUND, contract=contract) == []


@pytest.mark.parametrize("body", [{"data": 0}, [1], "{", '"none"'])
def test_any_other_success_says_that_it_exists(body: Any) -> None:
    contract = shop({**RESPONSES, "200": json_response({})})

    assert rules(received(200, body), Expect.NOT_FOUND, contract=contract) == ["nonexistent-resource-found"]


def test_a_resource_that_may_exist_is_another_one() -> None:
    maybe: dict[str, Any] = {"may_exist": True, "known_bodies": frozenset({received(200, BOOK).body})}

    assert rules(_status(200), Expect.NOT_FOUND, may_exist=True) == []
    assert rules(_status(200), Expect.NOT_FOUND, **maybe, values={"id": "9"}) == ["nonexistent-resource-found"]
    assert rules(_status(200), Expect.NOT_FOUND, **maybe, values={"id": f"0{KNOWN}"}) == ["nonexistent-resource-found"]
    assert rules(_status(200), Expect.NOT_FOUND, **maybe, values={"id": KNOWN}) == []


def test_an_existing_id_in_other_letters_may_be_the_same_unless_an_invariant_forbids_it() -> None:
    equal = {"name": "own ID", "left": "$response.body#/id", "right": "$request.path.id"}
    sent: dict[str, Any] = {"values": {"id": KNOWN.upper()}, "known_ids": frozenset({KNOWN})}

    assert rules(_status(200), Expect.NOT_FOUND, **sent) == []
    assert rules(_status(200), Expect.NOT_FOUND, contract=shop(**{"x-flowcontract-invariants": [equal]}), **sent) != []


def test_an_existing_id_with_the_format_of_the_response_may_be_the_same() -> None:
    for suffix, expected in (
        (".json", []),
        (".html", ["nonexistent-resource-found"]),
        (".", ["nonexistent-resource-found"]),
    ):
        sent: dict[str, Any] = {"values": {"id": KNOWN + suffix}, "known_ids": frozenset({KNOWN})}
        assert rules(_status(200), Expect.NOT_FOUND, **sent) == expected
    assert rules(_status(200), Expect.NOT_FOUND, values={"id": f"{KNOWN}.json"}) == ["nonexistent-resource-found"]


def test_a_short_response_without_an_id_may_be_that_of_many_resources() -> None:
    contract = shop({**RESPONSES, "200": json_response({})})
    for value, expected in (({"lines": 0}, []), ({"lines": "x" * 100}, ["nonexistent-resource-found"])):
        known = {"may_exist": True, "known_bodies": frozenset({received(200, value).body}), "contract": contract}
        assert rules(received(200, value), Expect.NOT_FOUND, values={"id": "9"}, **known) == expected


@pytest.mark.parametrize(
    ("name", "target", "code", "rule"),
    [
        ("error/nobody", "/books/nobody", 400, None),
        ("query/nobody", "/books/nobody", 422, None),
        ("id/nobody", "/books/nobody?unknown=", 400, None),
        ("id/nobody", "/books/nobody?limit=1", 400, "nonexistent-resource-found"),
        ("id/nobody", "/books/nobody", 422, "nonexistent-resource-found"),
        ("error/nobody", "/books/nobody", 403, "nonexistent-resource-found"),
    ],
)
def test_a_strict_server_looks_at_the_query_first(name: str, target: str, code: int, rule: str | None) -> None:
    contract = shop({**RESPONSES, "400": json_response(ERROR_SCHEMA), "422": json_response(ERROR_SCHEMA)})

    found = rules(_status(code), Expect.NOT_FOUND, contract=contract, name=name, target=target)

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (403, None),
        (200, "missing-authorization-check"),
        (204, "missing-authorization-check"),
        (304, "missing-authorization-check"),
        (199, "undocumented-denial-status"),
        (300, "undocumented-denial-status"),
        (302, "undocumented-denial-status"),
        (401, "undocumented-denial-status"),
        (404, "undocumented-denial-status"),
        (400, "undocumented-denial-status"),
    ],
)
def test_a_caller_without_permission_gets_the_documented_denial(code: int, rule: str | None) -> None:
    found = rules(_status(code, CHALLENGE), Expect.DENIED, headers=())

    assert found == ([rule] if rule else [])


def test_denying_a_caller_never_takes_a_server_error_even_a_documented_one() -> None:
    contract = shop({**RESPONSES, "500": json_response(ERROR_SCHEMA)})

    assert rules(_status(500), Expect.DENIED, headers=(), contract=contract) == ["server-error"]


@pytest.mark.parametrize("code", [401, 403])
def test_where_no_denial_is_documented_both_will_do_but_count_as_undocumented(code: int) -> None:
    contract = shop({"200": json_response(BOOK_SCHEMA), "404": json_response(ERROR_SCHEMA)})
    success_only = shop({"200": json_response(BOOK_SCHEMA)})

    assert rules(_status(code, CHALLENGE), Expect.DENIED, contract=contract) == ["undocumented-status-code"]
    assert rules(_status(code, CHALLENGE), Expect.DENIED, contract=success_only) == []
    assert rules(_status(code, CHALLENGE), Expect.DENIED, contract=success_only, strict=True) == [
        "undocumented-status-code"
    ]


def test_a_documented_404_may_hide_a_resource_where_no_denial_is_documented() -> None:
    contract = shop({"200": json_response(BOOK_SCHEMA), "404": json_response(ERROR_SCHEMA)})

    assert rules(_status(404), Expect.DENIED, contract=contract, headers=()) == []


def test_a_tolerated_status_denies_as_well_but_a_success_never_does() -> None:
    assert rules(_status(404), Expect.DENIED, tolerated=(404,)) == []
    assert rules(_status(200), Expect.DENIED, tolerated=(200,)) == ["missing-authorization-check"]


@pytest.mark.parametrize(
    ("code", "more", "rule"),
    [
        (405, {}, None),
        (405, {"strict": True}, "undocumented-status-code"),
        (200, {}, "undocumented-method-accepted"),
        (204, {"tolerated": (204,)}, "undocumented-method-accepted"),
        (401, {}, None),
        (403, {}, None),
        (501, {}, None),
        (400, {}, "unexpected-method-status"),
        (429, {}, "undocumented-status-code"),
        (400, {"tolerated": (400,)}, None),
        (404, {}, "unexpected-method-status"),
        (404, {"uses_405": False}, "unsupported-method-not-found"),
        (400, {"uses_405": False}, "unexpected-method-status"),
        (500, {}, "server-error"),
    ],
)
def test_an_undocumented_method_gets_405(code: int, more: dict[str, Any], rule: str | None) -> None:
    response = _status(code, ALLOW, CHALLENGE)

    assert rules(response, Expect.METHOD_NOT_ALLOWED, method="PATCH", **more) == ([rule] if rule else [])


@pytest.mark.parametrize("code", [404, 501])
def test_a_server_with_a_documented_405_has_no_excuse_for_another_status(code: int) -> None:
    contract = shop({**RESPONSES, "405": NOTHING})

    found = rules(_status(code), Expect.METHOD_NOT_ALLOWED, contract=contract, method="PUT", uses_405=False)

    assert found == ["unexpected-method-status"]


@pytest.mark.parametrize(
    ("code", "body", "rule"),
    [(404, ERROR, None), (200, BOOK, None), (200, {"items": []}, "route-conflict"), (403, ERROR, "route-conflict")],
)
def test_an_id_that_another_route_takes_is_found_or_not(code: int, body: Any, rule: str | None) -> None:
    assert rules(received(code, body), Expect.SHADOWED) == ([rule] if rule else [])


@pytest.mark.parametrize("code", [404, 429])
def test_an_undocumented_status_that_any_route_may_have_is_undocumented(code: int) -> None:
    contract = shop({"200": json_response(BOOK_SCHEMA)})

    assert rules(_status(code), Expect.SHADOWED, contract=contract) == ["undocumented-status-code"]


@pytest.mark.parametrize(
    ("code", "tolerated", "rule"),
    [(200, (), None), (404, (), None), (418, (), "undocumented-status-code"), (418, (418,), None)],
)
def test_generated_input_gets_any_documented_status(code: int, tolerated: tuple[int, ...], rule: str | None) -> None:
    found = rules(_status(code), Expect.DOCUMENTED, tolerated=tolerated)

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("target", "code", "rule"),
    [
        ("/books/x?limit=many", 200, "invalid-input-accepted"),
        ("/books/x?limit=7", 200, None),
        ("/books/x?limit=many", 404, None),
        ("/books/x?limit=many", 418, "undocumented-status-code"),
    ],
)
def test_invalid_input_is_rejected(target: str, code: int, rule: str | None) -> None:
    assert rules(_status(code), Expect.REJECTED, target=target) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("response", "more", "rule"),
    [
        (received(200, BOOK), {}, "missing-authorization-check"),
        (
            received(200, BOOK),
            {"headers": (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),)},
            "nonexistent-resource-found",
        ),
        (received(200, BOOK), {"contract": shop(is_open=True)}, None),
        (received(200, BOOK), {"contract": shop({"200": json_response({"type": "object"})})}, None),
        (received(200, BOOK), {"name": "discovery/root"}, None),
        (received(200, {"items": []}), {}, None),
        (received(200, "[]"), {}, None),
        (received(200, BOOK, "text/html"), {}, None),
        (received(404, BOOK), {}, None),
        (received(418, BOOK), {}, None),
    ],
)
def test_a_request_outside_the_contract_gets_no_resource(response: Any, more: dict[str, Any], rule: str | None) -> None:
    options = {"headers": (), "values": {}, "name": "paths/parent"} | more

    assert rules(response, Expect.UNSPECIFIED, **options) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("code", "value", "documented", "rule"),
    [
        (400, "-1", "400", None),
        (422, "_oat", "422", None),
        (400, "boat-", "400", None),
        (400, "-1", "4XX", "nonexistent-resource-found"),
        (400, "boat", "400", "nonexistent-resource-found"),
        (403, "-1", "403", "nonexistent-resource-found"),
    ],
)
def test_a_documented_400_says_that_a_value_is_not_an_id(
    code: int, value: str, documented: str, rule: str | None
) -> None:
    contract = shop({**RESPONSES, documented: json_response(ERROR_SCHEMA)})

    found = rules(_status(code), Expect.NOT_FOUND, contract=contract, values={"id": value})

    assert found == ([rule] if rule else [])


def test_the_finding_names_who_was_to_be_denied() -> None:
    def message(**more: Any) -> str:
        return violations(interaction(_status(200), Expect.DENIED, **more))[0].message

    assert "Expected a request with a wrong token to be denied (403), got 200." in message(trigger="a wrong token")
    assert "Expected a request with wrong credentials to be denied" in message()
    assert "with wrong credentials (token in the query) to be denied" in message(
        name="credentials/token in the query/x"
    )
    assert "Expected a request with wrong credentials to be denied" in message(headers=(("authorization", "Bearer x"),))
    assert "Expected a request without credentials to be denied" in message(headers=())


def test_the_locations_of_findings_are_in_the_contract() -> None:
    pointer = "/paths/~1books~1{id}/get"
    found = {
        item.rule: item.pointer
        for code, expect in [
            (418, Expect.SUCCESS),
            (404, Expect.SUCCESS),
            (200, Expect.DENIED),
            (404, Expect.DENIED),
            (200, Expect.METHOD_NOT_ALLOWED),
        ]
        for item in violations(interaction(_status(code), expect, values={"id": KNOWN}))
    }

    assert found == {
        "undocumented-status-code": f"{pointer}/responses",
        "existing-resource-not-found": f"{pointer}/responses",
        "missing-authorization-check": f"{pointer}/security",
        "undocumented-denial-status": f"{pointer}/responses",
        "undocumented-method-accepted": pointer.rpartition("/")[0],
    }


@pytest.mark.parametrize(
    ("code", "media", "headers", "expected"),
    [
        (206, "text/html", [("Range", "bytes=0-1")], []),
        (416, "text/plain", [("Range", "bytes=99-")], []),
        (416, "application/problem+json", [("Range", "bytes=99-")], []),
        (416, "application/json", [("Range", "bytes=0-1")], ["undocumented-status-code"]),
        (206, "application/json", [("Range", "bytes=0-1")], ["undocumented-status-code"]),
        (206, "text/html", [], ["undocumented-status-code"]),
    ],
)
def test_part_of_a_file_may_be_served_where_it_is_asked_for(
    code: int, media: str, headers: list[tuple[str, str]], expected: list[str]
) -> None:
    contract = shop({"200": NOTHING}, is_open=True)
    length = ("Content-Length", "2")

    found = rules(received(code, b"{}", media, length), contract=contract, headers=headers)

    assert [rule for rule in found if rule != "undocumented-body"] == expected


@pytest.mark.parametrize("code", [301, 413, 414, 431, 501])
def test_a_page_of_the_http_layer_may_be_tolerated_in_a_strict_run(code: int) -> None:
    found = rules(received(code, "<p>", "text/html"), tolerated=(code,), strict=True)

    assert found == []


@pytest.mark.parametrize("code", [414, 431])
def test_the_limits_of_the_http_layer_need_no_documentation(code: int) -> None:
    assert rules(_status(code), Expect.DOCUMENTED) == []


@pytest.mark.parametrize(
    ("uses_405", "found"), [(True, []), (False, ["unsupported-method-not-found"])], ids=["compared with GET", "itself"]
)
def test_a_server_without_405_may_not_know_head(uses_405: bool, found: list[str]) -> None:
    assert rules(_status(404), method="HEAD", relation=Relation.HEAD, uses_405=uses_405) == found
