"""The first training starts when its photos are drawn, whether or not anybody is looking."""

from dataclasses import replace

from core import config
from core.jobs.job import create_job, no_report
from core.network import presets
from core.runs.engines import from_photos, local
from core.runs.store import find_run
from core.workspace.owners import mark_of


def test_the_run_follows_its_photos_without_a_page(workspace, monkeypatch):
    spawned = []
    monkeypatch.setattr(local, "spawn", lambda module, folder: spawned.append((module, folder)))
    wanted = replace(presets.experiment("narrow"), name="First")
    wanted = config.put(config.put(wanted, "photos.num_drawn", 10), "network.input_size", 64)
    whole = config.to_dict(wanted)
    request = {"photos": whole["photos"], "split": whole["split"], "cache": None}
    job = create_job("prepare", {**request, "then_train": {"config": whole, "owner": "a-token-of-a-browser"}})
    fields = from_photos.work(job, no_report)
    run = find_run(fields["run"])
    assert spawned == [("core.training.process.worker", run.folder)]
    assert (run.config, run.owner, run.dataset["id"]) == (wanted, mark_of("a-token-of-a-browser"), fields["dataset"])
    assert run.status == "queued"
