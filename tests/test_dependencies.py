"""What an installation brings: licenses, bounds of versions, and constraints with hashes."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
DECLARED = [
    Requirement(each) for each in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
]
LICENSES = re.compile(
    r"\b(MIT|BSD|Apache|Python Software Foundation|PSF|MPL|Mozilla Public|ISC|Unlicense|CC0|0BSD|MIT-0)\b"
)
COPYLEFT = re.compile(r"\b(A|L)?GPL|GNU (Lesser|Affero|General)")
CALENDAR = {"faker", "filelock", "platformdirs", "prometheus-client", "sniffio"}
"""Packages whose major versions changed nothing that is used here."""


def installed() -> Iterator[metadata.Distribution]:
    """Every distribution that the mandatory dependencies bring."""
    pending, seen = [*DECLARED], set[tuple[str, frozenset[str]]]()
    while pending:
        requirement = pending.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen:
            continue
        seen.add(key)
        found = metadata.distribution(requirement.name)
        yield found
        for text in found.requires or ():
            other = Requirement(text)
            environments = [{**default_environment(), "extra": extra} for extra in ("", *requirement.extras)]
            if other.marker is None or any(other.marker.evaluate(each) for each in environments):
                pending.append(other)


def license_of(distribution: metadata.Distribution) -> str:
    about = distribution.metadata
    classifiers = [each for each in about.get_all("Classifier") or () if each.startswith("License")]
    return " ".join([about.get("License-Expression") or "", *classifiers, (about.get("License") or "")[:200]])


def test_no_mandatory_dependency_is_under_a_copyleft_license() -> None:
    licenses = {each.metadata["Name"]: license_of(each) for each in installed()}

    assert len(licenses) > 30
    assert {name: text for name, text in licenses.items() if COPYLEFT.search(text)} == {}
    assert {name: text for name, text in licenses.items() if not LICENSES.search(text)} == {}


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda each: each.name)
def test_a_dependency_has_a_lower_bound_and_one_above_where_a_major_may_break(requirement: Requirement) -> None:
    operators = {each.operator for each in requirement.specifier}

    assert ">=" in operators
    assert "<" in operators or canonicalize_name(requirement.name) in CALENDAR


def test_the_constraints_have_every_dependency_with_hashes() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {
        canonicalize_name(found[1]): (found[2], found[3].count("--hash=sha256:"))
        for found in re.finditer(r"^([\w.-]+)==([\w.+!-]+)([^\n]*(?:\n    --hash=[^\n]*)*)", text, re.M)
    }

    for requirement in DECLARED:
        version, _ = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement
    assert all(hashes for _, hashes in pinned.values())
