"""What one turn of the event loop writes is sent by one call, in order, and never lost."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from flowmock.server.buffered import BufferedTransport


class Recorded(asyncio.Transport):
    """A transport that remembers its calls."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 4711)})
        self.calls: list[str] = []

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append(b"".join(list_of_data).decode())

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def is_closing(self) -> bool:
        return "close" in self.calls


def calls(use: Callable[[BufferedTransport], Any]) -> list[str]:
    """The calls of the transport beneath: within the turn, a dot, and after it."""

    async def run() -> list[str]:
        beneath = Recorded()
        use(BufferedTransport(beneath))
        beneath.calls.append(".")
        await asyncio.sleep(0)
        return beneath.calls

    return asyncio.run(run())


def test_head_and_body_are_sent_together() -> None:
    def use(transport: BufferedTransport) -> None:
        transport.write(b"head ")
        transport.write(b"body")

    assert calls(use) == [".", "head body"]


def test_what_was_written_is_sent_before_closing() -> None:
    def use(transport: BufferedTransport) -> None:
        transport.write(b"half")
        transport.close()
        assert transport.is_closing()

    assert calls(use) == ["half", "close", "."]


def test_an_abort_drops_what_was_written() -> None:
    def use(transport: BufferedTransport) -> None:
        transport.write(b"half")
        transport.abort()

    assert calls(use) == ["abort", "."]


def test_a_long_body_goes_out_at_once() -> None:
    """The transport beneath must see it, to say that the client does not read."""

    def use(transport: BufferedTransport) -> None:
        transport.write(b"head ")
        transport.write(b"x" * 70_000)
        transport.write(b"end")

    assert calls(use) == ["head " + "x" * 70_000, ".", "end"]


def test_two_turns_are_sent_one_after_the_other() -> None:
    async def run() -> list[str]:
        beneath = Recorded()
        transport = BufferedTransport(beneath)
        for text in (b"one", b"two"):
            transport.write(text)
            await asyncio.sleep(0)
        return beneath.calls

    assert asyncio.run(run()) == ["one", "two"]


def test_all_else_is_of_the_transport_beneath() -> None:
    def use(transport: BufferedTransport) -> None:
        assert transport.get_extra_info("peername") == ("127.0.0.1", 4711)
        assert transport.get_extra_info("socket", "none") == "none"
        transport.pause_reading()
        transport.resume_reading()

    assert calls(use) == ["pause", "resume", "."]
