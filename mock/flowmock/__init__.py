"""A mock server that is driven by the contract alone.

`running` serves it on a port for as long as a block lasts; `create` makes an ASGI application of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowmock.application import Mock as Mock
    from flowmock.creation import create as create
    from flowmock.server.running import Running as Running
    from flowmock.server.running import running as running

__all__ = ["Mock", "Running", "create", "running"]


def __getattr__(name: str) -> Any:
    """Import what serves when it is asked for: it costs more than everything else together."""
    if name in __all__:
        from flowmock import application, creation
        from flowmock.server import running

        return getattr({"Mock": application, "create": creation}.get(name, running), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
