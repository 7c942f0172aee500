from dataclasses import replace

import pytest

from core.advice.capacity import PARAMETERS_PER_PHOTO, too_large, too_many_parameters
from core.config import put
from core.network.edit import width_of
from core.network.plan import plan
from core.network.presets import experiment
from core.training.forecast.forecast import forecast

COUNTS = {"train": 1000, "val": 500, "test": 500}


def large(draft, available):
    return too_large(draft, forecast(draft, COUNTS, 2, available), COUNTS)


def test_what_fits_gets_no_advice():
    assert large(experiment("modern"), 8_000_000_000) is None
    assert too_many_parameters(experiment("modern"), plan(experiment("modern").network), 1000) is None


def test_a_batch_that_is_too_large_is_halved_until_it_fits():
    draft = put(experiment("modern"), "training.batch_size", 4096)
    found = large(draft, 2_000_000_000)
    assert "4,096" in found.text and "2.0 GB are free" in found.text
    changed = found.applied_to(draft)
    assert found.label == f"Set batch size to {changed.training.batch_size:,}"
    assert forecast(changed, COUNTS, 2, 2_000_000_000).fits
    assert replace(changed, training=draft.training) == draft


def test_a_network_that_is_too_large_at_any_batch_size_gets_the_widest_that_fits():
    draft, available = experiment("alexnet-2012"), 1_500_000_000
    found = large(draft, available)
    assert forecast(found.applied_to(draft), COUNTS, 2, available).fits
    percent = width_of(found.applied_to(draft).network, draft.network)
    assert f"width to {percent} %" in found.label and percent < 100


def test_where_nothing_fits_there_is_no_button():
    found = large(experiment("alexnet-2012"), 1_000_000)
    assert found.changes == () and found.label == "" and "image size" in found.text


@pytest.mark.parametrize("num_train", [100, 1000, 20_000])
def test_too_many_parameters_are_told_a_photo_with_the_widest_network_that_is_fed(num_train):
    draft = experiment("alexnet-2012")
    planned = plan(draft.network)
    found = too_many_parameters(draft, planned, num_train)
    assert f"{planned.parameters:,} parameters for {num_train:,} training photos" in found.text
    assert f"{planned.parameters / num_train:,.0f} a photo" in found.text
    if found.changes:
        assert plan(found.applied_to(draft).network).parameters <= PARAMETERS_PER_PHOTO * num_train


def test_no_photos_no_warning():
    assert too_many_parameters(experiment("alexnet-2012"), plan(experiment("alexnet-2012").network), 0) is None
