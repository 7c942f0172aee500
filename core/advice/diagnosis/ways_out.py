"""The changes that help a network which learns nothing, the likeliest cause first."""

from core.advice.diagnosis.case import Case

# Rates at which these optimizers usually learn: Keras' defaults, and what AlexNet used for SGD.
USUAL_RATE = {"adam": 0.001, "adamw": 0.001, "muon": 0.001, "rmsprop": 0.001, "sgd": 0.01}


def lower_rate(optimizer: str, rate: float) -> float:
    """A tenth, or what is usual if that is lower still."""
    return one_digit(min(rate / 10, USUAL_RATE[optimizer]))


def one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def way_out(case: Case) -> tuple[str, tuple]:
    """(advice, changes) for a network in which the photo is lost on the way to the answer; the likeliest cause first."""
    training, network = case.config.training, case.config.network
    lower = lower_rate(training.optimizer, training.learning_rate)
    if training.learning_rate >= 5 * USUAL_RATE[training.optimizer]:
        return (
            f"The learning rate ({training.learning_rate:g}) is high for {training.optimizer}: one bad step can silence a network for good. "
            f"On the Training page lower it to {lower:g}."
        ), (("training.learning_rate", lower),)
    flat = [i for i, block in enumerate(network.blocks) if block.activation in ("sigmoid", "tanh")]
    if flat and not case.is_normalized:
        return (
            f"{network.blocks[flat[0]].activation.capitalize()} passes on only a small part of the correction, and layer after layer little is left. "
            "On the Network page choose the activation relu, and the normalisation batch, in every layer."
        ), all_layers(case, "activation", "relu") + all_layers(case, "normalization", "batch")
    if not case.is_normalized:
        changes = all_layers(case, "normalization", "batch")
        advice = (
            "Without normalisation the numbers shrink or grow from layer to layer until nothing of the photo is left in the answer. "
            "On the Network page set the normalisation of every layer to batch"
        )
        if network.initializer != "he_normal":
            advice, changes = (
                advice + " and the initialiser to he_normal",
                changes + (("network.initializer", "he_normal"),),
            )
        return f"{advice}; a learning rate of {lower:g} on the Training page is the other thing to try.", changes
    return (
        f"On the Training page try a learning rate of {lower:g}. If that changes nothing, look at the photos: "
        "are they in the folders of their own class?"
    ), (("training.learning_rate", lower),)


def all_layers(case: Case, name: str, value) -> tuple[tuple[str, object], ...]:
    """Changes that set one field of every convolution and hidden dense layer where it is different."""
    network = case.config.network
    parts = [(f"network.blocks.{i}.{name}", block) for i, block in enumerate(network.blocks)]
    parts += [(f"network.dense.{i}.{name}", block) for i, block in enumerate(network.dense)]
    return tuple((path, value) for path, block in parts if getattr(block, name) != value)
