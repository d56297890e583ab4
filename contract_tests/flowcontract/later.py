"""Modules that run when something of them is first used, not when they are imported.

Packages we build on import all of themselves at once: HTTP clients, test clients, templates and command lines of
theirs, which we never call, are most of what a start would spend. Such a package is put in its place without being
run. Its submodules can be imported as ever, and whoever asks it for something of its own gets it, in full, then.
"""

import contextlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

_ASKED = ("__all__", "__version__")
"""What a module is asked for by its users; other names of this form are looked for in all modules, by debuggers."""


class _Later(ModuleType):
    """A module that may not have run. Other threads wait while it runs; it may ask itself what it has so far."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _ASKED:
            raise AttributeError(name)
        state = _STATES[self.__name__]
        with state.lock:
            if state.waits:
                found = state.without_running(name)
                if found is not None:
                    return found
                state.run(self)
        return super().__getattribute__(name)


class _State:
    """Whether a module has yet to run, and what can be had of it before."""

    def __init__(self, name: str, elsewhere: Mapping[str, str]) -> None:
        self.name = name
        self.elsewhere = elsewhere
        self.lock = threading.RLock()
        self.waits = True
        self.is_open = True
        """Whether the imports go on that are not to run it."""

    def without_running(self, name: str) -> Any:
        """What a submodule has of this name, or, for the imports that go on, the submodule of this name."""
        full = f"{self.name}.{name}"
        if full in self.elsewhere:
            return getattr(importlib.import_module(self.elsewhere[full]), name)
        return importlib.import_module(full) if self.is_open and importlib.util.find_spec(full) else None

    def run(self, module: ModuleType) -> None:
        """Run the module; where that fails, it has yet to run."""
        assert module.__spec__
        assert module.__spec__.loader
        self.waits = False
        try:
            module.__spec__.loader.exec_module(module)
        except BaseException:
            self.waits = True
            raise


_STATES: dict[str, _State] = {}


@contextlib.contextmanager
def later(*names: str, elsewhere: Mapping[str, str] | None = None) -> Iterator[None]:
    """Imports in the block do not run these modules: they run when they are first used, then and ever after.

    A package is named before what is in it. What has run already, or is not installed, is left as it is.
    `elsewhere`: names of a package that can be had without running it, and the module in it that has them.
    """
    placed = [name for name in names if _place(name, elsewhere or {})]
    try:
        yield
    finally:
        for name in placed:
            _STATES[name].is_open = False


def _place(name: str, elsewhere: Mapping[str, str]) -> bool:
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None:
        return False
    _STATES[name] = _State(name, elsewhere)
    module = importlib.util.module_from_spec(spec)
    module.__class__ = _Later
    sys.modules[name] = module
    parent, _, own = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], own, module)
    return True
