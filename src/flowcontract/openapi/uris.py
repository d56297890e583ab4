"""URI references, as documents write them: also those that are not valid."""

from urllib.parse import urljoin


def joined(base: str, reference: str) -> str:
    """A reference taken from a base; what is not a URI reference (`http://[x`) stays as it is."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def split(uri: str) -> tuple[str, str]:
    """A URI without its fragment, and the fragment."""
    absolute, _, fragment = uri.partition("#")
    return absolute, fragment
