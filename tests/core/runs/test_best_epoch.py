"""The best epoch is the best of those at the largest pictures, and where the curve is higher elsewhere, that is said."""

from core.runs.best_epoch import first_that_counts, why_best
from core.runs.history import History


def history_of(*epochs: tuple[int, float], best: int | None) -> History:
    """Of (side of the pictures, validation accuracy) an epoch."""
    rows = [
        {"epoch": number, "image_size": size, "val_accuracy": accuracy}
        for number, (size, accuracy) in enumerate(epochs, 1)
    ]
    return History(epochs=rows, best_epoch=best, num_epochs=len(rows))


def test_a_higher_epoch_on_smaller_pictures_is_named_with_the_reason():
    history = history_of((96, 0.6), (96, 0.655), (128, 0.62), (128, 0.636), best=4)
    assert first_that_counts(history) == 3
    said = why_best(history)
    assert "Epoch 4 is the best" in said and "128 pixels, from epoch 3 on" in said
    assert "65.5 % of epoch 2 were on pictures of 96 pixels" in said


def test_nothing_is_said_where_the_best_epoch_is_the_highest_or_pictures_do_not_grow():
    assert why_best(history_of((96, 0.6), (128, 0.61), best=2)) == ""
    assert why_best(history_of((96, 0.6), (96, 0.5), best=1)) == ""
    assert why_best(History()) == "" and first_that_counts(History()) == 1


def test_epochs_of_an_older_version_without_sizes_all_count():
    rows = [{"epoch": 1, "val_accuracy": 0.6}, {"epoch": 2, "val_accuracy": 0.5}]
    assert first_that_counts(History(epochs=rows, best_epoch=1)) == 1
