"""Make calls with the client: calls as JSON on standard input, the outcome of each as one line of JSON."""

import json
import sys

from tides_client import TidesClient

METHODS = {"getTide": "get_tide", "listHarbors": "list_harbors"}

for call in json.load(sys.stdin)["calls"]:
    client = TidesClient(call["url"], call["headers"])
    try:
        value = getattr(client, METHODS[call["operation"]])(**call["arguments"])
        outcome = {"ok": True, "value": type(value).__name__}
    except Exception as error:
        status = getattr(error, "code", None)  # urllib.error.HTTPError
        outcome = {"ok": False, "error": type(error).__name__, "message": str(error), "status": status}
    print(json.dumps(outcome), flush=True)
