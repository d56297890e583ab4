"""Syntax of TypeScript: names, comments, literals. All text comes from a contract, so it may contain anything."""

import json
import re
from collections.abc import Iterable
from typing import Any

from flowcontract.text import one_line

_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """any arguments as async await bigint boolean break case catch class const continue debugger default delete do
        else enum eval export extends false finally for function get if implements import in infer instanceof interface
        is keyof let module namespace never new null number object of package private protected public readonly require
        return set static string super switch symbol this throw true try type typeof undefined unknown var void while
        with yield Array Record exports fixtures scenarios""",
    )
)
"""Reserved words of the language, and names that the written files use themselves."""


def names(texts: Iterable[str], *, camel: bool = False) -> dict[str, str]:
    """An identifier for each text, no two alike. `camel`: `flows_list` becomes `flowsList`."""
    found: dict[str, str] = {}
    for text in texts:
        name = re.sub(r"[^A-Za-z0-9]+(.)?", lambda match: (match[1] or "").upper(), text) if camel else text
        name = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
        if name[0].isdecimal():
            name = f"_{name}"
        if name in _RESERVED:
            name += "_"
        wanted, number = name, 1
        while name in found.values():
            number += 1
            name = f"{wanted}{number}"
        found[text] = name
    return found


def comment(text: str, indent: str = "") -> str:
    """A documentation comment of one line, the first paragraph of a text; empty for an empty text."""
    paragraph = re.split(r"\n\s*\n", text.strip())[0]
    line = one_line(" ".join(paragraph.split()), 200).replace("*/", "* /")
    return f"{indent}/** {line} */\n" if line else ""


def quoted(value: str) -> str:
    """A string literal; characters that UTF-8 cannot encode are escaped; in the quotes that need fewer escapes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    written = json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if '"' in value and "'" not in value:
        return "'" + re.sub(r'\\(["\\])', lambda match: '"' if match[1] == '"' else match[0], written[1:-1]) + "'"
    return written


def key(name: str) -> str:
    """The name of a member; `__proto__` is computed, because plainly it would set the prototype."""
    if name == "__proto__":
        return '["__proto__"]'
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*|0|[1-9]\d{0,8}", name, re.ASCII) else quoted(name)


def literal(value: Any, indent: str = "") -> str:
    """A JSON value as a literal, over several lines where it has members."""
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        members = [f"{deeper}{key(name)}: {literal(item, deeper)},\n" for name, item in value.items()]
        return "{\n" + "".join(members) + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{deeper}{literal(item, deeper)},\n" for item in value) + indent + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)
