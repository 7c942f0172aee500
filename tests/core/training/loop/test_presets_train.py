"""Every network of the article learns from drawn pets: whole runs of one epoch, with a twentieth of the filters and units.

That every layer of the full widths is the one Keras makes stands in tests/core/network.
"""

from dataclasses import replace

import pytest

from core.config import PhotosConfig, SplitConfig, put_all
from core.jobs.events import EventLog
from core.network.edit import scale_width
from core.network.presets import PRESETS, experiment
from core.photos.prepare import prepare
from core.runs.store import create_run
from core.training.loop import train as training


@pytest.mark.parametrize("preset_id", PRESETS)
def test_a_preset_trains_for_an_epoch_on_drawn_pets(preset_id):
    dataset = prepare(PhotosConfig(num_drawn=8), SplitConfig())
    wanted = put_all(
        experiment(preset_id), ["training.epochs=1", "training.batch_size=4", "training.precision=float32"]
    )
    run = create_run(replace(wanted, network=scale_width(wanted.network, 5)), dataset)
    log = EventLog(run.events_path)
    training.train(run, log)
    log.close()
    assert run.status == "completed"
    (epoch,) = run.history.epochs
    assert 0 < epoch["loss"] < 100 and run.checkpoint is not None
    assert run.evaluation.num_photos == len(dataset.of_split("test"))
