"""`Prefer:` (RFC 7240): what a caller asks the mock to answer with, in the words that Prism's users know.

`code=404`, `example=NAME`, `dynamic=true`; and `items=0` (of a list), `seed=7`, `scenario=NAME`, `wait=1.5` (seconds),
`fault=NAME`. Several may stand in one header, after commas or semicolons, or in several. Other preferences are ignored,
as RFC 7240 (section 2) requires, unless they look like one of these that is misspelled, or are another word for one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

NAMES = ("code", "example", "dynamic", "items", "seed", "scenario", "wait", "fault")
IN_QUERY = frozenset({"__code", "__example", "__dynamic"})
"""Names in a query that say the same, in Prism's way."""
MAX_WAIT = 60.0
"""Seconds that one answer may be held back."""
MAX_ITEMS = 1000
"""Items that a list may be asked for."""
_OTHER_WORDS = {"count": "items", "delay": "wait", "size": "items", "status": "code"}
_ALIKE = 0.8
"""How much a name resembles one of ours to be one that is misspelled (difflib's ratio): `cod`, `exampel`."""
_PREFERENCE = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*))?\s*(?:[,;]|$)')


class PreferenceError(Exception):
    """A preference that is misspelled, malformed, or contradicts another. The text is for the caller to read."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a caller asks for; None where it does not."""

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    items: int | None = None
    """How many items a list has."""
    seed: int | None = None
    scenario: str = ""
    """A scenario that is active for this request alone."""
    wait: float = 0.0
    fault: str = ""

    @property
    def names_response(self) -> bool:
        """Whether they name one documented response, by its status or its example."""
        return self.code is not None or self.example is not None

    @property
    def chooses(self) -> bool:
        """Whether the answer is chosen by them, and not by the key alone."""
        return self.names_response or self.dynamic is True or self.seed is not None

    def applied(self, *, chosen: bool = True) -> str:
        """The value of `Preference-Applied`; without those that choose, where they did not."""
        found = []
        for name in NAMES if chosen else ("scenario", "wait", "fault"):
            value = getattr(self, name)
            if value is not None and value != "" and (value or name != "wait"):
                found.append(f"{name}={str(value).lower() if name == 'dynamic' else _quoted(value)}")
        return ", ".join(found)


NONE = Preferences()


def read(values: Iterable[str], faults: Iterable[str] = ()) -> Preferences:
    """Read the values of all `Prefer` headers. Raises PreferenceError, which names the choices."""
    found: dict[str, str] = {}
    for name, value in _split(",".join(values)):
        if name not in NAMES:
            meant = [_OTHER_WORDS[name]] if name in _OTHER_WORDS else get_close_matches(name, NAMES, 1, _ALIKE)
            if meant:
                raise PreferenceError(
                    f"Prefer: expected one of {', '.join(NAMES)}, got {name}. Did you mean {meant[0]}?"
                )
            continue
        found.setdefault(name, value)  # Only the first one counts, without an error (RFC 7240, 2).
    if found.get("dynamic", "").lower() == "true" and "example" in found:
        raise PreferenceError("Prefer asks for an example and for dynamic=true, which generates; ask for one of them.")
    return Preferences(
        code=_number(found, "code", 100, 599),
        example=found.get("example"),
        dynamic=_boolean(found),
        items=_number(found, "items", 0, MAX_ITEMS),
        seed=_number(found, "seed", 0, 2**63 - 1),
        scenario=found.get("scenario", ""),
        wait=_seconds(found),
        fault=_one_of(found, "fault", tuple(faults)),
    )


def _split(text: str) -> Iterable[tuple[str, str]]:
    position = 0
    while position < len(text):
        if not text[position:].strip(" \t,;"):
            return
        match = _PREFERENCE.match(text, position)
        if match is None:
            raise PreferenceError("Prefer: expected NAME=VALUE, separated by commas.")
        name, value = match.groups()
        if value and value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        yield name.lower(), value or ""
        position = match.end()


def _number(found: dict[str, str], name: str, least: int, most: int) -> int | None:
    if name not in found:
        return None
    value = found[name]
    if not re.fullmatch(r"\d{1,19}", value, re.ASCII) or not least <= int(value) <= most:
        raise PreferenceError(f"Prefer: expected {name} from {least} to {most}, got {value}.")
    return int(value)


def _boolean(found: dict[str, str]) -> bool | None:
    value = found.get("dynamic")
    if value is None:
        return None
    if value.lower() not in ("true", "false", ""):
        raise PreferenceError(f"Prefer: expected dynamic=true or dynamic=false, got {value}.")
    return value.lower() != "false"


def _seconds(found: dict[str, str]) -> float:
    if "wait" not in found:
        return 0.0
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", found["wait"], re.ASCII) or float(found["wait"]) > MAX_WAIT:
        raise PreferenceError(f"Prefer: expected wait from 0 to {MAX_WAIT:g} seconds, got {found['wait']}.")
    return float(found["wait"])


def _one_of(found: dict[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = found.get(name, "")
    if name in found and value not in choices:
        raise PreferenceError(f"Prefer: expected {name} to be one of {', '.join(choices) or 'none'}, got {value}.")
    return value


def _quoted(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
