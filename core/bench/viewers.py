"""``python -m core.bench.viewers ADDRESS QUERY NUMBER``: sessions that watch one run on the Training page until stdin closes.

Each is a WebSocket that does what the browser's script does, short of drawing: asks for the page, starts the page's
timers, asks for a fragment at every tick of its timer, and tells which large messages it still holds.

Prints ``{"ready": seconds since 1970}`` once all have drawn the page, and in the end ``{"points": [...], "ticks": [...]}``:
every arrival of a chart as [viewer, time, the newest point's x in epochs], and every tick as [viewer, time, seconds from
the request to the end of the answer]. ``websockets`` comes with Streamlit.
"""

import asyncio
import json
import random
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.bench.wire import fields, flag, part

PAGE = "training"
# Numbers of Streamlit's fields, by message.
BACK_MSG = {"rerun_script": 11}
CLIENT_STATE = {
    "query_string": 1,
    "page_script_hash": 3,
    "page_name": 4,
    "fragment_id": 5,
    "is_auto_rerun": 6,
    "cached_message_hashes": 7,
}
FORWARD_MSG = {
    "hash": 1,
    "metadata": 2,
    "new_session": 4,
    "delta": 5,
    "script_finished": 6,
    "page_info_changed": 12,
    "auto_rerun": 21,
    "stop_auto_rerun": 28,
}
NEW_SESSION = {"page_script_hash": 9}
METADATA = {"run": 6}
RUN_IDENTITY = {"fragment_ids": 2}
AUTO_RERUN = {"interval": 1, "fragment_id": 2}
STOP_AUTO_RERUN = {"fragment_ids": 1}
PAGE_INFO = {"query_string": 1}
CACHED_BYTES = 10_000  # larger deltas are kept by the browser, and sent as a hash when they come again
_SERIES = b'"each batch"'


@dataclass
class Seen:
    """What all viewers have seen, in the order of arrival."""

    points: list[tuple[int, float, float]] = field(default_factory=list)
    ticks: list[tuple[int, float, float]] = field(default_factory=list)


class Viewer:
    """One session."""

    def __init__(self, number: int, address: str, query: str, seen: Seen, page: str = PAGE):
        self.number, self.address, self.query, self.seen, self.page = number, address, query, seen, page
        self.num_bytes = 0  # that came
        self.page_hash = ""
        self.held: list[str] = []  # hashes of large messages, of this run of the page and the one before
        self.timers: dict[str, asyncio.Task] = {}
        self.asked: dict[str, float] = {}
        self.running: list[str] = []  # fragments that the last session message announced
        self.drawn = asyncio.Event()

    async def watch(self) -> None:
        """Opens the page and answers until it is cancelled."""
        from websockets.asyncio.client import connect
        from websockets.typing import Subprotocol

        url = f"ws://{self.address}/_stcore/stream"
        async with connect(
            url, subprotocols=[Subprotocol("streamlit")], max_size=None, compression=None
        ) as self.socket:
            try:
                await self.ask()
                async for message in self.socket:
                    if isinstance(message, bytes):  # Streamlit sends no text
                        self.num_bytes += len(message)
                        await self.take(message)
            finally:
                self._stop_timers()

    async def ask(self, fragment: str = "") -> None:
        """Asks for the page, or for one of its fragments."""
        state = part(CLIENT_STATE["query_string"], self.query) + part(CLIENT_STATE["page_script_hash"], self.page_hash)
        if not self.page_hash:
            state += part(CLIENT_STATE["page_name"], self.page)
        if fragment:
            state += part(CLIENT_STATE["fragment_id"], fragment) + flag(CLIENT_STATE["is_auto_rerun"])
            self.asked.setdefault(fragment, time.time())
        for held in self.held:
            state += part(CLIENT_STATE["cached_message_hashes"], held)
        await self.socket.send(part(BACK_MSG["rerun_script"], state))

    async def take(self, message: bytes) -> None:
        """Does with one message what the browser would."""
        content = dict(fields(message))
        if (session := content.get(FORWARD_MSG["new_session"])) is not None:
            about = dict(fields(session))
            self.page_hash = about.get(NEW_SESSION["page_script_hash"], b"").decode() or self.page_hash
            self.running = _fragments(content)
            if not self.running:
                self._stop_timers()
                self.asked.clear()  # the whole page is the answer
        elif (timer := content.get(FORWARD_MSG["auto_rerun"])) is not None:
            about = dict(fields(timer))
            fragment = about[AUTO_RERUN["fragment_id"]].decode()
            self._start_timer(fragment, struct.unpack("<f", about[AUTO_RERUN["interval"]])[0])
        elif (stopped := content.get(FORWARD_MSG["stop_auto_rerun"])) is not None:
            for number, fragment in fields(stopped):
                if number == STOP_AUTO_RERUN["fragment_ids"]:
                    self._stop_timer(fragment.decode())
        elif (page := content.get(FORWARD_MSG["page_info_changed"])) is not None:
            self.query = dict(fields(page)).get(PAGE_INFO["query_string"], b"").decode()
        elif FORWARD_MSG["delta"] in content:
            self._take_delta(message, content)
        elif FORWARD_MSG["script_finished"] in content:
            self.drawn.set()
            for fragment in _fragments(content) or self.running:
                if (asked := self.asked.pop(fragment, None)) is not None:
                    now = time.time()
                    self.seen.ticks.append((self.number, now, now - asked))

    def _take_delta(self, message: bytes, content: dict[int, Any]) -> None:
        if len(message) >= CACHED_BYTES:
            self.held = [*self.held[-3:], content[FORWARD_MSG["hash"]].decode()]
        newest = newest_x(message)
        if newest is not None:
            self.seen.points.append((self.number, time.time(), newest))

    def _start_timer(self, fragment: str, seconds: float) -> None:
        self._stop_timer(fragment)

        async def tick():
            while True:
                await asyncio.sleep(seconds)
                await self.ask(fragment)

        self.timers[fragment] = asyncio.create_task(tick())

    def _stop_timer(self, fragment: str) -> None:
        if timer := self.timers.pop(fragment, None):
            timer.cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self.timers):
            self._stop_timer(fragment)


def _fragments(content: dict[int, Any]) -> list[str]:
    """Which fragments a lifecycle message is about; none where it is about the whole page."""
    metadata = dict(fields(content.get(FORWARD_MSG["metadata"], b"")))
    run = fields(metadata.get(METADATA["run"], b""))
    return [value.decode() for number, value in run if number == RUN_IDENTITY["fragment_ids"]]


def newest_x(message: bytes) -> float | None:
    """The last x, in epochs, of the line of batches in a chart's data; None in any other message."""
    start = message.find(_SERIES)
    if start < 0:
        return None
    first, last = message.find(b"[", start), message.find(b"]", start)
    text = message[first + 1 : last].rsplit(b",", 1)[-1].strip()
    return float(text) if text else None


async def main(address: str, query: str, number: int) -> None:
    seen = Seen()
    viewers = [Viewer(index, address, query, seen) for index in range(number)]
    rng, tasks = random.Random(0), []
    for viewer in viewers:  # a class does not press the same key in the same instant
        tasks.append(asyncio.create_task(viewer.watch()))
        await asyncio.sleep(rng.uniform(0.05, 0.25))
    await asyncio.gather(*(asyncio.wait_for(viewer.drawn.wait(), 60) for viewer in viewers))
    print(json.dumps({"ready": time.time()}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        if task.done():
            task.result()  # a viewer that was thrown out would make the others look fast
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    print(json.dumps({"points": seen.points, "ticks": seen.ticks}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
