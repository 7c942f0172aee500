"""What holds for every command: its file is found, errors are sentences, nothing heavy is imported."""

import errno
import os
import subprocess
import sys
from importlib import import_module

import click
import pytest
from command_line import invoke

from core.cli.main import ABOUT_RUNS, COMMANDS
from core.workspace.folders import PROJECT


def modules_after(*arguments: str) -> set[str]:
    """What a new Python has imported once it has run a command."""
    code = "import sys; from core.cli.main import main; main(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    child = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(child.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("argument", ["--help", "plan"])
def test_help_and_plan_need_no_tensorflow_and_nothing_that_reads_photos(argument):
    assert not modules_after(argument) & {"tensorflow", "keras", "cv2", "PIL", "core.runs.store"}


def test_a_command_loads_its_own_file_alone():
    loaded = {name for name in modules_after("plan") if name.startswith("core.cli.commands.")}
    assert loaded == {"core.cli.commands.network"}


def test_every_command_is_in_the_list_and_in_the_file_that_the_list_names():
    files = sorted(path.stem for path in (PROJECT / "core/cli/commands").glob("*.py") if path.stem != "__init__")
    written = {
        command.name: file
        for file in files
        for command in vars(import_module(f"core.cli.commands.{file}")).values()
        if isinstance(command, click.Command)
    }
    assert written == COMMANDS
    assert set(ABOUT_RUNS) < set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["plan", "--set", "network.blocks.0.filter=3"], 1, "Did you mean"),
        (["plan", "--set", "network.blocks.0.filters=0"], 1, "between 1 and 2,048"),
        (["plan", "--preset", "moderm"], 1, "modern"),
        (["plan", "--num-classes", "1"], 2, "num-classes"),
        (["plan", "--colour"], 2, "No such option"),
        (["paint"], 2, "No such command"),
        (["scan"], 2, "FOLDER"),
        (["scan", "/no/such/folder"], 1, "/no/such/folder"),
        (["train", "/no/such/folder"], 1, "/no/such/folder"),
        (["train", "drawn", "--epochs", "0"], 1, "training.epochs"),
        (["train", "drawn", "--epochs", "x"], 2, "epochs"),
        (["train", "drawn", "--minutes", "-1"], 1, "For --set: training.minutes, between 0 and 10,080 minutes."),
        (["train", "drawn", "--minutes", "nan"], 1, "training.minutes"),
        (["train", "drawn", "--minutes", "5", "--epochs", "5"], 1, "Leave one out."),
        (["train", "drawn", "--epochs", "9" * 400], 1, "For --set: training.epochs, between 1 and 100,000 epochs."),
        (["plan", "--set", f"network.input_size={'9' * 400}"], 1, "must be a whole number between 16 and 512 pixels"),
        (["plan", "--set", "network.blocks.².filters=3"], 1, "There is no setting"),
        (["plan", "--set", "network.blocks.0.padding=round"], 1, "same, valid, or between 0 and 30 pixels"),
        (["plan", "--num-classes", "9" * 400], 2, "num-classes"),
        (["sweep", "drawn", "--vary", "training.seed=1,²"], 1, "“Training seed” must be a whole number"),
        (["sweep", "drawn"], 2, "--augmentation"),
        (["sweep", "drawn", "--vary", "training.seed=1,2", "--augmentation"], 2, "either"),
        (["sweep", "drawn", "--vary", "network.blocks.0.filters=16"], 1, "2 to 5 values; received 1"),
        (["sweep", "drawn", "--vary", "network.blocks.0.filters=16,0"], 1, "between 1 and 2,048"),
        (["sweep", "drawn", "--augmentation", "--epochs", "0"], 1, "training.epochs"),
        (["stop", "240101-000000-none"], 1, "no run"),
        (["evaluate", "../../etc/passwd"], 1, "An id is"),
        (["classify", "photo.jpg"], 1, "no trained network"),
        (["classify"], 2, "PHOTO_OR_FOLDER"),
    ],
)
def test_what_is_wrong_gets_a_sentence_on_stderr_and_an_exit_status(arguments, status, words):
    result = invoke(*arguments)
    assert result.exit_code == status
    assert words in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("number", "words"), [(errno.EROFS, "is read-only"), (errno.ENOSPC, "takes no more")])
def test_a_disk_that_takes_nothing_gets_a_sentence_from_every_command(monkeypatch, number, words):
    def refuse(*_arguments, **_others):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("core.runs.store.list_runs", refuse)
    result = invoke("runs")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr and "Traceback" not in result.stderr
