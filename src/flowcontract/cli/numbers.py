"""Numbers on the command line: each is read by a function that says what it expected."""

import argparse
from collections.abc import Callable
from typing import TypeVar

DAY = 86400.0
_Number = TypeVar("_Number", int, float)


def between(least: float, most: float, what: str) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`, both included; `what` is what the error says was expected."""
    return _within(float, least, most, what)


def whole(least: int, most: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`, both included; `1_000` is one."""
    return _within(int, least, most, what)


def seconds(text: str) -> float:
    """Read seconds, above 0 and below a day."""
    what = "a number of seconds above 0"
    number = _number(float, text, what)
    if not 0 < number < DAY:
        raise argparse.ArgumentTypeError(f"{what} was expected, not {text!r}")
    return number


def duration(text: str) -> float:
    """Read `90`, `90s`, `1.5m`, `8h` or `2d` as seconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": DAY}
    what = "a time such as 90s, 15m or 8h"
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    time = _number(float, number, what) * units[unit]
    if not 0 < time < 400 * DAY:
        raise argparse.ArgumentTypeError(f"{what} was expected, not {text!r}")
    return time


def _within(kind: Callable[[str], _Number], least: float, most: float, what: str) -> Callable[[str], _Number]:
    def read(text: str) -> _Number:
        number = _number(kind, text, what)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{what} was expected, not {text!r}")
        return number

    return read


def _number(kind: Callable[[str], _Number], text: str, what: str) -> _Number:
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{what} was expected, not {text!r}") from error
