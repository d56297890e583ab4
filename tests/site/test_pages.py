"""Every command in the docs does what the docs say: it is run here, or CI runs it elsewhere and we say where."""

import contextlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.openapi import documents
from flowcontract.openapi.assemble import published
from flowcontract.openapi.contract import Contract

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

# What a line looks like that cannot run here, and who runs it instead.
ELSEWHERE = {
    r"python3 -m venv|\.venv/bin/tox|tox ": ".ci/run",
    r"pip (install|wheel)": ".ci/run; tests/test_wheel.py installs the wheel",
    r"npm |npx ": ".ci/run, in the environment `clients`",
    r"flowcontract (matrix|can-upgrade)": "tests/clients, tests/flowcontract/matrix: they install",
    r"(python -m )?pytest ": "tests/flowcontract/test_pytest_gates.py",
    r"SCHEMATHESIS_HOOKS": "tests/flowcontract/test_schemathesis_plugin.py",
    r"docker|kubectl": "nobody: it needs a Docker engine or a cluster",
    r"dask |.*--cluster": "tests/flowcontract/campaigns/test_cluster.py",
    r"python -m (benchmarks|tests)": ".ci/run or by hand: they measure",
    r"flowcontract (fuzz --resume|campaigns (show|compare|report) \d)": "tests/flowcontract/campaigns/test_commands.py",
}
# What stands on a page for something of the reader's, and what it is here.
ABBREVIATED = {
    r"(?<= )URL\b": "http://127.0.0.1:8000",
    r"https://\w+\.example\.org": "http://127.0.0.1:8000",
    r"(?<=main:)openapi\.yaml|(?<=diff - )openapi\.yaml": "shop.yaml",
    "--time [0-9]+[smh]": "--cases 600",  # The plan and a little more, however busy the machine is.
}


def blocks() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Each page with the lines of its console blocks, and the exit code that each line's comment says.

    Where a block has prompts (`$ `), its other lines are what is printed.
    """
    for page in PAGES:
        lines = []
        for match in re.finditer(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            text = match[1].replace("\\\n", " ").splitlines()
            if any(line.startswith("$ ") for line in text):
                text = [line[2:] for line in text if line.startswith("$ ")]
            for line in text:
                command, _, comment = line.partition("  #")
                told = re.search(r"exit (\d)", comment)
                if command.strip() and not command.startswith("#"):
                    lines.append((command.strip().removesuffix(" &"), int(told[1]) if told else 0))
        if lines:
            yield str(page.relative_to(ROOT)), lines


class _Schema(http.server.BaseHTTPRequestHandler):
    """Stands for a real server that publishes its own document."""

    def do_GET(self) -> None:
        body = documents.dump(published(Contract.load()).document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.oai.openapi")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def real_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Schema) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def mocks() -> Iterator[tuple[str, str]]:
    """Two mocks, with the token that the pages use, so that the gate sees others refused; one has more documents."""
    shop = tuple(str(ROOT / "tests" / "data" / "docs" / name) for name in ("shop.yaml", "billing.yaml"))
    more = [Contract.load(Path(name)) for name in shop]
    with (
        flowmock.running([Contract.load(), *more], tokens=("demo-token",), stateful=True) as first,
        flowmock.running(tokens=("demo-token",)) as second,
    ):
        yield first.origin, second.origin


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder in which a reader could type: a checkout's data, a reader's files, nothing that matters.

    Its document is the one of the branch `main` of a remote repository, too.
    """
    for name in ("spec", "examples", "tests/data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tests" / "data" / "docs", tmp_path, dirs_exist_ok=True)
    author = ("-c", "user.name=reader", "-c", "user.email=reader@localhost")
    for words in (
        ("init", "--quiet"),
        ("add", "shop.yaml"),
        (*author, "commit", "--quiet", "--message=document"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.needs("bash", "curl", "git")
@pytest.mark.parametrize("lines", [pytest.param(lines, id=name) for name, lines in blocks()])
def test_the_commands_of_a_page_run(
    lines: list[tuple[str, int]], desk: Path, mocks: tuple[str, str], real_server: str
) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "FLOWCONTRACT_TOKEN": "demo-token",
        "TOKEN": "demo-token",
        "NO_COLOR": "1",
    }
    serves = ""
    with contextlib.ExitStack() as started:
        for line, code in lines:
            if re.match("|".join(ELSEWHERE), line) or line.startswith("export "):
                continue
            if line.startswith(("flowcontract mock", "flowcontract proxy", "kill %")):
                started.close()  # As a reader does who goes on to the next command in the same terminal.
            if line.startswith("kill %"):
                continue
            line = _here(line, mocks, real_server)
            if line.startswith(("flowcontract mock", "flowcontract proxy")):
                line = re.sub(r"--port \d+", "", line).replace("--quiet", "--json") + " --port 0"  # It is to say where.
                serves = started.enter_context(_serving(line, desk, environment))
                continue
            line = line.replace("http://127.0.0.1:8080", serves)
            done = subprocess.run(
                ["bash", "-ec", line], cwd=desk, env=environment, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == code, f"{line}\n{done.stdout}\n{done.stderr}"


def _here(line: str, mocks: tuple[str, str], real_server: str) -> str:
    """A line of a page with the addresses that its servers have here."""
    for pattern, meant in ABBREVIATED.items():
        line = re.sub(pattern, meant, line)
    if line.startswith("flowcontract fuzz") and "--cases" not in line:
        line += " --cases 600"
    if re.match("flowcontract gate .*http", line) and not re.search("--(profile|plan|time-limit)", line):
        line += " --profile quick"  # A busy machine does not finish the whole plan within the time limit.
    if line.startswith(("flowcontract scenario", "flowcontract verify")) and "http" not in line:
        line += f" --url {mocks[0]}"
    line = re.sub(r"http://(localhost|127\.0\.0\.1):9000(?=/api/v3/schema)", real_server, line)
    line = re.sub(r"http://(localhost|127\.0\.0\.1):9000", mocks[1], line)
    return re.sub(r"(http://)?\b(localhost|127\.0\.0\.1):8000", mocks[0], line)


@contextlib.contextmanager
def _serving(line: str, desk: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run a command that serves, give the address that it tells, and stop it in the end."""
    process = subprocess.Popen(
        ["bash", "-ec", f"exec {line}"],
        cwd=desk,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for text in process.stdout:
            said.append(text)
            if found := re.search(r"http://127\.0\.0\.1:\d+", text):
                break
        else:
            pytest.fail(f"{line} did not serve:\n{''.join(said)}")
        yield found[0]
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(timeout=20)
