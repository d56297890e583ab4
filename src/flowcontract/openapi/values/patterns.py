"""Write a text that a regular expression matches, from a seed.

Python parses the expression; the tree is walked here, because the usual generator (rstr) draws from sets, whose
order differs from process to process, and gives up on `{200}`.
"""

import re
import string
from collections.abc import Iterable, Sequence
from random import Random
from re import _constants, _parser
from typing import Any

_WORD = string.ascii_letters + string.digits
_MOST_STEPS = 50_000
_ANY = _WORD + " -_.!"
_CATEGORIES = {
    _constants.CATEGORY_DIGIT: string.digits,
    _constants.CATEGORY_NOT_DIGIT: string.ascii_letters,
    _constants.CATEGORY_SPACE: " ",
    _constants.CATEGORY_NOT_SPACE: _WORD,
    _constants.CATEGORY_WORD: _WORD + "_",
    _constants.CATEGORY_NOT_WORD: "-. !",
}
# What Python does not read of ECMAScript's expressions (ECMA-262, 22.2), well enough to draw from.
_FROM_ECMA = (
    (re.compile(r"\(\?<(?=[A-Za-z_$])"), "(?P<"),
    (re.compile(r"\[((?:[^\]\\]|\\.)*?)\\p\{(?:L|Letter|Alphabetic)\}"), r"[\1A-Za-z"),
    (re.compile(r"\\p\{(?:L|Letter|Alphabetic)\}"), "[A-Za-z]"),
    (re.compile(r"\\p\{(?:Lu|Uppercase_Letter)\}"), "[A-Z]"),
    (re.compile(r"\\p\{(?:Ll|Lowercase_Letter)\}"), "[a-z]"),
    (re.compile(r"\\p\{(?:N|Nd|Number)\}"), r"\\d"),
    (re.compile(r"\\u\{?([0-9A-Fa-f]{4})\}?"), r"\\u\1"),
    (re.compile(r"\\/"), "/"),
)


def ends(pattern: str, like: str, most: int) -> list[str]:
    """Texts for a pattern with each alternative, and with both ends of its classes: `01`, `09`, `10` and `12`.

    Any digit or letter is that of the text `like` at the same position: a year stays one that the server knows. At
    most `most` texts; none where there is one alone, or Python cannot read the pattern.
    """
    tree = _parsed(pattern)
    found = list(dict.fromkeys(_ends(tree, [""], like))) if tree is not None else []
    return found[:most] if len(found) > 1 else []


_MOST_ENDS = 64
"""Beginnings of texts that are continued."""
_FREE = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
"""Classes whose ends mean nothing by themselves."""
_LARGEST = max(map(len, _FREE))


def _ends(tree: Iterable[tuple[Any, Any]], texts: list[str], like: str) -> list[str]:
    """The texts, each continued in every way that `ends` is about."""
    for operation, argument in tree:
        match str(operation):
            case "LITERAL":
                texts = [text + chr(argument) for text in texts]
            case "BRANCH":
                texts = [text for branch in argument[1] for text in _ends(branch, texts, like)]
            case "SUBPATTERN":
                texts = _ends(argument[-1], texts, like)
            case "ATOMIC_GROUP":
                texts = _ends(argument, texts, like)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                for _ in range(argument[0]):  # What is optional is left out.
                    texts = _ends(argument[2], texts, like)
            case "IN" | "ANY" | "NOT_LITERAL":
                spans = _spans(operation, argument)
                texts = [text + letter for text in texts for letter in _letters(spans, like[len(text) :][:1])]
        texts = texts[:_MOST_ENDS]
    return texts


def _spans(operation: Any, argument: Any) -> list[Sequence[str]]:
    """The characters of a class; none of one that says only which are not in it."""
    is_open = str(operation) != "IN" or str(argument[0][0]) == "NEGATE"
    return [] if is_open else [_span(*member) for member in argument]


def _letters(spans: Sequence[Sequence[str]], like: str) -> list[str]:
    whole = [
        span for span in spans if not isinstance(span, _Span) or (len(span) <= _LARGEST and "".join(span) in _FREE)
    ]
    if not spans or any(len(span) > 1 for span in whole):
        return [like or (whole[0][0] if whole else "a")]
    return list(dict.fromkeys(letter for span in spans for letter in (span[0], span[-1])))


def _parsed(pattern: str) -> Any:
    """The tree of an ECMAScript pattern; None where Python cannot read it."""
    for expression, replacement in _FROM_ECMA:
        pattern = expression.sub(replacement, pattern)
    try:
        return _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


def sample(pattern: str, random: Random, repeats: int) -> str | None:
    """A text for an ECMAScript pattern; None where Python cannot read it or it would not end.

    `repeats`: how often an open repetition (`*`, `+`, `{2,}`) is taken, as far as its own bounds allow.
    Lookaheads and negative lookarounds are ignored: the caller checks the text.
    """
    tree = _parsed(pattern)
    if tree is None:
        return None
    try:
        return _Sampler(random, repeats).text(tree)
    except OverflowError:
        return None


class _Sampler:
    def __init__(self, random: Random, repeats: int) -> None:
        self._random = random
        self._repeats = repeats
        self._groups: dict[int, str] = {}
        self._steps = 0

    def text(self, tree: Iterable[tuple[Any, Any]]) -> str:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise OverflowError
        return "".join(self._node(operation, argument) for operation, argument in tree)

    def _node(self, operation: Any, argument: Any) -> str:
        match str(operation):
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self._random.choice([letter for letter in _ANY if letter != chr(argument)])
            case "ANY":
                return self._random.choice(_WORD)
            case "IN":
                return self._one_of(argument)
            case "BRANCH":
                return self.text(self._random.choice(argument[1]))
            case "SUBPATTERN":
                found = self.text(argument[-1])
                self._groups[argument[0]] = found
                return found
            case "ATOMIC_GROUP":
                return self.text(argument)
            case "ASSERT" if argument[0] < 0:  # What a lookbehind wants before.
                return self.text(argument[1])
            case "GROUPREF":
                return self._groups.get(argument, "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(*argument)
            case _:
                return ""

    def _repeated(self, least: int, most: int, tree: Sequence[tuple[Any, Any]]) -> str:
        is_open = int(most) >= int(_constants.MAXREPEAT)
        times = max(least, min(int(most), self._repeats)) if is_open else self._random.randint(least, int(most))
        outer, self._repeats = self._repeats, 1  # A repetition within a repetition would multiply.
        found = "".join(self.text(tree) for _ in range(times))
        self._repeats = outer
        return found

    def _one_of(self, members: Sequence[tuple[Any, Any]]) -> str:
        negated = str(members[0][0]) == "NEGATE"
        spans = [_span(operation, argument) for operation, argument in members[negated:]]
        if negated:
            taken = {letter for span in spans for letter in span if ord(letter) < 128}
            usual = [letter for letter in _ANY if letter not in taken]
            return self._random.choice(usual or [letter for letter in string.printable if letter not in taken] or ["é"])
        position = self._random.randrange(sum(map(len, spans)))
        for span in spans:
            if position < len(span):
                return span[position]
            position -= len(span)
        return ""


class _Span(Sequence[str]):
    """The characters from one to another, without spelling them out."""

    def __init__(self, first: int, last: int) -> None:
        self._range = range(first, last + 1)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: Any) -> Any:
        return chr(self._range[index])


def _span(operation: Any, argument: Any) -> Sequence[str]:
    match str(operation):
        case "LITERAL":
            return chr(argument)
        case "RANGE":
            return _Span(*argument)
        case _:
            return _CATEGORIES.get(argument, _WORD)
