"""Two responses to nearly the same request: what may differ between them."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.relations import check_pair
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/items": {"get": {"operationId": "list", "responses": {"200": {"description": "Done."}}}}},
    }
)
FORWARDED = (("X-Forwarded-Host", "other.invalid"), ("X-Forwarded-Prefix", "/behind"))


def _interaction(
    text: str, media: str, target: str = "/items", headers: Sequence[tuple[str, str]] = (), base: str = ""
) -> Interaction:
    request = Request("GET", target, tuple(headers))
    probe = Probe(
        f"query/{target}",
        "",
        "list",
        request,
        Expect.SUCCESS,
        compare_with=base,
        relation=Relation.SAME if base else Relation.NONE,
    )
    response = Response(200, (("Content-Type", media),), text.encode(), 0.1)
    return Interaction(probe, CONTRACT.operation("list"), Exchange(request, response))


def _rules(
    plain: str,
    other: str,
    media: str,
    target: str = "/items",
    headers: Sequence[tuple[str, str]] = (),
    plain_target: str = "/items",
) -> set[str]:
    base = _interaction(plain, media, plain_target)
    item = _interaction(other, media, target, headers, base=f"query/{plain_target}")
    return {violation.rule for violation in check_pair(item, base, ())}


@pytest.mark.parametrize("link", ["/items?=x&amp;q=1%20a", "/items?=x&q=1%20a", "/items?=x&q=1 a", "/items?q=1&=x"])
def test_a_page_may_repeat_its_own_address(link: str) -> None:
    page = '<html><a href="{}">this page</a></html>'

    assert _rules(page.format("/items"), page.format(link), "text/html", "/items?=x&q=1%20a") == set()


def test_a_page_may_repeat_a_query_that_is_one_character() -> None:
    page = '<a href="{}">this?</a> &amp; <a href="/a?b=1&amp;c=2">that</a>'

    assert _rules(page.format("/items"), page.format("/items?&"), "text/html", "/items?&") == set()


def test_the_links_of_a_page_may_pass_the_query_on() -> None:
    page = "<script>fetch('/a.json?b=1'); fetch('{}')</script>"
    plain, other = "/items/{id}?size=2&x=%2F", "/items/{id}?x=%2F&a%5B%5D=1&size=2"

    assert _rules(page.format(plain), page.format(other), "text/html", "/items?x=/&&a[]=1") == set()


def test_a_link_may_have_more_parameters_after_those_that_were_sent() -> None:
    page = "<script>fetch('/items/tile.json?{}&size=256')</script>"
    plain, other = page.format("x=%2F"), page.format("x=%2F&only=%2A")

    assert _rules(plain, other, "text/html", "/items?x=%2F&only=*", plain_target="/items?x=%2F") == set()


def test_a_page_with_other_content_differs() -> None:
    assert _rules("<p>all</p>", "<p>none</p>", "text/html", "/items?q=x") == {"undocumented-input-effect"}


def test_links_to_the_forwarded_host_are_a_rule_of_their_own() -> None:
    plain = json.dumps({"self": "http://127.0.0.1:8000/items", "count": 1})
    forwarded = json.dumps({"self": "https://other.invalid/behind/items", "count": 1})

    assert _rules(plain, forwarded, "application/json", headers=FORWARDED) == {"forwarded-host-trusted"}


def test_a_forwarded_host_that_changes_more_than_links_is_undocumented_input() -> None:
    plain = json.dumps({"self": "http://127.0.0.1:8000/items", "count": 1})
    forwarded = json.dumps({"self": "https://other.invalid/behind/items", "count": 2})

    assert _rules(plain, forwarded, "application/json", headers=FORWARDED) == {"undocumented-input-effect"}


@pytest.mark.parametrize(
    ("target", "headers", "added"),
    [
        ("/items?page=2&debug=1&trace=1", (), "the query debug=1&trace=1"),
        ("/items?page=2", (("X-Debug", "1"),), "the header X-Debug: 1"),
        ("/items?page=2", (("X-Debug", "1"), ("X-Trace", "1")), "the headers X-Debug: 1, X-Trace: 1"),
        (f"/items?page=2&x={'k' * 100}", (), f"the query x={'k' * 78}…"),
    ],
)
def test_a_message_shows_what_was_added_to_the_request(
    target: str, headers: Sequence[tuple[str, str]], added: str
) -> None:
    base = _interaction("<p>all</p>", "text/html", "/items?page=2")
    item = _interaction("<p>none</p>", "text/html", target, headers, base="query//items?page=2")

    assert [violation.message for violation in check_pair(item, base, ())] == [
        f"Expected the same response as without {added}, got a difference in the whole body."
    ]


@pytest.mark.parametrize("cut", ["base", "item"])
def test_a_body_of_which_only_the_beginning_is_known_is_not_compared(cut: str) -> None:
    base = _interaction("[1, 2]", "application/json")
    item = _interaction("[1, 3]", "application/json", "/items?q=1", base="query//items")
    both = {"base": base, "item": item}
    beginning = replace(both[cut].exchange, response=replace(both[cut].response, body=b"[1", cut=True))
    both[cut] = Interaction(both[cut].probe, both[cut].operation, beginning)

    assert list(check_pair(both["item"], both["base"], ())) == []
