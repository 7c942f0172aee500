"""How the weights of a network are found."""

from dataclasses import dataclass

from core.config.schema.limits import option


@dataclass(frozen=True)
class TrainingConfig:
    """How the weights are found."""

    epochs: int = option(
        60,
        "Epochs",
        "How often the network sees every training photo. More epochs learn more, until it starts to learn by heart.",
        minimum=1,
        maximum=100_000,
        step=1,
        unit="epochs",
    )
    minutes: float = option(
        0.0,
        "Minutes",
        "How long the run may take from its start to its result, test included; it fits its epochs to that, by the speed it has. "
        "0 goes by the number of epochs.",
        minimum=0,
        maximum=10_080,
        step=1,
        unit="minutes",
    )
    batch_size: int = option(
        32,
        "Batch size",
        "Photos per step. Larger batches are steadier and need more memory and often a higher learning rate.",
        minimum=1,
        maximum=4096,
        step=8,
        unit="photos",
    )
    optimizer: str = option(
        "adamw",
        "Optimizer",
        "The rule that turns gradients into steps. AdamW adapts each weight's step and shrinks weights; Muon also "
        "turns every filter's step so that all directions count alike, which learns in fewer epochs; SGD is what AlexNet used.",
        choices=("adamw", "muon", "adam", "sgd", "rmsprop"),
    )
    learning_rate: float = option(
        0.002,
        "Learning rate",
        "Size of a step. Too small learns slowly, too large jumps about or never starts.",
        minimum=1e-7,
        maximum=10.0,
        step=0.0005,
    )
    schedule: str = option(
        "cosine",
        "Schedule",
        "How the learning rate changes over the run. Cosine ends near zero, which settles the network; constant stays.",
        choices=("cosine", "linear", "constant"),
    )
    warmup_fraction: float = option(
        0.05,
        "Warm-up",
        "Share of all steps during which the learning rate climbs from zero. It prevents a wild start.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    weight_decay: float = option(
        0.05,
        "Weight decay",
        "How strongly weights shrink at each step (times the learning rate). It keeps the network simple.",
        minimum=0,
        maximum=1.0,
        step=0.01,
    )
    momentum: float = option(
        0.9,
        "Momentum",
        "Only for SGD: how much of the last step is kept. AlexNet used 0.9.",
        minimum=0,
        maximum=0.999,
        step=0.05,
    )
    label_smoothing: float = option(
        0.0,
        "Label smoothing",
        "Asks for 97.5 % instead of 100 % sureness (at 0.05 with two classes). It keeps answers modest and helps with wrong labels.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    mixup_alpha: float = option(
        0.0,
        "Mixup",
        "Blends pairs of photos and their labels; 0 is off, 0.2 is usual. It helps long runs and hurts short ones.",
        minimum=0,
        maximum=4.0,
        step=0.05,
    )
    ema_fraction: float = option(
        0.0,
        "Weight averaging",
        "The network that is kept averages its weights over about this share of the run (an exponential moving average); 0 is off. "
        "It follows the number of steps, so it suits short and long runs.",
        minimum=0,
        maximum=0.2,
        step=0.005,
    )
    gradient_clip: float = option(
        0.0,
        "Gradient clip",
        "Largest length of the whole gradient; 0 is off. It tames jumps at high learning rates.",
        minimum=0,
        maximum=1000.0,
        step=0.5,
    )
    class_weights: bool = option(
        False,
        "Balance classes",
        "Counts rare classes more, so that a class with few photos matters as much as one with many.",
    )
    outlier_fraction: float = option(
        0.0,
        "Outliers shown",
        "Pictures of neither class that are shown with every batch, as a share of its photos. The network gets one more output for "
        "them, by which it says “neither”; 0 is off.",
        minimum=0,
        maximum=2.0,
        step=0.05,
    )
    made_outlier_fraction: float = option(
        0.5,
        "Outliers made",
        "Which share of the outliers is made by the app: pets cut to pieces, scenes without a pet, text, noise. The others are "
        "photos of the class of outliers; without one, all are made.",
        minimum=0,
        maximum=1.0,
        step=0.1,
    )
    teachers: tuple[str, ...] = option(
        (),
        "Teachers",
        "Ids of trained runs of the same classes whose answers on the same pictures the network learns to give (distillation); their "
        "probabilities are averaged. Each costs a forward pass a step. Empty has none.",
        minimum=0,
        maximum=8,
        unit="runs",
    )
    teacher_share: float = option(
        0.7,
        "Teachers' share",
        "How much of what the network should say is what its teachers say; the rest is the photo's class.",
        minimum=0,
        maximum=1.0,
        step=0.1,
    )
    teacher_temperature: float = option(
        1.0,
        "Teachers' temperature",
        "Above 1 makes the teachers' answers softer, so that what they find likewise possible counts more.",
        minimum=0.25,
        maximum=20.0,
        step=0.5,
    )
    start_size_fraction: float = option(
        1.0,
        "Start size",
        "Share of the image size at which training begins; pictures grow over the run. Small pictures train much faster. "
        "Below 1 it needs the average head.",
        minimum=0.25,
        maximum=1.0,
        step=0.05,
    )
    end_size_fraction: float = option(
        1.0,
        "End size",
        "Share of the image size at which training ends. Zooming in makes pets larger in training than in the photos that are "
        "judged, so a little below 1 is often better, and faster.",
        minimum=0.25,
        maximum=1.0,
        step=0.05,
    )
    calm_epochs: int = option(
        0,
        "Calm end",
        "The last so many epochs have half of the shear, zoom and rotation and no erased squares, so that the network settles on "
        "photos as they really look. A run that is no longer than that is calm throughout, which suits short runs.",
        minimum=0,
        maximum=100_000,
        step=5,
        unit="epochs",
    )
    precision: str = option(
        "auto",
        "Precision",
        "auto picks what this device computes fastest. bfloat16 halves memory where the device has it; float32 is exact everywhere.",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )
    patience_epochs: int = option(
        0,
        "Patience",
        "Stops early when validation loss has not improved for this many epochs; 0 never stops early.",
        minimum=0,
        maximum=100_000,
        step=1,
        unit="epochs",
    )
    checkpoint_seconds: float = option(
        30.0,
        "Checkpoint every",
        "A checkpoint is written at every epoch, and at least this often. It is what a crash can cost you.",
        minimum=0.0,
        maximum=3600.0,
        step=5.0,
        unit="seconds",
    )
    seed: int = option(
        0,
        "Training seed",
        "First weights, order of photos, augmentation and dropout. The same seed on the same machine gives the same network.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
    )

    @property
    def has_outlier_output(self) -> bool:
        """Whether the network has one more output than classes, for what is of none."""
        return self.outlier_fraction > 0
