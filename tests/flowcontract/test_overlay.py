"""Overlays change a document as their specification says, and every element remembers who put it there."""

from pathlib import Path
from typing import Any

import pytest

from flowcontract.errors import BuildError, ContractError
from flowcontract.openapi import documents
from flowcontract.openapi.overlay import Draft, Overlay


def overlay(tmp_path: Path, *actions: Any, name: str = "over.yaml") -> Overlay:
    path = tmp_path / name
    path.write_text(
        documents.dump({"overlay": "1.0.0", "info": {"title": "T", "version": "1"}, "actions": list(actions)}),
        encoding="utf-8",
    )
    return Overlay.load(path, origin=name)


def test_an_update_is_merged_into_every_object_it_selects(tmp_path: Path) -> None:
    draft = Draft({"a": {"x": {"n": 1}, "y": {"n": 2}}})

    draft.apply(overlay(tmp_path, {"target": "$.a.*", "update": {"n": 3, "new": {"deep": True}}}))

    assert draft.document == {"a": {"x": {"n": 3, "new": {"deep": True}}, "y": {"n": 3, "new": {"deep": True}}}}
    draft.document["a"]["x"]["new"]["deep"] = False
    assert draft.document["a"]["y"]["new"]["deep"] is True


def test_arrays_are_appended_to(tmp_path: Path) -> None:
    draft = Draft({"enum": ["a"], "holder": {"list": [1]}})

    draft.apply(
        overlay(tmp_path, {"target": "$.enum", "update": "b"}, {"target": "$.holder", "update": {"list": [2, 3]}})
    )

    assert draft.document == {"enum": ["a", "b"], "holder": {"list": [1, 2, 3]}}
    assert draft.origins == {"/enum/1": "over.yaml", "/holder/list/1": "over.yaml", "/holder/list/2": "over.yaml"}


def test_elements_are_removed(tmp_path: Path) -> None:
    draft = Draft({"keep": 1, "drop": 2, "required": ["a", "b", "c"]})

    draft.apply(
        overlay(
            tmp_path,
            {"target": "$.drop", "remove": True},
            {"target": "$.required[?@ == 'a' || @ == 'c']", "remove": True},
        )
    )

    assert draft.document == {"keep": 1, "required": ["b"]}
    assert draft.origins == {}


@pytest.mark.parametrize("target", ["$.list[2, 0]", "$.list[0, 2]", "$.list[::-2]", "$.list[-1, -3]"])
def test_entries_are_removed_in_any_order(target: str, tmp_path: Path) -> None:
    draft = Draft({"list": ["a", "b", "c"]})

    draft.apply(overlay(tmp_path, {"target": target, "remove": True}))

    assert draft.document == {"list": ["b"]}


def test_only_what_is_added_or_replaced_has_an_origin(tmp_path: Path) -> None:
    draft = Draft({"a": {"same": 1, "other": 1, "flag": 1}})

    draft.apply(overlay(tmp_path, {"target": "$.a", "update": {"same": 1, "other": 2, "flag": True, "new": {"x": 1}}}))

    assert draft.origins == {"/a/other": "over.yaml", "/a/flag": "over.yaml", "/a/new": "over.yaml"}
    assert draft.origin("/a/new/x") == "over.yaml"
    assert draft.origin("/a/same") == ""


def test_of_two_overlays_the_later_owns_what_it_replaces(tmp_path: Path) -> None:
    draft = Draft({})

    draft.apply(overlay(tmp_path, {"target": "$", "update": {"a": {"x": 1, "y": 1}}}, name="one.yaml"))
    draft.apply(overlay(tmp_path, {"target": "$.a", "update": {"y": 2}}, name="two.yaml"))

    assert draft.origins == {"/a": "one.yaml", "/a/y": "two.yaml"}
    draft.apply(overlay(tmp_path, {"target": "$.a", "remove": True}, name="three.yaml"))
    assert draft.origins == {}


def test_entries_behind_a_removed_one_keep_their_origin(tmp_path: Path) -> None:
    draft = Draft({"list": ["a", "b"]})

    draft.apply(overlay(tmp_path, {"target": "$.list", "update": {"c": 1}}))
    draft.apply(overlay(tmp_path, {"target": "$.list[0]", "remove": True}, name="two.yaml"))

    assert draft.document == {"list": ["b", {"c": 1}]}
    assert draft.origins == {"/list/1": "over.yaml"}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"target": "$.nothing", "update": {}}, r"action 1 \(\$\.nothing\) matches nothing"),
        ({"target": "$.nothing", "remove": True}, "matches nothing"),
        ({"target": "$.a[", "update": {}}, "is not a JSONPath"),
        ({"target": "a.b", "update": {}}, "is not a JSONPath"),
        ({"target": "$.text", "update": "x"}, "selects a plain value"),
        ({"target": "$.a", "update": "x"}, "its update is a plain value"),
        ({"target": "$.a", "update": [1]}, "its update is an array"),
        ({"target": "$", "remove": True}, "remove the whole document"),
    ],
)
def test_an_action_that_cannot_be_carried_out_is_named(action: Any, said: str, tmp_path: Path) -> None:
    draft = Draft({"a": {}, "text": "t"})

    with pytest.raises(BuildError, match=said) as error:
        draft.apply(overlay(tmp_path, action))

    assert str(error.value).startswith("over.yaml, action 1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "overlay: 1.0.0\n",
        "overlay: 1.0.0\nactions: []\n",
        "overlay: 2.0.0\nactions: [{target: $, remove: true}]\n",
        "actions: [{target: $, remove: true}]\n",
        "overlay: 1.0.0\nactions: [1]\n",
        "overlay: 1.0.0\nactions: [{update: {}}]\n",
        "overlay: 1.0.0\nactions: [{target: $}]\n",
        "overlay: 1.0.0\nactions: [{target: $, remove: 'yes'}]\n",
        "overlay: 1.0.0\naction: 1\nactions: [{target: $, remove: true}]\n",
        "overlay: 1.0.0\nactions: [{target: $, remove: true, updat: {}}]\n",
        "overlay: 1.0.0\nactions: [{target: $, remove: false}]\n",
    ],
)
def test_what_is_no_overlay_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "over.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BuildError, match=r"over\.yaml"):
        Overlay.load(path)


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "over.yaml"
    path.write_text("overlay: 1.0.0\nactions: [", encoding="utf-8")

    with pytest.raises(ContractError, match="not valid YAML at line"):
        Overlay.load(path)
