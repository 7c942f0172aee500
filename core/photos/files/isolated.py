"""Decodes one photo in a process of its own, so that a stranger's file that crashes its decoder costs that file alone.

A scan does the same for a whole folder (``core.jobs.pool``). This is for the photos that come one by one: dropped into a page,
added to a class, named on the command line. The process stays for the next photo; it ends when its stdin closes, so it cannot
outlive whoever started it. The same ``decode.read`` does the work, so the pixels are those that a network learned from.
"""

import json
import os
import selectors
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from core.errors import PhotoError
from core.jobs.job import reap
from core.jobs.pool import child_command
from core.photos.files import decode as decoder

TIMEOUT_SECONDS = 30.0
START_SECONDS = 60.0  # Python itself, on a machine that trains


class Decoder:
    """A child process that decodes, started at the first photo and again if it dies. Safe to share between threads.

    Args:
        timeout_seconds: a photo that takes longer is given up.
        function: what the child calls on a photo, as "module:function".
    """

    def __init__(
        self, timeout_seconds: float = TIMEOUT_SECONDS, function: str = "core.photos.files.isolated:decode_into"
    ):
        self._timeout_seconds, self._function = timeout_seconds, function
        self._turn = threading.Lock()
        self._child: subprocess.Popen | None = None

    def decode(self, source: Path | bytes) -> np.ndarray:
        """As ``core.photos.files.decode.decode``: (H, W, 3) uint8, upright RGB in 0..255.

        Raises:
            PhotoError: as there; or decoding it crashed or took too long (issue "unreadable").
        """
        with self._turn, tempfile.TemporaryDirectory(prefix="alexnet-photo-") as folder:
            path, pixels = source, Path(folder) / "pixels.npy"
            if isinstance(source, bytes):
                path = Path(folder) / "photo"
                path.write_bytes(source)
            answer = self._ask({"photo": str(path), "pixels": str(pixels)})
            if "error" in answer:
                raise PhotoError(answer["error"], answer["issue"])
            return np.load(pixels)

    def close(self) -> None:
        """Ends the process; the next photo starts another."""
        with self._turn:
            self._end()

    def _ask(self, task: dict) -> dict:
        """One exchange. A child that dies in it is replaced once: it may have been ended while it was idle, or for its memory."""
        for last_try in (False, True):
            try:
                answer = self._exchange(task)
                break
            except TimeoutError:
                self._end()
                raise _given_up(f"decoding it took over {self._timeout_seconds:g} seconds") from None
            except (OSError, EOFError):
                self._end()
                if last_try:
                    raise _given_up("the program that decodes it crashed") from None
            except BaseException:  # what was asked for would come as the answer to the next question
                self._end()
                raise
        if "bug" in answer:
            raise RuntimeError(f"the decoder failed:\n{answer['bug']}")
        return answer

    def _exchange(self, task: dict) -> dict:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._start()
        self._child.stdin.write(json.dumps(task).encode() + b"\n")
        self._child.stdin.flush()
        return self._line(self._timeout_seconds)

    def _start(self) -> None:
        command, environment = child_command(self._function)
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
        )
        reap(self._child)
        self._line(START_SECONDS)  # it says that it is ready

    def _line(self, seconds: float) -> dict:
        """The child's next line. Raises TimeoutError, EOFError."""
        data, deadline = b"", time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while not data.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(self._child.stdout.fileno(), 1 << 16)
                if not piece:
                    raise EOFError
                data += piece
        return json.loads(data)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        child.stdout.close()
        with suppress(OSError):
            child.stdin.close()


def decode(source: Path | bytes) -> np.ndarray:
    """``Decoder.decode`` in the process that all of this program's callers share."""
    return _shared.decode(source)


_shared = Decoder()


def decode_into(task: dict) -> dict:
    """Decodes one photo into a file. Runs in the child process.

    Args:
        task: ``{"photo": path, "pixels": where the .npy is to lie}``.

    Returns:
        ``{}``, or ``{"error": a sentence, "issue"}`` for a photo that cannot be used.
    """
    try:
        image = decoder.decode(Path(task["photo"]))
    except PhotoError as error:
        return {"error": str(error), "issue": error.issue}
    np.save(task["pixels"], image)
    return {}


def _given_up(why: str) -> PhotoError:
    return PhotoError(f"The photo could not be read: {why}. Open it in another program and save it anew.", "unreadable")
