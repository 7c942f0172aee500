"""A run is a job with a config, a history and checkpoints. No TensorFlow."""

from core.jobs.rights import has_admin, is_admin
from core.runs.ends import batch_size_that_fits, why_interrupted
from core.runs.engines.local import (
    end_run,
    extend_run,
    pause_run,
    revive_waiting,
    start_run,
    stop_run,
    why_run_is_silent,
)
from core.runs.engines.warm import ensure_spare
from core.runs.history import History, read_history
from core.runs.store import (
    ACTIVE,
    Run,
    best_to_ask,
    create_run,
    delete_run,
    find_run,
    list_runs,
    may_control,
    newest_completed,
)

__all__ = [
    "ACTIVE",
    "History",
    "Run",
    "batch_size_that_fits",
    "best_to_ask",
    "create_run",
    "delete_run",
    "end_run",
    "ensure_spare",
    "extend_run",
    "find_run",
    "has_admin",
    "is_admin",
    "list_runs",
    "may_control",
    "newest_completed",
    "pause_run",
    "read_history",
    "revive_waiting",
    "start_run",
    "stop_run",
    "why_interrupted",
    "why_run_is_silent",
]
