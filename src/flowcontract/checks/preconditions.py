"""What a contract and a run need so that a rule about lists is checked: reports cannot say why nothing was found."""

from collections.abc import Mapping
from types import MappingProxyType

_WRITES = "--allow-unsafe and a list whose items the run can create"
_PAGES = "a documented query parameter for the page, the offset or the cursor"

PRECONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "filter-returns-other-items": "items with a property that has the filter's name. Without --allow-unsafe, only "
        "filters by a boolean, an enum or an ID are checked (an ID has a name that ends in _id, or is an integer named "
        "after another path, such as author for /authors/{id}), and whether searches and bounds of dates or numbers "
        "have any effect. Such a bound must name or describe a property of the items, and must not depend on other "
        "parameters.",
        "filter-misses-items": f"{_WRITES}; a property of the filter's name or a search parameter.",
        "wrong-order": f"{_WRITES}; a parameter such as sort or ordering whose enum names properties of the items.",
        "wrong-total": "a total next to the items, such as total or count, and either links to the next and previous"
        " page or the size of a page. With --allow-unsafe, totals are also compared with the items of all pages.",
        "pages-leave-out-items": f"{_PAGES}, and a total or more than one page of items.",
        "pages-overlap": f"{_PAGES}. Reads compare the first two pages of a list with page numbers or offsets; with"
        " --allow-unsafe, all pages are compared.",
        "pages-never-end": f"{_PAGES}; {_WRITES}.",
        "page-too-large": f"a documented query parameter for the size of a page; {_WRITES}.",
        "unstable-order": f"{_PAGES}; {_WRITES}.",
    }
)
"""By the ID of the rule, as the end of the sentence "it needs …"."""
