"""Several trainings that differ in one setting."""

import sys
from typing import TYPE_CHECKING

import click

from core.cli.parts.follow import progress
from core.cli.parts.options import (
    LENGTHS,
    as_json,
    check_one_length,
    config_file,
    experiment,
    join,
    only,
    preset,
    settings,
)
from core.cli.parts.output import emit_json
from core.cli.parts.prepared import prepare, with_photos
from core.cli.parts.terminal import Bar
from core.errors import AppError

if TYPE_CHECKING:
    from core.runs.sweeps.sweep import Row, Sweep


@click.command()
@click.argument("photos")
@preset
@config_file
@settings
@join
@only
@click.option("--vary", metavar="PATH=A,B,...", help="The setting to vary and 2 to 5 values of it.")
@click.option("--augmentation", is_flag=True, help="Instead: once with the augmentation that is set, once without any.")
@click.option("--epochs", type=int, help="Of each training; 12 if nothing else is set.")
@click.option("--minutes", type=float, help="Of each training, instead of epochs.")
@click.option("--seed", type=int, help="Of every training: first weights, order, augmentation, dropout.")
@as_json
def sweep(photos, preset_id, config_path, assignments, joins, only, vary, augmentation, epochs, minutes, seed, as_json):
    """Train the same network on PHOTOS with several values of one setting, one after the other, and compare them.

    Waits for all of them; Ctrl-C cancels the whole. For example:

    python -m core sweep drawn --vary network.blocks.0.filters=16,32,64
    """
    from core.runs.sweeps.sweep import start_sweep
    from core.runs.sweeps.variants import AUGMENTATION, SHORT_EPOCHS, split_values, variants

    if augmentation == bool(vary):
        raise click.UsageError("Give either --vary PATH=A,B,... or --augmentation.")
    path, _, text = (vary or AUGMENTATION).partition("=")
    path, values = path.strip(), split_values(text)
    if seed is not None:
        assignments += (f"training.seed={seed}",)
    if minutes is not None:
        check_one_length(epochs, minutes)
        assignments += (f"training.minutes={minutes}",)
    has_length = any(text.partition("=")[0].strip() in LENGTHS for text in (*assignments, vary or ""))
    if epochs is None and not has_length:
        epochs = SHORT_EPOCHS
    config = with_photos(experiment(preset_id, config_path, assignments), photos, joins, only)
    variants(config, path, values, epochs=epochs)  # what is wrong is said before photos are prepared
    started = start_sweep(config, prepare(config), path, values, epochs=epochs)
    click.echo(f"Sweep {started.id}: {', '.join(started.labels)}", err=True)
    _wait(started)
    _say_end(started, as_json)


def _wait(sweep: "Sweep") -> None:
    """Shows one run after the other until the last has ended; Ctrl-C cancels them all, a second one only stops looking."""
    from core.runs.sweeps.sweep import cancel_sweep

    line, is_cancelled = Bar(), False
    while True:
        try:
            for label, run_id in zip(sweep.labels, sweep.run_ids, strict=True):
                _watch(label, run_id, line)
            return
        except KeyboardInterrupt:
            line.end()
            if is_cancelled:
                click.echo("The trainings end by themselves: python -m core runs shows them.", err=True)
                sys.exit(1)
            is_cancelled = True
            cancel_sweep(sweep)
            click.echo("Cancelling: what waits is struck off, what trains keeps its best epoch and tests it.", err=True)


def _watch(label: str, run_id: str, line: Bar) -> None:
    """Shows a run's progress until it has ended, or is gone."""
    from core.runs.store import find_run

    try:
        for _ in progress(find_run(run_id), line, f"{label}: "):
            pass
    except AppError:  # deleted meanwhile
        return
    finally:
        line.end()


def _say_end(sweep: "Sweep", as_json: bool) -> None:
    """What each run came to, and which is ahead; an AppError where one did not end well."""
    from core.runs.sweeps.verdict import verdict

    rows = sweep.rows()
    if as_json:
        emit_json({"sweep": sweep.id, "runs": [_row_values(row) for row in rows]})
    else:
        for sentence in (*map(_row_sentence, rows), *verdict(sweep, rows)):
            click.echo(sentence)
    lost = [row for row in rows if row.status in ("failed", "interrupted")]
    if lost and (run := lost[0].run):
        message = run.history.message or f"see {run.folder / 'worker.log'}."
        raise AppError(
            f"{len(lost)} of {len(rows)} trainings ended early. {lost[0].label}: {lost[0].status}, {message}"
        )


def _row_values(row: "Row") -> dict:
    return {
        "run": row.run.id if row.run else None,
        "value": row.value,
        "status": row.status,
        "val_accuracy": row.val_accuracy,
        "test_accuracy": row.evaluation.accuracy if row.evaluation else None,
        "best_epoch": row.best_epoch,
    }


def _row_sentence(row: "Row") -> str:
    from core.runs import trust

    parts = [f"{row.label}: {row.status}"]
    if row.val_accuracy is not None:
        parts.append(f"best epoch {row.best_epoch}, validation accuracy {row.val_accuracy:.1%}")
    if row.evaluation:
        low, high = row.evaluation.interval
        beside = trust.beside(row.evaluation.score)
        parts.append(f"test accuracy {row.evaluation.accuracy:.1%} ({low:.1%} to {high:.1%}; {beside})")
    return ", ".join(parts)
