"""The command line, asked in this process or as one of its own."""

import signal
import subprocess
import sys

from click.testing import CliRunner, Result

from core.cli.main import main
from core.workspace.folders import PROJECT

# A network that trains for an epoch in seconds.
SMALL = [
    *("--set", "network.input_size=32", "--set", "network.blocks.0.filters=8", "--set", "training.batch_size=8"),
    *("--set", "training.start_size_fraction=1", "--set", "training.end_size_fraction=1"),
]


def invoke(*arguments) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="python -m core")


def command(*arguments, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background lets them ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )
