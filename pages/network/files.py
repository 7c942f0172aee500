"""What a person can take along from the Network page."""

import csv
import io
from dataclasses import replace

from core import config
from core.config import ExperimentConfig
from core.network import picture, presets
from core.network.plan import NetworkPlan


def saved(draft: ExperimentConfig) -> str:
    """Without the folder on this computer, which belongs to nobody else."""
    return config.to_json(replace(draft, photos=replace(draft.photos, source="drawn")))


def drawn(draft: ExperimentConfig, classes: int) -> str:
    title = presets.PRESETS[draft.preset].title
    return picture.whole(picture.stages(draft.network, classes), picture.LIGHT, title)


def table_csv(network: NetworkPlan) -> str:
    """Every layer as one line: name, kind, output shape, parameters, multiply-adds, receptive field and its stride."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("layer", "kind", "output", "parameters", "multiply_adds", "receptive_field", "receptive_stride"))
    for row in network.layers:
        shape = "x".join(str(side) for side in row.output_shape)
        lines.writerow((row.name, row.kind, shape, row.parameters, row.multiply_adds, row.receptive_field, row.receptive_stride))  # fmt: skip
    return text.getvalue()
