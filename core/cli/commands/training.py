"""What a training will take, and the training itself."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.cli.parts.follow import wait
from core.cli.parts.options import (
    also_train,
    as_json,
    check_one_length,
    config_file,
    experiment,
    join,
    only,
    outliers,
    preset,
    settings,
)
from core.cli.parts.output import emit
from core.cli.parts.prepared import prepare, with_photos
from core.cli.parts.terminal import Bar
from core.config import ExperimentConfig
from core.errors import AppError

if TYPE_CHECKING:
    from core.photos.dataset import Dataset


@click.command()
@click.argument("folder")
@preset
@config_file
@settings
@join
@only
@outliers
@also_train
@click.option("--measure", is_flag=True, help="Let the network train for some seconds first, and keep what that shows.")
@as_json
def forecast(folder, preset_id, config_path, assignments, joins, only, outliers, also_train, measure, as_json):
    """Say what training on FOLDER (or "drawn") will take: memory, seconds an epoch, seconds in all."""
    from core.training.forecast.forecast import forecast as forecast_run
    from core.training.forecast.outlook import outlook

    config = with_photos(experiment(preset_id, config_path, assignments), folder, joins, only, outliers, also_train)
    dataset = prepare(config)
    if measure:
        _measure(config, dataset)
    expected = forecast_run(config, dataset.split_sizes, len(dataset.class_names))
    device = outlook(config.training.precision)
    emit({**asdict(expected), "device": device.device}, as_json, f"{expected.sentence}\n{device.sentence}")


def _measure(config: ExperimentConfig, dataset: "Dataset") -> None:
    """Waits for a measurement; Ctrl-C cancels it."""
    from core.jobs.job import ask
    from core.training.process.calibrate import start_measuring

    job, line = start_measuring(config, dataset), Bar()
    try:
        while job.status in ("queued", "running"):
            last = job.last or {}
            if last.get("kind") == "progress":
                line(last["stage"], last["done"], last["total"])
            time.sleep(0.2)
    except KeyboardInterrupt:
        ask(job.folder, "stop")
        click.echo("Cancelled; what was measured before still counts.", err=True)
        sys.exit(1)
    finally:
        line.end()
    if job.status != "completed":
        message = (job.last or {}).get("message")
        raise AppError(message or f"The measurement ended early; see {job.folder / 'worker.log'}.")


@click.command()
@click.argument("photos")
@preset
@config_file
@settings
@join
@only
@outliers
@also_train
@click.option("--epochs", type=int, help="Same as --set training.epochs=N.")
@click.option("--minutes", type=float, help="Same as --set training.minutes=M: as many epochs as fit into so long.")
@click.option("--seed", type=int, help="Same as --set training.seed=S: first weights, order, augmentation, dropout.")
@click.option("--name", default="", help="What the run is called in lists.")
@as_json
def train(
    photos, preset_id, config_path, assignments, joins, only, outliers, also_train, epochs, minutes, seed, name, as_json
):
    """Train a network on PHOTOS (as prepare takes them) and wait for it. Ctrl-C stops it cleanly; what it has learned is kept."""
    from core.runs.engines.local import start_run
    from core.runs.store import create_run

    check_one_length(epochs, minutes)
    if epochs is not None:
        minutes = 0.0
    given = {"training.epochs": epochs, "training.minutes": minutes, "training.seed": seed, "name": name or None}
    for path, value in given.items():
        if value is not None:
            assignments += (f"{path}={value}",)
    config = with_photos(experiment(preset_id, config_path, assignments), photos, joins, only, outliers, also_train)
    run = create_run(config, prepare(config))
    click.echo(f"Run {run.id}", err=True)
    start_run(run)
    wait(run, as_json)
