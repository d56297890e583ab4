"""The garbage collector at start: among modules and contracts it finds little, and takes a tenth of the time."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def resting() -> Iterator[None]:
    """Let it rest while a block imports and makes what stays; it does not search that later, either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
