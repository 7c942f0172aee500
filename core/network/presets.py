"""The experiments people ask for by name, as partial ExperimentConfigs.

A preset holds what makes it itself and says where its numbers come from; everything else has the default of
``core.config``. Layers follow the sources exactly. Training settings of the historical networks follow their sources
where this app has the setting, and a comment says where it has not.
"""

import difflib
from dataclasses import dataclass
from typing import Any

from core.config import ExperimentConfig, overlay
from core.errors import ConfigError


@dataclass(frozen=True)
class Preset:
    """A named experiment.

    Args:
        id: for the command line, links and ``ExperimentConfig.preset``.
        title: for lists.
        summary: two sentences: what it is, and what to expect or to know.
        source: where its numbers come from.
        overlay: partial ExperimentConfig, as ``core.config.overlay`` takes it.
    """

    id: str
    title: str
    summary: str
    source: str
    overlay: dict[str, Any]


def _conv(filters: int, kernel_size: int, strides: int = 1, **others: Any) -> dict[str, Any]:
    return {"filters": filters, "kernel_size": kernel_size, "strides": strides, "normalization": "none", **others}


def _dense(units: int, **others: Any) -> dict[str, Any]:
    return {"units": units, "normalization": "none", **others}


# Overlapping pools, as all AlexNets have them (Krizhevsky et al. 2012 section 3.4).
POOL = {"pool_size": 3, "pool_strides": 2}

MODERN_POOL = {**POOL, "pool_padding": "same"}

# What was not yet done, or not by the article: stated, so that the modern defaults do not slip in.
PLAIN_TRAINING = {
    "schedule": "constant",
    "warmup_fraction": 0.0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "mixup_alpha": 0.0,
    "ema_fraction": 0.0,
    "gradient_clip": 0.0,
    "start_size_fraction": 1.0,
}

# Krizhevsky et al. 2012 section 5. They divided the rate by ten whenever validation stalled; here it stays.
ALEXNET_TRAINING = {
    **PLAIN_TRAINING,
    "optimizer": "sgd",
    "momentum": 0.9,
    "learning_rate": 0.01,
    "weight_decay": 0.0005,
    "batch_size": 128,
    "epochs": 90,
}

# Section 4.1: 224 x 224 windows anywhere in 256 x 256 pictures (an eighth cut away), mirrored; then the colours of
# each picture shifted along their principal components by about a tenth, for which the colour cast stands in.
ALEXNET_AUGMENT = {
    "zoom_in_fraction": 0.125,
    "crop_anywhere": True,
    "horizontal_flip": True,
    "channel_gain_fraction": 0.1,
}

NARROW = Preset(
    id="narrow",
    title="Narrow AlexNet",
    summary=(
        "The article's AlexNet with a quarter of the filters, Adam at 0.001 and mild augmentation: shear by up to a "
        "slope of 0.2 (11 degrees; Keras' own shear_range=0.2 would be 0.2 degrees), zoom by 20 % and mirroring. "
        "On real photos it usually stays at 50 %, and finding out why is the lesson."
    ),
    source=(
        "Layers: Krizhevsky et al. 2012, section 3.5, filters divided by 4, without its normalisation. "
        "Initialiser, optimizer and rescaling: Keras' defaults."
    ),
    overlay={
        "augment": {
            # Keras' shear_range=.2, read as the slope its users mean: atan(.2) = 11.3 degrees.
            "shear_degrees": 11.0,
            "zoom_in_fraction": 0.2,
            "zoom_out_fraction": 0.2,
            "horizontal_flip": True,
            "fill_mode": "nearest",
        },
        "network": {
            "input_size": 224,
            "rescaling": "zero_to_one",
            "blocks": [
                _conv(24, 11, 4, **POOL),
                _conv(64, 5, **POOL),
                _conv(96, 3),
                _conv(96, 3),
                _conv(64, 3, **POOL),
            ],
            "dense": [_dense(512), _dense(512)],
            "head": "flatten",
            "initializer": "glorot_uniform",
        },
        "training": {**PLAIN_TRAINING, "optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 25},
    },
)

# The default everywhere. To change the recipe, change this one value.
MODERN = Preset(
    id="modern",
    title="Modern AlexNet",
    summary=(
        "Five convolutions and three dense layers with what was learned since: batch normalisation, He's initialiser, a "
        "smaller stem, an average instead of the large dense layer, strong augmentation, AdamW with warm-up and a cosine, "
        "small pictures first, averaged weights. It learns in a dozen epochs and goes on improving for a hundred."
    ),
    source=(
        "The shape of Krizhevsky et al. 2012, section 3.5; Ioffe and Szegedy 2015 (batch normalisation); He et al. 2015, "
        "section 2.2 (initialiser); Lin et al. 2014, section 3.2 (average); Loshchilov and Hutter 2019 (AdamW). Widths and "
        "strengths were measured on the 2,000 photos that docs/measurements.md names."
    ),
    overlay={
        "augment": {
            "shear_degrees": 8.5,  # slope .15
            "zoom_in_fraction": 0.5,  # a window of a quarter of the area
            "zoom_out_fraction": 0.05,
            "aspect_fraction": 0.23,  # 2 ** .3
            "rotation_degrees": 11.5,  # .2 radians
            "crop_anywhere": True,
            "horizontal_flip": True,
            "brightness_fraction": 0.15,
            "contrast_fraction": 0.25,
            "channel_gain_fraction": 0.2,
            "channel_shift": 12.0,
            "gray_probability": 0.15,
            "erase_probability": 0.25,
            "erase_fraction": 0.4,
            "fill_mode": "reflect",
        },
        "network": {
            "input_size": 224,
            "rescaling": "minus_two_to_two",
            "blocks": [
                {"filters": 24, "kernel_size": 7, "strides": 4, **MODERN_POOL},
                {"filters": 64, "kernel_size": 3, **MODERN_POOL},
                {"filters": 128, "kernel_size": 3},
                {"filters": 128, "kernel_size": 3, **MODERN_POOL},
                {"filters": 192, "kernel_size": 3},
            ],
            "dense": [{"units": 256, "dropout_rate": 0.3}, {"units": 256, "dropout_rate": 0.3}],
            "head": "average",
            "initializer": "he_normal",
        },
        "training": {
            "optimizer": "adamw",
            "learning_rate": 0.002,
            "weight_decay": 0.05,
            "schedule": "cosine",
            "warmup_fraction": 0.05,
            "label_smoothing": 0.05,
            "ema_fraction": 0.04,
            "start_size_fraction": 0.57,  # 128, 160 and 192 pixels: most of the run costs a third of full size
            "end_size_fraction": 0.86,
            "calm_epochs": 20,  # also all of a short run: strong augmentation only pays in long ones
            "batch_size": 32,  # 64 is a tenth faster, but halves the steps, which short runs need: 69 instead of 77 % on drawn pets
            "epochs": 140,
        },
    },
)

# The first network of whoever has just come: the shortest way to one that has learned something (bench row first_network_seconds).
FIRST = Preset(
    id="first",
    title="First network",
    summary=(
        "A small AlexNet for small pictures: few filters, a stem of stride 2, mild augmentation, and Muon, which needs few epochs. "
        "It learns drawn pets in a minute or two; for photos, Modern AlexNet sees more."
    ),
    source=(
        "The shape of Krizhevsky et al. 2012, section 3.5, with what Modern AlexNet has; Jordan et al. 2024 (Muon). Widths, strengths "
        "and rate were tried on 2,000 drawn pets and validated on others."
    ),
    overlay={
        "photos": {"num_drawn": 1250, "drawn_size": 128},
        "split": {"train": 0.8, "val": 0.08, "test": 0.12},
        "augment": {
            "shear_degrees": 2.5,
            "zoom_in_fraction": 0.15,
            "zoom_out_fraction": 0.05,
            "aspect_fraction": 0.07,
            "rotation_degrees": 3.5,
            "crop_anywhere": True,
            "horizontal_flip": True,
            "brightness_fraction": 0.03,
            "contrast_fraction": 0.05,
            "channel_gain_fraction": 0.04,
            "fill_mode": "reflect",
        },
        "network": {
            "input_size": 96,
            "rescaling": "minus_two_to_two",
            "blocks": [
                {"filters": 16, "kernel_size": 5, "strides": 2, **MODERN_POOL},
                {"filters": 32, "kernel_size": 3, **MODERN_POOL},
                {"filters": 64, "kernel_size": 3},
                {"filters": 64, "kernel_size": 3, **MODERN_POOL},
                {"filters": 96, "kernel_size": 3},
            ],
            "dense": [{"units": 128, "dropout_rate": 0.1}, {"units": 64, "dropout_rate": 0.1}],
            "head": "average",
            "initializer": "he_normal",
        },
        "training": {
            "optimizer": "muon",
            "learning_rate": 0.01,
            "weight_decay": 0.05,
            "schedule": "cosine",
            "warmup_fraction": 0.05,
            "label_smoothing": 0.02,
            "ema_fraction": 0.04,
            "start_size_fraction": 0.67,  # 64 pixels, then 96
            "batch_size": 32,
            "epochs": 16,
        },
    },
)


def _alexnet_2012(groups: int) -> dict[str, Any]:
    return {
        "augment": ALEXNET_AUGMENT,
        "network": {
            "input_size": 227,  # the paper says 224; 227 is what gives its maps of 55 x 55
            "rescaling": "none",  # the paper takes 0..255 minus the mean; scaled to 0..1 its small weights never start
            "blocks": [
                _conv(96, 11, 4, padding="valid", **POOL) | {"normalization": "local_response"},
                _conv(256, 5, groups=groups, **POOL) | {"normalization": "local_response"},
                _conv(384, 3),
                _conv(384, 3, groups=groups),
                _conv(256, 3, groups=groups, **POOL),
            ],
            "dense": [_dense(4096, dropout_rate=0.5), _dense(4096, dropout_rate=0.5)],
            "head": "flatten",
            "output": "softmax",
            "initializer": "gaussian_0.01",  # with biases of 0; the paper starts some of them at 1
        },
        "training": ALEXNET_TRAINING,
    }


ALEXNET_2012 = Preset(
    id="alexnet-2012",
    title="AlexNet 2012",
    summary=(
        "The network that won ImageNet in 2012, with two groups and local response normalisation: 61 million "
        "parameters at 1,000 classes. It was made for 1.2 million photos and two graphics cards; with few photos "
        "or on a processor expect patience and little accuracy."
    ),
    source=(
        "Krizhevsky, Sutskever and Hinton 2012: layers section 3.5, normalisation 3.3, pools 3.4, augmentation "
        "4.1, dropout 4.2, training 5."
    ),
    overlay=_alexnet_2012(groups=2),
)

ALEXNET_2012_UNGROUPED = Preset(
    id="alexnet-2012-ungrouped",
    title="AlexNet 2012, ungrouped",
    summary=(
        "AlexNet 2012 with every filter seeing every channel, as if it had fitted on one graphics card. "
        "That is 57 % more work for 2 % more parameters."
    ),
    source="Krizhevsky, Sutskever and Hinton 2012, section 3.5, with groups of 1.",
    overlay=_alexnet_2012(groups=1),
)

ONE_WEIRD_TRICK = Preset(
    id="one-weird-trick",
    title="One weird trick",
    summary=(
        "Krizhevsky's AlexNet of 2014, with fewer filters, no groups and no normalisation. "
        "It is the one that PyTorch's torchvision calls AlexNet."
    ),
    source=(
        "Krizhevsky 2014, “One weird trick for parallelizing convolutional neural networks”; layers and training "
        "as in torchvision's alexnet and its reference script."
    ),
    overlay={
        # torchvision's RandomResizedCrop: .08 to 1 of the area, 3:4 to 4:3.
        "augment": {"zoom_in_fraction": 0.72, "aspect_fraction": 0.33, "crop_anywhere": True, "horizontal_flip": True},
        "network": {
            "input_size": 224,
            "rescaling": "minus_two_to_two",
            "blocks": [
                _conv(64, 11, 4, padding=2, **POOL),
                _conv(192, 5, padding=2, **POOL),
                _conv(384, 3, padding=1),
                _conv(256, 3, padding=1),
                _conv(256, 3, padding=1, **POOL),
            ],
            "dense": [_dense(4096, dropout_rate=0.5), _dense(4096, dropout_rate=0.5)],
            "head": "flatten",
            "output": "softmax",
            "initializer": "glorot_uniform",  # the nearest of ours to PyTorch's default
        },
        "training": {**ALEXNET_TRAINING, "weight_decay": 0.0001, "batch_size": 32},
    },
)

TF_SLIM = Preset(
    id="tf-slim-alexnet-v2",
    title="TF-Slim alexnet_v2",
    summary=(
        "Google's AlexNet of 2016, which starts without a border, so that its maps are one pixel smaller. "
        "Its first dense layer therefore has 11 million weights less than torchvision's."
    ),
    source="TF-Slim, nets/alexnet.py, alexnet_v2; training as in Krizhevsky et al. 2012, section 5.",
    overlay={
        "augment": {"zoom_in_fraction": 0.125, "crop_anywhere": True, "horizontal_flip": True},
        "network": {
            "input_size": 224,
            "rescaling": "none",
            "blocks": [
                _conv(64, 11, 4, padding="valid", **POOL),
                _conv(192, 5, **POOL),
                _conv(384, 3),
                _conv(384, 3),
                _conv(256, 3, **POOL),
            ],
            # A dense layer over a flattened 5 x 5 map is TF-Slim's 5 x 5 convolution, number for number.
            "dense": [_dense(4096, dropout_rate=0.5), _dense(4096, dropout_rate=0.5)],
            "head": "flatten",
            "initializer": "gaussian_0.01",  # TF-Slim: .005, with biases of .1
        },
        "training": ALEXNET_TRAINING,
    },
)

LENET_5 = Preset(
    id="lenet-5",
    title="LeNet-5",
    summary=(
        "The network that read handwritten digits in 1998, on 32 x 32 grey pixels. "
        "Pets are hard to tell at that size, but it trains in seconds."
    ),
    source="LeCun et al. 1998, section II.B, with all maps connected and pools that keep the largest number.",
    overlay={
        "network": {
            "input_size": 32,
            "input_channels": 1,
            "rescaling": "minus_one_to_one",
            "blocks": [
                # The paper's pools average; these keep the largest.
                _conv(6, 5, padding="valid", activation="tanh", pool_size=2),
                _conv(16, 5, padding="valid", activation="tanh", pool_size=2),
            ],
            "dense": [_dense(120, activation="tanh"), _dense(84, activation="tanh")],
            "head": "flatten",
            "output": "softmax",
            "initializer": "glorot_uniform",
        },
        "training": {**PLAIN_TRAINING, "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.01, "epochs": 20},
    },
)

BASIC_CNN = Preset(
    id="basic-cnn-150",
    title="Basic CNN",
    summary=(
        "Three convolutions and one dense layer on 150 x 150 pixels, the usual first network for cats and dogs. "
        "It learns at once and soon learns by heart: 99.7 % of its 9.5 million parameters sit in one dense layer."
    ),
    source="The basic network of the article before the AlexNet one; optimizer: Keras' RMSprop at its default rate.",
    overlay={
        "network": {
            "input_size": 150,
            "rescaling": "zero_to_one",
            "blocks": [_conv(filters, 3, padding="valid", pool_size=2) for filters in (16, 32, 64)],
            "dense": [_dense(512)],
            "head": "flatten",
            "initializer": "glorot_uniform",
        },
        "training": {**PLAIN_TRAINING, "optimizer": "rmsprop", "learning_rate": 0.001, "batch_size": 32, "epochs": 15},
    },
)


PRESETS: dict[str, Preset] = {
    preset.id: preset
    for preset in (
        NARROW,
        MODERN,
        FIRST,
        ALEXNET_2012,
        ALEXNET_2012_UNGROUPED,
        ONE_WEIRD_TRICK,
        TF_SLIM,
        LENET_5,
        BASIC_CNN,
    )
}


def experiment(preset_id: str) -> ExperimentConfig:
    """The whole, checked configuration of a preset, on drawn pets.

    Raises:
        ConfigError: there is no such preset; the nearest one is named.
    """
    if preset_id not in PRESETS:
        near = difflib.get_close_matches(preset_id[:40], PRESETS, n=1, cutoff=0.3)
        hint = f"Did you mean “{near[0]}”?" if near else f"Use one of {', '.join(PRESETS)}."
        raise ConfigError(f"There is no preset “{preset_id[:40]}”. {hint}", "preset", near[0] if near else None)
    return overlay(ExperimentConfig(), {"preset": preset_id, **PRESETS[preset_id].overlay})
