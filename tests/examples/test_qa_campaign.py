"""Two campaigns on a cluster: each cause once, and what is new the next day."""

import re

import pytest


@pytest.mark.needs("bash", "sed", "mkfifo")
def test_the_second_campaign_is_compared_with_the_first(follow) -> None:
    pytest.importorskip("distributed", reason="a cluster needs the extra `cluster`; see `tox run -e examples`")

    told = follow("qa-campaign")

    assert len(re.findall(r"^✗ failed: 2 findings", told.printed, re.M)) == 2  # Of each campaign.
    counts = re.findall(r"^(\d) (new|gone|unchanged)$", told.printed, re.M)
    assert counts == [("1", "new"), ("1", "gone"), ("1", "unchanged")]
    assert (told.folder / "qa" / "report.html").read_text("utf-8").lower().startswith("<!doctype html>")
    assert "a-token-of-qa" not in told.printed
