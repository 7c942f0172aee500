"""Scanning and preparing as a job: ``python -m core.photos.job JOB_FOLDER``.

Kinds:

    scan      looks at the folder; the completed event carries the counts of ``CleaningPlan.counts``
    prepare   fetches and unpacks where there is need, makes a data set and, if ``cache`` is given, its pixels; the
              completed event carries ``dataset``, its id

``request`` = ``{"photos": {...}, "split": {...}, "cache": {"size", "fit", "channels"} or null}``, and of who asked:

    owner     mark of the browser
    shared    whether the data set is not theirs but the server's, since the administrator asked
    roots     folders below which they may have photos read; null for one who may read everything
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.config import from_dict
from core.errors import RunError
from core.jobs.job import Job, Report, run_job
from core.photos import cache
from core.photos.checks import clean, overrules, scan
from core.photos.prepare import prepare
from core.photos.sources import allowed, origins


def work(job: Job, report: Report) -> dict[str, Any]:
    """Does what the job asks for. Raises AppError, Cancelled."""
    request = job.request
    config = from_dict({"photos": request["photos"], "split": request.get("split") or {}})
    source = _checked(config.photos.source, request)
    if job.kind == "scan":
        found = scan.scan(origins.fetch(source, report).root, report)
        return clean.plan(found, overrules.load(found.folder)).counts()
    if job.kind != "prepare":
        raise RunError(
            f"A photo job is of kind scan or prepare; received “{job.kind}”. Start it again from the Photos page."
        )
    owner = "" if request.get("shared") else request.get("owner", "")
    photos = replace(config.photos, source=source)
    made = prepare(photos, config.split, report, name=request.get("name") or "", owner=owner)
    wanted = request.get("cache")
    if wanted:
        cache.build(made, wanted["size"], wanted["fit"], wanted.get("channels", 3), report)
    return {"dataset": made.id}


def _checked(source: str, request: dict) -> str:
    """The source, looked at anew: a link may lead elsewhere by now."""
    roots = None if request.get("roots") is None else tuple(Path(root) for root in request["roots"])
    source = allowed.check_source(source, request.get("owner", ""), roots)
    if os.path.isdir(source):
        allowed.check_links(Path(source), roots)
    return source


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1]), work))
