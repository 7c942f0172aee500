"""An experiment and what was chosen, as the parameters of an address and back. No Streamlit.

``?preset=narrow&network.blocks.0.filters=32&run=…``: the preset, what differs from it, and one id a selection.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from core import config, parse
from core.config import ConvBlock, DenseBlock, ExperimentConfig
from core.errors import AppError, ConfigError
from core.jobs.job import check_id
from core.network import presets
from pages.state.drafts import DEFAULT_PRESET, experiment_of
from pages.state.memories import Memory

SELECTIONS = ("dataset", "run", "job", "sweep")
MAX_PARAMETERS = 400  # every setting of the largest network, and the selections
LISTS = {"network.blocks": ConvBlock, "network.dense": DenseBlock}
# A folder on this computer, its classes, the name of one run and the ids of others do not belong into a link for others.
PRIVATE = (
    "name",
    "schema_version",
    "preset",
    "photos.source",
    "photos.classes",
    "photos.outliers",
    "training.teachers",
)


class Asked(NamedTuple):
    """What an address asks for.

    Args:
        draft: the experiment.
        selections: {one of SELECTIONS: id}.
        faults: sentences about what was left at its default.
    """

    draft: ExperimentConfig
    selections: dict[str, str]
    faults: list[str]


def link(visit: Memory) -> dict[str, str]:
    """The address's parameters for the present draft and selections."""
    chosen = {kind: getattr(visit, kind) for kind in SELECTIONS if getattr(visit, kind)}
    return {**_settings_link(visit.draft), **chosen}


@lru_cache(maxsize=256)
def _settings_link(now: ExperimentConfig) -> dict[str, str]:
    """Asked for by every link on a page."""
    parameters = {} if now.preset == DEFAULT_PRESET else {"preset": now.preset}
    base = experiment_of(now.preset)
    for path in LISTS:
        length = len(config.get(now, path))
        if length != len(config.get(base, path)):
            parameters[path] = str(length)
            base = _resized(base, path, length)
    for path, (_, value) in sorted(config.differences(base, now).items()):
        if path not in PRIVATE:
            parameters[path] = _as_text(config.get(now, path) if isinstance(value, list) else value)
    return parameters


def read_link(parameters: dict[str, str]) -> Asked:
    """What an address asks for.

    Args:
        parameters: as ``link`` gives them; a stranger may have written them.
    """
    faults, selections = [], {}
    preset = parameters.get("preset", DEFAULT_PRESET)
    if preset not in presets.PRESETS:
        faults.append(f"There is no preset “{preset[:40]}”; {presets.PRESETS[DEFAULT_PRESET].title} is used instead.")
        preset = DEFAULT_PRESET
    new = experiment_of(preset)
    # a list's length first, so that the paths into it exist
    for path, text in sorted(parameters.items(), key=lambda item: item[0] not in LISTS)[:MAX_PARAMETERS]:
        try:
            if path == "preset":
                continue
            if path in SELECTIONS:
                selections[path] = check_id(text)
            elif path in LISTS:
                new = _resized(new, path, _length(path, text))
            elif path in PRIVATE:
                raise ConfigError(f"{config.name_of(path)} is not taken from a link.")
            else:
                new = config.put(new, path, text)
        except AppError as error:
            faults.append(f"{error} The default is used.")
    if len(parameters) > MAX_PARAMETERS:
        faults.append(
            f"A link has at most {MAX_PARAMETERS} settings; this one has {len(parameters):,} and is read no further."
        )
    return Asked(new, selections, faults)


def _resized(experiment: ExperimentConfig, path: str, length: int) -> ExperimentConfig:
    part, name = path.split(".")
    items = config.get(experiment, path)
    items = (*items[:length], *(LISTS[path]() for _ in range(length - len(items))))
    return replace(experiment, **{part: replace(getattr(experiment, part), **{name: items})})


def _length(path: str, text: str) -> int:
    try:
        length = parse.whole(text)
    except ValueError:
        raise ConfigError(
            f"{config.name_of(path)} in a link is a number of layers; received “{text[:40]}”.", path
        ) from None
    config.check_count(path, length)
    return length


def _as_text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    short = f"{value:.12g}" if isinstance(value, float) else str(value)
    return short if not isinstance(value, float) or float(short) == value else repr(value)
