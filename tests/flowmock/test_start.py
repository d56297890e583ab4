"""What a start imports: not how long it takes, which is the benchmarks' to say."""

import subprocess
import sys

NEVER_USED = {"faker", "hypothesis", "schemathesis"}


def test_a_serving_mock_imports_nothing_that_it_does_not_use() -> None:
    code = (
        "import http.client, sys, flowmock\n"
        "with flowmock.running() as mock:\n"
        "    connection = http.client.HTTPConnection(mock.origin.removeprefix('http://'))\n"
        "    headers = {'Authorization': 'Bearer x'}\n"
        "    connection.request('GET', '/api/v3/flows/instances/initial-setup/', headers=headers)\n"
        "    assert connection.getresponse().status == 200\n"
        "    print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    imported = set(done.stdout.split())
    assert "connexion" in imported
    assert not NEVER_USED & imported
