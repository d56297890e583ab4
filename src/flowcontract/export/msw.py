"""`handlers.ts`: request handlers for Mock Service Worker 2, the same answers as the mock gives."""

import re
from collections.abc import Sequence
from typing import Any

from flowcontract.export import Played, Reply, Scene
from flowcontract.export.fixtures import header
from flowcontract.export.typescript_syntax import comment, key, literal, text
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What handlers can be written for."""
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_RUNTIME = """\
import { delay, http, HttpResponse, type HttpHandler, type PathParams } from "msw";

interface Answer {
  status?: number;
  /** Which of SENT are its headers. */
  sent?: number;
  body?: string;
  /** Milliseconds before it comes; `never` where it does not. */
  wait?: number | "never";
  /** The connection breaks instead of an answer. */
  broken?: boolean;
}

interface Case {
  /** Path parameters; without any, the case is for all others. */
  when?: Record<string, string>;
  /** The answers to one request after the other, again from the first after the last. */
  turns: Answer[];
}

function answering(cases: Case[]) {
  const asked = new Map<Case, number>();
  return async ({ params }: { params: PathParams }) => {
    const fits = ({ when = {} }: Case) => Object.entries(when).every(([name, value]) => params[name] === value);
    const found = cases.find(fits);
    if (!found) return undefined;
    const number = asked.get(found) ?? 0;
    asked.set(found, number + 1);
    const { status, sent, body, wait, broken } = found.turns[number % found.turns.length]!;
    if (wait) await delay(wait === "never" ? "infinite" : wait);
    if (broken) return HttpResponse.error();
    return new HttpResponse(body ?? null, { status, headers: sent === undefined ? {} : SENT[sent] });
  };
}
"""
_STALLED = "stall"
_SLOW = "slow"
_SECONDS_OF_SLOW = 2
_LEFT_AWAY = frozenset({"content-length", "date", "connection", "transfer-encoding"})


def render(contract: Contract, usual: Scene, scenes: Sequence[Scene], origin: str = "*") -> str:
    """The module. `origin`: where the API is, `*` for any host."""
    base = origin.rstrip("/") + contract.base_path
    sent = _Headers()
    normal = _handlers(usual, sent, "")
    listed = "".join(
        f"{comment(scene.summary, '  ')}  {key(scene.name)}: {_handlers(scene, sent, '  ')},\n" for scene in scenes
    )
    return (
        f"{header(contract)}{_RUNTIME}\n"
        f"/** Where the API is; `*` stands for any host. */\nexport const BASE = {text(base)};\n\n"
        f"const SENT: Record<string, string>[] = {literal(sent.all)};\n\n"
        f"/** How the API answers. */\nexport const handlers: HttpHandler[] = {normal};\n\n"
        "/** What changes in a state: `server.use(...scenarios.forbidden)`. */\n"
        f"export const scenarios = {{\n{listed}}} satisfies Record<string, HttpHandler[]>;\n"
    )


class _Headers:
    """The sets of headers that answers have, each once: most answers share a few."""

    def __init__(self) -> None:
        self.all: list[dict[str, str]] = []

    def number(self, headers: dict[str, str]) -> int:
        if headers not in self.all:
            self.all.append(headers)
        return self.all.index(headers)


def _handlers(scene: Scene, sent: _Headers, indent: str) -> str:
    """Handlers of a scene; a literal segment goes before a parameter, since the first that fits is taken."""
    ordered = sorted(scene.played, key=lambda each: [part.count("{") > 0 for part in each.operation.path.split("/")])
    deeper = indent + "  "
    lines = []
    for played in ordered:
        if played.operation.method in METHODS:
            cases = literal(_cases(played, sent), deeper)
            call = f"http.{played.operation.method.lower()}(BASE + {text(_path(played.operation))}, answering({cases}))"
            lines.append(f"{deeper}{call},\n")
    return f"[\n{''.join(lines)}{indent}]" if lines else "[]"


def _path(operation: Operation) -> str:
    """The path as MSW writes it; what means something to its patterns is escaped."""
    named = _names(operation)
    pieces = _PARAMETER.split(operation.path)
    return "".join(
        f":{named[piece]}" if index % 2 else re.sub(r"([()*+?:!])", r"\\\1", piece)
        for index, piece in enumerate(pieces)
    )


def _names(operation: Operation) -> dict[str, str]:
    """The parameters' names; a number for one that a pattern cannot have."""
    return {
        name: name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"p{index}"
        for index, name in enumerate(_PARAMETER.findall(operation.path))
    }


def _cases(played: Played, sent: _Headers) -> list[dict[str, Any]]:
    named = _names(played.operation)
    cases = [(case.values, [_answer(reply, sent) for reply in case.turns]) for case in played.cases]
    if all(turns == cases[0][1] for _, turns in cases):
        return [{"turns": cases[0][1]}]
    return [
        ({"when": {named[name]: value for name, value in values.items()}} if values else {}) | {"turns": turns}
        for values, turns in cases
    ]


def _answer(reply: Reply, sent: _Headers) -> dict[str, Any]:
    if reply.fault == _STALLED:
        return {"wait": "never"}
    if reply.fault and reply.fault != _SLOW:
        return {"broken": True}
    found: dict[str, Any] = {"status": reply.status}
    headers = {name: value for name, value in reply.headers if name.lower() not in _LEFT_AWAY}
    if headers:
        found["sent"] = sent.number(headers)
    if reply.body and reply.status not in (204, 205, 304):
        found["body"] = reply.body.decode("utf-8", "replace")
    seconds = reply.wait + (_SECONDS_OF_SLOW if reply.fault else 0)
    return found | ({"wait": round(1000 * seconds)} if seconds else {})
