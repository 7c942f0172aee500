"""Scanning and preparing as a job: ``python -m core.photos.job JOB_FOLDER``.

Kinds:

    scan      looks at the folder; the completed event carries the counts of ``CleaningPlan.counts``
    prepare   fetches and unpacks where there is need, makes a data set and, if ``cache`` is given, its pixels; the
              completed event carries ``dataset``, its id

``request`` = ``{"photos": {...}, "split": {...}, "cache": {"size", "fit", "channels"} or null}``
"""

import sys
from pathlib import Path

from core.config import from_dict
from core.errors import RunError
from core.jobs import Job, Report, run_job
from core.photos import cache, clean, dataset, origins, overrules, scan


def work(job: Job, report: Report) -> dict:
    """Does what the job asks for. Raises AppError, Cancelled."""
    request = job.request
    config = from_dict({"photos": request["photos"], "split": request.get("split") or {}})
    if job.kind == "scan":
        found = scan.scan(origins.fetch(config.photos.source, report).root, report)
        return clean.plan(found, overrules.load(found.folder)).counts()
    if job.kind != "prepare":
        raise RunError(
            f"A photo job is of kind scan or prepare; received “{job.kind}”. Start it again from the Photos page."
        )
    made = dataset.prepare(config.photos, config.split, report, name=request.get("name") or "")
    wanted = request.get("cache")
    if wanted:
        cache.build(made, wanted["size"], wanted["fit"], wanted.get("channels", 3), report)
    return {"dataset": made.id}


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1]), work))
