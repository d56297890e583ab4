"""What documents cost to read, and whether every JSON response that the mock gives for them is valid.

    python -m benchmarks.documents FILE…

Each file is read by the mock, the gate and the diff in a process of its own, first with an empty cache. Then every
operation is requested once for each documented JSON response, and `openapi-schema-validator`, which shares no code with
the mock, checks the body against the schema as it stands in the document.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flowcontract.generation import bodies
from flowcontract.openapi import parameters, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.values import valid_value

_HEAD = (
    "| document | version | operations | problems | start, s | warm, s | peak, MB | diff, s | plan, s "
    "| valid | invalid | not given |"
)


def main(files: list[str]) -> None:
    """Print a row for each file, and what is wrong under the table."""
    print(_HEAD)
    print("|---|---|" + "--:|" * 10)
    notes = []
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "FLOWCONTRACT_CACHE": folder}
            cold, warm = (_measured("start", file, environment) for _ in range(2))
            diff, plan, checked = (_measured(what, file, environment) for what in ("diff", "plan", "check"))
        row = (
            Path(file).name, cold["version"], cold["operations"], cold["problems"], cold["cpu"], warm["cpu"],
            cold["peak"], diff["cpu"], plan["cpu"], checked["valid"], len(checked["invalid"]), len(checked["missing"]),
        )  # fmt: skip
        print(f"| {' | '.join(map(str, row))} |", flush=True)
        notes += [f"{Path(file).name}: {note}" for note in (*checked["invalid"], *checked["missing"])]
        if diff["findings"]:
            notes.append(f"{Path(file).name}: {diff['findings']} findings between the document and itself")
    print("\n".join(["", *notes]))


def _measured(what: str, file: str, environment: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.documents", f"--{what}", file]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{file}: {what} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _start(file: str) -> dict[str, Any]:
    """Read and serve, up to the first response."""
    from starlette.testclient import TestClient

    import flowmock

    contract = Contract.load(file)
    mock = flowmock.create(contract)
    with TestClient(mock) as client:
        client.get("/")
        for operation in list(contract.operations.values())[:1]:
            client.get(contract.base_path + operation.path)
    return {
        "version": str(contract.document["openapi"]),
        "operations": len(contract.operations),
        "problems": len(contract.problems),
    }


def _diff(file: str) -> dict[str, Any]:
    from flowcontract.compatibility.diff import Changes

    contract = Contract.load(file)
    return {"findings": len(Changes.between(contract, Contract.load(file)).found)}


def _plan(file: str) -> dict[str, Any]:
    """The gate's plan for the first read."""
    from flowcontract.cli.main import main as flowcontract

    contract = Contract.load(file)
    reads = [operation.id for operation in contract.operations.values() if operation.method == "GET"]
    for name in reads[:1]:
        flowcontract(["gate", "http://127.0.0.1:9", "--spec", file, "--operation", name, "--plan"])
    return {"reads": len(reads)}


def _check(file: str) -> dict[str, Any]:
    """Request every documented JSON response, and validate its body."""
    from starlette.testclient import TestClient

    import flowmock

    contract = Contract.load(file)
    validator = _Validator(contract.document)
    valid, invalid, missing = 0, [], []
    mock = flowmock.create(contract)
    with TestClient(mock, raise_server_exceptions=False, follow_redirects=False) as client:
        for operation in contract.operations.values():
            request = request_of(contract, operation)
            for status, media in _json_responses(operation) if operation.method != "HEAD" else ():
                code = status if status.isdigit() else {"default": "500"}.get(status, status.replace("XX", "00"))
                headers = {**request["headers"], "Prefer": f"code={code}"}
                response = client.request(operation.method, request["url"], headers=headers, content=request["content"])
                name = f"{operation.method} {operation.path} {status}"
                if str(response.status_code) != code:
                    missing.append(f"{name}: got {response.status_code}: {response.text[:120]!r}")
                    continue
                try:
                    wrong = validator.error(media.schema_pointer, response.json()) if media.schema else ""
                except ValueError:
                    wrong = f"not JSON: {response.text[:80]!r}"
                if wrong:
                    invalid.append(f"{name}: {wrong}")
                else:
                    valid += 1
    return {"valid": valid, "invalid": invalid, "missing": missing}


def _json_responses(operation: Operation) -> Iterator[tuple[str, MediaType]]:
    for status, response in operation.responses.items():
        for media in response.media.values():
            if media.is_json and "*" not in media.name:
                yield status, media
                break


def request_of(contract: Contract, operation: Operation) -> dict[str, Any]:
    """A valid request: what is required, with a token wherever one may be asked for."""
    path = operation.path
    query: list[tuple[str, str]] = []
    headers = {"Authorization": "Bearer token"}
    for parameter in operation.parameters:
        value = _value(contract, parameter)
        if parameter.location == "path":
            path = path.replace("{" + parameter.name + "}", quote(parameters.path_text(parameter, value), safe=""))
        elif parameter.location == "query" and parameter.required:
            query += parameters.query_pairs(parameter, value)
        elif parameter.location == "header" and parameter.required:
            headers[parameter.name] = parameters.simple(value)
    for scheme in next(iter(operation.security), ()):
        if scheme.kind == "apiKey" and scheme.location == "header":
            headers[scheme.parameter] = "token"
        elif scheme.kind == "apiKey" and scheme.location == "query":
            query.append((scheme.parameter, "token"))
        elif scheme.scheme == "basic":
            headers["Authorization"] = "Basic dXNlcjpwYXNz"
    content = b""
    for media in sorted(operation.request_media.values(), key=lambda each: not each.is_json):
        if (body := bodies.valid_body(media)) is not None:
            content, headers["Content-Type"] = body
            break
    url = contract.base_path + path + (f"?{urlencode(query)}" if query else "")
    return {"url": url, "headers": headers, "content": content}


def _value(contract: Contract, parameter: Parameter) -> Any:
    """A parameter's first valid example, or a valid value: the mock has a resource for every example."""
    for example in parameter.examples.values():
        if parameter.is_valid(example.value):
            return example.value
    return _valid(contract, parameter.schema_pointer) if parameter.schema else "a"


def _valid(contract: Contract, pointer: str) -> Any:
    return valid_value(contract.schemas, pointer, seed=0, direction="request")


class _Validator:
    """Schemas of a document by another library, which reads each version by its own rules."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        from openapi_schema_validator import OAS30ReadValidator, OAS31Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT4, DRAFT202012

        is_old = str(document["openapi"]).startswith("3.0")
        document = _spelled_out(document) if is_old else document
        self._document = document
        self._kind: Any = OAS30ReadValidator if is_old else OAS31Validator
        resource = Resource(contents=document, specification=DRAFT4 if is_old else DRAFT202012)
        self._registry = Registry().with_resource("urn:document", resource)

    def error(self, pointer: str, body: Any) -> str:
        """What is wrong with a body; empty for nothing."""
        schema = {"$ref": f"urn:document#{quote(self._moved(pointer), safe='/~')}"}
        validator = self._kind(schema, registry=self._registry, format_checker=self._kind.FORMAT_CHECKER)
        try:
            for error in validator.iter_errors(body):
                return f"{error.json_path}: {error.message[:150]}"
        except Exception as error:
            return f"not checked: {type(error).__name__}: {str(error)[:100]}"
        return ""

    def _moved(self, pointer: str) -> str:
        """The JSON Pointer in the copy with `anyOf` in place of `nullable`, for one in the document itself."""
        node: Any = self._document
        found: list[str] = []
        for part in pointers.split(pointer):
            while isinstance(node, Mapping) and part not in node and "anyOf" in node:
                node, found = node["anyOf"][0], [*found, "anyOf", "0"]
            node = node[int(part)] if isinstance(node, list) else node[part]
            found.append(part)
        return pointers.join(*found)


def _spelled_out(node: Any) -> Any:
    """A 3.0 document in which `nullable` beside an enum or a composition says what its authors mean: or null.

    By the letter of 3.0.3 it counts only beside `type`, and an enum has to list null.
    """
    if isinstance(node, Mapping):
        found = {key: _spelled_out(value) for key, value in node.items()}
        is_plain = "type" in found and not found.keys() & {"enum", "anyOf", "oneOf", "allOf"}
        if found.get("nullable") is True and not is_plain:
            return {"anyOf": [found, {"type": "object", "enum": [None], "nullable": True}]}
        return found
    return [_spelled_out(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    if sys.argv[1].startswith("--"):
        found = {"start": _start, "diff": _diff, "plan": _plan, "check": _check}[sys.argv[1][2:]](sys.argv[2])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({**found, "cpu": round(usage.ru_utime + usage.ru_stime, 2), "peak": usage.ru_maxrss // 1024}))
    else:
        main(sys.argv[1:])
