import subprocess
import sys

from core.bench.processes import _Part, sparse_dataset
from core.jobs.events import EventLog
from core.network import presets
from core.photos.cache import open_cache
from core.photos.dataset import load
from core.runs.store import create_run
from core.workspace.folders import PROJECT


def test_a_data_set_of_black_photos_opens_as_any_other_and_takes_no_room():
    dataset = load(sparse_dataset(400).id)
    assert dataset.split_sizes == {
        "train": 200,
        "val": 100,
        "test": 100,
    }
    images = open_cache(dataset, 224, "squash", 3)
    assert images.shape == (400, 224, 224, 3) and not images[-1].any()
    used = sum(path.stat().st_blocks * 512 for path in dataset.folder.iterdir())
    assert used < 1e6 < images.nbytes


MEMORY = """
import os, sys
import numpy as np
from core.bench.processes import rss_anon
before = rss_anon(os.getpid())
held = np.ones(32 * 2**20, np.uint8)
after = rss_anon(os.getpid())
assert after - before > 0.9 * held.nbytes, (before, after)
np.save(sys.argv[1], held)
mapped = np.load(sys.argv[1], mmap_mode="r")
assert mapped.sum() == held.size
assert rss_anon(os.getpid()) - after < 0.1 * held.nbytes
assert rss_anon(2**22 + 1) == 0
"""


def test_private_memory_counts_what_a_process_holds_and_not_what_it_maps(tmp_path):
    # in a small process of its own: one that has run a thousand tests gives memory back at any moment
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "mapped.npy")]
    child = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr


def test_arrivals_are_joined_with_the_events_they_bring(monkeypatch):
    run = create_run(presets.experiment("narrow"), sparse_dataset(400))
    log = EventLog(run.events_path)
    log.append("started", steps_per_epoch=10)
    for step in range(1, 6):  # at 101, 102 ... 105 seconds, and 0.1, 0.2 ... 0.5 epochs
        monkeypatch.setattr("time.time", lambda step=step: 100.0 + step)
        log.append("batch", step=step)
    log.close()
    part = _Part(100, 110, 1.0, 0.0)
    points = [[0, 101.5, 0.1], [0, 104.5, 0.3], [1, 102.25, 0.2], [0, 105.5, 0.5], [1, 200, 0.5]]
    part.take({"points": points, "ticks": [[0, 104.5, 0.25], [1, 200, 9.0]]}, run)
    assert part.ages.tolist() == [0.5, 1.5, 0.25, 0.5]
    assert part.ticks.tolist() == [0.25]
    assert part.waits.tolist() == [2.5, 1.5, 1.5, 0.5]
