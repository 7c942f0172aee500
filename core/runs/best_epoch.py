"""Which epochs may be the best one, and why: pictures grow in training, and a network is kept for full-size photos."""

from core.jobs.kinds import Epoch
from core.runs.history import History


def first_that_counts(history: History) -> int:
    """The first epoch at the largest pictures so far, from 1: earlier ones saw an easier or a harder test, so they no longer count."""
    sizes = [row.get("image_size", 0) for row in history.epochs]
    return history.epochs[sizes.index(max(sizes))]["epoch"] if sizes else 1


def better_on_smaller(history: History) -> Epoch | None:
    """The epoch with the highest validation accuracy where that is above the best epoch's: it was judged by smaller pictures. Else None."""
    if history.best is None:
        return None
    highest = max(history.epochs, key=lambda row: row["val_accuracy"])
    is_higher = highest["val_accuracy"] > history.best["val_accuracy"]
    return highest if is_higher and highest["epoch"] < first_that_counts(history) else None


def why_best(history: History) -> str:
    """Why the best epoch is not the highest on the curve; "" where it is."""
    highest = better_on_smaller(history)
    if highest is None:
        return ""
    first, size = first_that_counts(history), max(row.get("image_size", 0) for row in history.epochs)
    return (
        f"Epoch {history.best_epoch} is the best of those on pictures of {size} pixels, from epoch {first} on. The "
        f"{100 * highest['val_accuracy']:.1f} % of epoch {highest['epoch']} were on pictures of {highest.get('image_size', 0)} pixels, which the "
        "network is no longer judged by."
    )
