"""A network that has learned something: what a run has, and what a file that holds a network has. No TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.config import ExperimentConfig
from core.errors import ModelError
from core.runs.calibration import Calibration, from_json
from core.runs.run import Run
from core.training.loop import checkpoint


@dataclass(frozen=True)
class TrainedNetwork:
    """All that a network needs to answer. Where it comes from, whoever asks it need not know.

    Args:
        config: what it was trained with; ``training.precision`` is the policy that it computed in, never "auto".
        class_names: in the order of class_index.
        weights: by name, as ``checkpoint.pack_weights`` packs them: any shapes, float32.
        image_size: side in pixels of the pictures that it learned from. That is less than ``network.input_size`` where training
            began with small pictures and was stopped before they grew.
        calibration: what the end of its training found; None where it has not ended, or an older version trained it.
    """

    config: ExperimentConfig
    class_names: tuple[str, ...]
    weights: Mapping[str, np.ndarray]
    image_size: int
    calibration: Calibration | None = None

    @property
    def num_targets(self) -> int:
        """Classes that its outputs tell apart: those of the answer, and that of outliers where it has one."""
        return len(self.class_names) + self.config.training.has_outlier_output


def load_network(run: Run) -> TrainedNetwork:
    """The network of a run with its kept weights: those of the best epoch, averaged where averaging is on.

    They come from safetensors: nothing in the file is ever executed.

    Raises:
        ModelError: there are no weights, or they are damaged.
    """
    if run.checkpoint is None:
        raise ModelError(
            f"The run “{run.name}” has no trained weights yet. Wait until its first epoch has ended, or choose another run."
        )
    kept = checkpoint.read(run.checkpoint)
    if kept is None:
        raise ModelError(
            f"The weights of the run “{run.name}” are damaged: they are not what was written. "
            "Train it again, or put the file back from a copy."
        )
    config = run.config
    size = kept.state.get("image_size", config.network.input_size)
    if not isinstance(size, int) or not 1 <= size <= config.network.input_size:
        raise ModelError(
            f"The weights of the run “{run.name}” are damaged: they are for pictures of no size. Train it again."
        )
    as_trained = replace(config, training=replace(config.training, precision=run.history.precision or "float32"))
    found = from_json(kept.state.get("calibration"))
    return TrainedNetwork(as_trained, run.class_names, kept.arrays(), size, found)
