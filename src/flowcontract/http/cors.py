"""Cross-origin requests (Fetch, CORS protocol): headers that let a page of another origin read a response."""

from collections.abc import Collection, Iterable, Mapping

_MAX_AGE = 600
"""Seconds for which a browser may remember a preflight."""
_SAFELISTED = frozenset({b"content-type", b"content-length", b"vary"})
"""Headers that pages can read anyway, or need not."""


def is_preflight(method: str, asked: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks if a page may send a request. `asked`: the headers of the request."""
    return method == "OPTIONS" and b"origin" in asked and b"access-control-request-method" in asked


def allowing(
    method: str,
    asked: Mapping[bytes, bytes],
    headers: Iterable[tuple[bytes, bytes]],
    others: Collection[bytes] = (),
) -> list[tuple[bytes, bytes]]:
    """The headers of a response with those that let the page read it, or send the request that it asks for.

    `asked`: the headers of the request, with an `Origin`. `others`: names of headers that are added later.
    """
    headers = list(headers)
    added = [
        (b"access-control-allow-origin", asked[b"origin"]),
        (b"access-control-allow-credentials", b"true"),
    ]
    if is_preflight(method, asked):
        added += [
            (b"access-control-allow-methods", asked[b"access-control-request-method"]),
            (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"")),
            (b"access-control-max-age", str(_MAX_AGE).encode()),
        ]
        if asked.get(b"access-control-request-private-network") == b"true":
            added.append((b"access-control-allow-private-network", b"true"))
    else:
        exposed = sorted({*others} | {name for name, _ in headers} - _SAFELISTED)
        added.append((b"access-control-expose-headers", b", ".join(exposed)))
    vary = [value for name, value in headers if name == b"vary"]
    rest = [(name, value) for name, value in headers if name != b"vary"]
    return [*rest, (b"vary", b", ".join([*vary, b"Origin"])), *((name, value) for name, value in added if value)]
