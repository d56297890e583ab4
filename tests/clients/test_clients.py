"""The real generated clients work against the mock, unchanged, and raise their own exceptions."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

HERE = Path(__file__).parent
PACKAGE = "@goauthentik/api"
OPERATION = Contract.load().operation("flows_instances_retrieve")
SLUGS = [key["slug"] for key in OPERATION.example_path_values().values()]
EXAMPLES = {
    example.value["slug"]: example.value
    for example in OPERATION.responses["200"].media["application/json"].examples.values()
}


@pytest.fixture(scope="module")
def running():
    with flowmock.running(tokens=["viewer", "nobody:none"]) as running:
        yield running


def test_there_are_thirteen_flows():
    assert len(SLUGS) == 13


@pytest.fixture(scope="module")
def python_client():
    return pytest.importorskip("authentik_client", reason="the client is installed by `tox run -e clients`")


@pytest.fixture
def flows(python_client, running):
    """The Python client's API, for a token."""
    with_token = []

    def api(token):
        client = python_client.ApiClient(python_client.Configuration(host=running.url, access_token=token))
        with_token.append(client)
        return python_client.FlowsApi(client)

    yield api
    for client in with_token:
        client.rest_client.pool_manager.clear()


@pytest.mark.parametrize("slug", SLUGS)
def test_the_python_client_retrieves_every_flow(slug, flows):
    flow = flows("viewer").flows_instances_retrieve(slug)

    assert json.loads(flow.model_dump_json(by_alias=True)) == EXAMPLES[slug]


def test_the_python_client_raises_its_own_exceptions(python_client, flows):
    with pytest.raises(python_client.exceptions.ForbiddenException) as forbidden:
        flows("nobody").flows_instances_retrieve(SLUGS[0])
    with pytest.raises(python_client.exceptions.NotFoundException) as missing:
        flows("viewer").flows_instances_retrieve("no-such-flow")

    assert (forbidden.value.status, missing.value.status) == (403, 404)
    assert forbidden.value.data.detail == "You do not have permission to perform this action."


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ({}, sorted(SLUGS)),
        ({"slug": "initial-setup"}, ["initial-setup"]),
        ({"slug": "no-such-flow"}, []),
        ({"designation": "enrollment"}, ["default-source-enrollment"]),
        ({"search": "pre-auth"}, ["default-source-pre-authentication"]),
        ({"page": 3, "page_size": 5}, sorted(SLUGS)[10:]),
        ({"ordering": "-slug", "page_size": 2}, sorted(SLUGS)[:-3:-1]),
        ({"flow_uuid": EXAMPLES["initial-setup"]["pk"]}, ["initial-setup"]),
    ],
)
def test_the_python_client_lists_filters_and_pages(query, slugs, flows):
    listed = flows("viewer").flows_instances_list(**query)

    assert [flow.slug for flow in listed.results] == slugs
    assert [json.loads(flow.model_dump_json(by_alias=True)) for flow in listed.results] == [EXAMPLES[s] for s in slugs]


def test_the_python_client_reads_the_pagination(flows):
    page = flows("viewer").flows_instances_list(page=2, page_size=5).pagination

    assert (page.previous, page.current, page.next, page.total_pages) == (1, 2, 3, 3)
    assert (page.start_index, page.end_index, page.count) == (6, 10, 13)


def test_the_python_client_raises_its_own_exceptions_for_lists(python_client, flows):
    with pytest.raises(python_client.exceptions.ForbiddenException):
        flows("nobody").flows_instances_list()
    with pytest.raises(python_client.exceptions.NotFoundException) as missing:
        flows("viewer").flows_instances_list(page=2)

    assert json.loads(missing.value.body) == {"detail": "Invalid page."}


@pytest.fixture(scope="module")
def node():
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node 20 is needed for the TypeScript client")
    installed = [Path(folder) / PACKAGE for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
    if not any(folder.is_dir() for folder in installed):
        pytest.skip(f"{PACKAGE} is installed by `tox run -e clients`")
    return node


@pytest.fixture
def retrieve(node, running):
    """Retrieve flows with the TypeScript client."""

    def retrieved(token, *slugs):
        done = subprocess.run(
            [node, str(HERE / "retrieve.cjs"), running.url, token, *slugs], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return retrieved


def test_the_typescript_client_retrieves_every_flow(retrieve):
    found = retrieve("viewer", *SLUGS)

    assert [each["flow"]["slug"] for each in found] == SLUGS
    for each in found:
        example = EXAMPLES[each["flow"]["slug"]]
        assert each["flow"]["cacheCount"] == example["cache_count"]
        assert {each["flow"][name] for name in ("pk", "title")} == {example["pk"], example["title"]}


def test_the_typescript_client_raises_its_own_exception(retrieve):
    assert retrieve("nobody", SLUGS[0]) == [
        {
            "exception": "ResponseError",
            "status": 403,
            "body": {"detail": "You do not have permission to perform this action."},
        }
    ]
    assert retrieve("viewer", "no-such-flow") == [
        {"exception": "ResponseError", "status": 404, "body": {"detail": "Not found."}}
    ]
