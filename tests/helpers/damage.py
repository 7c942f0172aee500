"""A workspace with one file of each kind, and what can become of a file."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from fake_runs import finished_run, make_dataset
from hypothesis import strategies as st

from core.cli.main import main
from core.jobs.job import create_job
from core.photos.checks import overrules
from core.photos.sources import own, uploads
from core.training.forecast import measured
from core.workspace import people
from core.workspace.folders import datasets_folder, slots_folder

KINDS = (
    "settings of a run",
    "photos of a run",
    "events of a run",
    "request",
    "lock",
    "figures",
    "answers",
    "weights",
    "manifest",
    "data set",
    "examples",
    "steps",
    "facts",
    "sweep",
    "job",
    "events of a job",
    "decisions",
    "person",
    "own classes",
    "upload",
    "calibration",
    "ticket counter",
    "ticket",
    "spare",
    "unpacked zip",
)
WHOLE, VICTIM, SWEEP = "261123-110000-modern-whol", "261123-120000-modern-abcd", "261123-130000-filters-abcd"
OWNER = "browser-of-a-person-1"


@dataclass
class World:
    """Args: files: {kind: path}; job: id of a job; dataset: id of a data set."""

    files: dict[str, Path]
    job: str
    dataset: str


def make_world(home: Path) -> World:
    """Two finished runs of one data set, of which only one will be damaged, a sweep of both, a job, and all else that is kept."""
    dataset = make_dataset(home)
    finished_run(dataset, num_epochs=3, run_id=WHOLE)
    run = finished_run(dataset, num_epochs=3, run_id=VICTIM)
    (run.folder / "request").write_text("stop")
    (run.folder / "lock").touch()
    (run.folder / "checkpoints" / "best.json").write_text('[{"sha256": "0", "state": {"epoch": 1}}]')
    sweep = home / "sweeps" / SWEEP / "sweep.json"
    sweep.parent.mkdir(parents=True)
    members = [{"value": 16, "label": "16 filters", "run": WHOLE}, {"value": 32, "label": "32 filters", "run": VICTIM}]
    asked = {
        "path": "network.blocks.0.filters",
        "base": {},
        "epochs": 3,
        "owner": "",
        "created": 1e9,
        "members": members,
    }
    sweep.write_text(json.dumps(asked | {"dataset": {"id": dataset.id, "name": dataset.name}}))
    job = create_job("prepare", {"photos": {}, "split": {}, "cache": None})
    overrules.set_file(dataset.root, "cats/train-0.jpg", "0" * 64, overrules.LEAVE_OUT)
    people.set_name(OWNER, "Ada")
    mine = own.create(OWNER)
    own.add_class(mine, "cups")
    sent = uploads.begin(OWNER, "pets.zip", 100, 1)
    calibration = home / "calibration.json"
    calibration.write_text(
        json.dumps({measured._machine_key(): {"measurements": {}, "precision_speeds": {"float32": 1.0}}})
    )
    (slots_folder() / "last-ticket").write_text("7")
    (slots_folder() / "spare.json").write_text("{}")
    unpacked = home / "unpacked" / "abc" / "about.json"
    (unpacked.parent / "photos").mkdir(parents=True)
    unpacked.write_text('{"name": "Photos", "kind": "zip", "notes": []}')
    folder = datasets_folder() / dataset.id
    files = {
        "settings of a run": run.folder / "config.json",
        "photos of a run": run.folder / "dataset.json",
        "events of a run": run.folder / "events.jsonl",
        "request": run.folder / "request",
        "lock": run.folder / "lock",
        "figures": run.folder / "evaluation.json",
        "answers": run.folder / "predictions.csv",
        "weights": run.folder / "checkpoints" / "best.safetensors",
        "manifest": run.folder / "checkpoints" / "best.json",
        "data set": folder / "dataset.json",
        "examples": folder / "dataset.csv",
        "steps": folder / "scan.csv",
        "facts": folder / "facts.csv",
        "sweep": sweep,
        "job": job.folder / "job.json",
        "events of a job": job.folder / "events.jsonl",
        "decisions": overrules.path_of(dataset.root),
        "person": people._file(OWNER),
        "own classes": mine.folder.parent / "about.json",
        "upload": uploads._part(sent.id).with_suffix(".json"),
        "calibration": calibration,
        "ticket counter": slots_folder() / "last-ticket",
        "ticket": slots_folder() / "tickets" / "00000001-abc",
        "spare": slots_folder() / "spare.json",
        "unpacked zip": unpacked,
    }
    files["ticket"].parent.mkdir(exist_ok=True)
    files["ticket"].touch()
    assert tuple(files) == KINDS
    return World(files, job.id, dataset.id)


HOSTILE = (
    b"",
    b"\0" * 50,
    b"\xff\xfe\xfd",
    b"[" * 100_000,
    b"{}",
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b"NaN",
    b"1e999",
    b"9" * 400,
    b"9" * 5000,
    b'{"kind": "batch"}\n',
    b'{"kind": "queued"}\n',
    b'{"kind": "completed"}\n',
    b'{"kind": "completed", "dataset": 5}\n',
    b'{"kind": "progress", "time": 1, "stage": [], "done": "a", "total": 0}\n',
    b'{"request": {"then_train": 5}, "kind": "prepare"}',
    b'{"name": "\\ud800", "created": -1e14}',
    b'path,true\n\n"\n',
    b"a" * 200_000 + b"\n",
)
NOT_FILES = ("pipe", "folder", "loop", "nothing")

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw, original: bytes) -> bytes:
    """The original with a piece cut out, put in or written over; or one value of its JSON replaced by any other."""
    try:
        values = json.loads(original)
    except ValueError:
        values = None
    if isinstance(values, dict) and draw(st.booleans()):
        place = values
        while True:
            key = draw(st.sampled_from(sorted(place))) if place else ""
            if isinstance(place.get(key), dict) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            if draw(st.booleans()):
                place.pop(key, None)
            else:
                place[key] = draw(_json)
            return json.dumps(values).encode("utf-8", "surrogatepass")
    start = draw(st.integers(0, len(original)))
    end = draw(st.integers(start, min(len(original), start + 40)))
    return original[:start] + draw(st.binary(max_size=20)) + original[end:]


def contents(original: bytes):
    """What may lie there instead: bytes, or the name of something that is no file."""
    return st.one_of(
        st.sampled_from(NOT_FILES),
        st.sampled_from(HOSTILE),
        st.binary(max_size=200),
        changed(original),
        _json.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    )


def put(path: Path, content: bytes | str) -> None:
    """Replaces what lies at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if content == "pipe":
        os.mkfifo(path)
    elif content == "folder":
        path.mkdir()
    elif content == "loop":
        path.symlink_to(path.name)
    elif content != "nothing":
        path.write_bytes(content)


def command(*arguments: str) -> str:
    """What a command prints. It may fail with a sentence, and with nothing else."""
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=True)
    error = result.exception
    assert error is None or isinstance(error, SystemExit), (arguments, repr(error))
    assert result.exit_code in (0, 1, 2), (arguments, result.output)
    return result.stdout
