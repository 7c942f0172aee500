"""The options that several commands take, and the experiment that they add up to."""

from pathlib import Path

import click

from core import config as configs
from core.config import ExperimentConfig
from core.errors import AppError
from core.network import presets

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout, for programs.")
settings = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a setting, e.g. network.blocks.0.filters=32.",
)
preset = click.option("--preset", "preset_id", default="modern", show_default=True, help="Where to start from.")
config_file = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Start from a JSON file instead: a whole configuration, or the config.json of a run.",
)
join = click.option(
    "--join",
    "joins",
    multiple=True,
    metavar="NAME=CLASS,CLASS",
    help="Make one class of several, e.g. cats=Abyssinian,Bengal.",
)
only = click.option("--only", multiple=True, metavar="CLASS,CLASS", help="Use these classes alone, named as joined.")

outliers = click.option(
    "--outliers",
    default="",
    metavar="CLASS|FOLDER",
    help="Pictures of neither, from which the network learns to say so: a class of the photos, or a folder beside them.",
)
also_train = click.option(
    "--also-train",
    multiple=True,
    metavar="FOLDER",
    help="More photos of the same classes to learn from; PHOTOS then has train, val and test, and only they judge.",
)


LENGTHS = ("training.epochs", "training.minutes")


def check_one_length(epochs: int | None, minutes: float | None) -> None:
    """Raises AppError where both are given."""
    if epochs is not None and minutes is not None:
        raise AppError(
            f"A run goes by epochs or by minutes; received --epochs {epochs} and --minutes {minutes:g}. Leave one out."
        )


def experiment(preset_id: str, config_path: Path | None, assignments: tuple[str, ...]) -> ExperimentConfig:
    """The checked experiment of ``--preset`` or ``--config``, changed by each ``--set``; ConfigError says what is wrong."""
    config = _read_config(config_path) if config_path else presets.experiment(preset_id)
    config = configs.put_all(config, list(assignments))
    configs.check(config)
    return config


def _read_config(path: Path) -> ExperimentConfig:
    from core.workspace.files import read_file

    try:
        text = read_file(path, configs.MAX_JSON_LETTERS + 1).decode()
    except (OSError, ValueError) as error:
        raise AppError(
            f"“{path}” cannot be read as text ({error}). Give a JSON file that the app has written."
        ) from None
    config = configs.parse_json(text)
    return configs.from_dict(config.get("config", config) if isinstance(config, dict) else config)
