"""What the proxy adds to the latency of an upstream that takes 10 ms: `python benchmarks/proxy/latency.py`.

Upstream, proxy and client are processes of their own. One client, one kept connection each, direct calls and calls
through the proxy in turn, so that both see the same machine.
"""

import http.client
import json
import statistics
import subprocess
import sys
import time

PATH = "/api/v3/flows/instances/default-authentication-flow/"
CALLS = 400
WARM = 40
TOKEN = "a-token-of-the-benchmark"
COMMAND = [sys.executable, "-m", "flowcontract"]


def one(connection: http.client.HTTPConnection) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json", "Prefer": "wait=0.01"}
    connection.request("GET", PATH, headers=headers)
    response = connection.getresponse()
    response.read()
    assert response.status == 200
    return 1000 * (time.perf_counter() - began)


def started(*words: str) -> tuple[subprocess.Popen[str], str]:
    """A command that serves, and the first line that it prints."""
    process = subprocess.Popen([*COMMAND, *words, "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline()


def main() -> None:
    mock, line = started("mock", "--token", TOKEN, "--json")
    url = json.loads(line)["url"]
    proxy, line = started("proxy", "--upstream", url, "--quiet")
    try:
        direct = http.client.HTTPConnection(url.removeprefix("http://").partition("/")[0])
        through = http.client.HTTPConnection(line.split()[0].removeprefix("http://"))
        pairs = [(one(direct), one(through)) for _ in range(WARM + CALLS)][WARM:]
    finally:
        for process in (proxy, mock):
            process.terminate()
            process.communicate()
    middle = [statistics.median(side) for side in zip(*pairs, strict=True)]
    print(f"direct {middle[0]:.2f} ms, through the proxy {middle[1]:.2f} ms: {middle[1] / middle[0] - 1:+.1%}")


if __name__ == "__main__":
    main()
