"""`fixtures.ts`: the contract's examples by operation, status and name, with the types of their schemas."""

import json
from collections.abc import Sequence
from typing import Any

from flowcontract.export import Case, Played, Reply, Scene
from flowcontract.export.typescript import Types
from flowcontract.export.typescript_syntax import comment, key, literal, names, text
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType

HEADER = "// Written by `flowcontract export` from {title}. Do not change it, write it again.\n\n"


def render(contract: Contract, usual: Scene, scenes: Sequence[Scene]) -> str:
    """The module. `usual`: how the operations answer without a scenario."""
    types = Types(contract)
    called = names((played.operation.id for played in usual.played), camel=True)
    fixtures = [_operation(played, called[played.operation.id], types) for played in usual.played]
    bodies = {scene.name: found for scene in scenes if (found := _bodies(scene, called))}
    return "".join(
        [
            header(contract),
            types.declarations(),
            *fixtures,
            "\n/** What a scenario makes of the first request, where it is JSON. It may break the types above. */\n",
            f"export const scenarios = {literal(bodies)};\n",
        ]
    )


def header(contract: Contract) -> str:
    """The first lines of a file."""
    title = f"{contract.title} {contract.version}".strip() or "a contract"
    return HEADER.format(title=" ".join(title.split()).encode("ascii", "replace").decode())


def models(contract: Contract, usual: Scene, package: str) -> str:
    """`models.ts`: the same successes as the objects of a client that openapi-generator made for `fetch`."""
    types = Types(contract)
    called = names((played.operation.id for played in usual.played), camel=True)
    lines, wanted = [], set()
    for played in usual.played:
        success = played.operation.success()
        for media in success.media.values() if success else ():
            name = types.component(media.schema)
            if not media.is_json or not media.examples or not name.isidentifier():
                continue
            wanted.add(name)
            at = f"fixtures.{called[played.operation.id]}[{success.status if success else ''}]"
            members = [f"  {key(each)}: {name}FromJSON({at}[{text(each)}]),\n" for each in media.examples]
            lines.append(f"\nexport const {called[played.operation.id]} = {{\n{''.join(members)}}};\n")
            break
    imported = ", ".join(f"{name}FromJSON" for name in sorted(wanted))
    head = f'import {{ {imported} }} from {text(package)};\nimport * as fixtures from "./fixtures";\n' if wanted else ""
    return header(contract) + (head or "export {};\n") + "".join(lines)


def _operation(played: Played, name: str, types: Types) -> str:
    operation = played.operation
    statuses: dict[str, dict[str, tuple[str, str]]] = {}
    for status, answer in operation.responses.items():
        for media in answer.media.values():
            if media.is_json:
                kind = types.of(media.schema, "    ")
                for example in media.examples.values():
                    statuses.setdefault(status, {}).setdefault(example.name, (kind, _typed(media, example.value, kind)))
    success = operation.success()
    if success and success.status not in statuses:
        for media in success.media.values():
            for value in _generated(played.cases) if media.is_json else ():
                kind = types.of(media.schema, "    ")
                statuses[success.status] = {"generated": (kind, _typed(media, value, kind))}
    said = comment(f"{operation.method} {operation.path}")
    if not statuses:
        return ""
    members = []
    for status, examples in sorted(statuses.items()):
        written = "".join(f"    {key(each)}: {value},\n" for each, (_, value) in examples.items())
        members.append(f"  {key(status)}: {{\n{written}  }},\n")
    return f"\n{said}export const {name} = {{\n{''.join(members)}}};\n"


def _typed(media: MediaType, value: Any, kind: str) -> str:
    """A value of its type; what its own schema does not admit is called so all the same."""
    written = literal(value, "    ")
    return f"{written} as {kind}" if media.is_valid(value) else f"{written} as unknown as {kind}"


def _generated(cases: Sequence[Case]) -> list[Any]:
    """The first success that the mock gave where the contract has no example."""
    for case in cases:
        for reply in case.turns:
            if 200 <= reply.status < 300 and (found := _json(reply)) is not None:
                return [found]
    return []


def _bodies(scene: Scene, called: dict[str, str]) -> dict[str, Any]:
    found = {}
    for played in scene.played:
        body = _json(played.cases[0].turns[0])
        if body is not None:
            found[called[played.operation.id]] = body
    return found


def _json(reply: Reply) -> Any:
    """The body as JSON; None where it is none."""
    media = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
    if reply.fault or "json" not in media:
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
