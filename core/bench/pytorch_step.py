"""PyTorch's step in a process of its own: TensorFlow and PyTorch bring two LLVMs, which cannot live in one.

``python -m core.bench.pytorch_step PRECISION`` reads the network's JSON from its first line of input and answers ``ready``, or ``missing``
where PyTorch is not installed. Every further line is a number of steps; the answer is their photos a second.
"""

# pyright: reportMissingImports=false
# PyTorch is there where somebody has it.

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from core import config
from core.bench.world import BATCH_SIZE
from core.config import ConvBlock, NetworkConfig
from core.machine import num_cores


def main(precision: str) -> None:
    """Serves measurements until its input ends."""
    network = config.from_dict({"network": json.loads(sys.stdin.readline())}).network
    try:
        measure = prepared(network, precision)
    except ImportError:
        print("missing", flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        print(measure(int(line)), flush=True)


def prepared(network: NetworkConfig, precision: str) -> Callable[[int], float]:
    """The step with Adam, channels_last, on one batch of bytes, its first steps made; takes a number of steps, gives photos/s.

    Args:
        network: convolutions, pools and dense layers with relu and dropout, one sigmoid, no normalisation.
        precision: "float32" or "mixed_bfloat16", which is autocast.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch
    from torch import nn

    torch.set_num_threads(num_cores())
    torch.manual_seed(0)
    model = _torch_model(network)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loss_of = nn.BCEWithLogitsLoss()
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (BATCH_SIZE, 224, 224, 3), dtype=np.uint8)).permute(0, 3, 1, 2)
    targets = torch.from_numpy(rng.integers(0, 2, (BATCH_SIZE, 1)).astype(np.float32))

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "mixed_bfloat16"):
            logits = model(images.to(torch.float32).div(255))
        loss = loss_of(logits.float(), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    def measure(num_steps: int) -> float:
        began = time.perf_counter()
        for _ in range(num_steps):
            step()
        return num_steps * BATCH_SIZE / (time.perf_counter() - began)

    measure(3)
    return measure


def _torch_model(network: NetworkConfig):
    """The layers of a plain network, as PyTorch has them: (B, C, H, W) float32 -> (B, 1) logits."""
    import torch
    from torch import nn

    layers, channels, size = [], network.input_channels, network.input_size
    for block in network.blocks:
        if block.normalization != "none" or block.activation != "relu" or block.pool_padding != "valid":
            raise ValueError("The comparison is made for relu without normalisation, and pools without padding.")
        before, after = _padding(block, size)
        if before != after:  # "same" with strides, which PyTorch's convolution does not pad by itself
            layers.append(nn.ZeroPad2d((before, after, before, after)))
        padding = before if before == after else 0
        layers.append(
            nn.Conv2d(channels, block.filters, block.kernel_size, block.strides, padding, groups=block.groups)
        )
        layers.append(nn.ReLU())
        channels, size = block.filters, (size + before + after - block.kernel_size) // block.strides + 1
        if block.pool_size:
            layers.append(nn.MaxPool2d(block.pool_size, block.pool_strides))
            size = (size - block.pool_size) // block.pool_strides + 1
    layers.append(nn.Flatten())
    inputs = channels * size * size
    for dense in network.dense:
        layers += [nn.Linear(inputs, dense.units), nn.ReLU(), nn.Dropout(dense.dropout_rate)]
        inputs = dense.units
    return nn.Sequential(*layers, nn.Linear(inputs, 1)).to(memory_format=torch.channels_last)


def _padding(block: ConvBlock, size: int) -> tuple[int, int]:
    """Rows of zeros before and after a picture of ``size`` rows, as Keras pads."""
    if isinstance(block.padding, int):
        return block.padding, block.padding
    if block.padding == "valid":
        return 0, 0
    total = max(0, (-(-size // block.strides) - 1) * block.strides + block.kernel_size - size)
    return total // 2, total - total // 2


if __name__ == "__main__":
    main(sys.argv[1])
