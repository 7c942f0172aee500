"""What a checkpoint holds of a network in training, put in and taken out; and what there is to say to the person when a run
does not go on as it was left."""

import math
from collections.abc import Mapping

import keras
import numpy as np

from core.config import TrainingConfig
from core.training.loop import checkpoint
from core.training.loop.average import WeightAverage
from core.training.loop.checkpoint import Checkpoint
from core.training.recipe.schedule import learning_rate_at


def arrays_of(model: keras.Model, average: WeightAverage) -> dict[str, np.ndarray]:
    """Every array that the next step depends on, by the name it has in a checkpoint: ``weight.0000``, ``optimizer.0003``, ..."""
    groups = {
        "weight": model.get_weights(),
        "random": [keras.ops.convert_to_numpy(variable) for variable in _random_states(model)],
        "optimizer": [keras.ops.convert_to_numpy(variable) for variable in _optimizer_states(model)],
        "scale": [keras.ops.convert_to_numpy(variable) for variable in _scale_states(model)],
        "average": average.arrays,
    }
    return {f"{name}.{i:04d}": array for name, group in groups.items() for i, array in enumerate(group)}


def put_back(model: keras.Model, average: WeightAverage, saved: Checkpoint) -> None:
    """Gives a compiled model, whose optimizer is built, and its average all that ``arrays_of`` took from them.

    Raises:
        ModelError: the weights are of another network.
        KeyError: an array is missing, since another version wrote the checkpoint.
    """
    arrays = saved.arrays()
    checkpoint.set_weights(model, arrays)
    groups = {"random": _random_states(model), "optimizer": _optimizer_states(model), "scale": _scale_states(model)}
    for group, variables in groups.items():
        for index, variable in enumerate(variables):
            name = f"{group}.{index:04d}"
            if group != "scale" or name in arrays:  # the run may have begun in another precision
                variable.assign(arrays[name])
    averaged = [np.array(arrays[name]) for name in sorted(arrays) if name.startswith("average.")]
    if average.is_on and averaged:
        average.arrays, average.num_updates = averaged, saved.state["num_averaged"]
    elif average.is_on:  # a run that was too short for averaging got more epochs
        average.arrays = [np.array(weight) for weight in model.get_weights()]


def _random_states(model: keras.Model) -> list:
    """Variables that are no weights: the states of dropout's generators."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _optimizer_states(model: keras.Model) -> list:
    """The variables of the optimizer itself, without the loss scale that float16 puts around it."""
    return getattr(model.optimizer, "inner_optimizer", model.optimizer).variables


def _scale_states(model: keras.Model) -> list:
    """The variables of the loss scale, which only float16 has."""
    own = {id(variable) for variable in _optimizer_states(model)}
    return [variable for variable in model.optimizer.variables if id(variable) not in own]


def about_damage(damaged: list[str], found: Checkpoint | None, steps_per_epoch: int) -> list[str]:
    """Which checkpoints could not be used, which one is, and what that costs; nothing where all are whole."""
    if not damaged:
        return []
    epoch, step = checkpoint.place_of(damaged[0])
    what = f"The newest checkpoint (epoch {epoch}, after step {step}) is not as it was written, so it was not used."
    if found is None:
        return [f"{what} There is no other, so the run begins again."]
    if len(damaged) > 1:
        what = f"The {len(damaged)} newest checkpoints are not as they were written, so they were not used."
    state = found.state
    steps = (epoch - state["epoch"]) * steps_per_epoch + step - state["step"]
    return [
        f"{what} The run goes on from the one before (epoch {state['epoch']}, after step {state['step']}); so much is done again: "
        f"{steps:,} {'step' if steps == 1 else 'steps'}."
    ]


def about_circumstances(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A sentence if what follows cannot agree to the bit with what would have been."""
    changed = [
        f"{name} {now[name]} instead of {before[name]}" for name in now if before.get(name, now[name]) != now[name]
    ]
    if not changed:
        return []
    return [
        f"The run goes on in other circumstances than before: {', '.join(changed)}. It loses nothing, but its last digits "
        "are not those that it would have had."
    ]


def about_more_epochs(training: TrainingConfig, planned: int, num_done: int, step: int, steps_per_epoch: int) -> str:
    """What a run that got more epochs does about the schedules that follow its length.

    They go on as those of a run that was as long from the start. So a learning rate that had come down rises again and
    comes down a second time, as in Loshchilov & Hutter 2017, section 3 (warm restarts).

    Args:
        training: with the number of epochs that the run has now.
        planned: epochs that it had when it was left.
        num_done: whole epochs that are done.
        step: finished steps of the run.
    """
    epochs = training.epochs
    before = learning_rate_at(training, step, planned * steps_per_epoch)
    now = learning_rate_at(training, step, epochs * steps_per_epoch)
    rate = "" if math.isclose(before, now) else f", so the learning rate goes on at {now:.3g} instead of {before:.3g}"
    return (
        f"This run was planned for {planned} epochs and got {epochs} when {num_done} were done. From here on "
        f"its schedules are those of a run of {epochs} epochs{rate}. A run of {epochs} epochs from the "
        "start would have learned otherwise: compare with care."
    )


def about_more_minutes(before: float, now: float, num_done: int) -> str:
    """The same of a run that got more minutes, or minutes instead of epochs (``before`` is 0)."""
    had = f"was given {before:g} minutes" if before else "went by epochs"
    return (
        f"This run {had} and got {now:g} minutes in all when {num_done} epochs were done. From here on its schedules are those of "
        f"a run that is {now:g} minutes long, so a learning rate that had come down rises again. Such a run from the start would "
        "have learned otherwise: compare with care."
    )


def about_lost_best(epoch: int) -> str:
    return (
        f"The weights of the best epoch so far ({epoch}) cannot be read back from the disk. The best of "
        "the epochs from here on is kept instead."
    )


BEST_IS_UNREADABLE = (
    "The weights of the best epoch cannot be read back from the disk. Check the disk, then resume the run: it goes "
    "on without them."
)


def unreadable(run_id: str, error: Exception) -> str:
    """What to say of a checkpoint that is whole and yet lacks something."""
    return (
        f"The last checkpoint of the run “{run_id}” does not hold what this version writes ({error!r}). Put it back from a copy, "
        "or start a new run with these settings."
    )
