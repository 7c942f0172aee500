"""A child's side: it says that it is ready, then answers one question after the other. ``core.jobs.children`` is its owner's."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from core.errors import AppError
from core.jobs.messages import Inbox, Message, send

Reply = tuple[dict[str, Any], Sequence[memoryview]]
Answering = Callable[[Message], Reply]


def serve(
    prepare: Callable[[], Answering], niceness: int = 0, idle_seconds: float | None = None, is_mute: bool = False
) -> None:
    """Answers until stdin closes, so that a child cannot outlive its owner. Questions come in on stdin, answers go out on stdout.

    Args:
        prepare: imports what the work needs; returns what answers: a question -> (header, parts) of its reply. AppErrors arrive at
            who asked, as any other exception does, which is a bug.
        niceness: by how much this process gives way to its owner.
        idle_seconds: after this long without a question it ends too.
        is_mute: whether what libraries print from the first question on goes nowhere. It never gets between the answers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle; it ends its children
    questions, answers = os.dup(0), os.dup(1)
    os.set_blocking(questions, False)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    os.nice(niceness)
    answering = prepare()
    if is_mute:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    os.close(nowhere)
    inbox = Inbox(questions)
    with suppress(BrokenPipeError, EOFError, TimeoutError):  # the owner is gone, or nobody asks
        send(answers, {"ready": True})
        while True:
            question = inbox.wait(None if idle_seconds is None else time.monotonic() + idle_seconds)
            send(answers, *_reply_to(question, answering))


def _reply_to(question: Message, answering: Answering) -> Reply:
    try:
        header, parts = answering(question)
        return {"answer": header}, parts
    except AppError as error:
        kind = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == AppError.__module__)
        fields = {
            name: value for name, value in vars(error).items() if isinstance(value, (str, int, float, type(None)))
        }
        return {"error": kind, "message": str(error), "fields": fields}, ()
    except Exception:
        return {"bug": traceback.format_exc()}, ()
