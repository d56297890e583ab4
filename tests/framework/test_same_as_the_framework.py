"""The rules behind the profile are the framework's own: seeded odd requests get the same from it and from the mock."""

import importlib.util
import json
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

NEEDED = ("django", "rest_framework", "django_filters", "drf_orjson_renderer")
REQUESTS = 4_000
# Right ones stand several times in a list, so that most requests come far enough to meet the next decision.
PREFIXES = ["/api/v3/flows/instances/"] * 60 + [
    "//api/v3/flows/instances/",
    "/api/v3/%66lows/instances/",
    "/API/v3/flows/instances/",
]
KEYS = ["default-authentication-flow"] * 20 + [
    "initial-setup",
    "nobody",
    "a.b",
    "%2e",
    "a%2Fb",
    "%0a",
    "%20",
    "DEFAULT-AUTHENTICATION-FLOW",
    "%ff",
    "a" * 60,
    ";",
    "default%2Dauthentication-flow",
    "..",
    "%zz",
    "*",
    "a/b",
    "null",
    "%7f",
    "%22",
]
ENDS = ["/"] * 60 + ["", "//", "/;", ".json", "/%0a"]
QUERIES = [
    "format=json",
    "format=xml",
    "format=",
    "format=JSON",
    "designation=authentication",
    "designation=bogus",
    "designation=",
    "designation=%20authentication",
    "designation=%00",
    "denied_action=continue",
    "denied_action=MESSAGE",
    "flow_uuid=x",
    "flow_uuid=44212e41-f29b-444d-906d-343d3374e321",
    "flow_uuid=%2044212E41F29B444D906D343D3374E321",
    "name=%00",
    "name=x",
    "name=+Welcome+to+authentik!+",
    "slug=default-authentication-flow",
    "slug=x",
    "slug=%09",
    "search=welcome",
    "search=zzz",
    "search=WELCOME+FLOW",
    "search=welcome,authentik",
    "search=%22welcome+to%22",
    "search=%00",
    "search=%25",
    "ordering=bogus",
    "page=x",
    "&&",
    "a;b",
    "format[]=xml",
    "designation=authentication&designation=bogus",
]
ACCEPTS = [None] * 12 + [
    "*/*",
    "application/json",
    "application/xml",
    "",
    "*",
    "text/html,application/json;q=0",
    "application/*",
    "*/json",
    ",",
    "APPLICATION/JSON",
    "application/json;indent=4",
    "text/*,*/*;q=0.1",
    "application/problem+json",
    ";q=1",
    "application",
]
CREDENTIALS = ["Bearer admin"] * 12 + [
    None,
    "",
    "Bearer",
    "Bearer one",
    "Bearer plain",
    "Bearer ghost",
    "BEARER admin ",
    "Bearer  admin",
    "Bearer admin x",
    "Bearer\tadmin",
    "Basic admin",
    "admin",
    "Bearer nobody",
    "Bearer \xe9",
    "Bearer: admin",
]
METHODS = ["GET"] * 10 + ["PUT", "PATCH"] * 4 + ["HEAD", "OPTIONS", "POST", "DELETE", "TRACE", "PROPFIND", "FOO"]
BODIES = [
    "{}",
    "{",
    "[]",
    '"x"',
    "null",
    '{"name":null}',
    '{"name":"","slug":"a b","designation":"x","title":5}',
    '{"layout":5}',
    '{"compatibility_mode":"maybe"}',
    '{"compatibility_mode":"yes"}',
    '{"name":[1]}',
    '{"slug":"' + "a" * 51 + '"}',
    '{"a":NaN}',
    '{"slug":" ok "}',
    '{"pk":"x","new":1}',
    '{"name":"n","slug":"s","title":"t","designation":"recovery"}',
    '{"denied_action":""}',
]
MEDIA = ["application/json"] * 5 + [
    "application/json; charset=utf-8",
    "text/plain",
    "",
    "application/*",
    "application/problem+json",
]
HOSTS = ["a.example"] * 40 + ["a_b", "[::1]", "a:80", "a:b", "", "a,b"]


@pytest.fixture(scope="module")
def framework(tmp_path_factory):
    """The port of a server that is made of the real framework."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is installed by `tox run -e framework`")
    examples = Contract.load().operation("flows_instances_retrieve").success().media["application/json"].examples
    command = [
        sys.executable,
        str(Path(__file__).with_name("stand_in.py")),
        str(tmp_path_factory.mktemp("flows") / "database"),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        json.dump([example.value for example in examples.values()], process.stdin)
        process.stdin.close()
        yield int(process.stdout.readline() or 0)
        process.terminate()


def odd_requests(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        method = chance.choice(METHODS)
        target = chance.choice(PREFIXES) + chance.choice(KEYS) + chance.choice(ENDS)
        if chance.random() < 0.6:
            target += "?" + "&".join(chance.choices(QUERIES, k=chance.choice([1, 1, 2])))
        headers = [("Host", chance.choice(HOSTS)), ("Connection", "close")]
        headers += [("Accept", accept)] if (accept := chance.choice(ACCEPTS)) is not None else []
        headers += [("Authorization", said)] if (said := chance.choice(CREDENTIALS)) is not None else []
        body = ""
        if method in ("PUT", "PATCH", "POST"):
            body = chance.choice(BODIES)
            headers += [("Content-Type", chance.choice(MEDIA)), ("Content-Length", str(len(body)))]
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        yield ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


def answered(port, sent):
    """What a client sees, less what only names the server: status, media type, Allow, and the JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(sent)
        received = b""
        while piece := wire.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    media = headers.get("content-type", "").partition(";")[0]
    value = json.loads(body) if media == "application/json" and body else None
    if isinstance(value, dict) and "slug" in value and first.split()[1] == "200":
        value = value["slug"]
    elif sent.startswith(b"OPTIONS"):
        value = None  # It holds names of the server's own classes.
    return int(first.split()[1]), media, headers.get("allow"), value


def test_odd_requests_are_answered_as_the_framework_answers_them(framework):
    tokens = ["admin", "one:default-authentication-flow", "plain:none", "ghost:nowhere"]
    statuses = set()
    with flowmock.running(tokens=tokens, cors=False) as running:
        port = int(running.origin.rpartition(":")[2])
        for sent in odd_requests(1, REQUESTS):
            expected = answered(framework, sent)
            assert answered(port, sent) == expected, sent
            statuses.add(expected[0])

    assert statuses == {200, 400, 403, 404, 405, 406, 415}
