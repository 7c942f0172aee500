"""The layers of a network, from the photo to the answer."""

from dataclasses import dataclass

from core.config.schema.limits import option

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear")
NORMALIZATIONS = ("none", "batch", "local_response")


@dataclass(frozen=True)
class ConvBlock:
    """One convolution with what follows it: normalisation, activation, pooling."""

    filters: int = option(
        64,
        "Filters",
        "How many patterns this layer looks for. More see more, cost more work, and overfit sooner.",
        minimum=1,
        maximum=2048,
        step=8,
        unit="filters",
    )
    kernel_size: int = option(
        3,
        "Kernel",
        "Side of the square each filter looks at. Larger kernels see wider patterns for quadratic work.",
        minimum=1,
        maximum=31,
        step=1,
        unit="pixels",
    )
    strides: int = option(
        1,
        "Stride",
        "How far the filter moves each time. Stride 4 makes the picture four times smaller at once: fast, but coarse.",
        minimum=1,
        maximum=16,
        step=1,
        unit="pixels",
    )
    padding: str | int = option(
        "same",
        "Padding",
        "What happens at the border: same keeps the size, valid uses no border, a number adds that many pixels of zeros.",
        minimum=0,
        maximum=30,
        words=("same", "valid"),
        unit="pixels",
    )
    groups: int = option(
        1,
        "Groups",
        "Splits the channels into groups that do not see each other, as AlexNet did to fit two graphics cards. "
        "It divides the work and the parameters.",
        minimum=1,
        maximum=64,
        step=1,
    )
    normalization: str = option(
        "batch",
        "Normalisation",
        "Batch keeps numbers in range, which is what lets deep networks start learning. "
        "Local response is what AlexNet used in 2012; none leaves the numbers as they are.",
        choices=NORMALIZATIONS,
    )
    activation: str = option(
        "relu",
        "Activation",
        "What is done to each number after the filter. ReLU drops negatives, and made AlexNet train six times faster than tanh.",
        choices=ACTIVATIONS,
    )
    pool_size: int = option(
        0,
        "Pool",
        "Side of the square of which only the largest number is kept; 0 is no pooling. Pooling shrinks the map and forgives small shifts.",
        minimum=0,
        maximum=16,
        step=1,
        unit="pixels",
    )
    pool_strides: int = option(
        2,
        "Pool stride",
        "How far the pooling square moves. Smaller than its side means overlapping pools, as in AlexNet.",
        minimum=1,
        maximum=16,
        step=1,
        unit="pixels",
    )
    pool_padding: str = option(
        "valid",
        "Pool padding",
        "Valid drops what does not fill a whole square at the border, as AlexNet did; same keeps it.",
        choices=("valid", "same"),
    )

    @property
    def border(self) -> int:
        """Pixels of zeros on each side, where ``padding`` is a number; 0 where it is a word."""
        return self.padding if isinstance(self.padding, int) else 0


@dataclass(frozen=True)
class DenseBlock:
    """One fully connected hidden layer."""

    units: int = option(
        512,
        "Units",
        "How many numbers this layer computes from all numbers before it. Dense layers hold most parameters of an AlexNet.",
        minimum=1,
        maximum=16_384,
        step=64,
        unit="units",
    )
    normalization: str = option(
        "batch",
        "Normalisation",
        "Batch keeps numbers in range and speeds up learning; none leaves them as they are.",
        choices=("none", "batch"),
    )
    activation: str = option(
        "relu",
        "Activation",
        "What is done to each number after the sum. ReLU drops negatives.",
        choices=ACTIVATIONS,
    )
    dropout_rate: float = option(
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

    input_size: int = option(
        224,
        "Image size",
        "Side of the square picture that the network sees. Twice the side is four times the work.",
        minimum=16,
        maximum=512,
        step=16,
        unit="pixels",
    )
    input_channels: int = option(
        3,
        "Channels",
        "3 sees colour, 1 sees grey only.",
        choices=(3, 1),
    )
    rescaling: str = option(
        "zero_to_one",
        "Rescaling",
        "The first layer maps pixel values 0 to 255 onto this range. Networks learn best from small numbers around zero.",
        choices=("zero_to_one", "minus_one_to_one", "minus_two_to_two", "none"),
    )
    blocks: tuple[ConvBlock, ...] = option(
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
    dense: tuple[DenseBlock, ...] = option(
        (DenseBlock(512, dropout_rate=0.3), DenseBlock(512, dropout_rate=0.3)),
        "Dense layers",
        "The hidden dense layers before the output. AlexNet has two, and the output is its third.",
        minimum=0,
        maximum=8,
    )
    head: str = option(
        "flatten",
        "Head",
        "How maps become a list of numbers: flatten keeps every position, average keeps one number a filter and far fewer parameters.",
        choices=("flatten", "average"),
    )
    output: str = option(
        "sigmoid",
        "Output",
        "With two classes: one sigmoid (Keras' “binary”) or two softmax units (“categorical”). More classes always use softmax.",
        choices=("sigmoid", "softmax"),
    )
    initializer: str = option(
        "he_normal",
        "Initialiser",
        "How the first random weights are drawn. He suits ReLU; Glorot is Keras' default; gaussian_0.01 is what AlexNet used.",
        choices=("he_normal", "he_uniform", "glorot_uniform", "gaussian_0.01"),
    )
