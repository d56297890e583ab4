"""The conforming server conforms, and every fault shows in its conversation."""

import functools
import http.client
import json
from collections import Counter
from urllib.parse import urlsplit

import jsonschema_rs
import openapi_spec_validator
import pytest

from . import conversations, invalid_requests
from .catalogue import FAULTS
from .document import DOCUMENT, Json
from .fault import BASE, Client, Conversation, Fault, talk
from .handling import OTHER, OWNER, READER
from .messages import Request, Response
from .server import Api
from .serving import running
from .variants import VARIANTS

CONVERSATIONS = {
    name: value
    for module in (conversations, invalid_requests)
    for name, value in vars(module).items()
    if callable(value) and value.__module__ == module.__name__ and name != "first_project"
}


def statuses(conversation: Conversation) -> Counter[int]:
    return Counter(seen[0] for seen in talk(conversation, Api))


def test_the_document_is_valid() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def test_there_are_faults_of_many_classes() -> None:
    kinds = Counter(fault.kind for fault in FAULTS.values())

    assert sum(kinds.values()) >= 240
    assert len(kinds) >= 18
    assert min(kinds.values()) >= 5


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_shows_in_its_conversation(fault: Fault) -> None:
    assert fault.is_visible()
    assert fault.about.endswith(".")
    assert "\n" not in fault.about


@pytest.mark.parametrize("server", [Api, *VARIANTS.values()], ids=["plain", *VARIANTS])
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_every_response_of_a_conforming_server_is_as_documented(conversation: Conversation, server: type[Api]) -> None:
    api = server()

    def checked(request: Request) -> Response:
        response = api(request)
        assert_documented(request, response)
        return response

    conversation(Client(checked))


def assert_documented(request: Request, response: Response) -> None:
    path = request.path.removeprefix(BASE)
    item = next((item for template, item in DOCUMENT["paths"].items() if fits(path, template)), None)
    method = "get" if request.method == "HEAD" else request.method.lower()
    if item is None or method not in item:
        expected = 404 if item is None else 204 if method == "options" else 405
        assert response.status == expected, request
        return
    documented = item[method]["responses"][str(response.status)]
    for name, header in documented.get("headers", {}).items():
        assert jsonschema_rs.is_valid(header["schema"], response.headers[name])
    if "content" not in documented:
        assert response.body == b""
        return
    schema = documented["content"][response.media.partition(";")[0]]["schema"]
    validator(schema["$ref"]).validate(json.loads(response.body))


@functools.cache
def validator(reference: str) -> jsonschema_rs.Draft202012Validator:
    schema = {"$ref": reference, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def fits(path: str, template: str) -> bool:
    """Whether a path belongs to a template; a literal segment never stands for a parameter."""
    parts, wanted = path.split("/"), template.split("/")
    literals = {"batch", "restore"} & set(parts[-1:])
    return len(parts) == len(wanted) and all(
        part == want or (want.startswith("{") and part and part not in literals)
        for part, want in zip(parts, wanted, strict=True)
    )


def test_conversations_come_out_the_same_again() -> None:
    assert talk(conversations.create, Api) == talk(conversations.create, Api)


def test_what_was_written_is_read_back() -> None:
    client = Client(Api())
    path = client.project(**conversations.FULL)

    stored = client.get(path).json

    sent = {name: value for name, value in conversations.FULL.items() if name != "passphrase"}
    assert {name: stored[name] for name in sent} == {**sent, "title": "Greenhouse"}
    assert "passphrase" not in stored


def test_a_stale_etag_changes_nothing() -> None:
    assert statuses(conversations.stale) == {200: 4, 201: 1, 412: 3, 428: 3}


def test_another_user_sees_and_changes_nothing() -> None:
    client = Client(Api())
    conversations.foreign(client)

    by_other = client.seen[4:20]
    assert Counter(seen[0] for seen in by_other) == {404: 13, 200: 3}
    assert b"Greenhouse" not in b"".join(seen[1] for seen in by_other)


def test_a_credential_that_may_only_read_writes_nothing() -> None:
    assert statuses(conversations.read_only)[403] == 11


def test_pages_and_cursors_partition_the_list() -> None:
    client = Client(Api())
    for number in range(7):
        client.project(title=f"Step {number}")
    whole = client.ids(client.get("/projects?per_page=50"))

    parts = [client.ids(client.get(f"/projects?per_page=3&page={page}")) for page in (1, 2, 3, 4, 5)]

    assert [one for part in parts for one in part] == whole
    assert len(whole) == 10


def test_a_batch_with_an_invalid_task_stores_none() -> None:
    seen = talk(conversations.batch, Api)

    assert [one[0] for one in seen] == [201, 201, 200, 400, 200]
    assert seen[2] == seen[4]


def test_nothing_of_an_invalid_request_is_stored() -> None:
    for conversation in (invalid_requests.invalid_projects, invalid_requests.invalid_others):
        client = Client(Api())
        client.project()
        before = [client.get(path).json for path in ("/projects", "/notes")]
        api = client.serve
        conversation(Client(api))
        after = [client.get(path).json for path in ("/projects", "/notes")]
        known: list[Json] = [item for item in after[0]["items"] if item not in before[0]["items"]]
        assert [item["title"] for item in known] == ["Rain barrel"]
        assert after[1] == before[1]


def test_it_serves_over_http() -> None:
    with running(Api()) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        headers = {"Authorization": f"Bearer {OWNER}"}
        connection.request("GET", f"{BASE}/projects", headers=headers)
        read = connection.getresponse()
        body = read.read()
        connection.request("HEAD", f"{BASE}/projects", headers=headers)
        head = connection.getresponse()
        assert head.read() == b""
        sent = json.dumps({"text": "über"}).encode()
        connection.request(
            "POST",
            f"{BASE}/notes",
            iter([sent[:4], sent[4:]]),
            {**headers, "Content-Type": "application/json"},
            encode_chunked=True,
        )
        made = connection.getresponse()
        note = json.loads(made.read())
        connection.close()

    assert (read.status, head.status, made.status) == (200, 200, 201)
    assert head.headers["Content-Length"] == str(len(body))
    assert note["text"] == "über"


def test_tokens_are_of_two_people() -> None:
    client = Client(Api())

    accounts = [client.get("/me", token=token).json for token in (OWNER, READER, OTHER)]

    assert accounts == [
        {"name": "ada", "scope": "write"},
        {"name": "ada", "scope": "read"},
        {"name": "bo", "scope": "write"},
    ]
