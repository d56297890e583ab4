"""Modules that run when something of them is first used, not when they are imported.

Packages we build on import all of themselves at once: HTTP clients, test clients, templates and command lines of
theirs, which we never call, are most of what a start would spend. Such a package is put in its place without being
run, while we import those of its submodules that we use. Whoever asks it for something of its own afterwards, or
imports another submodule, gets all of it, in full, then.
"""

import contextlib
import copy
import importlib
import importlib.util
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_ASKED = ("__all__", "__version__")
"""What a module is asked for by its users; other names of this form are looked for in all modules, by debuggers."""


class _Later(ModuleType):
    """A module that has yet to run. Other threads wait while it runs; it may ask itself what it has so far."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _ASKED:
            raise AttributeError(name)
        state = _STATES[self.__name__]
        found = state.without_running(name)
        if found is not None:
            return found
        state.run()
        return ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        state = _STATES[self.__name__]
        if not (state.is_open or name.startswith("__")):
            state.run()  # It would set it again.
        ModuleType.__setattr__(self, name, value)


class _State:
    """Whether a module has yet to run, and what can be had of it before."""

    def __init__(self, name: str, named: Collection[str]) -> None:
        self.name = name
        self.named = named
        self.lock = threading.RLock()
        self.waits = True
        self.is_open = True
        """Whether the imports go on that are not to run it."""

    def without_running(self, name: str) -> Any:
        """What the imports that go on are given: a stand-in, or the submodule of this name."""
        if not (self.waits and self.is_open):
            return None
        full = f"{self.name}.{name}"
        if full in self.named:
            return _StandIn(self.name, name)
        return importlib.import_module(full) if importlib.util.find_spec(full) else None

    def run(self) -> None:
        """Run the module, after the packages that it is in, as ever. Where it fails, it has yet to run."""
        package = _STATES.get(self.name.rpartition(".")[0])
        if package and not package.is_open:
            package.run()
        module = sys.modules[self.name]
        assert module.__spec__
        assert module.__spec__.loader
        with self.lock:
            if not self.waits:
                return
            self.waits = False
            try:
                module.__spec__.loader.exec_module(module)
            except BaseException:
                self.waits = True
                raise
            module.__class__ = ModuleType


class _StandIn:
    """In the place of a name of a module that has yet to run: who calls it, or asks it for something, has it run."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def _real(self) -> Any:
        return getattr(importlib.import_module(self._module), self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._real()(*args, **kwargs)


class _Finder:
    """Has a package run before another submodule of it is imported, which may count on that."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        state = _STATES.get(name.rpartition(".")[0])
        if state is None or state.is_open or not state.waits:
            return None
        state.run()
        module = sys.modules.get(name)  # The package may have imported it itself.
        if module is None or module.__spec__ is None:
            return None
        spec = copy.copy(module.__spec__)
        spec.loader = _Imported(module, module.__spec__)  # type: ignore[assignment]  # It is one in all but name.
        module.__spec__ = spec  # Of a module that came in meanwhile, importlib takes the spec that it has.
        return spec


class _Imported:
    """Gives a module that was imported meanwhile, and does not run it again."""

    def __init__(self, module: ModuleType, spec: ModuleSpec) -> None:
        self._module = module
        self._spec = spec

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


_STATES: dict[str, _State] = {}
sys.meta_path.insert(0, _Finder())


@contextlib.contextmanager
def later(*names: str, named: Collection[str] = ()) -> Iterator[None]:
    """Imports in the block do not run these modules: they run when they are first used, then and ever after.

    A package is named before what is in it. What has run already, or is not installed, is left as it is.
    `named`: what those who import it in the block only name or call, such as `shop.counter.Till`. They are given a
    stand-in, and the module of it does not run.
    """
    placed = [name for name in names if _place(name, named)]
    try:
        yield
    finally:
        for name in placed:
            _STATES[name].is_open = False


def _place(name: str, named: Collection[str]) -> bool:
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None:
        return False
    _STATES[name] = _State(name, named)
    module = importlib.util.module_from_spec(spec)
    module.__class__ = _Later
    sys.modules[name] = module
    parent, _, own = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], own, module)
    return True
