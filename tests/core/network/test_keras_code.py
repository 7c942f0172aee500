"""The code that a person takes along is run, in a Python that knows nothing of this project."""

import json
import random
import subprocess
import sys

import pytest
from random_networks import random_network

from core.config import ConvBlock, NetworkConfig
from core.network.keras_code import keras_code
from core.network.plan import plan
from core.network.presets import PRESETS, experiment

# Drawing 60 million weights takes seconds and counts nothing.
CHILD = """
import json, sys
import keras, numpy
for kind in ("RandomNormal", "HeNormal", "HeUniform", "GlorotUniform"):
    getattr(keras.initializers, kind).__call__ = lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
made = []
for number, source in enumerate(json.load(sys.stdin)):
    scope = {"__name__": f"taken_along_{number}"}
    exec(compile(source, f"taken_along_{number}.py", "exec"), scope)
    model = scope["model"]
    answer = model(numpy.zeros((1, *model.input_shape[1:]), "uint8"))
    assert answer.dtype == "float32"
    made.append([[layer.name, type(layer).__name__, list(layer.output.shape[1:]), layer.count_params()] for layer in model.layers])
    del model, scope
print(json.dumps(made))
"""


def layers_of(sources: list[str], folder) -> list[list]:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(sources),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout.splitlines()[-1])


def planned(network: NetworkConfig, num_classes: int) -> list[list]:
    return [[row.name, row.kind, list(row.output_shape), row.parameters] for row in plan(network, num_classes).layers]


@pytest.mark.tensorflow
def test_the_code_of_every_preset_and_of_random_networks_makes_their_layers(tmp_path):
    draw = random.Random(11)
    networks = [(experiment(preset).network, 2) for preset in PRESETS]
    networks += [(random_network(draw), draw.choice([2, 3])) for _ in range(16)]
    assert any(block.groups > 1 for network, _ in networks[len(PRESETS) :] for block in network.blocks)
    made = layers_of([keras_code(network, classes) for network, classes in networks], tmp_path)
    for (network, classes), rows in zip(networks, made, strict=True):
        assert rows == planned(network, classes), network


def test_what_a_network_does_not_use_stays_out_of_its_code():
    plain = keras_code(experiment("narrow").network)
    assert "class" not in plain.split("inputs =")[0].split('"""')[2] and "numpy" not in plain
    assert "LocalResponseNormalization" in keras_code(experiment("alexnet-2012").network)
    assert "GroupedConv2D" not in keras_code(experiment("alexnet-2012-ungrouped").network)


def test_layers_of_one_shape_do_not_share_an_initialiser():
    """One object without a seed draws the same numbers each time; a word makes a new one for every layer."""
    source = keras_code(NetworkConfig(blocks=(ConvBlock(8), ConvBlock(8)), dense=(), initializer="gaussian_0.01"))
    assert source.count("keras.initializers.RandomNormal(stddev=0.01)") == 3


@pytest.mark.tensorflow
def test_the_code_answers_as_the_networks_own_model_does(tmp_path):
    """With the same weights the same probabilities: normalisers, groups and rescaling compute the same."""
    import keras
    import numpy as np

    from core.network.build import build

    network = NetworkConfig(
        input_size=20,
        rescaling="minus_two_to_two",
        blocks=(
            ConvBlock(8, 3, padding=2, normalization="local_response", pool_size=2),
            ConvBlock(8, 3, groups=4, normalization="batch", activation="gelu", pool_size=3, pool_padding="same"),
        ),
        dense=(),
        initializer="he_normal",
    )
    scope = {"__name__": "taken_along"}
    exec(compile(keras_code(network, 3), "taken_along.py", "exec"), scope)
    ours, theirs = build(network, 3, seed=4), scope["model"]
    theirs.set_weights(ours.get_weights())
    photos = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    assert isinstance(theirs, keras.Model)
    assert np.allclose(ours(photos), theirs(photos), atol=1e-5)


def test_a_network_that_does_not_work_gives_no_code():
    with pytest.raises(Exception, match="Convolution 1 looks at 31 x 31"):
        keras_code(NetworkConfig(input_size=16, blocks=(ConvBlock(4, 31, padding="valid"),)))
