"""Natural keys: what identifies an item besides its ID (`product_sku` where items of `/products` have a `sku`)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import NATURAL_KEYS
from flowmock.resources.model import Resource
from flowmock.resources.references import References


class Key(NamedTuple):
    """A value that identifies an item of a collection."""

    name: str
    """Of the value: `product_sku`."""
    value: str | int
    noun: str
    """What the item is called there, as words with underscores: `product`."""
    resource: Resource
    member: str
    """The member of the item: `sku`."""

    def is_of(self, item: Mapping[str, Any]) -> bool:
        """Whether an item has this key."""
        return str(item.get(self.member)) == str(self.value)


def keys_in(body: Mapping[str, Any], references: References, own: Resource) -> Iterator[Key]:
    """The natural keys in an object of items of other collections than its own."""
    for name, value in body.items():
        *_, last = split = words(name)
        if last not in NATURAL_KEYS or not isinstance(value, str | int) or isinstance(value, bool):
            continue
        for at in range(len(split) - 1, 0, -1):
            noun = "_".join(split[:at])
            resource = references.collection(noun)
            named = (each for each in resource.properties() if words(each) == split[at:]) if resource else ()
            member = next(iter(named), "")
            if resource and member and resource.path != own.path:
                yield Key(name, value, noun, resource, member)
                break
