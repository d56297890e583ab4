"""The two halves of a page are compared, and every fact in which they differ is reported."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from flowcontract.capture.cross_check import compare_halves
from flowcontract.capture.jsx import File
from flowcontract.capture.jsx import parse as parse_jsx
from flowcontract.capture.page import Page, parse, read


def disagreements(page: Page) -> list[str]:
    """The facts in which both halves of a page differ."""
    return list(compare_halves(page).disagreements)


def changed(page: Path, old: str, new: str) -> Page:
    """The page with one thing changed in its body."""
    head, mark, body = page.read_text(encoding="utf-8").partition("\n---\n")
    assert old in body
    return parse(head + mark + body.replace(old, new, 1), "changed")


@pytest.mark.parametrize("name", ["get-node", "mixed-put", "lend", "list-loans"])
@pytest.mark.parametrize("version", ["1.1", "2.2", "4.0", "4.4", "5.2"])
def test_a_page_that_agrees_with_itself_is_silent(version: str, name: str, pages: Path) -> None:
    page = pages / version / f"{name}.api.mdx"
    if page.exists():
        checked = compare_halves(read(page))
        assert checked.disagreements == checked.unchecked == ()


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


def test_a_page_without_a_body_cannot_be_compared(demo_page: Path) -> None:
    head = demo_page.read_text(encoding="utf-8").partition("\n---\n")[0]

    checked = compare_halves(parse(head + "\n---\nSome text of our own.\n", "p"))

    assert checked.disagreements == ()
    assert checked.unchecked == ("p: the body has no operation to cross-check with the front matter.",)


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("get-node.ParamsDetails", '"maximum":9', '"maximum":8', "schema/maximum: 8 in the body"),
        ("mixed-put.RequestSchema", '"maxLength":3', '"maxLength":4', "requestBody at "),
        ("get-node.StatusCodes", '"204"', '"205"', "responses at /204: nothing in the body"),
    ],
)
def test_json_files_beside_the_page_are_compared(
    file: str, old: str, new: str, text: str, pages: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(pages / "5.2", tmp_path / "pages")
    path = folder / f"{file}.json"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    checked = compare_halves(read(folder / f"{file.partition('.')[0]}.api.mdx"))

    assert any(text in line for line in checked.disagreements), checked
    assert checked.unchecked == ()


@pytest.mark.parametrize("name", ["list-loans", "read-holder"])
def test_a_page_of_version_10_shows_no_media_types(name: str, pages: Path) -> None:
    checked = compare_halves(read(pages / "1.0" / f"{name}.api.mdx"))

    assert checked.disagreements == ()
    assert "shows no media types" in checked.unchecked[0]


@pytest.mark.parametrize("content", [None, "{", "[1]"])
def test_a_json_file_that_is_missing_or_broken_is_named(content: str | None, pages: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pages / "5.2", tmp_path / "pages")
    path = folder / "lend.StatusCodes.json"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")

    checked = compare_halves(read(folder / "lend.api.mdx"))

    assert checked.disagreements == ()
    assert len(checked.unchecked) == 1
    assert "responses not cross-checked" in checked.unchecked[0]
    assert "lend.StatusCodes.json" in checked.unchecked[0]


def test_files_in_other_folders_are_not_read(pages: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pages / "5.2", tmp_path / "pages")
    page = folder / "lend.api.mdx"
    text = page.read_text(encoding="utf-8").replace("./lend.StatusCodes.json", "../secret.json")

    assert "../secret.json is not in the folder of the page" in compare_halves(parse(text, "p", folder)).unchecked[0]


def test_a_path_parameter_that_the_front_matter_lacks_is_named(demo_page: Path) -> None:
    page = read(demo_page)
    lacking = dataclasses.replace(page, api={**page.api, "parameters": []})

    assert any("'slug': present in the path" in line for line in disagreements(lacking))


def test_text_that_only_looks_like_an_element_is_text() -> None:
    root = parse_jsx(
        'a < b <c and `<SchemaItem` <br> <Tab x={undefined} y={require("./z.json")} z={[1]}>t</Tab></p> <Tab x=1>'
    )

    tab = next(root.find("Tab"))
    assert tab.attributes == {"x": None, "y": File("./z.json"), "z": [1]}
    assert tab.text == "t"
    assert len(list(root.find("Tab"))) == 1
