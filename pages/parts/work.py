"""Long work as a page shows it: what it is doing, how far it is, how long it takes, and a way to stop it."""

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.config import ExperimentConfig, to_dict
from core.errors import RunError
from core.jobs.job import ENDED, Job, ask, check_id, create_job, find_job, spawn
from core.photos.sources import allowed
from core.runs.run import ACTIVE
from core.text import BYTE_STAGES
from core.workspace.owners import mark_of
from core.workspace.rights import Person, has_admin, is_admin, may_change
from pages import state
from pages.parts import problems, words
from pages.state import Memory

TICK_SECONDS = 0.5
_OVER = (*ENDED, "interrupted", "damaged")
_THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")
_ONE_AT_A_TIME = threading.Lock()  # the second click of a double click runs in a thread of its own beside the first
_STAGES = {
    "downloading": "Downloading",
    "checking": "Checking what was downloaded",
    "unpacking": "Unpacking",
    "waiting": "Waiting for another preparation of the same photos",
    "drawing": "Drawing pets",
    "scanning": "Looking at every photo",
    "comparing": "Looking for copies",
    "splitting": "Dealing photos to training, validation and test",
    "caching": "Making them the network's size",
}


def prepare_photos(visit: Memory, experiment: ExperimentConfig, then_train_as: str | None = None) -> Job:
    """Starts to scan, clean, split and cache photos in a process of their own; chooses the job for this visitor.

    Args:
        experiment: its photos, split and network size are used.
        then_train_as: whose the training is that follows by itself ("" for nobody's); None for no training.

    Raises:
        PhotoError: the photos are not this visitor's to be read.
    """
    roots = readable(visit)
    source = allowed.check_source(experiment.photos.source, state.owner(), roots)
    experiment = replace(experiment, photos=replace(experiment.photos, source=source))
    network, whole = experiment.network, to_dict(experiment)
    request = {
        "owner": mark_of(state.owner()),
        "shared": is_admin(visit.admin_key),
        "roots": None if roots is None else [str(root) for root in roots],
        "photos": whole["photos"],
        "split": whole["split"],
        "cache": {"size": network.input_size, "fit": experiment.photos.fit, "channels": network.input_channels},
    }
    if then_train_as is not None:
        request["then_train"] = {"config": whole, "owner": mark_of(then_train_as)}
    with _ONE_AT_A_TIME:
        job = _job_of(visit)
        if job is None or job.status not in ACTIVE or job.request != request:
            job = create_job("prepare", request)
            _start(job)
            visit.job = job.id
            visit.turn_to("job")
    return job


def readable(visit: Memory) -> tuple[Path, ...] | None:
    """Folders of this computer below which this visitor may have photos read; None for all of them.

    Everything, for the administrator and for whoever uses the app on their own computer alone.
    """
    if is_admin(visit.admin_key) or not is_class():
        return None
    return allowed.allowed_folders()


def is_class() -> bool:
    """Whether others than the person at this computer come to this server: it has an administrator, or an address for others."""
    return has_admin() or st.get_option("server.address") not in _THIS_COMPUTER


def _start(job: Job) -> None:
    spawn("core.runs.engines.from_photos" if "then_train" in job.request else "core.photos.job", job.folder)


def chosen_job() -> Job | None:
    """The job in the address; one that is gone is forgotten."""
    return _job_of(state.memory())


def _job_of(visit: Memory) -> Job | None:
    try:
        return find_job(visit.job) if visit.job else None
    except RunError:
        visit.job = None
        return None


def follow_up() -> bool:
    """What comes after the chosen job: its photos are chosen, and the run that it started.

    The frame calls it on every page, so that it does not matter where the visitor went meanwhile.

    Returns:
        Whether anything changed.
    """
    job = chosen_job()
    if job is None or job.status != "completed":
        return False
    visit, made = state.memory(), job.last or {}
    visit.job = None
    for kind in ("dataset", "run"):
        with suppress(RunError):  # of a damaged event, which names neither
            setattr(visit, kind, check_id(made.get(kind, "")))
    return True


def show_job(job: Job) -> None:
    """Ticks until the job has ended, then everything is drawn once more."""
    live = job.status not in _OVER
    st.fragment(_tick, run_every=TICK_SECONDS if live else None)(job, live)


def _tick(job: Job, live: bool) -> None:
    status = job.status
    if status == "completed" or (live and status in _OVER):  # the rest of the page still says that it is at work
        state.redraw()
    visit = state.memory()
    with st.container(border=True, key="job"):
        problems.show_said("job")
        if status in ("queued", "running"):
            text, fraction = _progress(job)
            st.progress(fraction, text=text)
            if _is_allowed(visit, job):
                st.button("Cancel", icon=":material/close:", on_click=_cancel, args=(visit, job), key="cancel-job")
            return
        if status == "failed":
            message = (job.last or {}).get("message") or "It failed; its worker's log says why."
            st.error(words.plain(str(message)), icon=":material/error:")
        elif status == "stopped":
            st.markdown(
                "Cancelled. Your photos are as they were; what was already downloaded or looked at is remembered."
            )
        else:
            st.warning("The work ended without a last word; its worker.log says why.", icon=":material/power_off:")
        with st.container(horizontal=True):
            if _is_allowed(visit, job):
                st.button("Try again", icon=":material/replay:", on_click=_again, args=(visit, job), key="again-job")
            st.button("Close", on_click=setattr, args=(visit, "job", None), key="close-job")


def _progress(job: Job) -> tuple[str, float]:
    last = job.progress
    if not last.stage:
        return "Starting", 0.0
    done, total = last.done, last.total
    counted = f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB" if last.stage in BYTE_STAGES else f"{done:,} of {total:,}"
    text = f"{_STAGES.get(last.stage, words.plain(last.stage.capitalize()))}: {counted}"
    passed, moved = last.time - last.first_time, done - last.first_done
    if passed > 1 and moved > 0 and done < total:
        text += f" · about {words.duration((total - done) * passed / moved)} left"
    return text, max(0.0, min(1.0, done / total)) if total else 0.0


def _is_allowed(visit: Memory, job: Job) -> bool:
    """A preparation is touched by who asked for it; one of an older version by whose training follows it, else by who has its address."""
    request = job.request
    if "owner" in request:
        owner = request["owner"]
    elif not (owner := request.get("then_train", {}).get("owner", "")):
        return True
    return may_change(Person(state.owner(), is_admin(visit.admin_key)), (owner,))


def _cancel(visit: Memory, job: Job) -> None:
    if not _is_allowed(visit, job):
        return
    with visit.trying("job"):  # a disk that takes nothing more
        ask(job.folder, "stop")


def _again(visit: Memory, job: Job) -> None:
    if not _is_allowed(visit, job):
        return
    roots = readable(visit)  # who asked before may have been the administrator then; the job itself looks
    with visit.trying("job"):
        again = create_job(job.kind, job.request | ({} if roots is None else {"roots": [str(root) for root in roots]}))
        _start(again)
        visit.job = again.id
