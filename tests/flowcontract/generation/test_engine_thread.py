"""Schemathesis's engine is given up where a server keeps it waiting, and its exceptions are noted."""

import threading
from collections.abc import Iterator

import pytest

from flowcontract.generation.engine_thread import EngineThread


class Stream:
    """A stream of events as the engine gives it."""

    def __init__(self, *, waits: bool = False, raises: Exception | None = None, breaks: bool = False) -> None:
        self._server = threading.Event()
        self._waits, self._raises, self._breaks = waits, raises, breaks

    def __iter__(self) -> Iterator[str]:
        yield "first"
        if self._breaks:
            worker = threading.Thread(target=int, args=("x",), name="schemathesis_worker")
            worker.start()
            worker.join()
        if self._raises:
            raise self._raises
        if self._waits:
            self._server.wait()
        yield "last"

    def stop(self) -> None:
        """A request that waits for the server goes on waiting."""

    def respond(self) -> None:
        self._server.set()


def test_all_events_come_in_order() -> None:
    thread = EngineThread(Stream(), patience=5)

    assert list(thread.events()) == ["first", "last"]
    thread.end()
    assert not thread.is_alive


def test_an_engine_that_waits_for_the_server_is_given_up_when_it_is_stopped() -> None:
    stream = Stream(waits=True)
    thread = EngineThread(stream, patience=0)

    taken = []
    for event in thread.events():
        taken.append(event)
        thread.stop()
    thread.end()

    assert taken == ["first"]
    assert thread.is_alive
    stream.respond()


def test_an_exception_of_the_engine_is_raised_where_its_events_are_taken() -> None:
    thread = EngineThread(Stream(raises=LookupError("no such schema")), patience=5)

    with pytest.raises(LookupError, match="no such schema"):
        list(thread.events())
    thread.end()


def test_an_exception_of_a_worker_is_noted_and_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.excepthook
    thread = EngineThread(Stream(breaks=True), patience=5)

    assert list(thread.events()) == ["first", "last"]
    thread.end()

    assert thread.failed == {"ValueError"}
    assert capsys.readouterr().err == ""
    assert threading.excepthook is before
