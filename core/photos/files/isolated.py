"""Decodes one photo in a process of its own, so that a stranger's file that crashes its decoder costs that file alone.

A scan does the same for a whole folder (``core.jobs.pool``). This is for the photos that come one by one: dropped into a page,
added to a class, named on the command line. The process stays for the next photo; it ends when its stdin closes, so it cannot
outlive whoever started it. The same ``decode.read`` does the work, so the pixels are those that a network learned from.

``python -m core.photos.files.isolated module:function`` is the process.
"""

import sys
from pathlib import Path

import numpy as np

from core.errors import PhotoError
from core.jobs.children import Answerer, Died, Late
from core.jobs.messages import Message
from core.jobs.pool import find_function, program
from core.jobs.serving import Answering, Reply, serve

TIMEOUT_SECONDS = 30.0
START_SECONDS = 60.0  # Python itself, on a machine that trains


class Decoder:
    """A child process that decodes, started at the first photo and again if it dies. Safe to share between threads.

    Args:
        timeout_seconds: a photo that takes longer is given up.
        function: what the child calls on a photo, as "module:function".
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS, function: str = "core.photos.files.decode:decode"):
        self._timeout_seconds, self._function = timeout_seconds, function
        self._open()

    def _open(self) -> None:
        self.child = Answerer(program(self._function, "core.photos.files.isolated"), START_SECONDS)

    def decode(self, source: Path | bytes) -> np.ndarray:
        """As ``core.photos.files.decode.decode``: (H, W, 3) uint8, upright RGB in 0..255.

        Raises:
            PhotoError: as there; or decoding it crashed or took too long (issue "unreadable").
        """
        header = {"photo": str(source)} if isinstance(source, Path) else {}
        content = [] if isinstance(source, Path) else [memoryview(source)]
        try:
            answer = self.child.ask(header, content, timeout_seconds=self._timeout_seconds)
        except Late:
            raise _given_up(f"decoding it took over {self._timeout_seconds:g} seconds") from None
        except Died:
            raise _given_up("the program that decodes it crashed") from None
        return np.frombuffer(answer.body, np.uint8).reshape(answer.header["shape"])

    def close(self) -> None:
        """Ends the process; the next photo starts another."""
        self.child.close()
        self._open()


def decode(source: Path | bytes) -> np.ndarray:
    """``Decoder.decode`` in the process that all of this program's callers share."""
    return _shared.decode(source)


_shared = Decoder()


def _given_up(why: str) -> PhotoError:
    return PhotoError(f"The photo could not be read: {why}. Open it in another program and save it anew.", "unreadable")


def _prepare(function: str) -> Answering:
    """What answers in the process: a photo, its path or its bytes, -> its pixels."""
    call = find_function(function)

    def answering(photo: Message) -> Reply:
        image = call(Path(photo.header["photo"]) if "photo" in photo.header else bytes(photo.body))
        return {"shape": image.shape}, [np.ascontiguousarray(image).data]

    return answering


if __name__ == "__main__":
    # Codecs print warnings about odd files; the parent's terminal is not the place for them.
    serve(lambda: _prepare(sys.argv[1]), is_mute=True)
