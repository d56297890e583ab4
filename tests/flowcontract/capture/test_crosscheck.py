"""The two halves of a page are compared, and every fact in which they differ is reported."""

from pathlib import Path

import pytest

from flowcontract.capture.cross_check import disagreements
from flowcontract.capture.jsx import parse as parse_jsx
from flowcontract.capture.page import Page, parse, read


def changed(page: Path, old: str, new: str) -> Page:
    """The page with one thing changed in its body."""
    head, mark, body = page.read_text(encoding="utf-8").partition("\n---\n")
    assert old in body
    return parse(head + mark + body.replace(old, new, 1), "changed")


@pytest.mark.parametrize("name", ["get-node", "mixed-put"])
@pytest.mark.parametrize("version", ["2.2", "4.0", "4.4"])
def test_a_page_that_agrees_with_itself_is_silent(version: str, name: str, pages: Path) -> None:
    assert disagreements(read(pages / version / f"{name}.api.mdx")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('method={"get"}', 'method={"post"}', "method: 'post' in the body, 'get' in the front matter"),
        ('path={"/flows/', 'path={"/flow/', "path: '/flow/instances/{slug}/' in the body"),
        (
            '"name":"slug","in":"path","required":true',
            '"name":"slug","in":"path"',
            "path parameter 'slug' at /required",
        ),
        ('{"name":"slug","in":"path"', '{"name":"pk","in":"path"', "path parameter 'pk': present in the body"),
        ('"schema":{"type":"string"}', '"schema":{"type":"integer"}', "path parameter 'slug' at /schema/type"),
        ('value={"403"}', 'value={"401"}', "status 403: missing in the body"),
        ('value={"403"}', 'value={"401"}', "status 401: present in the body"),
        ('label={"application/json"}', 'label={"text/html"}', "status 200, media type text/html: present in the body"),
        ('name={"pk"}', 'name={"id"}', "field 'id': present in the body"),
        ('name={"pk"}', 'name={"id"}', "field 'pk': missing in the body"),
        ('"format":"uuid","readOnly":true', '"format":"uuid"', "field 'pk' at /readOnly"),
        ('"format":"uuid"', '"format":"date"', "field 'pk' at /format"),
        ('"maxLength":50', '"maxLength":51', "field 'slug' at /maxLength"),
        ("`<= 50 characters`", "`<= 40 characters`", "field 'slug', maxLength"),
        ('"pattern":"^[-a', '"pattern":"^[a', "field 'slug' at /pattern"),
        ('"enum":["all","any"]', '"enum":["all"]', "field 'policy_engine_mode' at /enum"),
        ("[`all`, `any`]", "[`all`]", "field 'policy_engine_mode', possible values"),
        ('"recovery","stage_configuration"]', '"stage_configuration"]', "field 'designation' at /enum"),
        ('schemaName={"uuid"}', 'schemaName={"date"}', "field 'pk': the body names the type 'date'"),
        ('label={"403"}', 'label={"401"}', "status 403: the label in the body is '401'"),
        ('name={"property name*"}', 'name={"further"}', "field 'further': present in the body"),
    ],
)
def test_every_changed_fact_is_named(old: str, new: str, said: str, demo_page: Path) -> None:
    page = changed(demo_page, old, new)

    found = disagreements(page)

    assert any(said in line for line in found), found
    assert all(line.startswith("changed: ") for line in found)


def test_a_field_that_is_optional_in_one_half_is_named(demo_page: Path) -> None:
    text = demo_page.read_text(encoding="utf-8")
    at = text.index('name={"slug"}')
    flipped = text[:at] + text[at:].replace("required={true}", "required={false}", 1)

    assert disagreements(parse(flipped, "p")) == [
        "p: status 200, application/json, field 'slug': optional in the body, required in the front matter."
    ]


@pytest.mark.parametrize("part", ["parameters", "requestBody", "responses"])
def test_pages_that_repeat_whole_parts_are_compared_too(part: str, pages: Path) -> None:
    old, new, name = {
        "parameters": ('"maximum":9', '"maximum":8', "get-node"),
        "requestBody": ('"maxLength":3', '"maxLength":4', "mixed-put"),
        "responses": ('"pattern":"', '"pattern":"x', "get-node"),
    }[part]
    page = pages / "4.4" / f"{name}.api.mdx"
    if part == "responses":
        text = page.read_text(encoding="utf-8")
        at = text.index("<StatusCodes")
        found = disagreements(parse(text[:at] + text[at:].replace(old, new, 1), "p"))
    else:
        found = disagreements(changed(page, old, new))

    assert len(found) == 1
    assert part in found[0]


def test_a_page_without_a_body_says_nothing_else(demo_page: Path) -> None:
    head = demo_page.read_text(encoding="utf-8").partition("\n---\n")[0]

    assert disagreements(parse(head + "\n---\nSome text of our own.\n", "p")) == []


def test_text_that_only_looks_like_an_element_is_text() -> None:
    root = parse_jsx(
        'a < b <c and `<SchemaItem` <br> <Tab x={undefined} y={require("./z.json")} z={[1]}>t</Tab></p> <Tab x=1>'
    )

    tab = next(root.find("Tab"))
    assert tab.attributes == {"x": None, "y": None, "z": [1]}
    assert tab.text == "t"
    assert len(list(root.find("Tab"))) == 1
