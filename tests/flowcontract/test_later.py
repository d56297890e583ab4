"""Modules that run when they are first used."""

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowcontract.later import later


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `shop` that counts how often it runs, with `shop.counter` in it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "import builtins\nbuiltins.shop_runs.append(1)\nfrom .window import glass\n__all__ = ['glass']\n"
    )
    (folder / "window.py").write_text("glass = 'clear'\n")
    (folder / "counter.py").write_text("till = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("builtins.shop_runs", [], raising=False)
    monkeypatch.setattr("builtins.window_runs", [], raising=False)
    yield folder
    for name in [each for each in sys.modules if each.partition(".")[0] == "shop"]:
        del sys.modules[name]


def _runs() -> int:
    import builtins

    return len(builtins.shop_runs)  # type: ignore[attr-defined]


def _window_runs() -> int:
    import builtins

    return len(builtins.window_runs)  # type: ignore[attr-defined]


def test_a_submodule_is_imported_without_its_package(shop: Path) -> None:
    with later("shop"):
        from shop.counter import till

    assert (till, _runs()) == (3, 0)


def test_a_package_runs_when_something_of_it_is_used(shop: Path) -> None:
    with later("shop"):
        import shop as package

    assert _runs() == 0
    assert package.glass == "clear"
    assert _runs() == 1


def test_what_is_set_stays_set(shop: Path) -> None:
    with later("shop"):
        import shop as package

    package.glass = "green"

    assert (package.glass, _runs()) == ("green", 1)


def test_one_that_has_run_is_a_module_as_any_other(shop: Path) -> None:
    with later("shop"):
        import shop as package

    assert package.glass == "clear"
    assert type(package).__name__ == "module"


def test_all_forms_of_import_find_it(shop: Path) -> None:
    with later("shop"):
        pass
    names: dict[str, object] = {}
    exec("from shop import *", names)

    assert names["glass"] == "clear"
    assert importlib.import_module("shop").glass == "clear"
    assert _runs() == 1


def test_what_it_does_not_have_it_does_not_have(shop: Path) -> None:
    with later("shop"):
        import shop as package

    with pytest.raises(AttributeError, match="wood"):
        _ = package.wood
    with pytest.raises(ImportError, match="wood"):
        from shop import wood  # noqa: F401


def test_what_debuggers_look_for_in_all_modules_does_not_run_it(shop: Path) -> None:
    with later("shop"):
        import shop as package

    assert not hasattr(package, "__warningregistry__")
    assert _runs() == 0


def test_what_was_imported_stays(shop: Path) -> None:
    package = importlib.import_module("shop")

    with later("shop"):
        import shop as again

    assert again is package
    assert type(again).__name__ == "module"


def test_what_is_not_installed_is_left_to_who_imports_it() -> None:
    with later("a_module_that_is_nowhere"):
        pass

    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("a_module_that_is_nowhere")


def test_one_that_fails_fails_for_everybody_who_asks(shop: Path) -> None:
    (shop / "window.py").write_text("raise ImportError('no glass today')\n")
    with later("shop"):
        import shop as package

    for _ in range(2):
        with pytest.raises(ImportError, match="no glass today"):
            _ = package.glass


def test_threads_that_ask_at_once_see_it_whole(shop: Path) -> None:
    (shop / "window.py").write_text("import threading\nthreading.Event().wait(0.05)\nglass = 'clear'\n")
    with later("shop"):
        import shop as package
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(package.glass)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["clear"] * 8
    assert _runs() == 1


def test_a_name_that_is_only_named_is_had_without_running_its_module(shop: Path) -> None:
    (shop / "window.py").write_text(
        "import builtins\nbuiltins.window_runs.append(1)\n"
        "class Glass:\n    made = 'here'\n    def __init__(self, colour='clear'):\n        self.colour = colour\n"
        "glass = Glass()\n"
    )
    (shop / "order.py").write_text(
        "from typing import Union\nfrom shop.window import Glass\n"
        "def order(colour: str, other: Union[str, Glass] = '') -> Glass:\n    return Glass(colour)\n"
        "def origin() -> str:\n    return Glass.made\n"
    )
    with later("shop", "shop.window", named=("shop.window.Glass",)):
        from shop.order import order, origin
    assert _runs() == _window_runs() == 0

    assert order("green").colour == "green"
    assert origin() == "here"
    assert type(order("red")) is importlib.import_module("shop.window").Glass
    assert _window_runs() == 1


def test_another_submodule_finds_the_package_run(shop: Path) -> None:
    (shop / "door.py").write_text("import builtins\nruns = len(builtins.shop_runs)\n")
    with later("shop"):
        from shop.counter import till

    from shop.door import runs

    assert (till, runs, _runs()) == (3, 1, 1)


def test_a_submodule_that_the_package_imports_itself_runs_once(shop: Path) -> None:
    source = "import builtins\nbuiltins.window_runs.append(1)\nglass = 'clear'\n"
    (shop / "window.py").write_text(source)
    with later("shop"):
        import shop as package

    window = importlib.import_module("shop.window")

    assert _runs() == _window_runs() == 1
    assert window is package.window is sys.modules["shop.window"]
    assert window.__spec__.loader.get_source("shop.window") == source


def test_who_looks_where_a_submodule_is_does_not_have_it_run_twice(shop: Path) -> None:
    (shop / "window.py").write_text("import builtins\nbuiltins.window_runs.append(1)\nglass = 'clear'\n")
    with later("shop"):
        pass

    found = importlib.util.find_spec("shop.window")

    assert found
    assert found.origin == str(shop / "window.py")
    assert importlib.import_module("shop.window").glass == "clear"
    assert _window_runs() == 1


def test_a_submodule_that_is_asked_of_the_package_does_not_run_it(shop: Path) -> None:
    (shop / "door.py").write_text("from . import counter\nopen = counter.till > 0\n")
    with later("shop"):
        from shop import door

    assert (door.open, _runs()) == (True, 0)
