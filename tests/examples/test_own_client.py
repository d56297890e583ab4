"""A hand-written client of another API against three releases of its server."""

import re

import pytest


@pytest.mark.needs("bash")
def test_the_client_may_upgrade_to_one_release_and_not_to_the_other(follow, tmp_path) -> None:
    pytest.importorskip("pip", reason="clients are installed with pip")

    printed = follow("own-client", FLOWCONTRACT_CACHE=str(tmp_path / "cache")).printed

    assert "3 pairs: 2 compatible, 1 partial; all 3 predictions were right." in printed
    assert re.search(r"^yes: python:1\.0\S* on 1\.1$", printed, re.M)
    assert re.search(r"^not safely: python:1\.0\S* on 2\.0$", printed, re.M)
    assert "'slack' is not a valid Phase" in printed
    assert printed.rstrip().endswith("exit code 1")
