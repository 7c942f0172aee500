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
_AT_ONCE_BYTES = 2**16  # many small messages with one question to the system


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
    """Where messages arrive.

    Args:
        descriptor: the reading end of a pipe, set not to block.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._read = bytearray()  # what has come of the next messages
        self._large: _Large | None = None

    def take(self) -> Message | None:
        """The next message; None where it has not arrived whole yet. Raises EOFError at the end of the stream."""
        while True:
            if self._large is None and len(self._read) >= _LENGTHS.size:
                message = self._begun()
                if message is not None:
                    return message
            try:
                if self._large is None:
                    data = os.read(self._descriptor, _AT_ONCE_BYTES)
                    self._read += data
                    num_read = len(data)
                else:
                    num_read = os.readv(self._descriptor, [self._large.missing])
                    self._large.missing = self._large.missing[num_read:]
            except BlockingIOError:
                return None
            if not num_read:
                raise EOFError
            if self._large is not None and not self._large.missing:
                large, self._large = self._large, None
                return _message(large.data, large.num_header)

    def _begun(self) -> Message | None:
        """The message whose beginning has come, if all of it has. Else the rest of a large one is read into its own memory."""
        num_header, num_body = _LENGTHS.unpack_from(self._read)
        start, num_bytes = _LENGTHS.size, num_header + num_body
        come = self._read[start : start + num_bytes]
        if len(come) == num_bytes:
            del self._read[: start + num_bytes]
            return _message(come, num_header)
        if num_bytes > _AT_ONCE_BYTES:
            data = bytearray(num_bytes)
            data[: len(come)] = come
            self._large = _Large(data, num_header, memoryview(data)[len(come) :])
            self._read.clear()
        return None

    def wait(self, deadline: float | None) -> Message:
        """The next message. Raises TimeoutError at the deadline (``time.monotonic``), EOFError at the end of the stream."""
        while (message := self.take()) is None:
            wait(self._descriptor, select.POLLIN, deadline)
        return message


@dataclass
class _Large:
    """A message that comes in many turns: its memory, and the part of it that is missing."""

    data: bytearray
    num_header: int
    missing: memoryview


def _message(data: bytearray, num_header: int) -> Message:
    return Message(json.loads(data[:num_header]), memoryview(data)[num_header:])


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
