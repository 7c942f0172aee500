"""A real server of the app, in a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen
    log: Path


def start_server(workspace: Path, log: Path) -> Server:
    """``streamlit run app.py`` as a person starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"],
            cwd=PROJECT,
            env={**os.environ, "ALEXNET_HOME": str(workspace), "ALEXNET_SPARE": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(f"http://localhost:{port}", process, log)
    except BaseException:
        process.kill()
        raise
    return Server(f"http://localhost:{port}", process, log)


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server does not answer. {log.read_text()}")
