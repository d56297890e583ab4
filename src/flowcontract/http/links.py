"""URLs that a server wrote, which may not be URLs at all."""

from urllib.parse import SplitResult, urlsplit


def split_link(url: str) -> SplitResult:
    """The parts of a URL; each is empty for a text that is not a URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")
