"""The list of mistakes follows the sources: a mistake whose place is gone would be tried by nobody until the night."""

from tests.mutants.__main__ import MUTANTS, ROOT


def test_each_mistake_is_made_in_one_place_and_names_tests_that_exist() -> None:
    for mutant in MUTANTS:
        assert (ROOT / mutant["file"]).read_text(encoding="utf-8").count(mutant["text"]) == 1, mutant
        assert all((ROOT / test).exists() for test in mutant["tests"]), mutant
