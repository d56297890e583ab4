"""Worker processes on this machine."""

import signal
from pathlib import Path

import pytest

from flowcontract.engine.campaigns.workers import LocalPool

IS_STOPPED_TWICE = """
import os, signal
from pathlib import Path

try:
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
finally:
    os.kill(os.getpid(), signal.SIGTERM)
    Path(file).write_text("cleaned up")
"""
"""As text: a new process need not find the modules of the tests."""


@pytest.mark.skipif(not hasattr(signal, "pause"), reason="needs POSIX signals")
def test_a_second_signal_does_not_interrupt_the_cleanup_of_a_shard_that_writes(tmp_path: Path) -> None:
    pool = LocalPool(1, here=0, writes=True)
    try:
        with pytest.raises(SystemExit):
            pool.submit(exec, IS_STOPPED_TWICE, {"file": str(tmp_path / "left")}).result(120)
    finally:
        pool.close()

    assert (tmp_path / "left").read_text() == "cleaned up"


def test_a_process_that_starts_leaves_ctrl_c_to_the_driver() -> None:
    """From its first moment on: it may be importing modules when somebody presses the keys."""
    pool = LocalPool(1, here=0)
    try:
        held = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result(120)
    finally:
        pool.close()

    assert signal.SIGINT in held
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
