"""A small frontend: built, and put into every state in a browser."""

import json
import re
import shutil

import pytest

from .conftest import EXAMPLES

STATES = {
    "success",
    "loading",
    "unreachable",
    "not-found",
    "forbidden",
    "rate-limited",
    "server-error",
    "no-json",
    "no-title",
    "markup",
    "long-title",
}


@pytest.mark.needs("bash", "npm", "chromium")
def test_every_state_of_the_page_is_reached(follow) -> None:
    chromium = shutil.which("chromium")
    assert chromium

    told = follow("frontend", CHROMIUM=chromium, CI="1")

    passed = re.findall(r"^(?:ok \d+ - |✔ )([\w-]+)", told.printed, re.M)
    assert set(passed) == STATES, told.printed
    bundle = "".join(path.read_text("utf-8") for path in (told.folder / "dist" / "assets").glob("*.js"))
    assert "Bearer viewer" not in bundle


def test_versions_are_pinned_and_no_registry_is_named() -> None:
    package = json.loads((EXAMPLES / "frontend" / "package.json").read_text("utf-8"))
    locked = json.loads((EXAMPLES / "frontend" / "package-lock.json").read_text("utf-8"))["packages"]

    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert [name for name, each in locked.items() if "resolved" in each] == []
    assert [name for name, each in locked.items() if name and "integrity" not in each] == []
