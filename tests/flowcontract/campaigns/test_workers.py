"""Worker processes on this machine."""

import os
import signal
from pathlib import Path

import pytest

from flowcontract.engine.campaigns.workers import LocalPool


def _is_stopped_twice(file: Path) -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        file.write_text("cleaned up")


@pytest.mark.skipif(not hasattr(signal, "pause"), reason="needs POSIX signals")
def test_a_second_signal_does_not_interrupt_the_cleanup_of_a_shard_that_writes(tmp_path: Path) -> None:
    pool = LocalPool(1, here=0, writes=True)
    try:
        with pytest.raises(SystemExit):
            pool.submit(_is_stopped_twice, tmp_path / "left").result(120)
    finally:
        pool.close()

    assert (tmp_path / "left").read_text() == "cleaned up"
