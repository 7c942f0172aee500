"""One small process with TensorFlow that answers the questions of all visitors in turn.

The server talks to it through a ``Predictor``; this side imports no TensorFlow. ``python -m core.answers.predictor IDLE_SECONDS`` is
the process. It is given decoded pixels, never a stranger's file. It ends when its stdin closes, so it cannot outlive the server,
and after ten idle minutes, which gives its memory back.

A question has a verb (``QUESTIONS``), a workspace, a run of it, and pictures; its reply has pictures too.
"""

import os
import signal
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ModelError, RunError
from core.jobs.children import Answerer, Closed, Died, Late, NotYourTurn, Program
from core.jobs.messages import Message
from core.jobs.serving import Answering, Reply, serve
from core.machine import prepare_environment
from core.runs.evaluation import Answer
from core.runs.run import Run
from core.runs.store import find_run
from core.workspace.folders import workspace

if TYPE_CHECKING:
    from core.answers.classify import Classifier

IDLE_SECONDS = 600
TIMEOUT_SECONDS = 180  # the first answer also waits for TensorFlow, beside a training that takes all cores
MAX_FRAME_BYTES = 64 * 2**20  # more photos than this are asked about in turns: bounded memory, and others get theirs
NUM_MODELS = 3
NICENESS = 5
LOG_NAME = "predictor.log"  # in the workspace


class Predictor:
    """Asks the child process, and starts it when it is needed. Safe to share between threads; one request at a time.

    Args:
        timeout_seconds: longest wait, for a turn and then for an answer; the child is ended when it takes longer.
        idle_seconds: after this long without a question the child ends; the next question starts another.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS, idle_seconds: float = IDLE_SECONDS):
        self.timeout_seconds = timeout_seconds
        self.child = Answerer(
            Program(
                "core.answers.predictor",
                (str(idle_seconds),),
                # On the processor only: a few photos are quick there, and the card's memory stays with the training.
                {"CUDA_VISIBLE_DEVICES": ""},
                has_own_session=True,  # Ctrl-C in the server's terminal ends the server, and that ends the child
                log_name=LOG_NAME,  # TensorFlow's chatter does not fill the server's terminal
            )
        )

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
            reply = self._ask("classify", run_id, group)
            seen = _pictures(reply)
            says = zip(reply.header["probabilities"], seen, reply.header["neither"], strict=True)
            answers += [Answer(*answer) for answer in says]
        return answers

    def warm(self) -> None:
        """Starts the process without waiting for it, so that the first answer comes sooner."""
        try:
            self.child.warm()
        except Closed:
            raise _closing() from None

    def close(self) -> None:
        """Ends the process, even in the middle of an answer; a question after this raises RunError."""
        self.child.close()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self.child.pid

    def _ask(self, verb: str, run_id: str, images: Sequence[np.ndarray]) -> Message:
        """One exchange: a verb of ``QUESTIONS`` about a run and pictures. Raises RunError, ModelError."""
        parts = [np.ascontiguousarray(image).data for image in images]
        header = {
            "verb": verb,
            "workspace": str(workspace()),
            "run": run_id,
            "shapes": [image.shape for image in images],
        }
        seconds = self.timeout_seconds
        try:
            return self.child.ask(header, parts, timeout_seconds=seconds, turn_seconds=seconds)
        except NotYourTurn:
            raise ModelError(
                f"Others have been asking for {seconds:.0f} seconds and it is not your turn yet. Try again in a minute."
            ) from None
        except Late:
            raise ModelError(
                f"The network has not answered within {seconds:.0f} seconds. Is this computer very busy? "
                "Try again with fewer photos, or when the training has ended."
            ) from None
        except Died as end:
            raise ModelError(
                f"The process that asks the network ended twice without an answer ({_why(end.status)}). Its last words stand in "
                f"{workspace() / LOG_NAME}. Close other programs if memory is short, then try again."
            ) from None
        except Closed:
            raise _closing() from None


_instance: Predictor | None = None
_instance_guard = threading.Lock()


def get_predictor() -> Predictor:
    """The Predictor that all visitors of this server share; a new one if the last was closed."""
    global _instance
    with _instance_guard:
        if _instance is None or _instance.child.is_closed:
            _instance = Predictor()
        return _instance


def _closing() -> RunError:
    return RunError("The app is closing and answers no more questions. Start it again.")


def _why(status: int | None) -> str:
    if status is None:
        return "it could not be started"
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


def _pictures(message: Message) -> list[np.ndarray]:
    """The uint8 arrays that lie one after the other in a message; their shapes stand in its header."""
    pictures: list[np.ndarray] = []
    start = 0
    for shape in message.header["shapes"]:
        size = int(np.prod(shape))
        pictures.append(np.frombuffer(message.body, np.uint8, size, start).reshape(shape))
        start += size
    return pictures


class _Networks:
    """In the process: the trained networks that were asked last, in memory."""

    def __init__(self):
        # the child alone pays for TensorFlow, and for the reader of weights
        from core.answers.classify import Classifier
        from core.answers.network import load_network

        self._classifier, self._load = Classifier, load_network
        self._loaded: OrderedDict[tuple, Classifier] = OrderedDict()

    def of(self, run_id: str) -> "Classifier":
        """The network of a run with its best weights. Raises RunError, ModelError."""
        run = find_run(run_id)
        key = _key(run)
        if key not in self._loaded:
            for old in [other for other in self._loaded if other[0] == run.folder]:
                del self._loaded[old]
            while len(self._loaded) >= NUM_MODELS:
                self._loaded.popitem(last=False)
            self._loaded[key] = self._classifier(self._load(run))
        self._loaded.move_to_end(key)
        return self._loaded[key]


def _key(run: Run) -> tuple:
    """What changes when a run in training gets better weights."""
    if run.checkpoint is None:
        raise ModelError(f"The run “{run.name}” has lost its weights. Choose another run.")
    return run.folder, run.checkpoint.name, run.checkpoint.stat().st_mtime_ns


def _classify(network: "Classifier", question: Message) -> Reply:
    answers = network.classify(_pictures(question))
    return {
        "probabilities": [answer.probabilities for answer in answers],
        "neither": [answer.is_neither for answer in answers],
        "shapes": [answer.seen.shape for answer in answers],
    }, [np.ascontiguousarray(answer.seen).data for answer in answers]


QUESTIONS: dict[str, Callable[["Classifier", Message], Reply]] = {"classify": _classify}


def _prepare() -> Answering:
    prepare_environment()
    networks = _Networks()

    def answering(question: Message) -> Reply:
        header: dict[str, Any] = question.header
        os.environ["ALEXNET_HOME"] = header["workspace"]
        return QUESTIONS[header["verb"]](networks.of(header["run"]), question)

    return answering


if __name__ == "__main__":
    serve(_prepare, NICENESS, idle_seconds=float(sys.argv[1]))
