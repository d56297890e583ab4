"""Rules about alternatives (`oneOf`, `anyOf`): each one that is sent has to be one that is taken."""

from collections.abc import Callable, Iterator, Sequence

from flowcontract.compatibility.diff.shapes import Shape
from flowcontract.compatibility.diff.steps import Exchange, Step, listed

Compare = Callable[[Shape, Shape], Iterator[Step]]
"""The differences of two alternatives."""
Covers = Callable[[Shape, Shape], bool]
"""Whether every value of the first alternative is one of the second."""


Together = Callable[[Shape, Sequence[Shape]], bool]
"""Whether every value of an alternative is one of several, each of which has a part of them."""


def unions(
    exchange: Exchange,
    sent: Sequence[Shape],
    taken: Sequence[Shape],
    compare: Compare,
    covers: Covers,
    together: Together,
) -> Iterator[Step]:
    """Pair the alternatives of one type by name, then by content; the rest is new."""
    if len(sent) == len(taken) == 1:
        yield from _discriminator(exchange, sent[0], taken[0])
        yield from _pair(exchange, sent[0], taken[0], compare)
        return
    yield from _discriminator(exchange, sent[0], taken[0])
    free, unmatched = list(taken), list(sent)
    if len(sent) == 1 and together(sent[0], taken):
        return

    def same_content(one: Shape, other: Shape) -> bool:
        return _knows(exchange, one, other) and covers(one, other)

    for is_same in (_same_name, _same_tag, same_content, _same_fields):
        for one in list(unmatched):
            match = next((other for other in free if is_same(one, other)), None)
            if match:
                free.remove(match)
                unmatched.remove(one)
                yield from _pair(exchange, one, match, compare)
    yield from _ambiguous(exchange, sent, taken, covers)
    for one in unmatched:
        is_plain = exchange.way == "request" and len(taken) == 1 and taken == free
        possible = [other for other in taken if is_plain or _knows(exchange, one, other)]
        covering = next((other for other in possible if not _excludes(one, other) and covers(one, other)), None)
        if covering:
            yield from _pair(exchange, one, covering, compare)
        elif len(unmatched) == len(free) == 1 and len(sent) == len(taken) and _is_edited(one, free[0]):
            yield from _pair(exchange, one, free.pop(), compare)
        else:
            text = f"may also be {_title(one)}" if exchange.way == "response" else f"{_title(one)} is not accepted"
            yield exchange.difference("variant", text, one, taken[0])
    if exchange.way == "request" and exchange.upgraded:
        for other in free if len(free) < len(taken) else ():
            yield exchange.difference("variant-added", f"may be {_title(other)}", sent[0], other)


def _ambiguous(exchange: Exchange, sent: Sequence[Shape], taken: Sequence[Shape], covers: Covers) -> Iterator[Step]:
    """What several alternatives of a `oneOf` admit is rejected."""
    if exchange.way == "response" or len(sent) > 1:
        return
    one = sent[0]
    admitting = [
        other
        for other in taken
        if other.choice and not other.tags and one.properties.keys() <= other.properties.keys() and covers(one, other)
    ]
    if one.properties and len(admitting) > 1 and len({other.choice for other in admitting}) == 1:
        yield exchange.difference("variant-ambiguous", "matches more than one alternative", one, admitting[1])


def _pair(exchange: Exchange, sent: Shape, taken: Shape, compare: Compare) -> Iterator[Step]:
    if sent.tag and sent.tag == taken.tag and sent.name and taken.name and taken.tags:
        for value in sorted(sent.tags - taken.tags):
            yield exchange.difference("discriminator", f'{sent.tag} may be "{value}"', sent, taken)
    yield from compare(sent, taken)


def _discriminator(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    if taken.tag and sent.tag != taken.tag:
        if sent.tag:
            text = f"discriminator {exchange.instead(sent.tag, taken.tag)}"
            yield exchange.difference("discriminator", text, sent, taken)
        elif exchange.way == "response":
            text = f"no field says which alternative it is; {taken.tag} did"
            yield exchange.difference("discriminator", text, sent, taken)
        else:
            yield exchange.difference("discriminator-added", f"{taken.tag} says which alternative it is", sent, taken)


def _same_name(one: Shape, other: Shape) -> bool:
    return bool(one.name) and one.name == other.name


def _same_tag(one: Shape, other: Shape) -> bool:
    return bool(one.tags & other.tags) and one.tag == other.tag


def _same_fields(one: Shape, other: Shape) -> bool:
    """Whether two alternatives without names have the same fields, and neither is told apart by a discriminator."""
    if one.name or other.name or one.tags or other.tags:
        return False
    return bool(one.properties) and one.properties.keys() == other.properties.keys()


def _excludes(one: Shape, other: Shape) -> bool:
    """Whether the discriminator tells the two apart."""
    return bool(one.tags and other.tags) and one.tag == other.tag and not one.tags & other.tags


def _knows(exchange: Exchange, sent: Shape, taken: Shape) -> bool:
    """Whether the client knows no field of one alternative that the other one lacks."""
    client, server = exchange.sides(sent, taken)
    return client.properties.keys() <= server.properties.keys()


def _is_edited(one: Shape, other: Shape) -> bool:
    """Whether an alternative was edited, not replaced by another one."""
    names = one.properties.keys() | other.properties.keys()
    return not names or 2 * len(one.properties.keys() & other.properties.keys()) >= len(names)


def _title(shape: Shape) -> str:
    if shape.name:
        return shape.name
    return f"an object with {listed(shape.properties)}" if shape.properties else listed(shape.types)
