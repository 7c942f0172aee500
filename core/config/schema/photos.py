"""Which photos, and how they are dealt to training, validation and test."""

from dataclasses import dataclass

from core.config.schema.limits import option


@dataclass(frozen=True)
class PhotosConfig:
    """Which photos, and how a rectangle becomes the network's square."""

    source: str = option(
        "drawn",
        "Photos",
        "Where the photos come from: “drawn” for the built-in drawn pets, “microsoft” for the archive of 25,000 photos, or a "
        "folder or zip file on this computer. It has one sub-folder a class, or train/val/test folders, or names like cat.0.jpg.",
        maximum=4096,
    )
    fit: str = option(
        "squash",
        "Fit",
        "How a photo becomes a square. Squash keeps everything but changes proportions, crop keeps the middle, "
        "pad adds grey borders.",
        choices=("squash", "crop", "pad"),
    )
    num_drawn: int = option(
        1000,
        "Drawn pets a class",
        "How many pets of each class are drawn. More pets teach more and take longer.",
        minimum=8,
        maximum=50_000,
        step=100,
        unit="drawings a class",
    )
    drawn_size: int = option(
        256,
        "Drawing size",
        "Side of each drawn pet. Half the side is drawn in half the time; no network sees more than its image size anyway.",
        minimum=32,
        maximum=512,
        step=32,
        unit="pixels",
    )
    drawn_classes: tuple[str, ...] = option(
        ("cats", "dogs"),
        "Drawn classes",
        "Which animals are drawn. Two classes can use one sigmoid; three need a softmax.",
        choices=("cats", "dogs", "rabbits"),
        minimum=2,
        maximum=3,
    )
    classes: tuple[str, ...] = option(
        (),
        "Classes",
        "Which classes of the photos are used: “beagle” keeps one, “cats/Bengal” makes it one of cats, and those that are not named are "
        "left out. Empty keeps all as they are.",
        minimum=0,
        maximum=1000,
        unit="classes",
    )
    outliers: str = option(
        "",
        "Outliers",
        "A class of the photos that is no answer: pictures of neither, from which the network learns when to say so. "
        "Empty has none.",
        maximum=80,
    )


@dataclass(frozen=True)
class SplitConfig:
    """How photos are dealt to training, validation and test.

    ``train``, ``val`` and ``test`` are fractions (all at most 1) or numbers of photos a class (all above 1).
    """

    train: float = option(
        0.5,
        "Train",
        "Share of the photos that the network learns from, or a number of photos a class. More photos to learn "
        "from means fewer to judge it by.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    val: float = option(
        0.25,
        "Validation",
        "Share of the photos (or number a class) that choose the best epoch while training. They are never learned from.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    test: float = option(
        0.25,
        "Test",
        "Share of the photos (or number a class) kept for the final mark. They are used once, after training.",
        minimum=0,
        maximum=1_000_000,
        step=0.05,
    )
    seed: int = option(
        0,
        "Split seed",
        "Which photos fall where. The same seed deals the same photos; it also draws the drawn pets.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
    )
    source: str = option(
        "given",
        "Split",
        "Given keeps a train/val/test folder layout where there is one; random always deals anew.",
        choices=("given", "random"),
    )
