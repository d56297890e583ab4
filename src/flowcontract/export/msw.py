"""`handlers.ts`: request handlers for Mock Service Worker 2, with the responses of the mock."""

import base64
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flowcontract.export import OperationResponses, Paging, RecordedResponse, ScenarioResponses
from flowcontract.export.fixtures import header
from flowcontract.export.typescript_syntax import comment, key, literal, quoted
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import PARAMETER, parameter_names
from flowcontract.openapi.values import members

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Methods that Mock Service Worker has handlers for."""
_RUNTIME = """\
import { delay, http, HttpResponse, type HttpHandler, type PathParams } from "msw";

interface MockedResponse {
  status?: number;
  /** Index of its headers in HEADERS. */
  headers?: number;
  body?: string;
  /** A body that is not text. */
  base64?: string;
  /** Delay in milliseconds; `never`: no response. */
  wait?: number | "never";
  /** The connection fails instead of a response. */
  networkError?: boolean;
}

interface Case {
  /** Path parameters; without them the case matches all other values. */
  when?: Record<string, string>;
  /** The responses to successive requests; they start over after the last. */
  responses: MockedResponse[];
  /** Where the bodies hold path parameters: paths of members, by parameter. */
  echoes?: Record<string, string[][]>;
}

/** How the query chooses a page: the path of the items in the body, and the names of the parameters. */
interface Paging {
  items: string[];
  size?: string;
  number?: string;
  offset?: string;
  firstNumber: number;
}

/** A JSON body; undefined for any other. */
function parsed(body?: string): any {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}

const member = (value: any, path: string[]): any => path.reduce((each, name) => each?.[name], value);

function echoed(value: any, echoes: Record<string, string[][]>, params: PathParams) {
  for (const [name, paths] of Object.entries(echoes)) {
    for (const path of paths) {
      const holder = member(value, path.slice(0, -1));
      const last = path[path.length - 1]!;
      if (holder) holder[last] = typeof holder[last] === "number" ? Number(params[name]) : params[name];
    }
  }
}

/** Sets the members that the request sent, where they have the type of the response. */
function taken(value: any, names: string[], sent: any) {
  for (const name of names) {
    const each = sent?.[name];
    if (each !== undefined && (value[name] == null || typeof value[name] === typeof each)) value[name] = each;
  }
}

function paged(value: any, paging: Paging, query: URLSearchParams) {
  const items = member(value, paging.items);
  if (!Array.isArray(items)) return;
  const asked = (name?: string) => (name && query.has(name) ? Number(query.get(name)) : undefined);
  const size = asked(paging.size) ?? Infinity;
  const page = (asked(paging.number) ?? paging.firstNumber) - paging.firstNumber;
  const first = asked(paging.offset) ?? (page && page * (size === Infinity ? items.length : size));
  const pages = size === Infinity ? 1 : Math.max(1, Math.ceil(items.length / size));
  items.splice(0, Infinity, ...items.slice(first, first + size));
  const around = member(value, paging.items.slice(0, -1));
  for (const name of Object.keys(around)) {
    const isCount = /^(pages|total_?pages|page_?count|last_?page)$/i.test(name);
    if (isCount && typeof around[name] === "number") around[name] = pages;
  }
  for (const name of [paging.size, paging.number, paging.offset]) {
    if (name && query.has(name) && typeof around[name] === "number") around[name] = asked(name);
  }
}

function respond(cases: Case[], paging?: Paging, names?: string[]) {
  const requests = new Map<Case, number>();
  return async ({ params, request }: { params: PathParams; request: Request }) => {
    const matches = ({ when = {} }: Case) => Object.entries(when).every(([name, value]) => params[name] === value);
    const found = cases.find(matches);
    if (!found) return undefined;
    const number = requests.get(found) ?? 0;
    requests.set(found, number + 1);
    const response = found.responses[number % found.responses.length]!;
    const { status = 200, headers, body, base64, wait, networkError } = response;
    if (wait) await delay(wait === "never" ? "infinite" : wait);
    if (networkError) return HttpResponse.error();
    const query = new URL(request.url).searchParams;
    const isPaged = paging && [paging.size, paging.number, paging.offset].some((name) => name && query.has(name));
    const value = (found.echoes || isPaged || names) && status < 300 ? parsed(body) : undefined;
    if (value) {
      if (names) taken(value, names, parsed(await request.clone().text()));
      echoed(value, found.echoes ?? {}, params);
      if (isPaged) paged(value, paging, query);
    }
    const bytes = base64 === undefined ? null : Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    return new HttpResponse(value ? JSON.stringify(value) : (body ?? bytes), {
      status,
      headers: (headers === undefined ? undefined : HEADERS[headers]) ?? {},
    });
  };
}
"""
_STALLED = "stall"
_SLOW = "slow"
_SECONDS_OF_SLOW = 2
_OMITTED = frozenset({"content-length", "date", "connection", "transfer-encoding"})


def render(
    contract: Contract, usual: ScenarioResponses, scenarios: Sequence[ScenarioResponses], origin: str = "*"
) -> str:
    """The module. `origin`: origin of the API, `*` for any host."""
    base = origin.rstrip("/") + contract.base_path
    headers = _Headers()
    normal = _handlers(usual, headers, "")
    listed = "".join(
        f"{comment(scenario.summary, '  ')}  {key(scenario.name)}: {_handlers(scenario, headers, '  ')},\n"
        for scenario in scenarios
    )
    return (
        f"{header(contract)}{_RUNTIME}\n"
        f"/** URL of the API; `*` matches any host. */\nexport const BASE = {quoted(base)};\n\n"
        f"const HEADERS: Record<string, string>[] = {literal(headers.all)};\n\n"
        f"/** The responses without a scenario. */\nexport const handlers: HttpHandler[] = {normal};\n\n"
        "/** The responses in a scenario: `server.use(...scenarios.forbidden)`. */\n"
        f"export const scenarios = {{\n{listed}}} satisfies Record<string, HttpHandler[]>;\n"
    )


class _Headers:
    """The distinct sets of headers: most responses share a few."""

    def __init__(self) -> None:
        self.all: list[dict[str, str]] = []

    def number(self, headers: dict[str, str]) -> int:
        if headers not in self.all:
            self.all.append(headers)
        return self.all.index(headers)


def _handlers(scenario: ScenarioResponses, headers: _Headers, indent: str) -> str:
    """Handlers of a scenario; literal segments precede parameters, because the first match wins."""
    ordered = sorted(
        scenario.operations, key=lambda each: [part.count("{") > 0 for part in each.operation.path.split("/")]
    )
    deeper = indent + "  "
    lines = []
    for recorded in ordered:
        if recorded.operation.method in METHODS:
            cases = literal(_cases(recorded, headers), deeper)
            names = [] if scenario.name else _taken(recorded.operation)
            if recorded.paging or names:
                cases += f", {literal(_paging(recorded.paging), deeper) if recorded.paging else 'undefined'}"
            if names:
                cases += f", {literal(names, deeper)}"
            method, path = recorded.operation.method.lower(), quoted(_path(recorded.operation))
            lines.append(f"{deeper}http.{method}(BASE + {path}, respond({cases})),\n")
    return f"[\n{''.join(lines)}{indent}]" if lines else "[]"


def _taken(operation: Operation) -> list[str]:
    """The members of the JSON body of a write that a generated response returns."""
    success = operation.success() if operation.method in ("POST", "PUT", "PATCH") else None
    returned = success.json_media if success else None
    sent = operation.request_json
    if sent is None or returned is None or returned.examples:
        return []
    schemas = returned.schemas
    declared = {
        name
        for name, schema in members(returned.schema or {}, schemas)
        if not (schema.get("readOnly") or schemas.resolve(schema).get("readOnly"))
    }
    return [name for name in dict(members(sent.schema or {}, sent.schemas)) if name in declared]


def _path(operation: Operation) -> str:
    """The path in the syntax of MSW; characters with a meaning in its patterns are escaped."""
    names = _names(operation)
    literals, parameters = (PARAMETER.split(operation.path)[first::2] for first in (0, 1))
    path = _literal(literals[0])
    for parameter, following in zip(parameters, literals[1:], strict=True):
        # Without braces, a letter after a parameter would belong to its name.
        name = f"{{:{names[parameter]}}}" if re.match(r"\w", following, re.ASCII) else f":{names[parameter]}"
        path += name + _literal(following)
    return path


def _literal(text: str) -> str:
    """A literal part of a path as a client sends it; characters with a meaning in patterns are escaped."""
    sent = re.sub(r"[^!-~]", lambda match: quote(match[0], errors="replace"), text)
    return re.sub(r"([()*+?:!])", r"\\\1", sent)


def _names(operation: Operation) -> dict[str, str]:
    """The parameters' names; a number for a name that is invalid in patterns."""
    return {
        name: name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"p{index}"
        for index, name in enumerate(parameter_names(operation.path))
    }


def _cases(recorded: OperationResponses, headers: _Headers) -> list[dict[str, Any]]:
    names = _names(recorded.operation)
    cases = []
    for case in recorded.cases:
        found: dict[str, Any] = {"responses": [_response(response, headers) for response in case.responses]}
        if case.values:
            found = {"when": {names[name]: value for name, value in case.values.items()}} | found
        if case.echoes:
            found["echoes"] = {names[name]: list(map(pointers.split, each)) for name, each in case.echoes.items()}
        cases.append(found)
    is_same = all(found["responses"] == cases[0]["responses"] and "echoes" not in found for found in cases)
    return [{"responses": cases[0]["responses"]}] if is_same else cases


def _paging(paging: Paging) -> dict[str, Any]:
    return {"items": list(paging.items), **paging.parameters, "firstNumber": paging.first_number}


def _response(response: RecordedResponse, headers: _Headers) -> dict[str, Any]:
    if response.fault == _STALLED:
        return {"wait": "never"}
    if response.fault and response.fault != _SLOW:
        return {"networkError": True}
    found: dict[str, Any] = {"status": response.status}
    sent = {name: value for name, value in response.headers if name.lower() not in _OMITTED}
    if sent:
        found["headers"] = headers.number(sent)
    if response.body and response.status not in (204, 205, 304):
        found |= _body(response.body)
    seconds = response.wait + (_SECONDS_OF_SLOW if response.fault else 0)
    return found | ({"wait": round(1000 * seconds)} if seconds else {})


def _body(content: bytes) -> dict[str, str]:
    """A body as text, or as base64 where it is not text."""
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
