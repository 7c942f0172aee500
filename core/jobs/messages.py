"""What processes of this program say to each other: a JSON object and raw bytes, over a pipe. Never pickle.

A message is 12 bytes (how long the JSON is, and what follows it), the JSON, and the bytes, for instance pixels.
"""

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct(">IQ")


@dataclass(frozen=True)
class Message:
    """What was said.

    Args:
        header: of JSON types.
        body: the raw bytes, in memory of its own; empty for most messages.
    """

    header: dict[str, Any]
    body: memoryview


class Inbox:
    """Where messages arrive. Reads no byte beyond the message that it takes.

    Args:
        descriptor: the reading end of a pipe, set not to block.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._expect_lengths()

    def _expect_lengths(self) -> None:
        self._num_header: int | None = None  # until the lengths are there
        self._data = bytearray(_LENGTHS.size)
        self._missing = memoryview(self._data)

    def take(self) -> Message | None:
        """The next message; None where it has not arrived whole yet. Raises EOFError at the end of the stream."""
        while True:
            while self._missing:
                try:
                    num_read = os.readv(self._descriptor, [self._missing])
                except BlockingIOError:
                    return None
                if not num_read:
                    raise EOFError
                self._missing = self._missing[num_read:]
            if self._num_header is not None:
                whole, num_header = memoryview(self._data), self._num_header
                self._expect_lengths()
                return Message(json.loads(bytes(whole[:num_header])), whole[num_header:])
            self._num_header, num_body = _LENGTHS.unpack(self._data)
            self._data = bytearray(self._num_header + num_body)
            self._missing = memoryview(self._data)

    def wait(self, deadline: float | None) -> Message:
        """The next message. Raises TimeoutError at the deadline (``time.monotonic``), EOFError at the end of the stream."""
        while (message := self.take()) is None:
            wait(self._descriptor, select.POLLIN, deadline)
        return message


def send(
    descriptor: int, header: dict[str, Any], parts: Sequence[memoryview] = (), deadline: float | None = None
) -> None:
    """Writes a message.

    Args:
        descriptor: the writing end of a pipe; where it is set not to block, a reader that hangs holds nobody beyond the deadline.
        header: of JSON types.
        parts: raw bytes, one after the other; each of memory that lies in one piece.
        deadline: by ``time.monotonic``.

    Raises:
        TimeoutError: at the deadline, with a part of the message written.
        BrokenPipeError: nobody reads.
    """
    text = json.dumps(header).encode()
    body = [part.cast("B") for part in parts if part.nbytes]
    for data in (_LENGTHS.pack(len(text), sum(map(len, body))) + text, *body):
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                wait(descriptor, select.POLLOUT, deadline)


def wait(descriptor: int, what: int, deadline: float | None) -> None:
    """Until a descriptor is ready. Raises TimeoutError at the deadline (``time.monotonic``).

    poll, since select fails on the high descriptors of a busy server.
    """
    poll = select.poll()
    poll.register(descriptor, what)
    if not poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError
