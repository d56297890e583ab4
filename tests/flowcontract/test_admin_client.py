"""`flowcontract verify` and `scenario` without a mock."""

from collections.abc import Callable

import pytest

from flowcontract.cli.main import main

Capsys = pytest.CaptureFixture[str]


@pytest.mark.parametrize("words", [["verify"], ["scenario", "set", "empty-body"], ["scenario", "list"]])
def test_another_server_that_responds_with_json_is_not_a_mock(
    words: list[str], hands_out: Callable[[int, bytes], str], capsys: Capsys
) -> None:
    url = hands_out(200, b'{"status": "ok"}')

    assert main([*words, "--url", url]) == 2
    assert "expected a mock with /__mock__" in capsys.readouterr().err
