"""When a run in the queue will probably start."""

import pytest

from core.runs.line import expected_starts


@pytest.mark.parametrize(
    ("left", "needed", "slots", "starts"),
    [
        ([], [60], 1, [0]),
        ([100], [60, 30, 10], 1, [100, 160, 190]),
        ([100, 20], [60, 30, 10], 2, [20, 80, 100]),
        ([100], [60, 30], 2, [0, 60]),
        ([None], [60, 30], 1, [None, None]),
        ([None, 50], [60, 30], 2, [50, 110]),
        ([10], [None, 30], 1, [10, None]),
    ],
)
def test_expected_starts(left, needed, slots, starts):
    assert expected_starts(left, needed, slots) == starts
