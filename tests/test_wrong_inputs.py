"""Whatever is wrong with what a command is given: one clear message, exit 2, no traceback, nothing destroyed."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flowcontract.cli import commands, main

ROOT = Path(__file__).resolve().parents[1]
SPEC = str(ROOT / "spec" / "openapi.yaml")
CAPTURED = str(ROOT / "spec" / "captured" / "2024.8.1.yaml")
FILES = {
    "missing": None,
    "folder": None,
    "empty": b"",
    "binary": b"\x00\xff\xfe\x80" * 64,
    "no-yaml": b"a: [1\nb: }",
    "list": b"- 1\n- 2\n",
    "text": b"only words",
    "number": b"42",
    "null": b"null",
    "swagger": b"swagger: '2.0'\ninfo: {}\npaths: {}\n",
    "openapi-4": b"openapi: 4.0.0\ninfo: {}\npaths: {}\n",
    "html": b"<!DOCTYPE html><title>Docs</title>",
    "latin-1": "openapi: é".encode("latin-1"),
    "deep": b"[" * 5000,
    "bomb": b"a: &a [1]\nb: &b [*a,*a]\nc: *zzz\n",
    "tab": b"a:\n\t- b\n",
}
NUMBERS = ["x", "", "1.5.2", "nan?", "one", "0x10", "--", "1,000"]
URLS = [
    "",
    "nowhere",
    "127.0.0.1:1",
    "ftp://127.0.0.1",
    "http://",
    "http:///x",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:x",
    "http://[::1",
    "http://u:p@127.0.0.1:1",
    "http://127.0.0.1:1/?q=1",
    "http://127.0.0.1:1/#f",
    "file:///etc/passwd",
    "//127.0.0.1",
    "http://127.0.0.1:-1",
    "javascript:alert(1)",
]
FLAGS = ["--no-such-flag", "-Z", "--help=1", "--\u202e", "-\x00", "--verbos", "--spce", "---", "--=x", "-", "é"]
OPERATIONS = ["", "no_such_operation", "flows_instances_retrieve ", "../x", "{}", "*", "FLOWS_INSTANCES_RETRIEVE"]
RELEASES = ["latest", "1999.1.1", "2025.12", "2025", "٢٠٢٥.1.1", "../2025.12.0"]
TOKENS = ["two words", "line\nfeed", "tab\tin", "é", "\x7f", ""]


@pytest.fixture
def wrong_files(tmp_path: Path) -> list[str]:
    """Paths of files that are no contract, no page, no overlay, no store and no scenario."""
    for name, content in FILES.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return [*(str(tmp_path / name) for name in FILES), "x" * 300, "", "/proc/self/mem", "/nonexistent/x.yaml"]


@pytest.fixture
def taken() -> socket.socket:
    """A port that somebody else listens on."""
    return socket.create_server(("127.0.0.1", 0))


Wrong = Callable[[list[str], str], list[list[str]]]


def after(*words: str, values: list[str]) -> list[list[str]]:
    return [[*words, value] for value in values]


def capture(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after(values=files),
        *after("--operation", "x", "--schema", values=files),
        *after("--operation", "x", "--schema", values=URLS[1:]),
        *after("--schema", SPEC, "--operation", values=OPERATIONS),
        ["--schema", closed, "--operation", "x"],
        ["--schema", SPEC],
        [],
    ]


def build(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("-o", "never.yaml", "--captured", values=files),
        *after("-o", "never.yaml", "--captured", CAPTURED, "--overlay", values=files),
        *after(
            "-o", "never.yaml", "--examples", values=[file for file in files if file and not file.endswith("folder")]
        ),
    ]


def mock(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("--spec", values=files),
        *after("--config", values=files[:2] + files[3:]),
        *after("--port", values=[*NUMBERS, "-1", "65536", "99999999999999999999", closed.rpartition(":")[0]]),
        *after("--token", values=[token for token in TOKENS if token != ""]),
        *after("--journal", values=[*NUMBERS, "-1"]),
        *after("--server-profile", values=["nobody", "no/such/file.yaml"]),
        *after("--release", values=RELEASES),
        ["--port", "0", "--scenario", "no-such-scenario"],
        ["--port", "0", "--host", "no.such.host.invalid"],
        ["stray"],
    ]


def gate(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after(values=URLS),
        *after(closed, "--spec", values=files),
        *after(closed, "--waivers", values=files[:16]),
        *after(closed, "--baseline", values=files[:16]),
        *after(closed, "--operation", values=OPERATIONS),
        *after(closed, "--release", values=RELEASES),
        *after(closed, "--seed", values=NUMBERS),
        *after(closed, "--token", values=TOKENS),
        *after(closed, "--format", values=["pdf", "", "HTML"]),
        *after(closed, "--profile", values=["slow", ""]),
        *after(closed, "--timeout", values=["x", "-1", "0"]),
        [closed],
        [closed, closed],
    ]


def demo(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("--report", values=[file for file in files[:-4] if Path(file).is_file()] + ["x" * 300]),
        *after(values=[*URLS[1:], *files[:16], *OPERATIONS[1:]]),
    ]


def fuzz(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("--cases", "1", values=URLS),
        *after(closed, "--spec", values=files),
        *after(
            closed, "--database", values=[file for file in files[:-4] if Path(file).is_file() and "empty" not in file]
        ),
        *after(closed, "--operation", values=OPERATIONS),
        *(
            word
            for name in ("--seed", "--cases", "--rate", "--time", "--workers")
            for word in after(name, values=NUMBERS)
        ),
        *after(closed, "--token", values=TOKENS),
        ["--resume", "no-such-campaign", "--database", files[0]],
        [closed, "--outage", "0", "--cases", "1"],
        [],
    ]


def replay(files: list[str], closed: str) -> list[list[str]]:
    stores = [file for file in files if not file.endswith("/empty")]
    return [
        *after("some-id", "--database", values=stores),
        *after("some-id", "--target", values=URLS),
        *after(values=OPERATIONS),
        [],
    ]


def campaigns(files: list[str], closed: str) -> list[list[str]]:
    actions = ("list", "show", "compare", "report", "decide")
    stores = [file for file in files if not file.endswith("/empty")]  # An empty file is an empty store.
    return [*([action, "--database", file] for action in actions for file in stores), *after(values=OPERATIONS), []]


def scenario(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("list", "--url", values=URLS),
        *after("set", "forbidden", "--for", values=NUMBERS),
        *after("set", "--url", closed, values=[*files[:8], *OPERATIONS]),
        *after(values=OPERATIONS),
        ["list", "--url", closed],
        ["set"],
    ]


def verify(files: list[str], closed: str) -> list[list[str]]:
    counts = ("--exactly", "--at-least", "--at-most")
    pairs = ("--path", "--query", "--header")
    named = ("--url", closed)
    return [
        *after("--url", values=URLS),
        *(word for name in counts for word in after(*named, name, values=[*NUMBERS, "-1"])),
        *(word for name in pairs for word in after(*named, name, values=["x", ""])),
        *after(*named, "--body", values=["{", "nope"]),
        [*named],
    ]


def diff(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("2024.8.1", values=files),
        *([file, "2024.8.1"] for file in files),
        *after("2024.8.1", values=[*URLS[1:], closed, "1999.1.1"]),
        *after("2024.8.1", "2024.12.0", "--operation", values=OPERATIONS),
        *after("2024.8.1", "2024.12.0", "--consumer", values=["nobody", *files[:3]]),
        *after("2024.8.1", "2024.12.0", "--format", values=["pdf", ""]),
        ["2024.8.1"],
        [],
    ]


def compare(files: list[str], closed: str) -> list[list[str]]:
    return [
        *([url, closed] for url in URLS),
        *([closed, url] for url in URLS),
        *after(closed, closed, "--spec", values=files),
        *after(closed, closed, "--release", values=[*RELEASES, "list"]),
        [closed],
        [],
    ]


def proxy(files: list[str], closed: str) -> list[list[str]]:
    upstream = ("--upstream", closed)
    return [
        *after("--upstream", values=URLS),
        *after(*upstream, "--spec", values=files),
        *after(*upstream, "--release", values=[*RELEASES, "list"]),
        *after(*upstream, "--port", values=[*NUMBERS, "-1", "65536"]),
        *after(*upstream, "--record", values=[file for file in files[:-4] if Path(file).is_file()]),
        [],
    ]


def check_fixture(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after(
            values=[
                file
                for file in files
                if Path(file).name in ("missing", "folder", "binary", "no-yaml", "latin-1", "deep", "bomb", "tab")
            ]
        ),
        *after(files[0], "--spec", values=files),
        *after(SPEC, "--operation", values=OPERATIONS),
        *after(values=files[-4:]),
        *after(SPEC, "--status", values=["", "2000", "ok"]),
        *after(SPEC, "--release", values=[*RELEASES, "list"]),
        [],
    ]


def export(files: list[str], closed: str) -> list[list[str]]:
    return [
        *after("-o", "never", "--spec", values=files),
        *after("-o", "never", "--scenario-file", values=files[:15]),
        *after("-o", "never", "--operation", values=OPERATIONS),
        *after("-o", "never", "--release", values=RELEASES),
        *after("-o", "never", "--url", values=[*URLS[:9], *URLS[12:]]),
        *after("-o", "never", "--scenario", values=OPERATIONS),
        *after("-o", "never", "--format", values=["pdf", ""]),
        *after("-o", values=[file for file in files[:-4] if Path(file).is_file()]),
        ["stray"],
        [],
    ]


def _bench(files: list[str]) -> list[list[str]]:
    """What is wrong with how clients are had and run; none of them is had."""
    return [
        *after("--clients", values=files),
        *after("--operation", values=OPERATIONS[:2]),
        *after("--jobs", values=[*NUMBERS, "0", "17"]),
        *after("--timeout", values=["x", "", "0", "-1", "inf"]),
    ]


CLIENTS = ["", "python:", "python:x", "pyhton:2024.8", "go:2024.8", ":", "python:--index-url", "python:1 2", "p" * 300]


def matrix(files: list[str], closed: str) -> list[list[str]]:
    return [
        *_bench(files),
        *after("--client", values=CLIENTS),
        *after("--server", values=[*files, closed, "1999.1", "2024.8.1x"]),
        *after("--server", "2024.8.1", "--base", values=["2024.2.0", "", "x"]),
        *after("--format", values=["pdf", ""]),
        *after("--report", values=[file for file in files[:-4] if Path(file).is_file()]),
        ["stray"],
    ]


def can_upgrade(files: list[str], closed: str) -> list[list[str]]:
    named = ("--client", "python:2024.8", "--to")
    return [
        *([*words, *named, "2025.12.2"] for words in _bench(files)),
        *after("--to", "2025.12.2", "--client", values=[*CLIENTS, "python"]),
        *after(*named, values=[*files, closed, "1999.1", "2024.8.1x"]),
        list(named[:2]),
        [],
    ]


def init(files: list[str], closed: str) -> list[list[str]]:
    no_folders = [file for file in files[:-4] if Path(file).is_file()]
    return [
        ["stray", "stray"],
        *after(values=no_folders),
        *after("--config", values=[*files[:1], *files[3:], *NUMBERS]),
    ]


def explain(files: list[str], closed: str) -> list[list[str]]:
    return [*after(values=[*files[:8], *OPERATIONS, *RELEASES, *NUMBERS[1:3], *URLS[1:]]), ["stray", "stray"]]


def completion(files: list[str], closed: str) -> list[list[str]]:
    return [*after(values=[*files[:16], *OPERATIONS, *URLS]), []]


COMMANDS: dict[str, Wrong] = {
    "init": init,
    "explain": explain,
    "completion": completion,
    "capture": capture,
    "build": build,
    "mock": mock,
    "scenario": scenario,
    "verify": verify,
    "gate": gate,
    "fuzz": fuzz,
    "replay": replay,
    "campaigns": campaigns,
    "diff": diff,
    "compare": compare,
    "proxy": proxy,
    "check-fixture": check_fixture,
    "export": export,
    "demo": demo,
    "matrix": matrix,
    "can-upgrade": can_upgrade,
}


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == set(commands.COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_wrong_is_said_in_words(
    command: str,
    wrong_files: list[str],
    closed: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flowcontract.proxy.Running.serve", lambda _: None)
    monkeypatch.setattr("flowmock.server.running.Running.serve", lambda _: None)  # What serves was not refused.
    inputs = [*after(values=FLAGS), *COMMANDS[command](wrong_files, closed)]
    assert len(inputs) >= 50
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    for words in inputs:
        code = _run([command, *words])
        said = capsys.readouterr().err

        assert code == 2, f"{command} {words} gave {code}: {said}"
        assert said.strip(), f"{command} {words} said nothing"
        assert "Traceback" not in said
        assert len(said) < 4000, f"{command} {words} said too much"
        assert said.startswith(f"flowcontract {command}"), said

    assert {path: path.read_bytes() for path in before} == before


def _run(words: list[str]) -> int:
    try:
        return main.main(words)
    except SystemExit as stopped:  # argparse ends so, with its usage and one line.
        return int(str(stopped.code))


def test_a_port_in_use_is_named(taken: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    with taken:
        port = taken.getsockname()[1]
        assert main.main(["mock", "--port", str(port)]) == 2

    said = capsys.readouterr().err
    assert str(port) in said
    assert said.count("\n") == 1
