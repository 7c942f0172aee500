"""Child processes that answer questions: how one is started, asked, timed, replaced and ended.

``core.jobs.pool`` asks many at once about the photos of a folder, ``core.photos.files.isolated`` one about photos that come one by
one, ``core.answers.predictor`` one with TensorFlow about its networks. ``core.jobs.serving`` is the other side.

Ours, since ``concurrent.futures`` gives up its whole pool when one child dies, and ``multiprocessing`` runs the parent's
``__main__`` again in every child and speaks pickle, which a child that has read a stranger's file must not.
"""

import fcntl
import os
import re
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from core.errors import AppError, ConfigError, ModelError, NotANumberError, PhotoError, RunError
from core.jobs.messages import Inbox, Message, send
from core.workspace.folders import PROJECT, workspace

_SECRET = re.compile(r"(^|_)(KEYS?|TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASS|CREDENTIALS?)(_|$)", re.IGNORECASE)
_ERRORS = (AppError, PhotoError, ConfigError, RunError, ModelError, NotANumberError)
_MOST_LOG_BYTES = 2**20
_PIPE_BYTES = 2**20


def child_environment(**more: str) -> dict[str, str]:
    """What every process that this program starts is given of the environment: all but secrets, by their names.

    Children decode strangers' files and outlive the server; the administrator's key is none of their business, and neither are
    the passwords and tokens that happen to be set in somebody's shell.

    Args:
        more: set for the child beside it.
    """
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)} | more


def reap(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process in the background, so that nothing is left of it in the system's table once it has ended."""
    threading.Thread(target=process.wait, daemon=True, name=f"reaper of {process.pid}").start()


@dataclass(frozen=True)
class Program:
    """What a child is: ``python -m module arguments``, which calls ``core.jobs.serving.serve``.

    Args:
        environment: set for it beside ``child_environment``.
        has_own_session: whether Ctrl-C in the owner's terminal leaves it alone. One without shares the priority of its owner's
            session, where Linux groups by session: children of a job give way as the job does.
        log_name: a file of the workspace that its stderr goes to; "" leaves it to the owner's.
    """

    module: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    has_own_session: bool = False
    log_name: str = ""

    def start(self) -> subprocess.Popen[bytes]:
        """Starts it, without waiting for anything. Raises OSError where the system has no room for a process."""
        log = _open_log(self.log_name) if self.log_name else None
        try:
            return subprocess.Popen(
                # -P: modules come from the import path, not from where the owner happens to stand
                [sys.executable, "-P", "-m", self.module, *self.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                start_new_session=self.has_own_session,
                env=child_environment(PYTHONPATH=_import_path(), **self.environment),
            )
        finally:
            if log:
                log.close()


def _import_path() -> str:
    """Where children look for modules: as the parent does, and this project wherever it was started from."""
    wanted = [str(PROJECT), *os.environ.get("PYTHONPATH", "").split(os.pathsep), *sys.path]
    return os.pathsep.join(dict.fromkeys(path for path in wanted if path))


def _open_log(name: str) -> BinaryIO:
    path = workspace() / name
    try:
        return open(path, "wb" if path.exists() and path.stat().st_size > _MOST_LOG_BYTES else "ab")
    except OSError:  # a disk that takes nothing is no reason not to answer
        return open(os.devnull, "wb")


class Child:
    """One process of a program, from its start to its end. For one thread at a time.

    ``is_ready`` is true once it has said so; until then it imports.
    """

    def __init__(self, program: Program):
        self._process = program.start()
        self._stdin, self._stdout = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)  # one that hangs must not hold its owner in a write
            _widen(pipe.fileno())
        self._inbox = Inbox(self._stdout.fileno())
        self.is_ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def answers(self) -> BinaryIO:
        """The pipe that its answers come by, to be watched and not to be read."""
        return self._stdout

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, header: dict[str, Any], parts: Sequence[memoryview] = (), deadline: float | None = None) -> None:
        """Asks, without waiting for the answer. Raises as ``core.jobs.messages.send``."""
        send(self._stdin.fileno(), header, parts, deadline)

    def take(self) -> Message | None:
        """The next reply, to be ``opened``; None where none has arrived whole. Raises EOFError once the child is gone."""
        message = self._inbox.take()
        if message is None or self.is_ready:
            return message
        self.is_ready = True
        return self._inbox.take()

    def wait_ready(self, deadline: float) -> None:
        """Until it is ready. Raises TimeoutError, EOFError."""
        if not self.is_ready:
            self._inbox.wait(deadline)
            self.is_ready = True

    def receive(self, deadline: float) -> Message:
        """The reply to a question, to be ``opened``. Raises TimeoutError at the deadline, EOFError if the child dies over it."""
        self.wait_ready(deadline)
        return self._inbox.wait(deadline)

    def kill(self) -> None:
        """Ends it, from any thread; whoever waits for an answer meets EOFError."""
        self._process.kill()

    def wait(self) -> int:
        """Until it has ended by itself, or by others. Returns its exit status, below 0 for a signal."""
        return self._process.wait()

    def end(self) -> int:
        """Ends it and leaves nothing of it, however far it is. Returns its exit status, below 0 for a signal."""
        self._process.kill()
        status = self._process.wait()
        self._stdin.close()
        self._stdout.close()
        return status

    def reap(self) -> None:
        """For one that may end by itself long before anybody looks."""
        reap(self._process)


def _widen(pipe: int) -> None:
    """Room for a photo's pixels in a few turns, not in hundreds: on a busy machine each turn is a wait."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # this user's pipes have all that the system gives
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def opened(message: Message) -> Message:
    """What a child answered. Raises the AppError that the child raised instead, or RuntimeError with the traceback of its bug."""
    header = message.header
    if "bug" in header:
        raise RuntimeError(f"a child process failed:\n{header['bug']}")
    if "error" in header:
        kind = next((kind for kind in _ERRORS if kind.__name__ == header["error"]), AppError)
        error = kind(header["message"])
        vars(error).update(header["fields"])
        raise error
    return Message(header["answer"], message.body)


class NoAnswer(Exception):
    """A question that was not answered, for one of the reasons below; who asked words it."""


class NotYourTurn(NoAnswer):
    """Others were being answered for the whole time."""


class Late(NoAnswer):
    """No answer within the time; the child was ended."""


class Died(NoAnswer):
    """Two children in turn died over it.

    Args:
        status: exit status of the second, below 0 for a signal; None if it could not even be started.
    """

    def __init__(self, status: int | None):
        super().__init__(status)
        self.status = status


class Closed(NoAnswer):
    """``close`` was called."""


class Answerer:
    """One child of a program for all threads, who ask in turn. It is started at the first question, and again whenever it has died.

    Args:
        program: what the child is.
        start_seconds: how long it may take to be ready, before the time of the question counts; None counts both together, and
            writes the question meanwhile.
    """

    def __init__(self, program: Program, start_seconds: float | None = None):
        self._program, self._start_seconds = program, start_seconds
        self.turn = threading.Lock()
        self._guard = threading.Lock()  # of _child and is_closed, never held for long
        self._child: Child | None = None
        self.is_closed = False

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        with self._guard:
            return self._child.pid if self._child is not None and self._child.is_alive else None

    def ask(
        self,
        header: dict[str, Any],
        parts: Sequence[memoryview] = (),
        *,
        timeout_seconds: float,
        turn_seconds: float | None = None,
    ) -> Message:
        """One question and its answer. A child that dies over it is replaced once: others may have ended it, idle or for its memory.

        Args:
            header, parts: of the question.
            timeout_seconds: longest wait for an answer; a child that takes longer is ended.
            turn_seconds: longest wait for a turn; None for no limit.

        Raises:
            NoAnswer: ``NotYourTurn``, ``Late``, ``Died`` or ``Closed``.
            AppError, RuntimeError: as ``opened``.
        """
        if not self.turn.acquire(timeout=-1 if turn_seconds is None else turn_seconds):
            raise NotYourTurn
        try:
            return opened(self._answer_of_two(header, parts, timeout_seconds))
        finally:
            self.turn.release()

    def _answer_of_two(self, header: dict[str, Any], parts: Sequence[memoryview], timeout_seconds: float) -> Message:
        status: int | None = None
        for _ in range(2):
            child: Child | None = None
            try:
                child = self._living_child()
                if self._start_seconds is not None:
                    child.wait_ready(time.monotonic() + self._start_seconds)
                deadline = time.monotonic() + timeout_seconds
                child.send(header, parts, deadline)
                return child.receive(deadline)
            except TimeoutError:
                _ended(child)
                raise Late from None
            except (EOFError, OSError):
                status = _ended(child)
            except BaseException:
                _ended(child)  # the rest of a message that was half read would be taken for the next answer
                raise
        raise Died(status)

    def warm(self) -> None:
        """Starts the child without waiting for it, so that the first answer comes sooner."""
        if self.turn.acquire(blocking=False):  # otherwise somebody is being answered, and it is there already
            try:
                self._living_child()
            finally:
                self.turn.release()

    def close(self) -> None:
        """Ends the child, even in the middle of an answer, and starts no other."""
        with self._guard:
            self.is_closed = True
            child = self._child
        if child is None:
            return
        child.kill()
        # Pipes are closed by who holds the turn: closed under a reader, their numbers may already be another file's.
        with self.turn:
            child.end()

    def _living_child(self) -> Child:
        with self._guard:
            if self.is_closed:
                raise Closed
            if self._child is None or not self._child.is_alive:
                if self._child is not None:
                    self._forgotten.detach()
                    self._child.end()
                    self._child = None
                self._child = Child(self._program)
                self._child.reap()
                # Streamlit drops modules whose files change, and an Answerer with them. Python would keep the process, its
                # stdin open and so the child alive.
                self._forgotten = weakref.finalize(self, self._child.end)
            return self._child


def _ended(child: Child | None) -> int | None:
    return None if child is None else child.end()
