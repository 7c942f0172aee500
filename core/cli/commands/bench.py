"""How fast this machine is, and what is lost when a training is killed."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.parts.options import as_json
from core.cli.parts.output import emit
from core.cli.parts.terminal import Bar


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
@as_json
def bench(only, photos, faults, kills, as_json):
    """Measure how fast this machine does what matters. Takes up to 20 minutes; leave the machine alone meanwhile."""
    if faults:
        return _show_faults(kills, as_json)
    from core.bench import bench as measure
    from core.bench.table import LeftOut

    for row in measure(only, photos):
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
