"""Following a run in the terminal until its last word, and what that word is."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from core.cli.parts.output import emit
from core.cli.parts.terminal import Bar, bar, eta
from core.errors import AppError

if TYPE_CHECKING:
    from core.runs.run import Run


def wait(run: "Run", as_json: bool, has_asked: bool = False) -> None:
    """Shows a run's progress until its last word; Ctrl-C asks it to stop, a second one, or one after asking, only stops looking.

    Raises AppError where the run did not end well, or does not answer what it ``has_asked``.
    """
    from core.runs.engines.local import stop_run

    line, said = Bar(), ""
    while True:
        try:
            for _ in progress(run, line):
                silence = _silence(run)
                if silence and has_asked:
                    line.end()
                    raise AppError(silence)
                if silence and silence != said:
                    line.end()
                    click.echo(silence, err=True)
                said = silence
            break
        except KeyboardInterrupt:
            line.end()
            if has_asked:
                click.echo(f"The run ends by itself: python -m core runs shows it ({run.id}).", err=True)
                sys.exit(1)
            has_asked = True
            if run.is_active:
                stop_run(run)
                click.echo("Stopping: the best epoch is kept and tested.", err=True)
    line.end()
    _say_end(run, as_json)


def _say_end(run: "Run", as_json: bool) -> None:
    """The last word of a run that has ended: its summary, or an AppError."""
    if not run.folder.is_dir():
        raise AppError(f"The run {run.id} is gone: its folder was removed while it was at work. Train it again.")
    values, history = summary(run), run.history
    for notice in history.notices:
        click.echo(notice, err=True)
    match values["status"]:
        case "failed":
            raise AppError(f"The run {run.id} failed: {history.message}")
        case "interrupted":
            raise AppError(_interrupted(run))
        case "damaged":
            raise AppError(
                f"The record of run {run.id} was lost while it was at work. To go on from its last checkpoint: "
                f"python -m core resume {run.id}"
            )
        case "paused":
            sentence = f"Paused. {history.message} To go on: python -m core resume {run.id}"
            click.echo(sentence.replace("  ", " "), err=True)
        case "stopped":
            click.echo(f"Stopped. To go on from here: python -m core resume {run.id}", err=True)
    emit(values, as_json, _summary_sentence(values, beside(run)))


def _interrupted(run: "Run") -> str:
    from core.runs.ends import why_interrupted

    why = why_interrupted(run)
    return (
        f"The worker of run {run.id} ended without a word; {run.folder / 'worker.log'} has its output. "
        + (f"{why} " if why else "")
        + f"To go on from its last checkpoint: python -m core resume {run.id}"
    )


def progress(run: "Run", line: Bar, before: str = "") -> Iterator[None]:
    """Redraws the line, with ``before`` at its front, twice a second while the run is active or about to be."""
    while run.is_active:
        history = run.history
        if history.position:
            line.every(f"{before}waiting for a training slot: {history.position} in line")
        elif history.stage:
            line(before + history.stage, history.done, history.total)
        elif history.step:
            last = history.epochs[-1] if history.epochs else {}
            loss, accuracy = history.batches["loss"][-1:], history.batches["accuracy"][-1:]
            parts = [
                f"{before}epoch {history.epoch}/{history.planned_epochs} {bar(history.fraction)}",
                f"loss {loss[0]:.3f} accuracy {accuracy[0]:.1%}" if loss and accuracy else "",
                f"val_loss {last['val_loss']:.3f} val_accuracy {last['val_accuracy']:.1%}" if last else "",
                f"{history.photos_per_second:,.0f} photos/s {eta(history.eta_seconds)}",
            ]
            line.every(" ".join(part for part in parts if part))
        yield
        time.sleep(0.5)


def _silence(run: "Run") -> str:
    """What is to be said of a run, or of one ahead of it in line, whose process does not answer; "" if all do."""
    from core.runs.engines.local import why_run_is_silent
    from core.runs.store import list_runs

    others = [other for other in list_runs() if other.id != run.id] if run.history.position else []
    for asked in (run, *others):
        if sentence := why_run_is_silent(asked):
            return f"{asked.id}: {sentence} To end its process: python -m core end {asked.id}"
    return ""


def summary(run: "Run") -> dict:
    """The run's summary and what its kept network's accuracy is worth."""
    from core.runs import trust

    score = trust.kept_score(run)
    return {
        **run.summary(),
        "guess_accuracy": score.guess_accuracy if score else None,
        "balanced_accuracy": score.balanced_accuracy if score else None,
    }


def beside(run: "Run") -> str:
    """`` (guessing 50.0 %)``, for behind an accuracy of the run's kept network; nothing where nobody can say."""
    from core.runs import trust

    return trust.in_brackets(trust.kept_score(run))


def _summary_sentence(values: dict, beside: str) -> str:
    if values["val_accuracy"] is None:
        return f"{values['run']}: {values['status']} before it had learned anything."
    if values["test_accuracy"] is None:
        return (
            f"{values['run']}: {values['status']}, best epoch {values['best_epoch']} so far, validation accuracy "
            f"{values['val_accuracy']:.1%}{beside}."
        )
    return (
        f"{values['run']}: {values['status']}, best epoch {values['best_epoch']}, validation accuracy "
        f"{values['val_accuracy']:.1%}, test accuracy {values['test_accuracy']:.1%}{beside}, "
        f"{values['photos_per_second']:,.0f} photos/s."
    )
