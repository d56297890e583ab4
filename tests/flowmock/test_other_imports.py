"""A mock does not get in the way of the program it runs in, whatever that imports meanwhile."""

import subprocess
import sys

# Threads import what the mock uses as well, in another order each time, while a mock starts and serves.
PROGRAM = """
import importlib, random, sys, threading, urllib.request

chance = random.Random(int(sys.argv[1]))
names = ["connexion", "connexion.middleware", "connexion.options", "connexion.apps.asynchronous", "httpx", "yaml",
         "yaml.loader", "starlette.testclient", "jsonschema", "uvicorn"]
chance.shuffle(names)
failures, barrier = [], threading.Barrier(len(names) + 1)


def load(name):
    barrier.wait()
    try:
        importlib.import_module(name.partition(".")[0])  # Python itself can give half a package to who does not.
        module = importlib.import_module(name)
        for each in dir(module):
            getattr(module, each)
        if name == "connexion":
            module.AsyncApp(__name__).add_api({"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": {}})
        if name == "httpx":
            module.Client(trust_env=False).close()
        if name == "yaml":
            assert module.safe_load("a: [1]") == {"a": [1]}
    except BaseException as error:
        failures.append((name, repr(error)))


threads = [threading.Thread(target=load, args=(name,), daemon=True) for name in names]
for thread in threads:
    thread.start()
late = chance.random() < 0.5
if not late:
    barrier.wait()
import flowmock

with flowmock.running() as running:
    if late:
        barrier.wait()
    for _ in range(20):
        url = running.url + "/flows/instances/initial-setup/"
        sent = urllib.request.Request(url, headers={"Authorization": "Bearer x"})
        with urllib.request.urlopen(sent) as response:
            assert response.status == 200
    for thread in threads:
        thread.join(60)
assert not failures, failures
assert not [thread for thread in threads if thread.is_alive()], "a thread hangs"
"""


def test_threads_that_import_while_a_mock_runs_never_hang() -> None:
    words = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    running = [subprocess.Popen([*words, str(seed)], stderr=subprocess.PIPE, text=True) for seed in (0, 1)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in running]

    assert [code for _, code in ended] == [0, 0], [text for text, code in ended if code]
