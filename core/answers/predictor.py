"""One small process with TensorFlow that answers the questions of all visitors in turn.

The server talks to it through a ``Predictor``; this side imports no TensorFlow. ``python -m core.answers.predictor`` is the
process. Both sides speak frames over the child's stdin and stdout: a JSON header and raw bytes, never pickle. The child
is given decoded pixels, never a stranger's file. It ends when its stdin closes, so it cannot outlive the server, and
after ten idle minutes, which gives its memory back.
"""

import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from core.errors import AppError, ConfigError, ModelError, PhotoError, RunError
from core.jobs.job import child_environment, reap
from core.machine import prepare_environment
from core.runs.evaluation import Answer
from core.runs.store import find_run
from core.workspace.folders import PROJECT, workspace

IDLE_SECONDS = 600
TIMEOUT_SECONDS = (
    180  # the first answer also waits for TensorFlow to be imported, beside a training that takes all cores
)
MAX_FRAME_BYTES = (
    64 * 2**20
)  # more photos than this are asked about in several frames: bounded memory, and others get a turn
NUM_MODELS = 3
LOG_NAME = "predictor.log"  # in the workspace

_LENGTHS = struct.Struct(">IQ")  # bytes of the JSON header, bytes of the body
_ERRORS = {error.__name__: error for error in (AppError, ConfigError, ModelError, PhotoError, RunError)}


class _Ended(Exception):
    """The child's end of the pipe is closed."""


# --- the server's side ---------------------------------------------------------------------------------


class Predictor:
    """Asks the child process, and starts it when it is needed. Safe to share between threads; one request at a time.

    Args:
        timeout_seconds: longest wait, for a turn and then for an answer; the child is ended when it takes longer.
        idle_seconds: after this long without a question the child ends; the next question starts another.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS, idle_seconds: float = IDLE_SECONDS):
        self.timeout_seconds = timeout_seconds
        self.idle_seconds = idle_seconds
        self._turn = threading.Lock()
        self._guard = threading.Lock()  # of _child and _closed, never held for long
        self._child: subprocess.Popen | None = None
        self._closed = False

    def classify(self, run_id: str, images: Sequence[np.ndarray]) -> list[Answer]:
        """What a run's network says about photos.

        Args:
            run_id: a run that has weights; checked before anything is started.
            images: each (H, W, 3) uint8, of any size, as ``core.photos.files.decode`` gives them.

        Returns:
            One Answer an image, in order.

        Raises:
            RunError: there is no such run.
            ModelError: it has no weights yet, they cannot be used, or the process fails twice or takes too long.
        """
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise ValueError(f"an image is (H, W, 3) uint8; received {image.shape} {image.dtype}")
        run = find_run(run_id)
        if run.checkpoint is None:
            raise ModelError(
                f"The run “{run.name}” has no trained weights yet. Wait until its first epoch has ended, or choose another run."
            )
        answers: list[Answer] = []
        for group in _groups(images):
            header = {
                "workspace": str(workspace()),
                "run": run_id,
                "shapes": [image.shape for image in group],
            }
            reply, body = self._ask(header, [np.ascontiguousarray(image) for image in group])
            for probabilities, picture in zip(reply["probabilities"], _pictures(reply["shapes"], body), strict=True):
                answers.append(Answer(probabilities, picture))
        return answers

    def warm(self) -> None:
        """Starts the process without waiting for it, so that the first answer comes sooner."""
        if self._turn.acquire(blocking=False):  # otherwise somebody is being answered, and it is there already
            try:
                self._running_child()
            finally:
                self._turn.release()

    def close(self) -> None:
        """Ends the process, even in the middle of an answer; a question after this raises RunError."""
        with self._guard:
            self._closed = True
            child = self._child
        if child is None:
            return
        child.kill()
        # Pipes are closed by who holds the turn: closed under a reader, their numbers may already be another file's.
        with self._turn:
            _end(child)

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        with self._guard:
            return self._child.pid if self._child is not None and self._child.poll() is None else None

    def _ask(self, header: dict, parts: list[np.ndarray]) -> tuple[dict, bytearray]:
        """One exchange. A child that dies in it is replaced once: it may have been killed for reasons of its own."""
        if not self._turn.acquire(timeout=self.timeout_seconds):
            raise ModelError(
                f"Others have been asking for {self.timeout_seconds:.0f} seconds and it is not your turn yet. Try again in a minute."
            )
        try:
            for last_try in (False, True):
                child = self._running_child()
                deadline = time.monotonic() + self.timeout_seconds
                try:
                    _send(child.stdin.fileno(), header, parts, deadline)
                    reply, body = _receive(child.stdout.fileno(), deadline)
                    break
                except TimeoutError:
                    _end(child)
                    raise ModelError(
                        f"The network has not answered within {self.timeout_seconds:.0f} seconds. Is this computer very busy? "
                        "Try again with fewer photos, or when the training has ended."
                    ) from None
                except (_Ended, OSError):
                    status = _end(child)
                    if last_try:
                        raise ModelError(
                            f"The process that asks the network ended twice without an answer ({_why(status)}). Its last words stand in "
                            f"{workspace() / LOG_NAME}. Close other programs if memory is short, then try again."
                        ) from None
                except BaseException:
                    _end(child)  # the rest of a frame that was half read would be taken for the next answer
                    raise
        finally:
            self._turn.release()
        if "error" in reply:
            raise _ERRORS[reply["error"]](reply["message"])
        if "bug" in reply:
            raise RuntimeError(f"the predictor failed:\n{reply['bug']}")
        return reply, body

    def _running_child(self) -> subprocess.Popen:
        with self._guard:
            if self._closed:
                raise RunError("The app is closing and answers no more questions. Start it again.")
            if self._child is None or self._child.poll() is not None:
                if self._child is not None:
                    self._forgotten.detach()
                    _end(self._child)
                self._child = _start(self.idle_seconds)
                # Streamlit drops modules whose files change, and a Predictor with them. Python would keep the Popen, its
                # stdin open and so the child alive.
                self._forgotten = weakref.finalize(self, _end, self._child)
            return self._child


_instance: Predictor | None = None
_instance_guard = threading.Lock()


def get_predictor() -> Predictor:
    """The Predictor that all visitors of this server share; a new one if the last was closed."""
    global _instance
    with _instance_guard:
        if _instance is None or _instance._closed:
            _instance = Predictor()
        return _instance


def _start(idle_seconds: float) -> subprocess.Popen:
    """The child, in a session of its own: Ctrl-C in the server's terminal ends the server, and that ends the child."""
    with _open_log() as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "core.answers.predictor", str(idle_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            start_new_session=True,
            cwd=PROJECT,
            # On the processor only: a few photos are quick there, and the card's memory stays with the training.
            env=child_environment(CUDA_VISIBLE_DEVICES=""),
        )
    reap(child)  # it ends by itself when nobody asks
    os.set_blocking(child.stdin.fileno(), False)  # a child that hangs must not hold the server in write()
    return child


def _open_log() -> BinaryIO:
    """Where the child's stderr goes, so that TensorFlow's chatter does not fill the server's terminal."""
    path = workspace() / LOG_NAME
    try:
        return open(path, "wb" if path.exists() and path.stat().st_size > 2**20 else "ab")
    except OSError:  # a disk that is full or read-only is no reason not to answer
        return open(os.devnull, "wb")


def _end(child: subprocess.Popen) -> int:
    """Kills and reaps a child, however far it is. Returns its exit status."""
    child.kill()
    status = child.wait()
    child.stdin.close()
    child.stdout.close()
    return status


def _why(status: int) -> str:
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _groups(images: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """Images in order, in lists of at most MAX_FRAME_BYTES; one larger image stands alone."""
    groups: list[list[np.ndarray]] = []
    room = 0
    for image in images:
        if not groups or image.nbytes > room:
            groups.append([])
            room = MAX_FRAME_BYTES
        groups[-1].append(image)
        room -= image.nbytes
    return groups


# --- frames --------------------------------------------------------------------------------------------


def _send(descriptor: int, header: dict, parts: Sequence[np.ndarray], deadline: float | None = None) -> None:
    """Writes a frame. Raises TimeoutError at the deadline (time.monotonic), BrokenPipeError if nobody reads."""
    text = json.dumps(header).encode()
    body = [memoryview(part).cast("B") for part in parts if part.size]
    for data in (_LENGTHS.pack(len(text), sum(map(len, body))) + text, *body):
        rest = memoryview(data)
        while rest:
            _wait(descriptor, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                continue


def _receive(descriptor: int, deadline: float | None = None) -> tuple[dict, bytearray]:
    """Reads a frame. Raises TimeoutError at the deadline, _Ended at the end of the stream."""
    num_header, num_body = _LENGTHS.unpack(_read(descriptor, _LENGTHS.size, deadline))
    header = json.loads(_read(descriptor, num_header, deadline))
    return header, _read(descriptor, num_body, deadline)


def _read(descriptor: int, num_bytes: int, deadline: float | None) -> bytearray:
    data = bytearray(num_bytes)
    rest = memoryview(data)
    while rest:
        _wait(descriptor, select.POLLIN, deadline)
        num_read = os.readv(descriptor, [rest])
        if num_read == 0:
            raise _Ended
        rest = rest[num_read:]
    return data


def _wait(descriptor: int, what: int, deadline: float | None) -> None:
    """Until the descriptor is ready. poll, since select fails on the high descriptors of a busy server."""
    poll = select.poll()
    poll.register(descriptor, what)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(left):
        raise TimeoutError


def _pictures(shapes: Sequence[Sequence[int]], body: bytearray) -> list[np.ndarray]:
    """The uint8 arrays that lie one after the other in a body."""
    pictures, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        pictures.append(np.frombuffer(body, np.uint8, size, start).reshape(shape))
        start += size
    return pictures


# --- the child's side ----------------------------------------------------------------------------------


def main(idle_seconds: float) -> None:
    """Answers until stdin closes or nobody has asked for ``idle_seconds``."""
    # Frames go out on a copy of stdout; what TensorFlow or a library prints goes to stderr.
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.nice(5)
    prepare_environment()
    from core.answers.classify import (
        Classifier,  # the child alone pays for TensorFlow, while the first question is written
    )

    loaded: OrderedDict[tuple, Classifier] = OrderedDict()

    def classifier(run_id: str) -> Classifier:
        run = find_run(run_id)
        if run.checkpoint is None:
            raise ModelError(f"The run “{run.name}” has lost its weights. Choose another run.")
        key = (
            run.folder,
            run.checkpoint.name,
            run.checkpoint.stat().st_mtime_ns,
        )  # a run in training gets better weights
        if key not in loaded:
            for old in [other for other in loaded if other[0] == run.folder]:
                del loaded[old]
            while len(loaded) >= NUM_MODELS:
                loaded.popitem(last=False)
            loaded[key] = Classifier(run)
        loaded.move_to_end(key)
        return loaded[key]

    while True:
        try:
            _wait(requests, select.POLLIN, time.monotonic() + idle_seconds)
            header, body = _receive(requests)
        except (_Ended, TimeoutError):
            return
        os.environ["ALEXNET_HOME"] = header["workspace"]
        pictures: list[np.ndarray] = []
        try:
            answers = classifier(header["run"]).classify(_pictures(header["shapes"], body))
            pictures = [answer.seen for answer in answers]
            reply = {
                "probabilities": [answer.probabilities for answer in answers],
                "shapes": [picture.shape for picture in pictures],
            }
        except AppError as error:
            kind = next(word.__name__ for word in type(error).__mro__ if word.__name__ in _ERRORS)
            reply = {"error": kind, "message": str(error)}
        except Exception:
            reply = {"bug": traceback.format_exc()}
        try:
            _send(replies, reply, pictures)
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main(float(sys.argv[1]))
