"""Each mistake of mutants.toml can still be made: a line that was changed shows here, not only in the nightly run."""

from tests.mutants.__main__ import MUTANTS, ROOT


def test_each_mistake_is_made_in_one_place_and_names_tests_that_exist() -> None:
    for mutant in MUTANTS:
        assert (ROOT / mutant["file"]).read_text(encoding="utf-8").count(mutant["text"]) == 1, mutant
        assert all((ROOT / test).exists() for test in mutant["tests"]), mutant
