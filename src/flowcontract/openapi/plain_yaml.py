"""Read the YAML that most documents are written in: no aliases, no tags, no merge keys, every key once.

Values are built from the parser's events as they come. PyYAML's own way (nodes, resolved tags, constructors) takes
ten times as long; it reads what is not plain, and says what is wrong with a text.
"""

import json
import re
from typing import Any

INTEGER = re.compile(r"^(?:[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+)$")
FLOAT = re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
NOT_PLAIN = object()
"""The value of a text that is something else."""
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("0123456789+-.")
_MERGE = "<<"


def load(text: str, loader: Any, max_depth: int) -> Any:
    """The value of a text, with strings as keys (YAML 1.2, JSON schema); `NOT_PLAIN` where it is not plain YAML.

    `loader`: a loader class of PyYAML, whose events are read.
    """
    import yaml

    builder = _Builder(max_depth)
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.ScalarEvent):
                builder.scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                builder.start(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.end()
            elif isinstance(event, yaml.AliasEvent):
                return NOT_PLAIN
    except (yaml.YAMLError, ValueError):
        return NOT_PLAIN
    return builder.root[0] if len(builder.root) == 1 else NOT_PLAIN


class _Builder:
    """Puts scalars and collections where they belong. Raises ValueError for what is not plain."""

    def __init__(self, max_depth: int) -> None:
        self.root: list[Any] = []
        self._max_depth = max_depth
        self._owner: Any = self.root
        """The collection that is open."""
        self._key: str | None = None
        """The key whose value comes next; None where a key does, and in arrays."""
        self._outer: list[Any] = []
        """The collections around the open one."""

    def scalar(self, event: Any) -> None:
        """Take a scalar: a key or a value."""
        if event.tag or event.anchor:
            raise ValueError
        text = event.value
        is_bare = event.implicit[0]
        value = _scalar(text) if is_bare else text
        owner = self._owner
        if type(owner) is list:
            owner.append(value)
        elif self._key is not None:
            owner[self._key] = value
            self._key = None
        else:
            key = value if isinstance(value, str) else json.dumps(value)
            if key in owner or (is_bare and text == _MERGE):
                raise ValueError
            self._key = key

    def start(self, event: Any, collection: Any) -> None:
        """Open a collection."""
        owner = self._owner
        if event.tag or event.anchor or len(self._outer) >= self._max_depth:
            raise ValueError
        if type(owner) is list:
            owner.append(collection)
        elif self._key is not None:
            owner[self._key] = collection
            self._key = None
        else:  # As a key.
            raise ValueError
        self._outer.append(owner)
        self._owner = collection

    def end(self) -> None:
        """Close the collection."""
        self._owner = self._outer.pop()


def _scalar(text: str) -> Any:
    """What an unquoted text stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC:
        if INTEGER.match(text):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if FLOAT.match(text):
            return float(text)
    return text
