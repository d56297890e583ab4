"""Random choices that are a pure function of seed and index: cheap, reproducible, without state between cases."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_WIDTH = 32
_ROUNDS = 4
_HALF = 16
_MASK = (1 << _HALF) - 1


class SeededRandom:
    """Random choices of one case, seeded in 1 µs where `random.Random` takes 10 µs. Not for secrets."""

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
        """One of the choices, all equally likely."""
        return choices[self._next() % len(choices)]

    def text(self, alphabet: str, length: int) -> str:
        """Characters of an alphabet."""
        letters = []
        size = len(alphabet)
        bits = 0
        for position in range(length):
            if position % 6 == 0:
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


def digits(number: int, alphabet: str) -> str:
    """A number below 2**32 as a string over an alphabet, always of the same length."""
    size = len(alphabet)
    letters = []
    room = 1
    while room < 1 << _WIDTH:
        number, digit = divmod(number, size)
        letters.append(alphabet[digit])
        room *= size
    return "".join(letters)
