"""Which published version a person means who names the beginning of one."""

import re
from collections.abc import Iterable

_NUMBERS = re.compile(r"\d+(\.\d+)*")


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: those of `2024.8.3.post1729836879` are 2024, 8 and 3."""
    match = _NUMBERS.match(version)
    return tuple(map(int, match[0].split("."))) if match else ()


def release(version: str) -> str:
    """The release of the server that a version of a client is for."""
    return ".".join(map(str, numbers(version)))


def newest(versions: Iterable[str], begins: str) -> str | None:
    """The newest version that is `begins` or begins so at a dot: `2024.8` means 2024.8.3, never 2024.80.

    A final version goes before any that is not, as pip and npm have it; those that are shaped like a pre-release
    (`2024.8.3-1729836831`) are taken where there is no final one.
    """
    fitting = [version for version in versions if _begins(version, begins)]
    finals = [version for version in fitting if re.fullmatch(r"[\d.]+(\.post\d+)?", version)]
    return max(finals or fitting, key=_order, default=None)


def _begins(version: str, begins: str) -> bool:
    return version == begins or (version.startswith(begins) and version[len(begins)] in ".-+")


def _order(version: str) -> tuple[tuple[int, ...], tuple[tuple[int, int | str], ...]]:
    """By the numbers it begins with, then by what follows, numbers before words (semver.org, 11)."""
    match = _NUMBERS.match(version)
    following = re.findall(r"\d+|[A-Za-z]+", version[match.end() if match else 0 :])
    return numbers(version), tuple((0, int(part)) if part.isdecimal() else (1, part) for part in following)
