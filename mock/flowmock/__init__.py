"""A mock server that is driven by the contract alone."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowmock.server.running import Running as Running
    from flowmock.server.running import running as running

__all__ = ["Running", "running"]


def __getattr__(name: str) -> Any:
    """Import what serves when it is asked for: it costs more than everything else together."""
    if name in __all__:
        from flowmock.server import running

        return getattr(running, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
