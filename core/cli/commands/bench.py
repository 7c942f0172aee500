"""How fast this machine is, and what is lost when a training is killed."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.parts.options import as_json
from core.cli.parts.output import emit
from core.cli.parts.terminal import Bar
from core.errors import AppError
from core.parse import real

if TYPE_CHECKING:
    from core.bench.table import LeftOut, Result


@click.command()
@click.option("--only", metavar="ID", help="One row, e.g. loop_vs_step, or those whose ids begin so.")
@click.option(
    "--photos",
    envvar="ALEXNET_TEST_PHOTOS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Real JPEGs in train/val/test folders instead of drawn pets; also read from ALEXNET_TEST_PHOTOS.",
)
@click.option("--faults", is_flag=True, help="Instead: kill a training a hundred times and see what is lost.")
@click.option("--kills", default=100, show_default=True, type=click.IntRange(1), help="How often, with --faults.")
@click.option(
    "--accuracy",
    is_flag=True,
    help="Instead: how good a network is after some minutes, beside other ways. Takes hours.",
)
@click.option(
    "--scale", is_flag=True, help="Instead: how cost grows with photos, runs and epochs, as exponents. Takes an hour."
)
@click.option("--quick", is_flag=True, help="Smaller numbers, with --scale.")
@click.option(
    "--minutes", multiple=True, default=("2", "5", "10", "20"), help="Of the readings, with --accuracy: 2,5,10,20."
)
@click.option("--rows", multiple=True, help="With --accuracy, only these: modern, article, keras, xception, resnet18.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1), help="Of modern, with --accuracy.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --accuracy, the file of readings. [default: in the workspace]",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --accuracy, an SVG to write; prints a table too.",
)
@as_json
def bench(only, photos, faults, kills, accuracy, scale, quick, minutes, rows, seeds, record, picture, as_json):
    """Measure how fast this machine does what matters. Takes up to 20 minutes; leave the machine alone meanwhile."""
    if faults:
        return _show_faults(kills, as_json)
    if scale:
        return _show_scale(quick, only, as_json)
    if accuracy:
        return _show_accuracy(photos, _words(minutes), _words(rows), seeds, record, picture, as_json)
    from core.bench import bench as measure

    _show_rows(measure(only, photos), as_json)


def _show_scale(quick: bool, only: str | None, as_json: bool) -> None:
    from core.bench.scale import scale as measure

    if only not in (None, "photos", "runs", "epochs"):
        raise AppError(f"--scale measures photos, runs and epochs; received --only {only}.")
    _show_rows(measure(quick, only, say=lambda text: click.echo(text, err=True)), as_json)


def _show_rows(rows: "Iterable[Result | LeftOut]", as_json: bool) -> None:
    """A line a row, as each is measured."""
    from core.bench.table import LeftOut

    for row in rows:
        if isinstance(row, LeftOut):
            click.echo(f"{row.row} is left out: {row.reason.rstrip('.')}.", err=True)
            continue
        values = {"row": row.row, "value": round(row.value, 3), "bar": row.bar, "holds": row.holds}
        if row.measured is not None:
            values |= {"measured": round(row.measured[0], 3), "unit": row.measured[1]}
        mark = "holds" if row.holds else "MISSED"
        bar = f"{'<=' if row.at_most else '>='} {row.bar:,g}"
        value = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.3g}"
        emit(values, as_json, f"{row.row:29}{value:>7} {row.unit:9} {bar:8} {mark:7} {row.detail}")


def _words(given: tuple[str, ...]) -> list[str]:
    """An option that may be given several times, and several values at a time: 2,5 or "2 5"."""
    return " ".join(given).replace(",", " ").split()


def _minutes(word: str) -> float:
    try:
        return real(word, 0.01, 1000)
    except ValueError:
        raise AppError(f"--minutes are numbers above 0, such as 2,5,10,20; received “{word}”.") from None


def _show_accuracy(photos, minutes, ways, seeds, record, picture, as_json) -> None:
    from core.bench import accuracy as measure
    from core.bench.table import LeftOut
    from core.bench.world import with_splits
    from core.workspace.folders import workspace

    if photos is None:
        raise AppError("--accuracy needs real photos: name a folder of train, val and test folders with --photos.")
    numbers = [_minutes(word) for word in minutes]
    found = []
    for row in measure.accuracy(
        with_splits(photos),
        record or workspace() / "bench" / "accuracy.jsonl",
        numbers,
        ways or tuple(measure.ROWS),
        seeds,
        say=lambda text: click.echo(text, err=True),
    ):
        if isinstance(row, LeftOut):
            click.echo(f"{row.row} is left out: {row.reason.rstrip('.')}.", err=True)
            continue
        found.append(row)
        values = {"row": row.row, "value": round(row.value, 4), "interval": [round(bound, 4) for bound in row.interval]}
        values |= {"seeds": list(row.seeds)} | ({"bar": row.bar, "holds": row.holds} if row.bar is not None else {})
        mark = "" if row.bar is None else f">= {row.bar:.1%} {'holds' if row.holds else 'MISSED'}"
        low, high = row.interval
        emit(values, as_json, f"{row.row:24}{row.value:>7.1%} ({low:.1%} to {high:.1%}) {mark:16} {row.detail}")
    if picture and found:
        measure.draw(found, picture)
        click.echo(measure.table(found), err=as_json)


def _show_faults(kills: int, as_json: bool) -> None:
    from core.bench.faults import faults

    line = Bar()
    rows = faults(kills, line)
    line.end()
    if not as_json:
        click.echo(f"{'':34}{'tried':>8}{'resumed':>9}{'inside a save':>15}{'most steps lost':>17}{'bit-equal':>11}")
    for row in rows:
        lost = f"{row.most_steps_lost} of {row.interval_steps}"
        equal = "yes" if row.bit_equal else "NO"
        text = f"{row.scenario:34}{row.tried:>8}{row.resumed:>9}{row.inside_save:>15}{lost:>17}{equal:>11}"
        emit({**asdict(row), "holds": row.holds}, as_json, text)
