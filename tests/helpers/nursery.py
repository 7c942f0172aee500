"""Children that are forked from a process which has imported what they need, instead of started and importing it again.

They are processes as any other: of their own pid, children of the test's process, with pipes, crashes and kills as ever. What a start
itself does (arguments, environment, imports) is tested where ``warm_children`` is not used.

``python -m nursery MODULE ...`` is the parent of the children: it imports the modules, then forks whenever it is asked.
"""

import ctypes
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from runpy import run_module

from core.jobs.children import Program, child_environment

# Child of a child: the kernel hands it on to the nearest ancestor that asked for orphans, which is the test's process.
_PR_SET_CHILD_SUBREAPER = 36
HELPERS = str(Path(__file__).parent)
ENVIRONMENT = {"OMP_NUM_THREADS": "1"}  # as core.jobs.pool gives it


class Nursery:
    """One such parent. Safe to use from several threads.

    Args:
        modules: what it imports before it is asked for the first child.
    """

    def __init__(self, *modules: str):
        self._turn = threading.Lock()
        self._asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = os.pathsep.join(dict.fromkeys([HELPERS, os.getcwd(), *filter(None, sys.path)]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "nursery", str(asked.fileno()), *modules],
            pass_fds=[asked.fileno()],
            stdin=subprocess.DEVNULL,
            env=child_environment(PYTHONPATH=path, **ENVIRONMENT),
        )
        asked.close()

    def start(self, program: Program) -> subprocess.Popen:
        """As ``Program.start``, for a program that logs nowhere."""
        question, stdin = os.pipe()
        stdout, answer = os.pipe()
        about = {
            "module": program.module,
            "arguments": program.arguments,
            "environment": child_environment(**program.environment),
            "has_own_session": program.has_own_session,
        }
        with self._turn:
            _adopt(True)
            try:
                socket.send_fds(self._asking, [json.dumps(about).encode()], [question, answer])
                pid = int(self._asking.recv(100) or -1)
            finally:
                _adopt(False)
                os.close(question)
                os.close(answer)
        assert pid > 0, "the nursery died; its last words are above"
        return _started(pid, open(stdin, "wb", buffering=0), open(stdout, "rb", buffering=0))

    def close(self) -> None:
        self._asking.close()
        self._process.wait()


def _adopt(wanted: bool) -> None:
    assert ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0) == 0


def _started(pid: int, stdin, stdout) -> subprocess.Popen:
    """The handle of a child that is ours and that subprocess did not start."""
    process = subprocess.Popen.__new__(subprocess.Popen)
    process.args, process.pid, process.returncode = [sys.executable], pid, None
    process.stdin, process.stdout, process.stderr = stdin, stdout, None
    process._waitpid_lock, process._child_created = threading.Lock(), True
    process._sigint_wait_secs, process._input, process._communication_started = 0.25, None, False
    return process


def _serve(asked: socket.socket) -> None:
    while True:
        about, pipes, *_ = socket.recv_fds(asked, 2**16, 2)
        if not about:
            return
        reading, writing = os.pipe()
        if not (between := os.fork()):
            if child := os.fork():
                os.write(writing, str(child).encode())
                os._exit(0)
            asked.close()
            os.close(reading)
            os.close(writing)
            _live(json.loads(about), *pipes)
        os.waitpid(between, 0)  # from now on the child is the test's
        for pipe in (writing, *pipes):
            os.close(pipe)
        asked.send(os.read(reading, 100))
        os.close(reading)


def _live(about: dict, question: int, answer: int) -> None:
    status = 1
    try:
        if about["has_own_session"]:
            os.setsid()
        os.dup2(question, 0)
        os.dup2(answer, 1)
        os.closerange(3, 3 + max(question, answer))
        os.environ.clear()
        os.environ.update(about["environment"])
        sys.argv = [about["module"], *about["arguments"]]
        warnings.simplefilter("ignore")
        run_module(about["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is pytest's; this one ends with it
    for name in sys.argv[2:]:
        importlib.import_module(name)
    _serve(socket.socket(fileno=int(sys.argv[1])))
