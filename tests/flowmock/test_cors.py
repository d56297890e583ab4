"""A page from another origin may call the mock; strict fidelity can be had too."""

import flowmock

ORIGIN = "http://localhost:5173"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization,x-mock-session",
}


def test_a_preflight_is_allowed_without_a_token(lab, ask, flow):
    answer = ask(lab, flow, method="OPTIONS", token=None, headers=PREFLIGHT)

    assert 200 <= answer.status < 300
    assert answer["access-control-allow-origin"] == ORIGIN
    assert answer["access-control-allow-credentials"] == "true"
    assert answer["access-control-allow-methods"] == "GET"
    assert answer["access-control-allow-headers"] == "authorization,x-mock-session"
    assert "Origin" in answer["vary"]


def test_a_preflight_for_a_path_that_is_not_there_is_allowed_so_that_the_page_sees_the_404(lab, ask):
    assert ask(lab, "/nothing", method="OPTIONS", token=None, headers=PREFLIGHT).status < 300


def test_an_answer_can_be_read_by_the_page_whatever_its_status(lab, ask, flow):
    for token, status in ((lab.token, 200), ("wrong", 403)):
        answer = ask(lab, flow, token=token, headers={"Origin": ORIGIN})

        assert answer.status == status
        assert answer["access-control-allow-origin"] == ORIGIN
        assert "x-authentik-id" in answer["access-control-expose-headers"].lower()
        assert answer["vary"] == "Cookie, Origin"


def test_without_an_origin_nothing_is_added(lab, ask, flow):
    answer = ask(lab, flow)

    assert answer["vary"] == "Cookie"
    assert not [name for name, _ in answer.headers if name.startswith("access-control")]


def test_switched_off_the_mock_answers_as_the_server_does(ask, flow):
    with flowmock.running(cors=False) as running:
        got = ask(running, flow, headers={"Origin": ORIGIN})
        preflight = ask(running, flow, method="OPTIONS", token=None, headers=PREFLIGHT)

    assert (got.status, got["vary"], got["access-control-allow-origin"]) == (200, "Cookie", "")
    assert (preflight.status, preflight.json["name"]) == (200, "Flow Instance")


def test_a_contract_without_options_answers_a_preflight_too(ask, contract_of):
    contract = contract_of({"/a": {"get": {"responses": {"200": {"description": ""}}}}})
    with flowmock.running(contract) as running:
        answer = ask(running, "/a", method="OPTIONS", token=None, headers=PREFLIGHT)
        (entry,) = running.mock.journal.entries()

    assert entry.violations == []
    assert (answer.status, answer["access-control-allow-origin"], answer["allow"]) == (
        204,
        ORIGIN,
        "GET, HEAD, OPTIONS",
    )
