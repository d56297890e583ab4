"""The servers that are measured. One is a name, the command that starts it and the URL of the read.

Add a server by adding an entry to SERVERS. Words of a command may hold `{port}`, `{folder}` (a folder for what
the server writes) and `{here}` (this folder); `prepare` writes what it needs into the folder.
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowcontract.openapi.contract import Contract

HERE = Path(__file__).parent
TOKEN = "a-token-of-the-benchmark"
SLUG = "default-authentication-flow"
READ = f"/api/v3/flows/instances/{SLUG}/"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


@dataclass(frozen=True)
class Server:
    """A server, how it is started, and where it answers the read."""

    name: str
    command: tuple[str, ...]
    path: str = READ
    """The read: the path of the flow SLUG."""
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    needs: str = ""
    """A command without which this server cannot be started; it is then left out."""
    prepare: Callable[[Path, int], None] | None = None
    """Given the folder and the port, before the start."""
    environment: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    """What it is compared as, for tables: `ours`, `limit`, `peer`."""

    @property
    def is_available(self) -> bool:
        """Whether what it needs is installed."""
        return not self.needs or shutil.which(self.needs) is not None

    def words(self, folder: Path, port: int) -> list[str]:
        """The command for one start."""
        return [word.format(port=port, folder=folder, here=HERE) for word in self.command]


def _nginx(folder: Path, port: int) -> None:
    body = (HERE / "answer.json").read_text().replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    (folder / "nginx.conf").write_text(
        f"""
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  geo $dollar {{ default "$"; }}
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 200 '{body}'; }} }}
}}
"""
    )


def _mock(*words: str) -> tuple[str, ...]:
    return (
        sys.executable,
        "-m",
        "flowcontract",
        "mock",
        "--port",
        "{port}",
        "--token",
        TOKEN,
        "--json",
        *words,
    )


_UVICORN = (sys.executable, "-m", "uvicorn", "--app-dir", "{here}", "--port", "{port}", "--no-access-log")

SERVERS = {
    each.name: each
    for each in (
        # The reference: everything else is a ratio to it.
        Server(
            "bare",
            (*_UVICORN, "--http", "httptools", "--no-server-header", "--log-level", "error", "bare:app"),
            group="limit",
        ),
        Server("nginx", ("nginx", "-c", "{folder}/nginx.conf"), needs="nginx", prepare=_nginx, group="limit"),
        Server("mock", _mock(), group="ours"),
    )
}


def write_answer() -> None:
    """Write the answer that servers without a contract are given: the one that the contract has for the read."""
    operation = Contract.load().operations["flows_instances_retrieve"]
    success = operation.success()
    assert success
    media = success.media["application/json"]
    examples = operation.example_path_values()
    name = next(name for name, values in examples.items() if SLUG in values.values())
    text = json.dumps(media.examples[name].value, ensure_ascii=False, separators=(",", ":"))
    (HERE / "answer.json").write_text(text, encoding="utf-8")
