"""The diagnosis on recorded runs: really broken ones, healthy ones, and what lies just on the other side of each rule.

histories/README.md says how each was made.
"""

import copy
import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from core import config as configs
from core.advice.diagnosis.diagnose import diagnose, diagnose_run, quiet
from core.advice.suggestion import LEARNS_NOTHING, NOTE, WARNING, Suggestion
from core.cli.main import main
from core.config import ExperimentConfig
from core.network.presets import PRESETS, experiment
from core.runs.evaluation import wilson_interval
from core.runs.history import History, fold
from core.runs.run import Run
from core.workspace.folders import runs_folder

HISTORIES = Path(__file__).with_name("histories")

# Name -> (kinds at the end, gravest first; epoch after which the first of them was there).
BROKEN: dict[str, tuple[list[str], int]] = {
    "narrow": (["stuck", "dead_units"], 2),
    "narrow-seed1": (["stuck", "dead_units"], 2),
    "nan": (["not_a_number"], 0),
    "rate-high": (["stuck", "rate_too_high", "dead_units"], 3),
    "dead": (["stuck", "rate_too_high", "dead_units"], 3),
    "dead-sgd": (["stuck", "rate_too_high", "dead_units"], 2),
    "rate-high-modern": (["stuck", "rate_too_high", "dead_units"], 3),
    "sigmoid": (["stuck"], 3),
    "dead-bottleneck": (["stuck", "dead_units"], 2),
    "rate-low": (["rate_too_low"], 2),
    "one-class": (["one_class"], 4),
    "overfit": (["overfitting"], 15),
    "overfit-lenet": (["overfitting"], 9),
    "wrong-labels": (["labels"], 11),
    "underfit-small": (["underfitting"], 10),
    "augment": (["augmentation_too_strong"], 5),
    "augment-basic": (["augmentation_too_strong", "dead_units"], 5),
    "tiny-validation": (["validation_too_small"], 3),
}

# Small data sets, as people have them: name -> kinds at the end.
SMALL: dict[str, list[str]] = {
    "small-basic": ["guessing", "overfitting", "validation_too_small"],
    "small-drawn": ["guessing", "validation_too_small"],
    "small-drawn-narrow": ["guessing", "validation_too_small", "dead_units"],
    "small-modern-222": ["validation_too_small"],
    "small-modern-222-1": ["guessing", "validation_too_small"],
    "small-modern-400": ["validation_too_small"],
    "small-modern-80": ["guessing", "validation_too_small"],
    "small-narrow-200": ["guessing", "validation_too_small", "dead_units"],
    "small-narrow-bn": ["overfitting", "validation_too_small"],
    "small-rare": ["guessing", "validation_too_small"],
    "small-two-epochs": ["guessing"],
    "small-unbalanced": ["guessing", "overfitting", "validation_too_small"],
}

HEALTHY = sorted(path.stem for path in HISTORIES.glob("healthy-*.jsonl"))


class Recorded(NamedTuple):
    history: History
    config: ExperimentConfig
    counts: dict
    class_names: list

    def changed(self, rows=lambda row: {}, keep=None, **parts) -> "Recorded":
        """A copy with other figures in its epochs (``rows`` gives them for each), only the first ``keep``, or other parts."""
        history = copy.deepcopy(self.history)
        for row in history.epochs:
            row.update(rows(row))
        history.epochs = history.epochs[:keep]
        return self._replace(history=history)._replace(**parts)

    def with_config(self, *assignments: str) -> "Recorded":
        return self._replace(config=configs.put_all(self.config, list(assignments)))


@cache
def read(name: str) -> tuple[dict, ExperimentConfig, list[dict]]:
    head, *events = map(json.loads, (HISTORIES / f"{name}.jsonl").read_text().splitlines())
    return head, configs.from_dict(head["config"]), events


def recorded(name: str) -> Recorded:
    head, config, events = read(name)
    history = History()
    fold(history, copy.deepcopy(events))
    return Recorded(history, config, copy.deepcopy(head["counts"]), list(head["class_names"]))


def after(name: str, num_epochs: int) -> Recorded:
    """A run as it stood when that many epochs were done."""
    whole = recorded(name)
    partial = whole.changed(keep=num_epochs)
    if num_epochs < len(whole.history.epochs):
        partial.history.message, partial.history.results = "", {}
    return partial


def found(run: Recorded) -> dict[str, Suggestion]:
    return {finding.kind: finding for finding in diagnose(*run)}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_called_what_it_is(name):
    kinds, _ = BROKEN[name]
    assert list(found(recorded(name))) == kinds


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_known_by_this_epoch_and_not_a_guess_earlier(name):
    kinds, first = BROKEN[name]
    num_epochs = len(recorded(name).history.epochs)
    seen = [count for count in range(num_epochs + 1) if kinds[0] in found(after(name, count))]
    assert min(seen) == first


@pytest.mark.parametrize("name", ["narrow", "narrow-seed1"])
def test_the_narrow_preset_is_diagnosed_within_three_epochs_of_real_photos(name):
    finding = found(after(name, 3))["stuck"]
    assert finding.title == "Stuck at ln 2: the network guesses"
    assert "0.6931" in finding.evidence and "epochs 1 to 3" in finding.evidence
    assert "Normalisation" in finding.advice or "normalisation" in finding.advice


def test_what_is_advised_against_the_stuck_narrow_network_was_tried_and_learns():
    config = recorded("narrow").config
    for path, value in found(recorded("narrow"))["stuck"].changes:
        config = configs.put(config, path, value)
    tried = recorded("healthy-narrow-suggested")
    assert (config.network, config.augment) == (tried.config.network, tried.config.augment)
    assert replace(config.training, epochs=4) == replace(tried.config.training, epochs=4)
    low, _ = wilson_interval(max(round(1000 * row["val_accuracy"]) for row in tried.history.epochs), 1000)
    assert low > 0.6


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_gives_no_alarm_at_any_epoch(name):
    for count in range(len(recorded(name).history.epochs) + 1):
        alarms = [finding for finding in diagnose(*after(name, count)) if finding.severity != NOTE]
        assert alarms == [], f"after {count} epochs"


def test_there_are_enough_recordings():
    assert len(BROKEN) >= 8 and len(HEALTHY) >= 3
    assert len(SMALL) >= 10
    assert {*BROKEN, *HEALTHY, *SMALL} == {path.stem for path in HISTORIES.glob("*.jsonl")}


@pytest.mark.parametrize("name", BROKEN)
def test_a_finding_has_evidence_in_numbers_advice_and_changes_that_the_config_takes(name):
    run = recorded(name)
    for finding in diagnose(*run):
        assert any(letter.isdigit() for letter in finding.evidence)
        assert " page" in finding.advice
        changed = run.config
        for path, value in finding.changes:
            assert configs.get(changed, path) != value, f"{path} is {value} already"
            changed = configs.put(changed, path, value)


@pytest.mark.parametrize("name", BROKEN)
def test_the_history_is_left_as_it_was(name):
    run = recorded(name)
    before = copy.deepcopy(run.history)
    diagnose(*run)
    assert run.history == before


@pytest.mark.parametrize("name", [*BROKEN, *HEALTHY])
def test_a_history_without_the_new_evidence_can_be_read(name):
    run = recorded(name)
    for row in run.history.epochs:
        for key in (
            "step_fraction",
            "dead_units",
            "val_top_class",
            "val_top_share",
            "val_spread",
            "val_right",
            "val_loss_error",
        ):
            row.pop(key, None)
    assert name not in HEALTHY or not [f for f in diagnose(*run) if f.severity != NOTE]
    diagnose(*run)


def test_a_run_that_has_only_begun_says_no_more_than_that_it_does_not_know_anything_yet():
    assert diagnose(*after("narrow", 0)) == []
    assert [(finding.kind, finding.severity) for finding in diagnose(*after("narrow", 1))] == [("guessing", NOTE)]


@pytest.mark.parametrize("name", SMALL)
def test_what_is_said_of_a_small_data_set_at_the_end(name):
    assert list(found(recorded(name))) == SMALL[name]


def test_the_best_epoch_of_a_finding_is_the_one_that_is_kept_and_not_a_higher_one_on_smaller_pictures():
    run = recorded("small-modern-222")
    kept, highest = run.history.best, max(run.history.epochs, key=lambda row: row["val_accuracy"])
    assert kept["epoch"] == 37 and highest["val_accuracy"] > kept["val_accuracy"]
    evidence = found(run)["validation_too_small"].evidence
    assert (
        f"{100 * kept['val_accuracy']:.1f} % of epoch 37" in evidence and f"epoch {highest['epoch']} " not in evidence
    )


def kinds_by_epoch(name: str) -> list[dict[str, str]]:
    """{kind: severity} after each epoch, as a page that looks at every poll shows it."""
    num_epochs = len(recorded(name).history.epochs)
    return [
        {finding.kind: finding.severity for finding in diagnose(*after(name, count))}
        for count in range(1, num_epochs + 1)
    ]


def taken_back(name: str, severities: tuple[str, ...]) -> list[str]:
    """Findings that were said after one epoch and no more after the next. That a network has yet to learn is no change of mind, and
    neither is what a graver finding covers."""
    steps = kinds_by_epoch(name)
    return [
        f"{kind} after epoch {number}"
        for number, (now, then) in enumerate(pairwise(steps), 1)
        for kind, severity in now.items()
        if kind not in then and kind != "guessing" and severity in severities and LEARNS_NOTHING not in then.values()
    ]


@pytest.mark.parametrize("name", [*BROKEN, *HEALTHY, *SMALL])
def test_no_warning_is_taken_back(name):
    assert taken_back(name, (LEARNS_NOTHING, WARNING)) == []


@pytest.mark.slow
def test_notes_are_taken_back_at_most_once_a_run_and_rarely():
    counts = {name: len(taken_back(name, (NOTE,))) for name in [*BROKEN, *HEALTHY, *SMALL]}
    assert max(counts.values()) <= 1
    assert sum(counts.values()) <= 5, counts


@pytest.mark.parametrize("name", [*BROKEN, *HEALTHY, *SMALL])
def test_no_setting_is_advised_up_and_then_down_and_nothing_that_contradicts_stands_together(name):
    ways: dict[str, bool] = {}
    opposites = (
        {"overfitting", "underfitting"},
        {"rate_too_high", "rate_too_low"},
        {"rate_too_high", "underfitting"},
        {"labels", "overfitting"},
    )
    for count in range(1, len(recorded(name).history.epochs) + 1):
        run = after(name, count)
        findings = diagnose(*run)
        assert not any(pair <= {finding.kind for finding in findings} for pair in opposites)
        for finding in findings:
            for path, value in finding.changes:
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    is_up = value > configs.get(run.config, path)
                    assert ways.setdefault(path, is_up) == is_up, f"{path} after epoch {count}"


@pytest.mark.parametrize("name", [*BROKEN, *HEALTHY, *SMALL])
def test_going_on_from_the_last_look_says_what_a_look_from_the_start_says(name):
    run = run_on_disk(name)
    lines = run.events_path.read_text().splitlines(keepends=True)
    for count in (len(lines) // 2, len(lines) - 1, len(lines)):
        run.events_path.write_text("".join(lines[:count]))
        assert diagnose_run(run) == diagnose(run.history, run.config, run.dataset["counts"], run.class_names)


def test_a_run_that_was_cut_back_to_a_checkpoint_is_looked_at_anew():
    run = run_on_disk("overfit")
    assert diagnose_run(run)[0].kind == "overfitting"
    lines = run.events_path.read_text().splitlines(keepends=True)
    run.events_path.write_text("".join(lines[:4]))
    assert diagnose_run(run) == diagnose(*after("overfit", 3))


def test_the_all_clear_is_given_only_where_enough_was_seen():
    assert quiet(History()) == "Too early to say: no epoch is finished yet."
    few = [{"epoch": 1}, {"epoch": 2}]
    assert quiet(History(epochs=few, steps_per_epoch=4)) == "Too early to say: 2 epochs of 4 steps."
    assert quiet(History(epochs=few, steps_per_epoch=400)).startswith("Too early")
    assert quiet(History(epochs=[*few, {"epoch": 3}], steps_per_epoch=34)).startswith("Nothing strange")


def dogs_only(num_epochs: int, val_loss: float = 4.0, right=(0, 25), tested: int | None = 25) -> Recorded:
    """A network that calls everything dog after so many epochs of four steps, on 30 cats and 25 dogs."""
    counts = {split: {"cats": 30, "dogs": 25} for split in ("train", "val", "test")}
    row = {
        "loss": 0.7,
        "accuracy": 0.5,
        "val_loss": val_loss,
        "val_accuracy": sum(right) / 55,
        "image_size": 64,
        "best": True,
        "step_fraction": 0.005,
        "dead_units": {},
        "val_top_class": 1,
        "val_top_share": 1.0,
        "val_spread": 0.1,
        "val_right": list(right),
        "val_loss_error": 0.3,
    }
    history = History(num_epochs=num_epochs, steps_per_epoch=4, best_epoch=num_epochs)
    history.epochs = [row | {"epoch": number} for number in range(1, num_epochs + 1)]
    if tested is not None:
        history.results = {"test_accuracy": tested / 55, "test_right": [0, tested]}
    return Recorded(history, MODERN, counts, ["cats", "dogs"])


MODERN = experiment("modern")


@pytest.mark.parametrize("num_epochs", [1, 2, 3, 10, 30])
@pytest.mark.parametrize("tested", [None, 25], ids=["at work", "tested"])
def test_one_class_always_is_a_finding_at_every_length(num_epochs, tested):
    first = diagnose(*dogs_only(num_epochs, tested=tested))[0]
    assert first.kind in ("guessing", "one_class")
    assert first.title.startswith("Everything is called dogs")
    if first.kind == "guessing":
        assert "4" in first.evidence and "guessing costs" in first.evidence


def test_a_validation_loss_above_guessing_is_a_finding_even_where_most_photos_are_right():
    run = dogs_only(1, right=(25, 22), tested=None)
    run.history.epochs[0] |= {"val_top_share": 0.5}
    assert list(found(run)) == ["loss_above_guessing"]
    run.history.epochs[0] |= {"val_loss": 0.9, "val_loss_error": 0.2}  # chance may do that
    assert list(found(run)) == []


def test_the_kept_network_is_judged_by_its_test_photos():
    finding = found(dogs_only(2))["guessing"]
    assert "The kept network, of epoch 2, names 45.5 % of the 55 test photos" in finding.evidence
    assert finding.severity == WARNING
    assert "8 steps" in finding.advice or "2 epochs of 4 steps" in finding.advice


def test_a_run_that_fell_back_says_that_what_is_kept_is_better():
    run = recorded("healthy-modern-0")
    for row in run.history.epochs[-2:]:
        row |= {"loss": 0.692, "best": False}
    kept = [row for row in run.history.epochs if row["best"]][-1]
    evidence = found(run)["rate_too_high"].evidence
    assert (
        f"The network that is kept is that of epoch {kept['epoch']}" in evidence and "better than guessing" in evidence
    )
    assert "that is kept" not in found(recorded("narrow"))["stuck"].evidence


def test_sixty_cats_and_six_dogs_are_no_success():
    finding = found(recorded("small-rare"))["guessing"]
    assert ("training.class_weights", True) in finding.changes
    assert "93.8 %" in finding.evidence and "always saying one class earns 93.8 %" in finding.evidence


def test_a_loss_that_is_no_number_is_known_by_its_code_and_not_by_its_words():
    run = recorded("nan")
    run.history.message, run.history.results = "Die Zahlen sind zerbrochen.", {"code": "not a number"}
    assert list(found(run)) == ["not_a_number"]
    run.history.message, run.history.results = "The loss became a topic of conversation.", {"code": "disk"}
    assert found(run) == {}


def run_on_disk(name: str) -> Run:
    """A recorded run as a folder of the workspace."""
    head, *events = (HISTORIES / f"{name}.jsonl").read_text().splitlines(keepends=True)
    head = json.loads(head)
    folder = runs_folder() / "261123-120000-recorded-abcd"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"config": head["config"], "created": 0.0}))
    (folder / "dataset.json").write_text(json.dumps({**head, "id": "photos-0", "name": "photos"}))
    (folder / "events.jsonl").write_text("".join(events))
    return Run(folder.name, folder)


def test_the_command_line_gives_one_json_object_a_finding():
    run = run_on_disk("narrow")
    answer = CliRunner().invoke(main, ["diagnose", run.id, "--json"])
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [row["kind"] for row in rows] == BROKEN["narrow"][0]
    assert rows[0]["title"] == diagnose_run(run)[0].title
    assert ["network.blocks.0.normalization", "batch"] in rows[0]["changes"]


def test_the_command_line_says_when_nothing_stands_out():
    answer = CliRunner().invoke(main, ["diagnose", run_on_disk("healthy-modern-0").id])
    assert (answer.exit_code, answer.stdout) == (0, "Nothing strange in these curves so far.\n")


NARROW_LOSS = 0.6931


def test_a_loss_a_little_below_guessing_is_not_stuck():
    moving = recorded("narrow").changed(lambda row: {"loss": NARROW_LOSS - 0.005})
    assert "stuck" in found(moving.changed(lambda row: {"loss": NARROW_LOSS - 0.003}))
    assert "stuck" not in found(moving)


def test_answers_that_begin_to_differ_are_not_stuck():
    assert "stuck" in found(recorded("narrow").changed(lambda row: {"val_spread": 0.0009}))
    assert "stuck" not in found(recorded("narrow").changed(lambda row: {"val_spread": 0.0021}))


def test_few_steps_are_not_stuck_yet():
    run = recorded("narrow")
    run.history.steps_per_epoch = 20
    assert "stuck" not in found(run)
    run.history.steps_per_epoch = 25
    assert "stuck" in found(run)


def test_a_run_that_has_left_the_plateau_is_not_stuck():
    rows = recorded("narrow").changed()
    rows.history.epochs[-1] |= {"loss": 0.68, "val_loss": 0.68, "val_spread": 0.05}
    assert "stuck" not in found(rows)


def test_three_classes_are_stuck_at_ln_3_and_not_at_ln_2():
    three = {"class_names": ["cats", "dogs", "rabbits"]}
    three["counts"] = {split: dict.fromkeys(three["class_names"], 500) for split in ("train", "val", "test")}
    run = recorded("narrow").changed(**three)
    assert "stuck" not in found(run)
    stuck = found(run.changed(lambda row: {"loss": 1.0986, "val_loss": 1.0986}))["stuck"]
    assert "ln 3" in stuck.title and "1.0986" in stuck.evidence


def test_finding_one_in_ten_of_the_rare_class_is_not_one_class():
    others = 1 - 0.926
    assert "one_class" in found(recorded("one-class").changed(lambda row: {"val_top_share": 1 - 0.04 * others}))
    assert "one_class" not in found(recorded("one-class").changed(lambda row: {"val_top_share": 1 - 0.06 * others}))


def test_a_validation_split_of_one_class_cannot_show_one_class():
    run = recorded("one-class")
    counts = copy.deepcopy(run.counts)
    counts["val"] = {"cats": 405, "dogs": 0}
    assert "one_class" not in found(run._replace(counts=counts))
    counts["val"] = {"cats": 402, "dogs": 3}
    assert "one_class" in found(run._replace(counts=counts))


def test_a_balanced_network_may_lie_below_the_accuracy_of_always_naming_the_frequent_class():
    run = recorded("one-class").with_config("training.class_weights=true")
    learning = {
        "accuracy": 0.85,
        "val_accuracy": 0.85,
        "loss": 0.4,
        "val_loss": 0.4,
        "val_top_share": 0.8,
        "val_spread": 0.2,
    }
    learning["dead_units"] = {}
    longer = run.changed(lambda row: learning)
    longer.history.epochs += [learning | {"epoch": epoch} for epoch in range(5, 13)]
    assert found(longer) == {}


def test_balanced_classes_are_not_advised_twice():
    run = recorded("one-class").with_config("training.class_weights=true")
    assert ("training.class_weights", True) not in found(run)["one_class"].changes


@pytest.mark.parametrize("num_dead, is_found", [(255, False), (256, True)])
def test_half_of_a_layer_must_be_dead(num_dead, is_found):
    run = recorded("rate-high").changed(lambda row: {"dead_units": {"dense1": num_dead}})
    assert ("dead_units" in found(run)) == is_found


def test_few_photos_cannot_show_dead_units():
    run = recorded("rate-high")
    assert "dead_units" in found(run)
    assert "dead_units" not in found(run._replace(counts=run.counts | {"val": {"cats": 24, "dogs": 25}}))


def test_validation_photos_in_other_shares_than_training_photos_do_not_hide_a_stuck_run():
    run = recorded("narrow")
    counts = run.counts | {
        "train": {"cats": 1200, "dogs": 800}
    }  # guessing .6 costs .6730 there and .7136 on even classes
    assert "stuck" not in found(run._replace(counts=counts))
    assert "stuck" in found(run.changed(lambda row: {"loss": 0.6730, "val_loss": 0.7136}, counts=counts))


def test_a_half_dead_layer_alone_is_not_why_nothing_is_learned():
    half, nearly_all = (
        recorded("rate-high").changed(lambda row, n=n: {"dead_units": {"dense1": n}}) for n in (300, 500)
    )
    assert (found(half)["dead_units"].severity, found(nearly_all)["dead_units"].severity) == (NOTE, LEARNS_NOTHING)


def test_dead_units_in_a_network_that_learns_are_a_note():
    run = recorded("healthy-basic").changed(lambda row: {"dead_units": {"dense1": 300}})
    assert found(run)["dead_units"].severity == NOTE


def test_a_failure_of_another_kind_is_no_finding():
    run = recorded("nan")
    run.history.message = "The disk is full."
    assert found(run) == {}


def test_a_loss_a_little_above_guessing_is_no_high_rate():
    for above, is_found in ((0.14, False), (0.16, True)):
        run = recorded("healthy-modern-0").changed(lambda row, above=above: {"loss": NARROW_LOSS + above})
        assert ("rate_too_high" in found(run)) == is_found


def test_a_first_epoch_above_guessing_is_forgiven_to_a_network_that_learns():
    run = recorded("healthy-modern-1")
    run.history.epochs[0]["loss"] = 3.0
    assert found(run) == {}


def test_falling_back_to_guessing_is_a_high_rate():
    run = recorded("healthy-modern-0")
    for row in run.history.epochs[-2:]:
        row["loss"] = 0.692
    assert "rate_too_high" in found(run)
    run.history.epochs[-1]["loss"] = 0.688
    assert "rate_too_high" not in found(run)


def test_tiny_steps_are_a_low_rate_only_where_the_rate_is_low():
    assert "rate_too_low" not in found(recorded("rate-low").with_config("training.learning_rate=0.0003"))
    assert "rate_too_low" in found(recorded("rate-low").with_config("training.learning_rate=0.0001"))


def test_steps_a_little_larger_are_no_low_rate():
    assert "rate_too_low" not in found(recorded("rate-low").changed(lambda row: {"step_fraction": 3.1e-5}))
    assert "rate_too_low" in found(recorded("rate-low").changed(lambda row: {"step_fraction": 2.9e-5}))


def test_one_large_step_in_the_run_is_enough_to_clear_a_rate_that_ends_at_zero():
    run = recorded("rate-low")
    run.history.epochs[0]["step_fraction"] = 1e-3
    assert "rate_too_low" not in found(run)


def test_training_a_little_above_validation_is_no_overfitting():
    for gap, is_found in ((0.12, False), (0.16, True)):  # 500 photos are good to 4 points
        run = recorded("overfit").changed(
            lambda row, gap=gap: {"val_accuracy": 0.8, "accuracy": 0.8 + gap, "val_loss": 0.5}
        )
        assert ("overfitting" in found(run)) == is_found


def test_validation_loss_that_rises_while_accuracy_keeps_up_is_no_overfitting():
    run = recorded("overfit").changed(lambda row: {"accuracy": row["val_accuracy"] + 0.05})
    assert "overfitting" not in found(run)


def test_training_below_validation_is_no_fault_with_usual_augmentation():
    run = recorded("augment-basic")
    modern = configs.get(recorded("healthy-modern-0").config, "augment")
    assert "augmentation_too_strong" in found(run)
    assert "augmentation_too_strong" not in found(run._replace(config=replace(run.config, augment=modern)))


@pytest.mark.parametrize("preset_id", PRESETS)
def test_no_preset_is_called_too_strong(preset_id):
    run = recorded("augment-basic")
    assert "augmentation_too_strong" not in found(
        run._replace(config=replace(run.config, augment=experiment(preset_id).augment))
    )


def test_strong_augmentation_that_training_copes_with_is_no_fault():
    run = recorded("augment-basic").changed(lambda row: {"accuracy": 0.72, "val_accuracy": 0.75})
    assert "augmentation_too_strong" not in found(run)


def test_labels_are_doubted_only_while_validation_stays_at_chance():
    assert "labels" in found(recorded("wrong-labels"))
    run = recorded("wrong-labels").changed(lambda row: {"val_accuracy": 0.57})
    assert "labels" not in found(run) and "overfitting" in found(run)


def test_a_small_network_that_still_improves_is_not_underfitting():
    run = recorded("underfit-small")
    steady = run.changed(lambda row: {"loss": 0.69 - 0.006 * row["epoch"]})
    assert "underfitting" not in found(steady)
    good = run.changed(lambda row: {"accuracy": 0.81, "val_accuracy": 0.81})
    assert "underfitting" not in found(good)


def test_enough_validation_photos_or_clear_differences_are_no_finding():
    run = recorded("tiny-validation")
    assert "validation_too_small" in found(run)
    for per_class, is_found in ((150, True), (250, False)):
        counts = run.counts | {"val": {"cats": per_class, "dogs": per_class}}
        assert (
            "validation_too_small" in found(run.changed(lambda row: {"val_accuracy": 0.7}, counts=counts))
        ) == is_found
    clear = run.changed(lambda row: {"val_accuracy": 0.3 + 0.1 * row["epoch"]}, keep=6)
    clear.history.epochs[-1]["val_accuracy"] = 0.95
    clear.history.epochs[-3]["val_accuracy"] = 0.5
    assert "validation_too_small" not in found(clear)


def test_what_learns_nothing_is_not_also_called_small_or_overfitted():
    for name in BROKEN:
        findings = diagnose(*recorded(name))
        if any(finding.severity == LEARNS_NOTHING for finding in findings):
            assert not {finding.kind for finding in findings} & {"underfitting", "overfitting", "validation_too_small"}
