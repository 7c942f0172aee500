"""What a run's curve says, in words: each finding with its evidence, its meaning and the knob to turn. No TensorFlow.

``diagnose`` is a function of the history alone, so a page may ask at every poll. It reads the history as it came, epoch by
epoch: a finding is raised by evidence beyond noise (intervals from the number of photos and steps; no verdict while pictures
still grow or the learning rate has yet to come down), and then stands until there is evidence against it (``standing``).

Training and validation figures are not measured alike, and the rules allow for it. Training figures are averages over
an epoch in which the network was still changing, on augmented and perhaps blended photos, with dropout, before weights
are averaged. All of that lowers them. So training below validation is usual in a healthy run and never a finding by
itself; training far above validation is always one.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from core.advice.diagnosis.case import FEWEST_EPOCHS, MIN_STEPS, Case
from core.advice.diagnosis.standing import NOTHING_YET, Look, look, shown
from core.advice.suggestion import Suggestion
from core.config import ExperimentConfig
from core.photos.layouts.counts import PhotoCounts
from core.runs.history import History
from core.runs.run import Run

MOST_LOOKED_AT = 256
_looked: OrderedDict[Path, Look] = OrderedDict()  # the last look at each run, by its folder
_guard = threading.Lock()


def diagnose_run(run: Run) -> list[Suggestion]:
    """``diagnose`` for a run on disk, at work or finished; epochs that were looked at before are not looked at again."""
    case = Case(run.history, run.config, run.dataset["counts"], run.class_names)
    with _guard:
        now = _looked[run.folder] = look(case, _looked.get(run.folder, NOTHING_YET))
        _looked.move_to_end(run.folder)
        while len(_looked) > MOST_LOOKED_AT:
            _looked.popitem(last=False)
    return shown(case, now.findings)


def diagnose(
    history: History, config: ExperimentConfig, counts: PhotoCounts, class_names: Sequence[str]
) -> list[Suggestion]:
    """What can be said about a run so far, the gravest first; empty where nothing is wrong, or ``quiet`` says that it is too early.

    A run that learns nothing is not also called underfitted: what would follow from a graver finding is left out.

    Args:
        history: as far as it has come. Epochs of older versions, which hold no evidence beside the curve, are fine.
        config: of the run.
        counts: photos by split and class name, as in a run's dataset.json.
        class_names: in the order of class_index.
    """
    case = Case(history, config, counts, tuple(class_names))
    return shown(case, look(case).findings)


def seen_enough(history: History) -> bool:
    """Whether there were epochs and steps enough to say that nothing is strange."""
    num_epochs = len(history.epochs)
    return num_epochs >= FEWEST_EPOCHS and num_epochs * history.steps_per_epoch >= MIN_STEPS


def quiet(history: History) -> str:
    """What to say where there is no finding: that nothing is strange only where enough was seen to say it."""
    num_epochs, steps = len(history.epochs), history.steps_per_epoch
    if not num_epochs:
        return "Too early to say: no epoch is finished yet."
    if not seen_enough(history):
        return f"Too early to say: {num_epochs} {'epoch' if num_epochs == 1 else 'epochs'} of {steps} {'step' if steps == 1 else 'steps'}."
    return "Nothing strange in these curves so far."
