"""Photos and then their training as one job: ``python -m core.runs.engines.from_photos JOB_FOLDER``.

A job of kind ``prepare`` as ``core.photos.job`` knows it, with one more part of its request:

    then_train    {"config": the experiment, "owner": mark of the browser that asked, "" for none}

Its completed event carries ``run`` beside ``dataset``. So the training starts whether or not anybody is still looking.
"""

import sys
from pathlib import Path
from typing import Any

from core.config import from_dict
from core.jobs.job import Job, Report, run_job
from core.photos import job as photos_job
from core.photos.dataset import load
from core.runs.engines.local import start_run
from core.runs.store import create_run


def work(job: Job, report: Report) -> dict[str, Any]:
    """Prepares the photos, makes the run and starts its worker. Raises AppError, Cancelled."""
    made = photos_job.work(job, report)
    asked = job.request["then_train"]
    run = create_run(from_dict(asked["config"]), load(made["dataset"]), asked["owner"])
    start_run(run)
    return {**made, "run": run.id}


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1]), work))
