"""A run is a job with a config, a history and checkpoints. No TensorFlow."""

from core.runs.engines.local import revive_waiting, start_run, stop_run
from core.runs.history import History, read_history
from core.runs.store import ACTIVE, Run, create_run, delete_run, find_run, list_runs, newest_completed

__all__ = [
    "ACTIVE",
    "History",
    "Run",
    "create_run",
    "delete_run",
    "find_run",
    "list_runs",
    "newest_completed",
    "read_history",
    "revive_waiting",
    "start_run",
    "stop_run",
]
