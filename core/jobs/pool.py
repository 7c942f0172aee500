"""Child processes that decode photos, so that a decoder which crashes or hangs costs one file and nothing else.

``concurrent.futures`` gives up its whole pool when one child dies, and ``multiprocessing`` runs the parent's
``__main__`` again in every child. Here a child is plain ``python -m core.jobs.pool module:function``: it reads one
JSON object a line and answers each with one, in order, so the parent knows which file a dead child was holding.
"""

import importlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from core.jobs.job import child_environment
from core.workspace.folders import PROJECT

_MOST_UNBORN = 100  # children ended while they start, before that is taken for a fault that stays
_AHEAD = 4  # tasks a child is given before it has answered, so that it never waits for the parent


class Lost(Exception):
    """A task without an answer: its child died, took too long, or met a bug. ``str()`` says which, as half a sentence."""


def num_workers() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(function: str, tasks: Sequence[dict], timeout_seconds: float = 60.0) -> Iterator[tuple[int, dict | Lost]]:
    """Calls a function on every task, in child processes on all cores.

    A child may be ended by others, for instance where memory is short, while it waits or over a photo that is fine. So a task is
    lost to a crash only once two children have died over it, and a child that dies idle is replaced.

    Close the iterator (``contextlib.closing``) to end the children early; nothing of them is left then.

    Args:
        function: "module:function"; takes a task and returns a dict, both of JSON types.
        tasks: what to do; each a dict of JSON types.
        timeout_seconds: after this long over one task a child is ended and the task is lost.

    Yields:
        (index of the task, its answer or ``Lost``), in the order in which they come.

    Raises:
        RuntimeError: a child cannot even start; that is a bug, not a bad photo.
    """
    if not tasks:
        return
    todo = deque(range(len(tasks)))
    num_left = len(tasks)
    num_unborn = 0
    suspects: set[int] = set()  # a child has died over them once
    children: list[_Child] = []
    with selectors.DefaultSelector() as selector:
        try:
            for _ in range(min(num_workers(), -(-len(tasks) // _AHEAD))):
                children.append(_Child(function, selector))
            while num_left:
                for child in children:
                    child.feed(todo, tasks)
                readable = {key.data for key, _ in selector.select(timeout=0.5)}
                for position, child in enumerate(children):
                    answers, lost = child.collect(child in readable, timeout_seconds)
                    num_left -= len(answers)
                    yield from answers
                    if lost is None and not child.has_died:
                        continue
                    held = list(child.held)
                    num_unborn += not child.is_ready
                    if num_unborn > _MOST_UNBORN:
                        raise RuntimeError(f"{num_unborn} child processes for {function} were ended before they began.")
                    charged = held[:1] if lost is not None else []
                    if child.has_died and not (child.is_ready and suspects.issuperset(charged)):
                        suspects.update(charged if child.is_ready else ())
                        charged = []
                    todo.extendleft(reversed(held[len(charged) :]))
                    child.end()
                    children[position] = _Child(function, selector)
                    for index in charged:
                        num_left -= 1
                        yield index, lost
        finally:
            for child in children:
                child.end()


class _Child:
    def __init__(self, function: str, selector: selectors.BaseSelector):
        self.held: deque[int] = deque()  # tasks given and not answered; the first is the one it works on
        self.has_died = False
        self._function = function
        self._buffer = b""
        self.is_ready = False
        self._since = time.monotonic()
        self._selector = selector
        command, environment = child_command(function)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        selector.register(self._process.stdout, selectors.EVENT_READ, self)

    def feed(self, todo: deque[int], tasks: Sequence[dict]) -> None:
        while todo and len(self.held) < _AHEAD:
            if not self.held:
                self._since = time.monotonic()
            self.held.append(todo.popleft())
            try:
                self._process.stdin.write(json.dumps(tasks[self.held[-1]]).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # it died; collect() reads the end of its output and says so

    def collect(self, readable: bool, timeout_seconds: float) -> tuple[list[tuple[int, dict | Lost]], Lost | None]:
        """Answers that have come, and the reason if the task it works on is lost."""
        answers = []
        if readable:
            data = os.read(self._process.stdout.fileno(), 1 << 16)
            self.has_died = not data
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                self._since = time.monotonic()
                answer = json.loads(line)
                if not self.is_ready:
                    self.is_ready = True
                    continue
                if "bug" in answer:
                    print(
                        answer["bug"], file=sys.stderr
                    )  # ours, not the photo's: it goes to the log with its traceback
                    answer = Lost("the app made a mistake over it, which its log describes")
                answers.append((self.held.popleft(), answer))
        if (
            self.has_died and not self.is_ready and self._process.wait() >= 0
        ):  # below 0: a signal, which comes from others
            raise RuntimeError(f"A child process for {self._function} ended before it began; see the lines above.")
        if self.has_died and self.held:
            return answers, Lost("the program that decodes it crashed")
        if not self.is_ready:  # starting Python is no photo's fault, however busy the machine is
            return answers, None
        if self.held and time.monotonic() - self._since > timeout_seconds:
            return answers, Lost(f"decoding it took over {timeout_seconds:g} seconds")
        return answers, None

    def end(self) -> None:
        if self._process.stdout.closed:
            return
        self._selector.unregister(self._process.stdout)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with suppress(BrokenPipeError):  # a line that it never read
            self._process.stdin.close()


def child_command(function: str) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of a process that says ``{"ready": true}``, then answers tasks with ``function``, a line each."""
    environment = child_environment(PYTHONPATH=os.pathsep.join(_import_path()), OMP_NUM_THREADS="1")
    return [sys.executable, "-m", "core.jobs.pool", function], environment


def _import_path() -> list[str]:
    """Where children look for modules: as the parent does, and this project wherever it was started from."""
    return [str(PROJECT), *(path for path in sys.path if path)]


def _child(function: str) -> None:
    """Answers tasks until the parent closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends its children
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    module, name = function.split(":")
    call = getattr(importlib.import_module(module), name)
    _one_thread()
    # Codecs print warnings about odd files to both; the parent's terminal is not the place for them.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with suppress(BrokenPipeError):  # the parent is gone
        answers.write(b'{"ready": true}\n')
        for line in sys.stdin.buffer:
            try:
                answer = call(json.loads(line))
            except Exception:
                answer = {"bug": traceback.format_exc()}
            answers.write(json.dumps(answer).encode() + b"\n")


def _one_thread() -> None:
    """One core a child: threads inside the codecs would only get in each other's way."""
    import cv2
    from PIL import AvifImagePlugin

    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


if __name__ == "__main__":
    _child(sys.argv[1])
