"""From the photos that were typed to the data set that a command works on, and what is said of it on the way."""

import os
from collections.abc import Sequence
from dataclasses import replace

import click

from core.cli.parts.terminal import Bar
from core.config import ExperimentConfig
from core.errors import AppError
from core.text import printable

OUTLIER_FRACTION = 0.25  # of a batch's photos, where --outliers is given and no setting says how many


def with_photos(
    config: ExperimentConfig,
    photos: str,
    joins: Sequence[str] = (),
    only: Sequence[str] = (),
    outliers: str = "",
    also_train: Sequence[str] = (),
) -> ExperimentConfig:
    """The config with its photos taken from a folder or a zip, fetched ("microsoft"), or drawn ("drawn").

    Args:
        joins, only: what ``--join`` and ``--only`` say of their classes; without them it stays as the config has it.
        outliers: what ``--outliers`` names, a class after joining or a folder; a network that is trained gets an output for it.
        also_train: folders of ``--also-train``.

    Raises:
        AppError: there are no such photos, they have no such class, or a text has another form.
    """
    if photos not in ("drawn", "microsoft"):
        from core.photos.sources.walk import located

        photos = os.path.realpath(located(photos))
    if also_train or os.path.isdir(outliers):
        from core.photos.sources.together import OUTLIERS, put_together

        photos = str(put_together(photos, also_train, outliers if os.path.isdir(outliers) else None))
        outliers = OUTLIERS if os.path.isdir(outliers) else outliers
    config = replace(config, photos=replace(config.photos, source=photos))
    if outliers:
        fraction = config.training.outlier_fraction or OUTLIER_FRACTION
        config = replace(
            config,
            photos=replace(config.photos, outliers=outliers),
            training=replace(config.training, outlier_fraction=fraction),
        )
    return _with_classes(config, joins, only) if joins or only else config


def _with_classes(config: ExperimentConfig, joins: Sequence[str], only: Sequence[str]) -> ExperimentConfig:
    from core.photos.layouts.chosen import choice_of
    from core.photos.sources import origins
    from core.photos.sources.walk import find

    if config.photos.source == origins.DRAWN:
        raise AppError(
            "Drawn pets are not joined; which animals are drawn is the setting “Drawn classes”. Choose it with --set."
        )
    members: dict[str, list[str]] = {}
    for text in joins:
        name, equals, classes = text.partition("=")
        if not equals:
            raise AppError(f"Classes are joined as NAME=CLASS,CLASS; received “{printable(text)}”.")
        members.setdefault(name.strip(), []).extend(_names(classes))
    report = Bar()
    class_names = find(origins.fetch(config.photos.source, report).root).class_names
    report.end()
    choice = choice_of(members, [name for text in only for name in _names(text)], class_names)
    return replace(config, photos=replace(config.photos, classes=choice))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


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
