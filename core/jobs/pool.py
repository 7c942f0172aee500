"""Child processes that decode photos, so that a decoder which crashes or hangs costs one file and nothing else.

``python -m core.jobs.pool module:function`` is a child: it answers each task with what the function returns, in order, so the parent
knows which file a dead child was holding.
"""

import importlib
import selectors
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

from core.jobs.children import Child, Program, opened
from core.jobs.messages import Message
from core.jobs.serving import Answering, Reply, serve
from core.machine import num_cores

_MOST_UNBORN = 100  # children ended while they start, before that is taken for a fault that stays
_AHEAD = 4  # tasks a child is given before it has answered, so that it never waits for the parent

Task = dict[str, Any]


class Lost(Exception):
    """A task without an answer: its child died, took too long, or met a bug. ``str()`` says which, as half a sentence."""


def run(
    function: str, tasks: Sequence[Task], timeout_seconds: float = 60.0
) -> Generator[tuple[int, dict[str, Any] | Lost], None, None]:
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
    workers: list[_Worker] = []
    with selectors.DefaultSelector() as selector:
        try:
            for _ in range(min(num_cores(), -(-len(tasks) // _AHEAD))):
                workers.append(_Worker(function, selector))
            while num_left:
                for worker in workers:
                    worker.feed(todo, tasks)
                readable = {key.data for key, _ in selector.select(timeout=0.5)}
                for position, worker in enumerate(workers):
                    answers = worker.collect() if worker in readable else []
                    num_left -= len(answers)
                    yield from answers
                    trouble = worker.trouble(timeout_seconds)
                    if trouble is None and not worker.has_died:
                        continue
                    held = list(worker.held)
                    num_unborn += not worker.child.is_ready
                    if num_unborn > _MOST_UNBORN:
                        raise RuntimeError(f"{num_unborn} child processes for {function} were ended before they began.")
                    if worker.has_died and trouble and not (worker.child.is_ready and held[0] in suspects):
                        suspects.update(held[:1] if worker.child.is_ready else ())
                        trouble = None  # others may have ended it: the task gets another child
                    todo.extendleft(reversed(held[1:] if trouble else held))
                    worker.end()
                    workers[position] = _Worker(function, selector)
                    if trouble:
                        num_left -= 1
                        yield held[0], trouble
        finally:
            for worker in workers:
                worker.end()


class _Worker:
    """A child and the tasks that it was given."""

    def __init__(self, function: str, selector: selectors.BaseSelector):
        self.held: deque[int] = deque()  # given and not answered; the first is the one it works on
        self.has_died = False
        self._function, self._selector = function, selector
        self._since = time.monotonic()
        self.child = Child(program(function))
        selector.register(self.child.answers, selectors.EVENT_READ, self)

    def feed(self, todo: deque[int], tasks: Sequence[Task]) -> None:
        while todo and len(self.held) < _AHEAD:
            if not self.held:
                self._since = time.monotonic()
            self.held.append(todo.popleft())
            try:
                self.child.send(tasks[self.held[-1]])
            except BrokenPipeError:
                return  # it died; collect() meets the end of its answers

    def collect(self) -> list[tuple[int, dict[str, Any] | Lost]]:
        """Answers that have come."""
        answers: list[tuple[int, dict[str, Any] | Lost]] = []
        was_ready = self.child.is_ready
        try:
            while (message := self.child.take()) is not None:
                answers.append((self.held.popleft(), _answer(message)))
        except EOFError:
            self.has_died = True
        if answers or self.child.is_ready != was_ready:
            self._since = time.monotonic()
        return answers

    def trouble(self, timeout_seconds: float) -> Lost | None:
        """The reason if the task that it works on is lost."""
        if self.has_died and not self.child.is_ready and self.child.wait() >= 0:  # a signal comes from others
            raise RuntimeError(f"A child process for {self._function} ended before it began; see the lines above.")
        if self.has_died and self.held:
            return Lost("the program that decodes it crashed")
        if not self.child.is_ready:  # starting Python is no photo's fault, however busy the machine is
            return None
        if self.held and time.monotonic() - self._since > timeout_seconds:
            return Lost(f"decoding it took over {timeout_seconds:g} seconds")
        return None

    def end(self) -> None:
        if not self.child.answers.closed:
            self._selector.unregister(self.child.answers)
            self.child.end()


def _answer(message: Message) -> dict[str, Any] | Lost:
    try:
        return opened(message).header
    except Exception as error:  # ours, not the photo's: it goes to the log with its traceback
        print(error, file=sys.stderr)
        return Lost("the app made a mistake over it, which its log describes")


def program(function: str, module: str = "core.jobs.pool") -> Program:
    """A child that decodes.

    Args:
        function: "module:function", what it calls.
        module: what it runs as.
    """
    return Program(module, (function,), {"OMP_NUM_THREADS": "1"})


def find_function(name: str) -> Callable[..., Any]:
    """The function of "module:function", with libraries that decode kept to one thread: in a child, which has one core.

    Threads inside the codecs would only get in each other's way.
    """
    module, _, function = name.partition(":")
    found = getattr(importlib.import_module(module), function)
    import cv2
    from PIL import AvifImagePlugin

    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    return found


def _prepare(function: str) -> Answering:
    call = find_function(function)

    def answering(task: Message) -> Reply:
        return call(task.header), ()

    return answering


if __name__ == "__main__":
    # Codecs print warnings about odd files; the parent's terminal is not the place for them.
    serve(lambda: _prepare(sys.argv[1]), is_mute=True)
