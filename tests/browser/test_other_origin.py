"""A page from another origin: reads a flow with a token, switches a scenario, sees the state."""

from typing import Any

import flowmock

FLOW = "/flows/instances/default-authentication-flow/"

FETCH = """async ([url, token]) => {
  const answer = await fetch(url, {headers: {Authorization: `Bearer ${token}`, 'X-Requested-With': 'frontend'}});
  return {status: answer.status, body: await answer.text(), retry: answer.headers.get('Retry-After')};
}"""

SWITCH = """async ([url, scenarios]) => {
  const answer = await fetch(`${url}scenarios/active`, {
    method: 'PUT', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({scenarios}),
  });
  return {status: answer.status, body: await answer.json()};
}"""


def test_a_frontend_reads_a_flow_after_a_preflight(page: Any, mock: flowmock.Running, frontend: str) -> None:
    page.goto(frontend)

    answer = page.evaluate(FETCH, [mock.url + FLOW, mock.token])

    assert answer["status"] == 200
    assert "default-authentication-flow" in answer["body"]
    # `Authorization` and a header of one's own make a browser ask first.
    methods = [entry.call.method for entry in mock.mock.journal.entries()]
    assert methods == ["OPTIONS", "GET"]


def test_a_frontend_switches_a_scenario_and_sees_it(page: Any, mock: flowmock.Running, frontend: str) -> None:
    page.goto(frontend)

    switched = page.evaluate(SWITCH, [mock.admin_url, ["rate-limited"]])
    limited = page.evaluate(FETCH, [mock.url + FLOW, mock.token])
    page.evaluate(SWITCH, [mock.admin_url, []])
    cleared = page.evaluate(FETCH, [mock.url + FLOW, mock.token])

    assert switched["status"] == 200
    assert [each["name"] for each in switched["body"]["active"]] == ["rate-limited"]
    assert (limited["status"], limited["retry"]) == (429, "30")
    assert cleared["status"] == 200


def test_a_scenario_for_a_cookie_session_is_seen_by_that_session_alone(
    page: Any, mock: flowmock.Running, frontend: str
) -> None:
    mock_session = {"name": "mock_session", "value": "worker-1", "url": mock.origin}
    with_cookie = FETCH.replace("{headers", "{credentials: 'include', headers")
    switch = SWITCH.replace("method: 'PUT'", "method: 'PUT', credentials: 'include'")
    # Two names of one machine are two sites: such a cookie goes along only with SameSite=None and TLS. So one site.
    same_site = frontend.replace("localhost", "127.0.0.1")
    page.context.add_cookies([mock_session])
    page.goto(same_site)

    page.evaluate(switch, [mock.admin_url, ["not-found"]])

    assert page.evaluate(with_cookie, [mock.url + FLOW, mock.token])["status"] == 404
    assert page.evaluate(FETCH, [mock.url + FLOW, mock.token])["status"] == 200


def test_a_foreign_page_can_neither_read_the_journal_nor_define_scenarios(
    page: Any, mock: flowmock.Running, frontend: str
) -> None:
    page.goto(frontend.replace("localhost", "foreign.example"))

    statuses = page.evaluate(
        """async (url) => [
          (await fetch(`${url}exchanges`)).status,
          (await fetch(`${url}exchanges.har`)).status,
          (await fetch(`${url}scenarios/mine`, {method: 'PUT', body: '{"response": {"code": 500}}'})).status,
          (await fetch(`${url}verify`, {method: 'POST', body: '{}'})).status,
          (await fetch(`${url}scenarios`)).status,
        ]""",
        mock.admin_url,
    )

    assert statuses == [403, 403, 403, 403, 200]
