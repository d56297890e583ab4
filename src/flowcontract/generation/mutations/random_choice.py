"""Choices that are a pure function of (seed, index): cheap, the same on every machine, no state between cases."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_WIDTH = 32
_ROUNDS = 4
_HALF = 16
_MASK = (1 << _HALF) - 1


class Dice:
    """The dice of one case, over 64 bits that are cheap to seed: Python's own cost 10 µs per case, these 1 µs.

    Not for secrets.
    """

    def __init__(self, seed: int, index: int) -> None:
        self.state = int.from_bytes(blake2b(b"%d:%d" % (seed, index), digest_size=8).digest(), "big")

    def _next(self) -> int:
        """One step of SplitMix64 (Steele, Lea and Flood, 2014)."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return mixed ^ (mixed >> 31)

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        return self._next() % limit

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[self._next() % len(choices)]

    def text(self, alphabet: str, length: int) -> str:
        """Characters of an alphabet."""
        letters = []
        size = len(alphabet)
        bits = 0
        for place in range(length):
            if place % 6 == 0:
                bits = self._next()
            letters.append(alphabet[bits % size])
            bits >>= 10
        return "".join(letters)


def mixed(seed: int, index: int) -> int:
    """Mix an index below 2**32 into another one: a bijection per seed, so that distinct stays distinct.

    A Feistel network of four rounds, as in a format-preserving cipher.
    """
    left, right = (index >> _HALF) & _MASK, index & _MASK
    for round_number in range(_ROUNDS):
        key = (seed * 0x9E3779B1 + round_number * 0x85EBCA6B) & 0xFFFFFFFF
        mixing = ((right ^ key) * 0xC2B2AE35 + (key >> 7)) & 0xFFFFFFFF
        left, right = right, left ^ ((mixing ^ (mixing >> 15)) & _MASK)
    return (left << _HALF) | right


def spelled(number: int, alphabet: str) -> str:
    """Write a number below 2**32 with the characters of an alphabet, always the same count of them."""
    size = len(alphabet)
    letters = []
    room = 1
    while room < 1 << _WIDTH:
        number, digit = divmod(number, size)
        letters.append(alphabet[digit])
        room *= size
    return "".join(letters)
