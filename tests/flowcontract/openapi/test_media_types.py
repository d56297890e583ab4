"""Media types: their parts, what is JSON or XML, and which documented one a content type falls under."""

import pytest

from flowcontract.openapi import media_types


@pytest.mark.parametrize(
    ("media_type", "essence", "parameters"),
    [
        ("application/json", "application/json", {}),
        (" Text/HTML ; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('multipart/mixed; boundary="a b"; v = 1', "multipart/mixed", {"boundary": "a b", "v": "1"}),
        ("text/csv; header", "text/csv", {"header": ""}),
        ("", "", {}),
    ],
)
def test_a_media_type_has_parts(media_type: str, essence: str, parameters: dict[str, str]) -> None:
    assert media_types.parse(media_type) == (essence, parameters)
    assert media_types.essence(media_type) == essence


@pytest.mark.parametrize(
    ("media_type", "is_json", "is_xml"),
    [
        ("application/json", True, False),
        ("TEXT/JSON; charset=utf-8", True, False),
        ("application/problem+json", True, False),
        ("application/json-seq", False, False),
        ("application/xml", False, True),
        ("text/xml; charset=utf-8", False, True),
        ("image/svg+xml", False, True),
        ("text/html", False, False),
        ("", False, False),
    ],
)
def test_what_is_json_or_xml(media_type: str, is_json: bool, is_xml: bool) -> None:
    assert (media_types.is_json(media_type), media_types.is_xml(media_type)) == (is_json, is_xml)


@pytest.mark.parametrize(
    ("content_type", "documented", "found"),
    [
        ("application/json", "*/* application/* application/json", "application/json"),
        ("application/json", "*/* application/*", "application/*"),
        ("application/json", "*/* */json", "*/*"),
        ("application/json", "text/* */*", "*/*"),
        ("application/json", "text/* text/json", None),
        ("application/hal+json", "*/* application/* application/*+json", "application/*+json"),
        ("application/hal+json", "*/*+json application/*", "*/*+json"),
        ("application/hal+xml", "application/*+json", None),
        ("text/csv", "*", "*"),
        ("text/csv", "text", None),
        ("text/csv", "* text/*", "text/*"),
        ("", "*/*", "*/*"),
        ("", "text/* *", None),
        ("csv", "text/* *", None),
        ("text/csv;header=present", "text/csv text/csv;header=present", "text/csv;header=present"),
        ("text/csv;header=PRESENT", "text/csv text/csv;header=present", "text/csv;header=present"),
        ("text/csv;header=present", "text/csv;header=absent text/csv", "text/csv"),
        ("text/csv", "text/csv;header=present;v=1 text/csv;header=present", "text/csv;header=present"),
        ("text/csv;a=1;b=2", "text/csv;a=1 text/csv;a=1;b=2 text/csv", "text/csv;a=1;b=2"),
        ("text/csv", "text/csv;v=1 text/*", "text/csv;v=1"),
        ("text/csv", "", None),
    ],
)
def test_the_most_specific_documented_type_is_found(content_type: str, documented: str, found: str | None) -> None:
    names = documented.split()

    assert media_types.best_match(content_type, names) == found
    assert media_types.best_match(content_type, names[::-1]) == found
