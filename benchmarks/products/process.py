"""Run a product on a free port of the loopback interface, with a data folder that is thrown away."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.products.catalogue import APPS, Product
from benchmarks.products.install import FOLDER, installed

PATIENCE = 180.0
"""Seconds until the first response: some products set up a database at their first start."""


@dataclass(frozen=True, slots=True)
class Running:
    """A product that answers."""

    product: Product
    url: str
    document: Path
    """Its OpenAPI document as a file."""
    data: Path
    """Its data folder."""
    log: Path
    """What it printed."""

    def kept_data(self) -> dict[str, bytes]:
        """The files that no request may change without `--allow-unsafe`, by name."""
        return {name: (self.data / name).read_bytes() for name in self.product.kept_files}


def missing(product: Product) -> str:
    """Why this product cannot run here, or an empty string."""
    if product.installer == "npm" and shutil.which("npm") is None:
        return "needs Node.js 20 and npm"
    return ""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def running(product: Product, *, folder: Path = FOLDER) -> Iterator[Running]:
    """Install and start a product; stop it at the end of the block and delete its data.

    Raises RuntimeError with the end of its output when it does not answer.
    """
    environment = installed(product.name, product.installer, product.packages, folder=folder)
    with tempfile.TemporaryDirectory(prefix=f"product-{product.name}-", ignore_cleanup_errors=True) as name:
        data, port = Path(name), _free_port()
        url = f"http://127.0.0.1:{port}"
        if product.prepare:
            product.prepare(data, environment, url)
        log = data / "output.log"
        words = {"port": str(port), "data": str(data), "env": str(environment), "url": url, "apps": str(APPS)}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [word.format_map(words) for word in product.command],
                cwd=data,
                env=_environment(product, data, words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait(product, port, process, log)
            seeded = product.seed(url) if product.seed else {}
            document = data / "openapi.json"
            if product.document:
                with urllib.request.urlopen(url + product.document, timeout=60) as response:
                    document.write_bytes(response.read())
            examples = {name: value.format_map(words) for name, value in product.examples.items()} | seeded
            if examples:
                text = with_examples(json.loads(document.read_text(encoding="utf-8")), examples)
                document.write_text(json.dumps(text), encoding="utf-8")
            yield Running(product, url + product.base, document, data, log)
        finally:
            _stop(process)


def with_examples(document: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The same document with examples of parameters, by name, where it has none."""
    for item in document["paths"].values():
        operations = [operation for operation in item.values() if isinstance(operation, dict)]
        for parameters in [item.get("parameters", ()), *(operation.get("parameters", ()) for operation in operations)]:
            for parameter in parameters:
                if parameter.get("name") in values and "example" not in parameter and "examples" not in parameter:
                    parameter["example"] = values[parameter["name"]]
    return document


def _environment(product: Product, data: Path, words: dict[str, str]) -> dict[str, str]:
    """The variables of the process. What it keeps in a home or cache folder goes into the data folder."""
    own = {name: value.format_map(words) for name, value in product.environment.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "HOME": str(data), "XDG_CACHE_HOME": str(data), "XDG_CONFIG_HOME": str(data), **own}


def _wait(product: Product, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", product.ready)
            if connection.getresponse().status < 400:
                return
        connection.close()
        time.sleep(0.1)
    end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{product.name} did not answer GET {product.ready} with a success. End of its output:\n{end}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
