"""Applications of FastAPI, whose documents use what OpenAPI 3.1 added: read, mocked and gated."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

fastapi = pytest.importorskip("fastapi", reason="FastAPI is not installed")
pydantic = pytest.importorskip("pydantic")


class Sail(StrEnum):
    MAIN = "main"
    JIB = "jib"


class Position(NamedTuple):
    latitude: float
    longitude: float


class Boat(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    areas: dict[Sail, float]
    position: Position
    course: tuple[int, str]
    crew: dict[Annotated[str, pydantic.Field(pattern=r"^[a-z]+$", max_length=8)], int | None]
    tags: set[str] | None = None
    berth: Annotated[int, pydantic.Field(gt=0, lt=100)]


BOAT = Boat(
    areas={Sail.MAIN: 20.5}, position=Position(54.3, 10.1), course=(90, "E"), crew={"anna": 1, "ben": None}, berth=7
)


def application() -> Any:
    app = fastapi.FastAPI(title="Boats", version="1")

    @app.get("/boats")
    def boats(berths: Annotated[list[int] | None, fastapi.Query()] = None) -> list[Boat]:
        return [BOAT] if berths is None or BOAT.berth in berths else []

    @app.post("/boats", status_code=201)
    def add(boat: Boat) -> Boat:
        return boat

    @app.get("/positions/{sail}")
    def positions(sail: Sail) -> dict[Sail, tuple[Position, ...]]:
        return {sail: (BOAT.position,)}

    return app


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(application().openapi())


def send(method: str, url: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_every_part_of_the_document_is_read(contract: Contract) -> None:
    assert contract.problems == ()
    media = contract.operation("boats_boats_get").responses["200"].media["application/json"]
    boat = json.loads(BOAT.model_dump_json())

    assert media.is_valid([boat])
    assert not media.is_valid([{**boat, "areas": {"spinnaker": 1}}])
    assert not media.is_valid([{**boat, "course": ["E", 90]}])
    assert not media.is_valid([{**boat, "position": [1, 2, 3]}])
    assert not media.is_valid([{**boat, "crew": {"anna": "first"}}])


def test_the_mock_responds_with_what_the_models_accept(contract: Contract) -> None:
    boat = json.loads(BOAT.model_dump_json())
    with flowmock.running(contract) as mock:
        berth, other, *_ = (each["berth"] for each in send("GET", f"{mock.url}/boats")[1])
        for query in ("", f"?berths={berth}", f"?berths={berth}&berths={other}"):
            status, boats = send("GET", f"{mock.url}/boats{query}")
            assert status == 200
            assert [Boat.model_validate(each) for each in boats]
        assert send("GET", f"{mock.url}/boats?berths=seven")[0] == 422
        assert send("POST", f"{mock.url}/boats", boat)[0] == 201
        assert send("POST", f"{mock.url}/boats", {**boat, "berth": 100})[0] == 422
        assert send("GET", f"{mock.url}/positions/main")[0] == 200
        assert send("GET", f"{mock.url}/positions/spinnaker")[0] == 422


def test_the_gate_passes_on_the_mock(contract: Contract) -> None:
    with flowmock.running(contract) as mock:
        result = engine.run(contract, Target.at(mock.url, contract.base_path), engine.Options(profile="quick"))

    assert result.result is Result.PASSED, result.headline


@pytest.fixture
def served() -> Iterator[str]:
    """The application itself, on uvicorn."""
    import uvicorn

    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(application(), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(30)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_gate_tests_the_application_itself(contract: Contract, served: str) -> None:
    result = engine.run(contract, Target.at(served, contract.base_path), engine.Options(profile="quick"))

    assert result.result is not Result.INCONCLUSIVE, result.headline
