"""YAML 1.2 with the types of JSON, over PyYAML, which is of 1.1. A module of its own: a warm start needs no YAML."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

Invalid = yaml.YAMLError
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_Base):  # type: ignore[misc]
    """YAML with the types of JSON alone."""


_NOT_JSON = (":timestamp", ":bool", ":merge", ":value", ":int", ":float")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(_NOT_JSON)]
    for first, rules in _Base.yaml_implicit_resolvers.items()
}
_INT = re.compile(r"^(?:[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, "-+0123456789")
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, "-+.0123456789")


class _Dumper(_BaseDumper):  # type: ignore[misc]
    """Block style, insertion order, no aliases, lines of a text as lines, long lines unbroken."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
# A reader of YAML 1.2 takes these for numbers, one of 1.1 (as PyYAML is) for strings: they need quotes.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", _INT, "-+0123456789")
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, "-+.0123456789")


def load(text: str | bytes) -> Any:
    """The value of a text. Raises Invalid."""
    return yaml.load(text, _Loader)  # noqa: S506  a SafeLoader


def dump(value: Any) -> str:
    """A value as text, the same for the same value every time."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text


def compose(text: str) -> Any:
    """The nodes of a text, which know their lines. Raises Invalid."""
    return yaml.compose(text, _Loader)


def parts(node: Any) -> Iterator[tuple[str | int, int, Any]]:
    """The parts of a node: key or index, the line (from 1) on which it stands, its node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, value.start_mark.line + 1, value
