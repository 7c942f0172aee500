"""Every setting of an experiment, declared once.

A field's type, default, label, help and limits stand in one place. The widget on the page, the check, the
error sentence, the ``--set part.field=value`` of the command line and the key in a link all come from here.

``num_classes`` is never a setting: it comes from the data set.
"""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

from core import parse
from core.errors import ConfigError
from core.text import printable

SCHEMA_VERSION = 1
MAX_JSON_LETTERS = 1_000_000  # a whole configuration has some 10,000

# Words of Keras that a person meets elsewhere are kept; these would be riddles.
_WORDS = {
    "zero_to_one": "0 to 1",
    "minus_one_to_one": "−1 to 1",
    "minus_two_to_two": "−2 to 2",
    "mixed_bfloat16": "bfloat16",
    "mixed_float16": "float16",
    "adamw": "AdamW",
    "adam": "Adam",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "relu": "ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "leaky_relu": "leaky ReLU",
    "3": "colour",
    "1": "grey",
}


@dataclass(frozen=True)
class Limits:
    """What a value may be, as data: bounds the widget, checks the file, words the message.

    Args:
        minimum, maximum: inclusive bounds of a number; for a tuple, of its length.
        step: what one press of an arrow key changes.
        choices: the only allowed values.
        words: allowed beside numbers.
        unit: word after the number in a sentence ("degrees", "pixels").
    """

    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple | None = None
    words: tuple[str, ...] = ()
    unit: str = ""

    def describe(self, say: Callable = str) -> str:
        """The rule in words: ``between 1 and 2048 filters``, ``one of same, valid``.

        Args:
            say: how a choice is written: ``str`` as it is typed, ``choice_words`` as pages show it.
        """
        if self.choices is not None:
            return "one of " + ", ".join(say(choice) for choice in self.choices)
        unit = f" {self.unit}" if self.unit else ""
        words = "".join(f"{word}, " for word in self.words) + ("or " if self.words else "")
        if self.minimum is not None and self.maximum is not None:
            return f"{words}between {self.minimum:,} and {self.maximum:,}{unit}"
        if self.minimum is not None:
            return f"at least {self.minimum:,}{unit}"
        if self.maximum is not None:
            return f"at most {self.maximum:,}{unit}"
        return "a value of its type"

    def nearest(self, value):
        """The closest allowed number to ``value``."""
        if self.minimum is not None and value < self.minimum:
            return self.minimum
        if self.maximum is not None and value > self.maximum:
            return self.maximum
        return value


def _option(
    default,
    label: str,
    help: str,
    *,
    minimum=None,
    maximum=None,
    step=None,
    choices=None,
    words=(),
    unit="",
):
    """A dataclass field that carries its label, help and limits."""
    metadata = {
        "label": label,
        "help": help,
        "limits": Limits(minimum, maximum, step, tuple(choices) if choices else None, tuple(words), unit),
    }
    return field(default=default, metadata=metadata)


ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear")
NORMALIZATIONS = ("none", "batch", "local_response")


@dataclass(frozen=True)
class PhotosConfig:
    """Which photos, and how a rectangle becomes the network's square."""

    source: str = _option(
        "drawn",
        "Photos",
        "Where the photos come from: “drawn” for the built-in drawn pets, “microsoft” for the archive of 25,000 photos, or a "
        "folder or zip file on this computer. It has one sub-folder a class, or train/val/test folders, or names like cat.0.jpg.",
        maximum=4096,
    )
    fit: str = _option(
        "squash",
        "Fit",
        "How a photo becomes a square. Squash keeps everything but changes proportions, crop keeps the middle, "
        "pad adds grey borders.",
        choices=("squash", "crop", "pad"),
    )
    num_drawn: int = _option(
        1000,
        "Drawn pets a class",
        "How many pets of each class are drawn. More pets teach more and take longer.",
        minimum=8,
        maximum=50_000,
        step=100,
        unit="drawings a class",
    )
    drawn_classes: tuple[str, ...] = _option(
        ("cats", "dogs"),
        "Drawn classes",
        "Which animals are drawn. Two classes can use one sigmoid; three need a softmax.",
        choices=("cats", "dogs", "rabbits"),
        minimum=2,
        maximum=3,
    )


@dataclass(frozen=True)
class SplitConfig:
    """How photos are dealt to training, validation and test.

    ``train``, ``val`` and ``test`` are fractions (all at most 1) or numbers of photos a class (all above 1).
    """

    train: float = _option(
        0.5,
        "Train",
        "Share of the photos that the network learns from, or a number of photos a class. More photos to learn "
        "from means fewer to judge it by.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    val: float = _option(
        0.25,
        "Validation",
        "Share of the photos (or number a class) that choose the best epoch while training. They are never learned from.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    test: float = _option(
        0.25,
        "Test",
        "Share of the photos (or number a class) kept for the final mark. They are used once, after training.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    seed: int = _option(
        0,
        "Split seed",
        "Which photos fall where. The same seed deals the same photos; it also draws the drawn pets.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
    )
    source: str = _option(
        "given",
        "Split",
        "Given keeps a train/val/test folder layout where there is one; random always deals anew.",
        choices=("given", "random"),
    )


@dataclass(frozen=True)
class AugmentConfig:
    """What is changed at random in a training photo, every time it is shown. Zero means off."""

    shear_degrees: float = _option(
        0.0,
        "Shear",
        "Slants the photo by up to this angle, as if seen from the side. Strong shear shows pets no camera sees. "
        "Keras' old shear_range was in degrees too, so its usual 0.2 did nothing; the newer RandomShear(0.2) means 11 degrees.",
        minimum=0,
        maximum=45,
        step=1.0,
        unit="degrees",
    )
    zoom_in_fraction: float = _option(
        0.0,
        "Zoom in",
        "Cuts away up to this share of the photo's side, so the pet comes closer. Too much leaves only fur. "
        "Half of Keras' old zoom_range (0.2 is 0.2 here and in Zoom out), which drew width and height apart and so "
        "distorted pets; here both zoom together, and Aspect distorts.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    zoom_out_fraction: float = _option(
        0.0,
        "Zoom out",
        "Widens the view by up to this share of the side; what lies outside the photo is filled. Pets get smaller. "
        "The other half of Keras' old zoom_range, where a number above 1 zoomed out.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    aspect_fraction: float = _option(
        0.0,
        "Aspect",
        "Stretches width against height by up to this share. Raise it if your photos come in many proportions. "
        "Keras' old zoom_range did this unasked.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    rotation_degrees: float = _option(
        0.0,
        "Rotation",
        "Turns the photo by up to this angle either way. Real photos are rarely tilted by more than 15 degrees. "
        "Keras' old rotation_range, in degrees; the newer RandomRotation counts in full turns, where 0.1 is 36 degrees.",
        minimum=0,
        maximum=180,
        step=1.0,
        unit="degrees",
    )
    width_shift_fraction: float = _option(
        0.0,
        "Shift sideways",
        "Moves the photo sideways by up to this share of its width. It teaches that a pet may stand anywhere. "
        "Keras' old width_shift_range, which read 1 and above as pixels.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    height_shift_fraction: float = _option(
        0.0,
        "Shift up and down",
        "Moves the photo up or down by up to this share of its height. It teaches that a pet may stand anywhere. "
        "Keras' old height_shift_range, which read 1 and above as pixels.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    crop_anywhere: bool = _option(
        False,
        "Crop anywhere",
        "Lets a zoomed-in window lie anywhere in the photo instead of its middle. The strongest single change for few photos.",
    )
    horizontal_flip: bool = _option(
        False,
        "Flip left and right",
        "Mirrors half of the photos. A mirrored cat is still a cat, so this is free data. "
        "Keras' old horizontal_flip; letters and road signs would become wrong.",
    )
    vertical_flip: bool = _option(
        False,
        "Flip upside down",
        "Turns half of the photos upside down. Photos of pets are upright, so this usually costs accuracy. Keras' old "
        "vertical_flip, drawn apart from the other flip; the newer RandomFlip draws once for both.",
    )
    brightness_fraction: float = _option(
        0.0,
        "Brightness",
        "Makes photos brighter or darker by up to this share. It teaches that light does not make a cat. "
        "Keras' old brightness_range was two factors: its (0.7, 1.3) is 0.3 here, while (0.1, 0.3) made every photo nearly black.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    contrast_fraction: float = _option(
        0.0,
        "Contrast",
        "Raises or lowers contrast around mid grey by up to this share. It covers flat and harsh light.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    saturation_fraction: float = _option(
        0.0,
        "Saturation",
        "Makes colours stronger or paler by up to this share. It stops the network from learning colour alone.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    channel_gain_fraction: float = _option(
        0.0,
        "Colour cast",
        "Scales red, green and blue separately about mid grey by up to this share. It covers lamps and sunsets.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    channel_shift: float = _option(
        0.0,
        "Channel shift",
        "Adds up to this many grey levels to each colour channel separately. It covers tinted light. Keras' old "
        "channel_shift_range, in the photo's own units: 0.2 did nothing on 0 to 255. It added one number to all three colours.",
        minimum=0,
        maximum=255,
        step=5.0,
        unit="grey levels",
    )
    gray_probability: float = _option(
        0.0,
        "Grey photos",
        "Share of photos shown without colour. The network then has to use shape and texture.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    erase_probability: float = _option(
        0.0,
        "Erase",
        "Share of photos that lose one square. The network then cannot rest on a single ear.",
        minimum=0,
        maximum=1.0,
        step=0.05,
    )
    erase_fraction: float = _option(
        0.4,
        "Erased side",
        "Largest side of the erased square, as a share of the photo's side. Only counts where Erase is above 0.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    fill_mode: str = _option(
        "reflect",
        "Fill",
        "What is put where a moved photo leaves a gap: its mirror image, its edge pixels, its other side, or one grey. "
        "Keras' old fill_mode was “nearest” unless told otherwise, which smears edges into stripes; its newer layers reflect.",
        choices=("reflect", "nearest", "wrap", "constant"),
    )
    fill_value: int = _option(
        128,
        "Fill grey",
        "The grey level of gaps when Fill is “constant”: 0 is black, 255 white. Keras' old cval; left at its 0, the "
        "network sees black corners that no photo has.",
        minimum=0,
        maximum=255,
        step=1,
    )


@dataclass(frozen=True)
class ConvBlock:
    """One convolution with what follows it: normalisation, activation, pooling."""

    filters: int = _option(
        64,
        "Filters",
        "How many patterns this layer looks for. More see more, cost more work, and overfit sooner.",
        minimum=1,
        maximum=2048,
        step=8,
        unit="filters",
    )
    kernel_size: int = _option(
        3,
        "Kernel",
        "Side of the square each filter looks at. Larger kernels see wider patterns for quadratic work.",
        minimum=1,
        maximum=31,
        step=1,
        unit="pixels",
    )
    strides: int = _option(
        1,
        "Stride",
        "How far the filter moves each time. Stride 4 makes the picture four times smaller at once: fast, but coarse.",
        minimum=1,
        maximum=16,
        step=1,
        unit="pixels",
    )
    padding: str | int = _option(
        "same",
        "Padding",
        "What happens at the border: same keeps the size, valid uses no border, a number adds that many pixels of zeros.",
        minimum=0,
        maximum=30,
        words=("same", "valid"),
        unit="pixels",
    )
    groups: int = _option(
        1,
        "Groups",
        "Splits the channels into groups that do not see each other, as AlexNet did to fit two graphics cards. "
        "It divides the work and the parameters.",
        minimum=1,
        maximum=64,
        step=1,
    )
    normalization: str = _option(
        "batch",
        "Normalisation",
        "Batch keeps numbers in range, which is what lets deep networks start learning. "
        "Local response is what AlexNet used in 2012; none leaves the numbers as they are.",
        choices=NORMALIZATIONS,
    )
    activation: str = _option(
        "relu",
        "Activation",
        "What is done to each number after the filter. ReLU drops negatives, and made AlexNet train six times faster than tanh.",
        choices=ACTIVATIONS,
    )
    pool_size: int = _option(
        0,
        "Pool",
        "Side of the square of which only the largest number is kept; 0 is no pooling. Pooling shrinks the map and forgives small shifts.",
        minimum=0,
        maximum=16,
        step=1,
        unit="pixels",
    )
    pool_strides: int = _option(
        2,
        "Pool stride",
        "How far the pooling square moves. Smaller than its side means overlapping pools, as in AlexNet.",
        minimum=1,
        maximum=16,
        step=1,
        unit="pixels",
    )
    pool_padding: str = _option(
        "valid",
        "Pool padding",
        "Valid drops what does not fill a whole square at the border, as AlexNet did; same keeps it.",
        choices=("valid", "same"),
    )


@dataclass(frozen=True)
class DenseBlock:
    """One fully connected hidden layer."""

    units: int = _option(
        512,
        "Units",
        "How many numbers this layer computes from all numbers before it. Dense layers hold most parameters of an AlexNet.",
        minimum=1,
        maximum=16_384,
        step=64,
        unit="units",
    )
    normalization: str = _option(
        "batch",
        "Normalisation",
        "Batch keeps numbers in range and speeds up learning; none leaves them as they are.",
        choices=("none", "batch"),
    )
    activation: str = _option(
        "relu",
        "Activation",
        "What is done to each number after the sum. ReLU drops negatives.",
        choices=ACTIVATIONS,
    )
    dropout_rate: float = _option(
        0.0,
        "Dropout",
        "Share of the units silenced at random in each training step. It makes units independent and slows overfitting.",
        minimum=0,
        maximum=0.95,
        step=0.05,
    )


@dataclass(frozen=True)
class NetworkConfig:
    """Layers from the photo to the answer. The output layer follows from the number of classes."""

    input_size: int = _option(
        224,
        "Image size",
        "Side of the square picture that the network sees. Twice the side is four times the work.",
        minimum=16,
        maximum=512,
        step=16,
        unit="pixels",
    )
    input_channels: int = _option(
        3,
        "Channels",
        "3 sees colour, 1 sees grey only.",
        choices=(3, 1),
    )
    rescaling: str = _option(
        "zero_to_one",
        "Rescaling",
        "The first layer maps pixel values 0 to 255 onto this range. Networks learn best from small numbers around zero.",
        choices=("zero_to_one", "minus_one_to_one", "minus_two_to_two", "none"),
    )
    blocks: tuple[ConvBlock, ...] = _option(
        (
            ConvBlock(24, 11, 4, pool_size=3),
            ConvBlock(64, 5, pool_size=3),
            ConvBlock(96, 3),
            ConvBlock(96, 3),
            ConvBlock(64, 3, pool_size=3),
        ),
        "Convolutions",
        "The convolution blocks, from the photo upwards. AlexNet has five.",
        minimum=1,
        maximum=16,
    )
    dense: tuple[DenseBlock, ...] = _option(
        (DenseBlock(512, dropout_rate=0.3), DenseBlock(512, dropout_rate=0.3)),
        "Dense layers",
        "The hidden dense layers before the output. AlexNet has two, and the output is its third.",
        minimum=0,
        maximum=8,
    )
    head: str = _option(
        "flatten",
        "Head",
        "How maps become a list of numbers: flatten keeps every position, average keeps one number a filter and far fewer parameters.",
        choices=("flatten", "average"),
    )
    output: str = _option(
        "sigmoid",
        "Output",
        "With two classes: one sigmoid (Keras' “binary”) or two softmax units (“categorical”). More classes always use softmax.",
        choices=("sigmoid", "softmax"),
    )
    initializer: str = _option(
        "he_normal",
        "Initialiser",
        "How the first random weights are drawn. He suits ReLU; Glorot is Keras' default; gaussian_0.01 is what AlexNet used.",
        choices=("he_normal", "he_uniform", "glorot_uniform", "gaussian_0.01"),
    )


@dataclass(frozen=True)
class TrainingConfig:
    """How the weights are found."""

    epochs: int = _option(
        60,
        "Epochs",
        "How often the network sees every training photo. More epochs learn more, until it starts to learn by heart.",
        minimum=1,
        maximum=100_000,
        step=1,
        unit="epochs",
    )
    batch_size: int = _option(
        32,
        "Batch size",
        "Photos per step. Larger batches are steadier and need more memory and often a higher learning rate.",
        minimum=1,
        maximum=4096,
        step=8,
        unit="photos",
    )
    optimizer: str = _option(
        "adamw",
        "Optimizer",
        "The rule that turns gradients into steps. AdamW adapts each weight's step and shrinks weights; SGD is what AlexNet used.",
        choices=("adamw", "adam", "sgd", "rmsprop"),
    )
    learning_rate: float = _option(
        0.002,
        "Learning rate",
        "Size of a step. Too small learns slowly, too large jumps about or never starts.",
        minimum=1e-7,
        maximum=10.0,
        step=0.0005,
    )
    schedule: str = _option(
        "cosine",
        "Schedule",
        "How the learning rate changes over the run. Cosine ends near zero, which settles the network; constant stays.",
        choices=("cosine", "linear", "constant"),
    )
    warmup_fraction: float = _option(
        0.05,
        "Warm-up",
        "Share of all steps during which the learning rate climbs from zero. It prevents a wild start.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    weight_decay: float = _option(
        0.05,
        "Weight decay",
        "How strongly weights shrink at each step (times the learning rate). It keeps the network simple.",
        minimum=0,
        maximum=1.0,
        step=0.01,
    )
    momentum: float = _option(
        0.9,
        "Momentum",
        "Only for SGD: how much of the last step is kept. AlexNet used 0.9.",
        minimum=0,
        maximum=0.999,
        step=0.05,
    )
    label_smoothing: float = _option(
        0.0,
        "Label smoothing",
        "Asks for 97.5 % instead of 100 % sureness (at 0.05 with two classes). It keeps answers modest and helps with wrong labels.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    mixup_alpha: float = _option(
        0.0,
        "Mixup",
        "Blends pairs of photos and their labels; 0 is off, 0.2 is usual. It helps long runs and hurts short ones.",
        minimum=0,
        maximum=4.0,
        step=0.05,
    )
    ema_fraction: float = _option(
        0.0,
        "Weight averaging",
        "The network that is kept averages its weights over about this share of the run (an exponential moving average); 0 is off. "
        "It follows the number of steps, so it suits short and long runs.",
        minimum=0,
        maximum=0.2,
        step=0.005,
    )
    gradient_clip: float = _option(
        0.0,
        "Gradient clip",
        "Largest length of the whole gradient; 0 is off. It tames jumps at high learning rates.",
        minimum=0,
        maximum=1000.0,
        step=0.5,
    )
    class_weights: bool = _option(
        False,
        "Balance classes",
        "Counts rare classes more, so that a class with few photos matters as much as one with many.",
    )
    start_size_fraction: float = _option(
        1.0,
        "Start size",
        "Share of the image size at which training begins; pictures grow over the run. Small pictures train much faster. "
        "Below 1 it needs the average head.",
        minimum=0.25,
        maximum=1.0,
        step=0.05,
    )
    end_size_fraction: float = _option(
        1.0,
        "End size",
        "Share of the image size at which training ends. Zooming in makes pets larger in training than in the photos that are "
        "judged, so a little below 1 is often better, and faster.",
        minimum=0.25,
        maximum=1.0,
        step=0.05,
    )
    calm_epochs: int = _option(
        0,
        "Calm end",
        "The last so many epochs have half of the shear, zoom and rotation and no erased squares, so that the network settles on "
        "photos as they really look. A run that is no longer than that is calm throughout, which suits short runs.",
        minimum=0,
        maximum=100_000,
        step=5,
        unit="epochs",
    )
    precision: str = _option(
        "auto",
        "Precision",
        "auto picks what this device computes fastest. bfloat16 halves memory where the device has it; float32 is exact everywhere.",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    patience_epochs: int = _option(
        0,
        "Patience",
        "Stops early when validation loss has not improved for this many epochs; 0 never stops early.",
        minimum=0,
        maximum=100_000,
        step=1,
        unit="epochs",
    )
    checkpoint_seconds: float = _option(
        30.0,
        "Checkpoint every",
        "A checkpoint is written at every epoch, and at least this often. It is what a crash can cost you.",
        minimum=0.0,
        maximum=3600.0,
        step=5.0,
        unit="seconds",
    )
    seed: int = _option(
        0,
        "Training seed",
        "First weights, order of photos, augmentation and dropout. The same seed on the same machine gives the same network.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
    )


@dataclass(frozen=True)
class ExperimentConfig:
    """Everything that makes a run, apart from the photos themselves."""

    name: str = _option(
        "", "Name", "What the run is called in lists. Empty is named by its preset and date.", maximum=80
    )
    preset: str = _option("modern", "Preset", "The experiment this one started from.", maximum=80)
    photos: PhotosConfig = PhotosConfig()
    split: SplitConfig = SplitConfig()
    augment: AugmentConfig = AugmentConfig()
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class Setting:
    """One declared field, ready for a widget, a help text or a check.

    Args:
        path: dotted path, e.g. ``training.batch_size`` or ``network.blocks.0.filters``.
        type: ``int``, ``float``, ``bool``, ``str``, or the annotation of anything else.
        default, label, help, limits: as declared.
    """

    path: str
    type: Any
    default: Any
    label: str
    help: str
    limits: Limits


def settings_of(part: type, prefix: str = "") -> list[Setting]:
    """The declared settings of one config class, in order; nested parts and tuples of parts are left out.

    Args:
        part: e.g. ``AugmentConfig``.
        prefix: put before each field's name, with a dot, e.g. ``augment``.
    """
    hints = typing.get_type_hints(part)
    return [
        Setting(
            path=f"{prefix}.{f.name}" if prefix else f.name,
            type=hints[f.name],
            default=f.default,
            label=f.metadata["label"],
            help=f.metadata["help"],
            limits=f.metadata["limits"],
        )
        for f in fields(part)
        if "limits" in f.metadata and _item_class(hints[f.name]) is None
    ]


def setting(path: str) -> Setting:
    """The declaration behind a dotted path such as ``network.blocks.3.filters``. Raises ConfigError if unknown."""
    part, hint, name, declared = ExperimentConfig, None, None, None
    steps = path.split(".")
    for position, step in enumerate(steps):
        prefix = ".".join(steps[:position])
        item = _item_class(hint) if hint is not None else None
        if item is not None and _index(step, declared.metadata["limits"].maximum) is not None:
            part, hint = item, item
            continue
        if not is_dataclass(part) or item is not None:
            raise _unknown(path)
        hints = typing.get_type_hints(part)
        if step not in hints:
            raise _unknown(path, prefix, hints)
        declared = next(f for f in fields(part) if f.name == step)
        hint, name = hints[step], step
        part = hint
    if name is None or (isinstance(hint, type) and is_dataclass(hint)) or "limits" not in declared.metadata:
        raise ConfigError(f"{name_of(path)} is a group of settings, not one. Name one of them.", path)
    return Setting(
        path, hint, declared.default, declared.metadata["label"], declared.metadata["help"], declared.metadata["limits"]
    )


def get(config: ExperimentConfig, path: str):
    """The value at a dotted path. Raises ConfigError if there is none."""
    value: Any = config
    for step in path.split("."):
        if isinstance(value, tuple) and (index := _index(step, len(value))) is not None:
            value = value[index]
        elif is_dataclass(value) and step in {f.name for f in fields(value)}:
            value = getattr(value, step)
        else:
            raise _unknown(path, "", [known for known, _ in leaves(config)])
    return value


def put(config: ExperimentConfig, path: str, value) -> ExperimentConfig:
    """A copy with one setting changed and checked.

    Args:
        config: where to start from.
        path: dotted path, e.g. ``network.blocks.0.filters``.
        value: of the setting's type, or text as typed on a command line or found in a link.

    Raises:
        ConfigError: unknown path, wrong type or out of limits.
    """
    get(config, path)  # says what is nearest when the path is unknown
    declared = setting(path)
    if isinstance(value, str):
        value = _parse(declared, value)
    return _put(config, path.split("."), _converted(declared, value))


def put_all(config: ExperimentConfig, assignments: list[str]) -> ExperimentConfig:
    """``put`` for each ``path=value`` text, in order. Raises ConfigError; says so if there is no ``=``."""
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigError(
                f"A setting is given as path=value; received {_shown(assignment)}. Write e.g. training.epochs=12."
            )
        config = put(config, path.strip(), text.strip())
    return config


def to_dict(config) -> dict:
    """Plain JSON types, every field, tuples as lists."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def overlay(config: ExperimentConfig, partial: dict) -> ExperimentConfig:
    """A copy with the given fields replaced and everything checked.

    Args:
        config: where to start from.
        partial: nested mapping as ``to_dict`` gives it, any fields left out. A list of blocks or dense layers
            replaces the whole list; their missing fields take their defaults.

    Raises:
        ConfigError: unknown key (the nearest known one is named), wrong type, out of limits.
    """
    merged = _overlay(config, partial, "")
    check(merged)
    return merged


def from_dict(values: dict) -> ExperimentConfig:
    """A whole, checked config from JSON types; missing fields take their defaults. Raises ConfigError."""
    if not isinstance(values, dict):
        raise ConfigError(
            f"A configuration is a JSON object; received {_shown(values)}. Save one from the Network page to see the shape."
        )
    version = values.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, (bool, str)) or version != SCHEMA_VERSION:
        raise ConfigError(
            f"This version reads configurations of schema {SCHEMA_VERSION}; received schema {_shown(version)}. Use the version of the app that wrote it."
        )
    return overlay(ExperimentConfig(), {**values, "schema_version": SCHEMA_VERSION})


def from_json(text: str) -> ExperimentConfig:
    """``from_dict`` of a JSON text. Raises ConfigError."""
    return from_dict(parse_json(text))


def parse_json(text: str) -> Any:
    """The values of a JSON text. Raises ConfigError with line and column if it is not JSON, or far too long."""
    if len(text) > MAX_JSON_LETTERS:
        raise ConfigError(
            f"A configuration may have {MAX_JSON_LETTERS:,} letters; this file has {len(text):,}. Choose a file that the app has written."
        )
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # ValueError also for a whole number of thousands of digits
        is_placed = isinstance(error, json.JSONDecodeError)
        where = f": {error.msg} in line {error.lineno}, column {error.colno}" if is_placed else ""
        raise ConfigError(f"This is not JSON{where}. Check the file and load it again.") from None


def _no_number(word: str):
    raise ConfigError(f"Numbers in JSON are finite; received {word}. Write a number in its place.")


def to_json(config: ExperimentConfig) -> str:
    """Indented JSON of the whole config."""
    return json.dumps(to_dict(config), indent=2, ensure_ascii=False) + "\n"


def differences(before, after) -> dict[str, tuple]:
    """``{path: (value before, value after)}`` for every setting that differs; missing list items are None."""
    left, right = dict(leaves(before)), dict(leaves(after))
    return {path: (left.get(path), right.get(path)) for path in left | right if left.get(path) != right.get(path)}


def check(config: ExperimentConfig) -> None:
    """Checks every field against its limits and the rules that span fields. Raises ConfigError at the first fault.

    What needs arithmetic over layers (a map that collapses to nothing) is checked by ``core.network.plan``.
    """
    _check_part(config, "")
    split = config.split
    parts = (split.train, split.val, split.test)
    if all(part <= 1 for part in parts):
        if sum(parts) > 1 + 1e-9:
            raise ConfigError(
                f"“Train”, “Validation” and “Test” may add up to 1; received {split.train:g} + {split.val:g} + {split.test:g} = "
                f"{sum(parts):g}. Lower one of them.",
                "split.train",
            )
    elif any(0 < part <= 1 for part in parts):
        raise ConfigError(
            f"“Train”, “Validation” and “Test” are either all fractions up to 1 or all numbers of photos a class; "
            f"received {split.train:g}, {split.val:g}, {split.test:g}. Use one kind.",
            "split.train",
        )
    for name, part in zip(("train", "val", "test"), parts, strict=True):
        if part <= 0:
            path = f"split.{name}"
            raise ConfigError(
                f"{name_of(path)} must be above 0; received {part:g}. Every run is trained, validated and tested.", path
            )
    if len(set(config.photos.drawn_classes)) != len(config.photos.drawn_classes):
        raise ConfigError(
            f"“Drawn classes” names each animal once; received {', '.join(config.photos.drawn_classes)}.",
            "photos.drawn_classes",
        )
    channels = config.network.input_channels
    for index, block in enumerate(config.network.blocks):
        path = f"network.blocks.{index}"
        if isinstance(block.padding, int) and block.padding >= block.kernel_size:
            largest = block.kernel_size - 1
            raise ConfigError(
                f"{name_of(f'{path}.padding')} must be same, valid or a number from 0 to {largest}, one less than its kernel; "
                f"received {block.padding}. Use {largest}.",
                f"{path}.padding",
                largest,
            )
        for count, what in (
            (channels, f"the {channels} channels that come in"),
            (block.filters, f"its {block.filters} filters"),
        ):
            if count % block.groups:
                most = min(2 * block.groups, int(setting(f"{path}.groups").limits.maximum))
                working = (g for g in range(1, most + 1) if channels % g == 0 and block.filters % g == 0)
                best = min(working, key=lambda groups: abs(groups - block.groups))
                path = f"{path}.groups"
                raise ConfigError(
                    f"{name_of(path)} must divide {what}; received {block.groups}. Use {best}.", path, best
                )
        channels = block.filters
    training = config.training
    if training.start_size_fraction > training.end_size_fraction:
        raise ConfigError(
            f"“Start size” may not be above “End size”, since pictures grow; received {training.start_size_fraction:g} and "
            f"{training.end_size_fraction:g}. Lower the first.",
            "training.start_size_fraction",
            training.end_size_fraction,
        )
    if training.start_size_fraction < 1 and config.network.head != "average":
        raise ConfigError(
            f"“Start size” below 1 needs the head “average”, because a flattened map fixes the picture's size; received "
            f"{training.start_size_fraction:g} with the head “{config.network.head}”. Set “Start size” and “End size” to 1, or “Head” to average.",
            "training.start_size_fraction",
            1.0,
        )


# --- helpers -------------------------------------------------------------------------------------------


def _item_class(hint) -> type | None:
    """The dataclass inside ``tuple[ConvBlock, ...]``, else None."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and arguments and is_dataclass(arguments[0]):
        return arguments[0]
    return None


def _unknown(path: str, prefix: str = "", known=()) -> ConfigError:
    """Args: path as it was given; ``known``: whole paths, or with ``prefix`` the names in that group."""
    if path.count(".") > 8 or len(path) > 100:  # no misspelling; comparing it would only take time
        known = ()
    words = list(known)
    whole_paths = any("." in word for word in words)
    near = difflib.get_close_matches(path if whole_paths else path.rsplit(".", 1)[-1], words, n=1, cutoff=0.5)
    suggestion = ".".join(filter(None, (prefix, near[0]))) if near else None
    hint = f"Did you mean {name_of(suggestion)}?" if suggestion else "Choose one that the app shows."
    received = path.removeprefix(f"{prefix}.") if prefix else path
    where = f" in {name_of(prefix)}" if prefix else ""
    return ConfigError(f"There is no setting {_shown(received)}{where}. {hint}", path, suggestion)


def _index(step: str, length: int) -> int | None:
    """A step of a path as an index into a list, if it is one: each item has one spelling."""
    try:
        index = parse.whole(step, 0, length - 1)
    except ValueError:
        return None
    return index if str(index) == step else None


@lru_cache(maxsize=1000)
def name_of(path: str) -> str:
    """A setting or a group of them as pages call it, for a sentence: ``“Filters” of convolution 1``, ``“Network”``."""
    part: Any = ExperimentConfig
    label, layer = path, ""
    for step in path.split("."):
        hints = typing.get_type_hints(part) if is_dataclass(part) else {}
        if step in hints:
            declared = next(f for f in fields(part) if f.name == step)
            label = declared.metadata.get("label") or step.replace("_", " ").capitalize()
            part = _item_class(hints[step]) or hints[step]
        else:
            layer = f"{'convolution' if part is ConvBlock else 'dense layer'} {parse.whole(step) + 1}"
            label = ""
    return " of ".join(filter(None, (f"“{label}”" if label else "", layer if label else layer.capitalize())))


def choice_words(choice) -> str:
    """A choice as a person reads it: ``local response``, ``−1 to 1``, ``AdamW``."""
    return _WORDS.get(str(choice), str(choice).replace("_", " "))


def _shown(value) -> str:
    """What was received, in a few letters."""
    if isinstance(value, str):
        return f"“{printable(value[:60])}{'…' if len(value) > 60 else ''}”"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > parse.MOST:
        return "a number of more than 20 digits"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    return "a list" if isinstance(value, (list, tuple)) else "a group" if isinstance(value, dict) else "something else"


def leaves(value, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, plain value) of every setting of a config or of its ``to_dict``; a list of plain values is one setting."""
    if is_dataclass(value):
        value = to_dict(value)
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        items = enumerate(value)
    else:
        yield prefix, value
        return
    for key, inner in items:
        yield from leaves(inner, f"{prefix}.{key}" if prefix else str(key))


def _put(part, steps: list[str], value):
    if not steps:
        return value
    if isinstance(part, tuple):
        index = parse.whole(steps[0], 0, len(part) - 1)
        return (*part[:index], _put(part[index], steps[1:], value), *part[index + 1 :])
    return replace(part, **{steps[0]: _put(getattr(part, steps[0]), steps[1:], value)})


def _parse(declared: Setting, text: str):
    """Text as typed, turned into the setting's type; what is none of it is refused by ``_converted``."""
    kinds = _kinds(declared.type)
    if tuple in kinds:
        return tuple(word.strip() for word in text.split(",") if word.strip())
    if bool in kinds:
        return _SWITCH.get(text.lower(), text)
    for kind, read in ((int, parse.whole), (float, parse.real)):
        if kind in kinds:
            try:
                return read(text)
            except ValueError:
                break
    return text


_SWITCH = {word: word in ("true", "yes", "on", "1") for word in ("true", "yes", "on", "1", "false", "no", "off", "0")}


def _kinds(hint) -> tuple:
    if isinstance(hint, types.UnionType):
        return typing.get_args(hint)
    return (typing.get_origin(hint) or hint,)


def _converted(declared: Setting, value):
    """The value as exactly the setting's type and within its limits. Raises ConfigError.

    The one door for JSON, widgets and parsed text. JSON knows one kind of number, so 5.0 becomes the whole number 5, and 5
    becomes 5.0 where a fraction is declared.
    """
    kinds, limits, name = _kinds(declared.type), declared.limits, name_of(declared.path)
    if tuple in kinds:
        return _converted_list(declared, value)
    fine = True
    if bool in kinds:
        fine = isinstance(value, bool)
    elif isinstance(value, str):
        fine = str in kinds and (not limits.words or value in limits.words)
    else:
        try:
            value = parse.real(value) if float in kinds else parse.whole(value) if int in kinds else None
        except ValueError:
            fine = False
        fine &= value is not None
    if not fine:
        raise _wrong_type(declared, value)
    if limits.choices is not None and value not in limits.choices:
        near = difflib.get_close_matches(str(value)[:60], [str(c) for c in limits.choices], n=1, cutoff=0.3)
        suggestion = next((c for c in limits.choices if near and str(c) == near[0]), declared.default)
        raise ConfigError(
            f"{name} must be {limits.describe(choice_words)}; received {_shown(value)}. Use {choice_words(suggestion)}.",
            declared.path,
            suggestion,
        )
    if isinstance(value, str):
        _check_text(declared, value)
    elif not isinstance(value, bool) and limits.nearest(value) != value:
        best = limits.nearest(value)
        raise ConfigError(
            f"{name} must be {limits.describe()}; received {_shown(value)}. Use {best:,}.", declared.path, best
        )
    return value


def _wrong_type(declared: Setting, value) -> ConfigError:
    kinds, limits = _kinds(declared.type), declared.limits
    word = next(word for kind, word in _TYPE_WORDS.items() if kind in kinds)
    if limits.words:
        word = limits.describe()
    elif limits.minimum is not None and limits.choices is None:
        word += f" {limits.describe()}"
    elif limits.choices is not None:
        word = limits.describe(choice_words)
    default = declared.default
    use = ("on" if default else "off") if isinstance(default, bool) else choice_words(default)
    return ConfigError(
        f"{name_of(declared.path)} must be {word}; received {_shown(value)}." + (f" Use {use}." if use else ""),
        declared.path,
        default,
    )


_TYPE_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _converted_list(declared: Setting, value) -> tuple[str, ...]:
    name, limits = name_of(declared.path), declared.limits
    known = ", ".join(limits.choices)
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise ConfigError(
            f"{name} must be a list of words, of {known}; received {_shown(value)}.", declared.path, declared.default
        )
    wrong = next((word for word in value if word not in limits.choices), None)
    if wrong is not None:
        raise ConfigError(f"{name} must be of {known}; received {_shown(wrong)}.", declared.path, declared.default)
    if not limits.minimum <= len(value) <= limits.maximum:
        raise ConfigError(
            f"{name} must name between {limits.minimum} and {limits.maximum} of {known}; received {len(value)}.",
            declared.path,
            declared.default,
        )
    return tuple(value)


def _check_text(declared: Setting, value: str) -> None:
    name, maximum = name_of(declared.path), declared.limits.maximum
    if maximum and not declared.limits.words and len(value) > maximum:
        raise ConfigError(
            f"{name} may have up to {maximum:,} letters; received {len(value):,}. Shorten it.",
            declared.path,
            value[: int(maximum)],
        )
    try:  # the bytes of a file's name that are no text are kept; halves of a letter could be written nowhere
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name} must be text that can be written to a file; received {_shown(value)}. Leave the damaged letters out.",
            declared.path,
            printable(value),
        ) from None


def _check_part(part, prefix: str) -> None:
    hints = typing.get_type_hints(type(part))
    for declared in settings_of(type(part), prefix):
        value = getattr(part, declared.path.rsplit(".", 1)[-1])
        if isinstance(value, float) and float not in _kinds(declared.type):
            raise _wrong_type(declared, value)
        _converted(declared, value)
    for f in fields(part):
        path = f"{prefix}.{f.name}" if prefix else f.name
        value = getattr(part, f.name)
        if is_dataclass(value):
            _check_part(value, path)
        elif _item_class(hints[f.name]) is not None:
            check_count(path, len(value))
            for index, item in enumerate(value):
                _check_part(item, f"{path}.{index}")


def check_count(path: str, count: int) -> None:
    """How many layers a list of the network may have. Raises ConfigError.

    Args:
        path: ``network.blocks`` or ``network.dense``.
    """
    limits = _field_of(path).metadata["limits"]
    if not limits.minimum <= count <= limits.maximum:
        raise ConfigError(f"{name_of(path)} must be {limits.describe()} layers; received {_shown(count)}.", path)


def _field_of(path: str) -> dataclasses.Field:
    part, name = path.split(".")
    return next(f for f in fields(typing.get_type_hints(ExperimentConfig)[part]) if f.name == name)


def _overlay(part, partial, prefix: str):
    if not isinstance(partial, dict):
        name = name_of(prefix) if prefix else "The configuration"
        raise ConfigError(f"{name} must be a group of settings; received {_shown(partial)}.", prefix or None)
    hints = typing.get_type_hints(type(part))
    declared = {one.path: one for one in settings_of(type(part), prefix)}
    changes = {}
    for key, value in partial.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if key not in hints:
            raise _unknown(path, prefix, hints)
        item = _item_class(hints[key])
        if is_dataclass(getattr(part, key)):
            changes[key] = _overlay(getattr(part, key), value, path)
        elif item is not None:
            if not isinstance(value, (list, tuple)):
                raise ConfigError(f"{name_of(path)} must be a list of layers; received {_shown(value)}.", path)
            check_count(path, len(value))
            changes[key] = tuple(_overlay(item(), entry, f"{path}.{index}") for index, entry in enumerate(value))
        else:
            changes[key] = _converted(declared[path], value) if path in declared else value
    return replace(part, **changes)
