"""From the photos that were typed to the data set that a command works on, and what is said of it on the way."""

import os
from dataclasses import replace

import click

from core.cli.parts.terminal import Bar
from core.config import ExperimentConfig
from core.text import printable


def with_photos(config: ExperimentConfig, photos: str) -> ExperimentConfig:
    """The config with its photos taken from a folder or a zip, fetched ("microsoft"), or drawn ("drawn")."""
    if photos not in ("drawn", "microsoft"):
        from core.photos.sources.walk import located

        photos = os.path.realpath(located(photos))
    return replace(config, photos=replace(config.photos, source=photos))


def prepare(config: ExperimentConfig):
    """The data set of a config, cached for its network."""
    from core.photos.cache import open_cache
    from core.photos.prepare import prepare as prepare_dataset

    report = Bar()
    dataset = prepare_dataset(config.photos, config.split, report)
    network = config.network
    open_cache(dataset, network.input_size, config.photos.fit, network.input_channels, report)
    report.end()
    click.echo(f"{printable(dataset.name)}: {counts_sentence(dataset.summary)}", err=True)
    say_reading(dataset)
    for note in dataset.summary.get("notes", []):
        click.echo(printable(note), err=True)
    return dataset


def say_reading(dataset) -> None:
    """Says on stderr how the folder of a data set was read, and what was ignored."""
    for name in ("reading", "ignored_because"):
        if sentence := dataset.summary.get(name):  # older data sets have none
            click.echo(printable(sentence), err=True)


def counts_sentence(counts: dict[str, int]) -> str:
    return (
        f"{counts['found']:,} files found = {counts['used']:,} used + {counts['converted']:,} converted + "
        f"{counts['left_out']:,} left out + {counts['ignored']:,} ignored."
    )
