"""The smallest network that can answer, with random weights, kept as training keeps them."""

import keras
import numpy as np

from core.config import ConvBlock, DenseBlock, NetworkConfig
from core.network.build import build
from core.runs.run import Run
from core.training.loop import checkpoint

TINY = NetworkConfig(
    input_size=16,
    blocks=(ConvBlock(filters=4, kernel_size=3, strides=2, pool_size=2),),
    dense=(DenseBlock(units=8, dropout_rate=0.5),),
    head="average",
)


def random_model(run: Run, seed: int = 0) -> keras.Model:
    """The run's network with weights that tell pictures apart; also the statistics of batch normalisation are drawn."""
    model = build(run.config.network, len(run.class_names), seed=seed)
    rng = np.random.default_rng(seed)
    # vectors (biases, variances, scales) stay positive: a variance must be, and a ReLU must not be dead
    model.set_weights([rng.uniform(-1 if w.ndim > 1 else 0.2, 1, w.shape) for w in model.get_weights()])
    return model


def keep(run: Run, model: keras.Model, image_size: int = 16) -> None:
    """Stores a model's weights as the run's best epoch."""
    arrays = checkpoint.pack_weights(model.get_weights())
    checkpoint.save(run.folder / "checkpoints", checkpoint.BEST, arrays, {"epoch": 1, "image_size": image_size})
