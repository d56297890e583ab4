"""A client matrix as text, JSON, Markdown and HTML. Messages of clients are escaped."""

import json
from collections.abc import Sequence
from typing import Any

from flowcontract.compatibility.cases import Category
from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Cell, Compatibility
from flowcontract.compatibility.prediction import Prediction
from flowcontract.reporting import client_matrix_html
from flowcontract.reporting.client_matrix_labels import (
    LEGEND,
    about,
    headline,
    label,
    predicted,
    reacted,
    reason,
    rows,
    untested,
)
from flowcontract.reporting.json_report import SCHEMA_VERSION, encodable
from flowcontract.reporting.markdown import span
from flowcontract.text import one_line, visible

_UPGRADE = {
    Compatibility.COMPATIBLE: "yes",
    Compatibility.PARTIAL: "not safely",
    Compatibility.INCOMPATIBLE: "no",
    Compatibility.INCONCLUSIVE: "inconclusive",
}


def text(found: Matrix) -> str:
    """For people at a terminal."""
    lines = [headline(found), ""]
    lines += _table(*_cells(found))
    lines += [
        "",
        *(f"{compatibility:<12}  {meaning}" for compatibility, meaning in LEGEND.items() if _has(found, compatibility)),
    ]
    if any(cell.disagreements for cell in found.cells) or any(one.disagreements for one in found.reactions):
        lines.append("*             the prediction differs")
    for cell in found.cells:
        if cell.compatibility is not Compatibility.COMPATIBLE or cell.disagreements:
            lines += ["", *_details(cell)]
    if found.base:
        lines += ["", f"Responses of {found.base} and their variants:", ""]
        lines += _table(*_reactions(found))
        lines += [f"  * {one.client}: {one_line(each)}" for one in found.reactions for each in one.disagreements]
    lines += [""] * bool(found.notes) + [f"note  {one_line(note)}" for note in found.notes]
    return _harmless(lines)


def upgrade(found: Matrix, *, reasons: bool = True) -> str:
    """Whether each client works with each server, with reasons."""
    lines = []
    for cell in found.cells:
        lines += [
            f"{_UPGRADE[cell.compatibility]}: {one_line(cell.client)} on {one_line(cell.server)}",
            *(_details(cell)[1:] if reasons else ()),
        ]
    lines += [f"note  {one_line(note)}" for note in found.notes if reasons]
    return _harmless(lines)


def _harmless(lines: Sequence[str]) -> str:
    """Escaped for any terminal: `##` and `::`, which CI runners read as commands, are separated."""
    return visible("\n".join(line.rstrip().replace("##", "# #").replace("::", ": :") for line in lines)) + "\n"


def _has(found: Matrix, compatibility: Compatibility) -> bool:
    return any(cell.compatibility is compatibility for cell in found.cells)


def _details(cell: Cell) -> list[str]:
    """One cell with its reasons."""
    lines = [f"{one_line(cell.client)} on {one_line(cell.server)}: {cell.compatibility}"]
    if cell.problem:
        return [*lines, f"  {one_line(cell.problem)}"]
    lines += [f"  {about(cell)}; {cell.tried} responses tested"]
    lines += [f"  - {one_line(str(one))}" for one in cell.blocked]
    lines += [f"  - {one_line(reason(one))}" for one in cell.reasons]
    lines += [f"  {one_line(predicted(cell))}"]
    lines += [f"  {one_line(untested(cell))}"] if cell.untested else []
    return lines + [f"  * {one_line(each)}" for each in cell.disagreements]


def _cells(found: Matrix) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of clients and servers."""
    body = [[client, *(label(found.cell(client, each)) for each in found.servers)] for client in found.clients]
    return ["client", *found.servers], body


def _reactions(found: Matrix) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of responses and clients."""
    body = [[kind, "yes" if allowed else "no", *map(reacted, each)] for kind, allowed, each in rows(found)]
    return ["response", "allowed", *found.clients], body


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    shown = [[one_line(each, 120) for each in row] for row in (head, *body)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return ["  ".join(each.ljust(width) for each, width in zip(row, widths, strict=True)) for row in shown]


def as_json(found: Matrix) -> str:
    """For machines."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": found.exit_code,
        "headline": headline(found),
        "clients": found.clients,
        "servers": found.servers,
        "cells": [_cell(cell) for cell in found.cells],
        "base": found.base,
        "reactions": [
            {
                "client": one.client, "response": one.kind, "allowed": one.category is not Category.INVALID,
                "does": one.label,
                "total": one.total, "read": one.read, "nothing": one.nothing, "message": one.message,
                "disagreements": one.disagreements,
            }
            for one in found.reactions
        ],
        "notes": found.notes,
    }  # fmt: skip
    return json.dumps(encodable(document), indent=2).replace("##", "#\\u0023") + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    expected = cell.predicted
    return {
        "client": cell.client,
        "server": cell.server,
        "compatibility": str(cell.compatibility),
        "tried": cell.tried,
        "problem": cell.problem,
        "reasons": [
            {"category": str(one.category), "kind": one.kind, "responses": one.titles, "message": one.message}
            for one in cell.reasons
        ],
        "predicted": None if expected is None else [_prediction(one) for one in expected],
        "blocked": [_prediction(one) for one in cell.blocked],
        "untested": cell.untested,
        "disagreements": cell.disagreements,
    }


def _prediction(one: Prediction) -> dict[str, Any]:
    return {"operations": one.operations, "rule": one.rule, "at": one.at, "about": one.about, "message": one.message}


def markdown(found: Matrix) -> str:
    """For a page or a pull request."""
    parts = [span(headline(found))]
    parts.append(_markdown_table(*_cells(found)))
    parts.append(
        "\n".join(
            f"- `{compatibility}`: {meaning}" for compatibility, meaning in LEGEND.items() if _has(found, compatibility)
        )
    )
    details = [
        f"- **{span(cell.client)} on {span(cell.server)}: {label(cell)}**\n"
        + "\n".join(f"  - {span(line.strip().removeprefix('- '))}" for line in _details(cell)[1:])
        for cell in found.cells
        if cell.compatibility is not Compatibility.COMPATIBLE or cell.disagreements
    ]
    if details:
        parts.append("<details><summary>Reasons</summary>\n\n" + "\n".join(details) + "\n\n</details>")
    if found.base:
        parts.append(f"Responses of {span(found.base)} and their variants:")
        parts.append(_markdown_table(*_reactions(found)))
        wrong = [f"- {span(f'{one.client}: {each}')}" for one in found.reactions for each in one.disagreements]
        parts += ["\n".join(wrong)] * bool(wrong)
    parts += ["\n".join(f"- {span(note)}" for note in found.notes)] * bool(found.notes)
    return "\n\n".join(parts) + "\n"


def _markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(span(each, in_table=True) for each in row)} |" for row in (head, *body)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


FORMATS = {"text": text, "json": as_json, "markdown": markdown, "html": client_matrix_html.render}
