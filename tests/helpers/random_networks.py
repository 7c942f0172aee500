"""Networks for tests that compare two ways to the same layers."""

import random

from core.config import ACTIVATIONS, ConvBlock, DenseBlock, NetworkConfig
from core.errors import ConfigError
from core.network.plan import plan


def random_network(draw: random.Random) -> NetworkConfig:
    """A network within the limits, all kinds of layers, few filters, that does not collapse."""
    while True:
        blocks = []
        for _ in range(draw.randint(1, 3)):
            kernel_size = draw.randint(1, 7)
            block = ConvBlock(
                filters=draw.choice([4, 8, 12]),
                kernel_size=kernel_size,
                strides=draw.randint(1, 4),
                padding=draw.choice(["same", "valid", draw.randint(0, kernel_size - 1)]),
                groups=draw.choice([1, 1, 2, 4]) if blocks else 1,
                normalization=draw.choice(["none", "batch", "local_response"]),
                activation=draw.choice(ACTIVATIONS),
                pool_size=draw.choice([0, 0, 1, 2, 3, 4]),
                pool_strides=draw.randint(1, 3),
                pool_padding=draw.choice(["valid", "same"]),
            )
            blocks.append(block)
        dense = [
            DenseBlock(draw.randint(1, 9), draw.choice(["none", "batch"]), "relu", draw.choice([0.0, 0.5]))
            for _ in range(draw.randint(0, 2))
        ]
        network = NetworkConfig(
            input_size=draw.randint(16, 80),
            input_channels=draw.choice([1, 3]),
            rescaling=draw.choice(["zero_to_one", "none"]),
            blocks=tuple(blocks),
            dense=tuple(dense),
            head=draw.choice(["flatten", "average"]),
            output=draw.choice(["sigmoid", "softmax"]),
            initializer=draw.choice(["he_normal", "he_uniform", "glorot_uniform", "gaussian_0.01"]),
        )
        try:
            plan(network)
        except ConfigError:
            continue
        return network
