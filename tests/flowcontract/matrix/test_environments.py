"""Clients come into environments of their own: once, whole, also when two ask at once or an installation was cut."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flowcontract.compatibility import clients
from flowcontract.compatibility.clients import installers
from flowcontract.compatibility.clients.calls import Call, call
from flowcontract.compatibility.clients.environments import Cache, Client, default_folder
from flowcontract.errors import ClientError, ContractError


@pytest.fixture
def wanted(known: clients.ClientCatalog) -> clients.ClientVersion:
    return known.select("python:1.0")[0]


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The versions that pip is asked to install."""
    asked: list[str] = []
    install = installers.Pip.install

    def counted(self: installers.Pip, package: clients.Package, version: str, folder: Path, timeout: float) -> None:
        asked.append(version)
        install(self, package, version, folder, timeout)

    monkeypatch.setattr(installers.Pip, "install", counted)
    return asked


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "_PIP", ("no-such-pip",))


def imports(client: Client) -> bool:
    answer = call(client, [Call("http://127.0.0.1:1", "shelves_retrieve", {"shelf-id": "x"}, {})], 60)
    return answer[0].error == "URLError"  # The method was found and called; nothing listens.


def test_the_newest_is_installed_into_an_environment_of_its_own(client: Client) -> None:
    assert client.version == "1.0.post2"
    assert client.release == "1.0"
    assert imports(client)
    with pytest.raises(ImportError):
        __import__("shelves_client")


def test_what_is_installed_is_not_installed_again(
    client: Client, wanted: clients.ClientVersion, installs: list[str]
) -> None:
    again, note = Cache(client.folder.parent).client(wanted)

    assert (again, note, installs) == (client, "", [])


def test_an_installation_that_was_cut_off_is_made_again_by_one_of_two_that_ask_at_once(
    registry: Path, wanted: clients.ClientVersion, installs: list[str], tmp_path: Path, client: Client
) -> None:
    half = tmp_path / client.folder.name
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "python").write_text("half of it", encoding="utf-8")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: Cache(tmp_path).client(wanted)[0], range(2))

    assert first == second
    assert installs == ["1.0.post2"]
    assert first.folder == half
    assert imports(first)


def test_an_environment_without_its_interpreter_is_none(
    wanted: clients.ClientVersion, tmp_path: Path, client: Client
) -> None:
    copied = tmp_path / client.folder.name
    shutil.copytree(client.folder, copied, symlinks=True)
    offline = Cache(tmp_path, offline=True)
    assert offline.client(wanted)[0].folder == copied

    Path(offline.client(wanted)[0].command[0]).unlink()

    with pytest.raises(ClientError, match="--offline"):
        offline.client(wanted)


def test_who_waits_too_long_is_told(
    registry: Path, wanted: clients.ClientVersion, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(installers.Pip, "published", lambda *_: "1.0.post2")
    with FileLock(f"{tmp_path / client.folder.name}.lock"), pytest.raises(ClientError, match="another process"):
        Cache(tmp_path, timeout=0.05).client(wanted)


def test_offline_nobody_is_asked(client: Client, wanted: clients.ClientVersion, no_pip: None) -> None:
    assert Cache(client.folder.parent, offline=True).client(wanted) == (client, "")


def test_offline_what_is_not_there_cannot_be_had(wanted: clients.ClientVersion, tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="--offline"):
        Cache(tmp_path, offline=True).client(wanted)


def test_where_no_registry_answers_the_cache_does_and_says_so(
    client: Client, wanted: clients.ClientVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    found, note = Cache(client.folder.parent).client(wanted)

    assert found == client
    assert "used from the cache" in note


def test_an_exact_version_that_is_there_is_not_asked_for(
    client: Client, known: clients.ClientCatalog, no_pip: None
) -> None:
    assert Cache(client.folder.parent).client(known.select("python:1.0.post2")[0]) == (client, "")


@pytest.mark.parametrize("version", ["1.0.post9"])
def test_a_version_that_nobody_published_is_named(
    version: str, registry: Path, known: clients.ClientCatalog, tmp_path: Path
) -> None:
    with pytest.raises(ClientError, match=f"shelves-client=={version}"):
        Cache(tmp_path).client(known.select(f"python:{version}")[0])


def test_a_missing_tool_is_named(
    known: clients.ClientCatalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wanted: clients.ClientVersion,
    no_pip: None,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ClientError, match="npm is not installed"):
        Cache(tmp_path).client(known.select("typescript:1")[0])
    with pytest.raises(ClientError, match="no-such-pip is not installed"):
        Cache(tmp_path).client(wanted)


def test_a_python_without_pip_is_told_how_to_get_it(
    wanted: clients.ClientVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installers, "_PIP", (sys.executable, "-S", "-I", "-m", "pip"))

    with pytest.raises(ClientError, match="ensurepip"):
        Cache(tmp_path).client(wanted)


def test_a_tool_that_hangs_is_stopped(
    wanted: clients.ClientVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installers, "_PIP", (sys.executable, "-c", "import threading; threading.Event().wait()"))

    with pytest.raises(ClientError, match="took longer than"):
        Cache(tmp_path, timeout=0.2).client(wanted)


def test_a_cache_that_cannot_be_is_named(registry: Path, wanted: clients.ClientVersion, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ClientError, match="--cache"):
        Cache(tmp_path / "file" / "below").client(wanted)


def test_the_cache_can_be_named_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLOWCONTRACT_CACHE", str(tmp_path))

    assert default_folder() == tmp_path / "clients"


def test_a_driver_that_fails_is_no_verdict_on_the_client(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [Call("http://127.0.0.1:1", "x", {}, {})]
    for script, said in (
        ("import sys; sys.exit('TypeError: it broke')", "ended after 0 of 1 calls: TypeError: it broke"),
        ("print('not json')", "wrote an invalid line: not json"),
        ("while True: pass", "did not finish 1 calls"),
    ):
        driver = tmp_path / "driver.py"
        driver.write_text(script, encoding="utf-8")
        monkeypatch.setattr(Client, "command", [*client.command[:-1], str(driver)])
        with pytest.raises(ClientError, match=said):
            call(client, calls, 1.0 if "while" in script else 60.0)
        monkeypatch.undo()


def test_a_local_client_is_installed_from_its_file(shelves: Path, registry: Path, tmp_path: Path) -> None:
    wheel = next(registry.glob("*-2.0-*.whl"))
    text = (shelves / "clients.yaml").read_text(encoding="utf-8")
    (tmp_path / "clients.yaml").write_text(text.replace("shelves-client", str(wheel)), encoding="utf-8")
    known = clients.load(tmp_path / "clients.yaml")

    installed, _ = Cache(tmp_path / "cache", offline=True).client(known.select("python:2.0")[0])

    assert installed.title.startswith("python:2.0+")
    assert installed.release == "2.0"
    assert call(installed, [], 60) == []


def test_a_local_client_that_does_not_exist_is_a_mistake(shelves: Path, tmp_path: Path) -> None:
    text = (shelves / "clients.yaml").read_text(encoding="utf-8")
    (tmp_path / "clients.yaml").write_text(text.replace("shelves-client", "./missing"), encoding="utf-8")

    with pytest.raises(ContractError, match="not found"):
        clients.load(tmp_path / "clients.yaml")
