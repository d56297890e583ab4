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
from flowmock.server import Running

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

# What starts a line that cannot run here, and who runs it instead.
ELSEWHERE = {
    "python3 -m venv": ".ci/run",
    ".venv/bin/tox": ".ci/run",
    "tox ": ".ci/run",
    "pip install": ".ci/run installs the wheel's environment; tests/test_wheel.py installs the wheel",
    "docker": "needs a Docker engine, which CI does not have",
    "kubectl": "needs a cluster, which CI does not have",
    "npm": ".ci/run, in the environment `clients`",
    "npx": ".ci/run, in the environment `clients`",
    "pytest ": "tests/flowcontract/test_pytest_gates.py",
    "dask ": "tests/flowcontract/test_fuzz_cluster.py",
}


def blocks() -> Iterator[tuple[str, list[str]]]:
    """Each console block of each page, as its lines with continued ones joined."""
    for page in PAGES:
        for number, match in enumerate(re.finditer(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)):
            text = match[1].replace("\\\n", " ")
            lines = [line.split("  #")[0].removeprefix("$ ").strip() for line in text.splitlines()]
            yield f"{page.relative_to(ROOT)}#{number}", [line for line in lines if line and not line.startswith("#")]


class _Schema(http.server.BaseHTTPRequestHandler):
    """Stands for a real server that publishes its own document."""

    def do_GET(self) -> None:
        body = (ROOT / "spec" / "openapi.yaml").read_bytes()
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
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def mock() -> Iterator[Running]:
    # The token that the pages use, so that the gate sees others refused.
    with flowmock.running(tokens=("demo-token",)) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder in which a reader could type: a checkout's data, and nothing that matters."""
    for name in ("spec", "examples", "tests/data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(("lines"), [pytest.param(lines, id=name) for name, lines in blocks()])
def test_a_console_block_runs(lines: list[str], desk: Path, mock: Running, real_server: str) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "FLOWCONTRACT_TOKEN": "demo-token",
        "NO_COLOR": "1",
    }
    with contextlib.ExitStack() as started:
        for line in lines:
            if line.startswith(tuple(ELSEWHERE)):
                continue
            line = line.replace("127.0.0.1:8000", mock.origin.removeprefix("http://"))
            line = re.sub(r"(localhost|127\.0\.0\.1):9000", real_server, line)
            if line.startswith(("flowcontract mock", "flowcontract proxy")):
                started.enter_context(_serving(re.sub(r"--port \d+", "", line) + " --port 0", desk, environment))
                continue
            done = subprocess.run(
                ["bash", "-ec", line], cwd=desk, env=environment, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@contextlib.contextmanager
def _serving(line: str, desk: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a command that serves until it has said where, and stop it in the end."""
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
            if "http://127.0.0.1:" in text:
                break
        else:
            pytest.fail(f"{line} did not serve:\n{''.join(said)}")
        yield
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(timeout=20)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_within_the_docs_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", page.read_text("utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []
