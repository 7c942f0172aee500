"""The runs that there are: their list, their ends, and going on with them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.cli.parts.follow import beside, summary, wait
from core.cli.parts.options import as_json, check_one_length
from core.cli.parts.output import emit
from core.errors import AppError

if TYPE_CHECKING:
    from core.runs.run import Run


@click.command()
@as_json
def runs(as_json):
    """List runs, the newest first."""
    from core.runs.store import list_runs

    for run in list_runs():
        if run.damage:
            values = {"run": run.id, "status": "damaged", "reason": run.damage}
            emit(values, as_json, f"{run.id}  {'damaged':12} {run.damage}")
            continue
        values = {**summary(run), "name": run.name, "dataset": run.dataset["name"]}
        test = f"test {values['test_accuracy']:.1%}{beside(run)}" if values["test_accuracy"] is not None else ""
        emit(values, as_json, f"{run.id}  {values['status']:12} {test:30} {run.name}")


@click.command()
@click.argument("run")
@as_json
def stop(run, as_json):
    """Stop RUN: its best epoch is kept and tested. Waits until it has."""
    from core.runs.engines.local import stop_run

    _change(stop_run, run, as_json, to_end=True)


@click.command()
@click.argument("run")
def end(run):
    """End the process of a RUN that does not answer, at once. Its last checkpoint is kept; resume goes on from there."""
    from core.runs.engines.local import end_run
    from core.runs.store import find_run

    silent = find_run(run)
    end_run(silent)
    click.echo(f"The process of {silent.id} is ended; the run is {silent.status}.")


@click.command()
@click.argument("run")
@as_json
def pause(run, as_json):
    """Pause RUN: it writes a checkpoint, ends its process and frees its memory. Waits until it has."""
    from core.runs.engines.local import pause_run

    _change(pause_run, run, as_json, to_end=True)


@click.command()
@click.argument("run")
@click.option("--epochs", type=int, help="Train it longer than it was planned for, a completed one too.")
@click.option("--minutes", type=float, help="The same for a run that was given minutes: how many in all.")
@as_json
def resume(run, epochs, minutes, as_json):
    """Go on with a stopped, paused or interrupted RUN from its last checkpoint, and wait for it."""
    from core.runs.engines.local import extend_run, start_run
    from core.runs.store import find_run

    check_one_length(epochs, minutes)
    is_longer = epochs is not None or minutes is not None
    if not is_longer and find_run(run).status == "completed":
        asked = "minutes in all: --minutes M" if find_run(run).config.training.minutes else "epochs in all: --epochs N"
        raise AppError(f"The run “{run}” is completed. To train it longer, say for how many {asked}.")
    _change((lambda ended: extend_run(ended, epochs, minutes)) if is_longer else start_run, run, as_json)


def _change(change: Callable[["Run"], object], run_id: str, as_json: bool, to_end: bool = False) -> None:
    """Asks a run for something and waits for its last word."""
    from core.runs.store import find_run

    change(find_run(run_id))
    wait(find_run(run_id), as_json, has_asked=to_end)


@click.command()
@click.argument("run")
@as_json
def diagnose(run, as_json):
    """Say what RUN's curve tells so far: what goes wrong, by which numbers, and what to change."""
    from core.advice.diagnosis.diagnose import diagnose_run, quiet
    from core.runs.store import find_run

    asked = find_run(run)
    findings = diagnose_run(asked)
    for finding in findings:
        text = f"{finding.title} ({finding.severity})\n    {finding.evidence}\n    {finding.advice}"
        values = asdict(finding)
        del values["label"]  # the words on a page's button
        emit(values, as_json, text)
    if not findings and not as_json:
        click.echo(quiet(asked.history))
