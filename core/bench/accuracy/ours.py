"""The app's own way: ``python -m core train FOLDER --minutes M`` in a workspace that knows nothing yet, as on a person's first day."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.errors import AppError
from core.jobs.children import child_environment
from core.workspace.folders import PROJECT
from core.workspace.tables import csv_rows

FEWEST_SECONDS = 10.0  # of training: where scanning took the rest, the app would refuse less


def train_ours(photos: Path, seed: int, minutes: float) -> dict:
    """Scans, prepares and trains for so long in all, and gives the fields of a reading.

    Raises:
        AppError: the run did not end well.
    """
    with tempfile.TemporaryDirectory(prefix="alexnet-accuracy-") as home:
        environment = child_environment(ALEXNET_HOME=home, ALEXNET_SPARE="0")
        began = time.time()
        _core(environment, "prepare", str(photos))
        left = max(FEWEST_SECONDS, minutes * 60 - (time.time() - began)) / 60
        asked = ["--preset", "modern", "--minutes", f"{left:.3f}", "--seed", str(seed)]
        said = _core(environment, "train", str(photos), *asked, *_plain_processor())
        seconds = time.time() - began
        run = json.loads(said.splitlines()[-1])
        folder = Path(home) / "runs" / run["run"]
        num_photos = _num_tested(folder)
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        epochs = [event["epoch"] for event in events if event["kind"] == "epoch"]
    return {
        "minutes": minutes,
        "correct": round(run["test_accuracy"] * num_photos),
        "total": num_photos,
        "seconds": round(seconds, 1),
        "epoch": epochs[-1] if epochs else 0,
    }


def is_held_back() -> bool:
    """Whether oneDNN is told to compute as on a processor without AVX512, so that two machines compare."""
    return os.environ.get("ONEDNN_MAX_CPU_ISA") == "AVX2"


def _plain_processor() -> list[str]:
    return ["--set", "training.precision=float32"] if is_held_back() else []


def _num_tested(folder: Path) -> int:
    return sum(1 for _ in csv_rows(folder / "predictions.csv"))


def _core(environment: dict[str, str], *arguments: str) -> str:
    """What a command of the app prints as JSON."""
    command = [sys.executable, "-m", "core", *arguments, "--json"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AppError(f"“{arguments[0]}” ended with status {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout
