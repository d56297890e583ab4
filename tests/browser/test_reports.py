"""The gate's HTML report in a real browser: what a server and a contract say stays text, in every field."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.flowcontract.hostile import everywhere

import flowmock
from flowcontract import engine, reporting
from flowcontract.checks.findings import RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PAYLOADS = {
    "script": "<script>owned=1</script>",
    "image": '<img src=x onerror="owned=1">',
    "attribute": "\"'><svg onload=owned=1>",
    "closing": "</style></pre></details></title></textarea><iframe srcdoc='<script>parent.owned=1</script>'>",
    "template": "{{ 7*7 }}${7*7}<template><b>x</b></template>",
    "link": "<a href='javascript:owned=1'>x</a> javascript:owned=1",
}
COUNTED = """() => {
  const names = {};
  for (const each of document.querySelectorAll('*')) {
    if (each.matches('.side pre > span, .side pre > span > i')) continue;  // One for each line that is shown.
    const name = [each.tagName, ...each.getAttributeNames().filter(name => name !== 'open')].join(' ');
    names[name] = (names[name] || 0) + 1;
  }
  return names;
}"""


@pytest.fixture(scope="module")
def run_result() -> RunResult:
    """What a broken mock is judged, with evidence of every kind."""
    contract = Contract.load()
    scenario = ("null-title", "defect-nul")
    with flowmock.running(contract, tokens=("all-of-it", "nothing:none"), scenario=scenario) as mock:
        target = Target.at(mock.url, contract.base_path, token="all-of-it", none_token="nothing")
        found = engine.run(contract, target, engine.Options(profile="quick"))
    # Some exchanges tell as much as all of them.
    return replace(found, exchanges=found.exchanges[:40], notes=("a note",))


@pytest.fixture
def show(page: Any, tmp_path: Path) -> Any:
    """Open a report as the file that it is; `policy=False`: as if the page forbade nothing."""

    def shown(run_result: RunResult, *, policy: bool) -> dict[str, int]:
        text = reporting.render(run_result, "html")
        if not policy:
            assert 'http-equiv="Content-Security-Policy"' in text
            text = text.replace('http-equiv="Content-Security-Policy"', 'name="no-policy"')
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8")
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        counted: dict[str, int] = page.evaluate(COUNTED)
        return counted

    return shown


@pytest.fixture(scope="module")
def harmless() -> dict[bool, Any]:
    """The elements of the same report with a harmless text, with the page's policy and without, once they are known."""
    return {}


@pytest.mark.parametrize("policy", [True, False], ids=["as it is", "without its policy"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_script_runs_and_no_element_is_made(
    page: Any, show: Any, harmless: dict[bool, Any], run_result: RunResult, payload: str, policy: bool
) -> None:
    if policy not in harmless:
        harmless[policy] = show(everywhere(run_result, " harmless"), policy=policy)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    told = show(everywhere(run_result, PAYLOADS[payload]), policy=policy)

    assert told == harmless[policy]
    assert page.evaluate("typeof owned") == "undefined"
    assert PAYLOADS[payload].split()[0] in page.locator("body").inner_text(), "it is shown as text"
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert len([url for url in asked if url.startswith("file:")]) == 1, "nothing but the page is asked for"
