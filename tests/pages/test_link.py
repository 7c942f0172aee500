"""The address carries the experiment, whoever wrote it."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visits import open_link

from core import config
from core.config import ConvBlock, ExperimentConfig
from core.network.presets import PRESETS, experiment
from pages import state
from pages.state import Memory
from pages.state import address as address_module


def link_of(draft: ExperimentConfig, **selections: str) -> dict[str, str]:
    return state.link(Memory(draft=draft, **selections))


def changed(draft: ExperimentConfig, **values) -> ExperimentConfig:
    for path, value in values.items():
        draft = config.put(draft, path.replace("__", "."), value)
    return draft


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_link_brings_every_preset_back(preset):
    assert state.read_link(link_of(experiment(preset))) == (experiment(preset), {}, [])


def test_a_link_brings_changed_settings_of_every_kind_back():
    draft = changed(
        experiment("narrow"),
        network__blocks__0__filters=33,
        network__blocks__2__padding=1,
        network__blocks__4__padding="valid",
        augment__vertical_flip=True,
        augment__shear_degrees=2.5,
        training__learning_rate=1e-5,
        photos__drawn_classes=("cats", "dogs", "rabbits"),
        split__train=0.6,
    )
    again, selections, faults = state.read_link(link_of(draft, run="261123-120000-modern-abcd"))
    assert (again, selections, faults) == (draft, {"run": "261123-120000-modern-abcd"}, [])


@pytest.mark.parametrize("num_blocks", [1, 3, 9])
def test_a_link_brings_another_number_of_blocks_back(num_blocks):
    blocks = tuple(ConvBlock(filters=8 + index, pool_size=index % 2 * 2) for index in range(num_blocks))
    base = experiment("modern")
    draft = dataclasses.replace(base, network=dataclasses.replace(base.network, blocks=blocks, dense=()))
    assert state.read_link(link_of(draft))[0] == draft


def test_the_default_experiment_has_an_empty_link():
    assert link_of(experiment("modern")) == {}


def test_the_folder_and_the_name_stay_out_of_a_link():
    draft = changed(experiment("modern"), photos__source="/home/person/secret", name="mine")
    assert link_of(draft) == {}
    assert state.read_link({"photos.source": "/etc"})[0].photos.source == "drawn"


@pytest.mark.parametrize(
    ("parameter", "value", "says"),
    [
        ("network.blocks.0.filters", "99999", "between 1 and 2,048"),
        ("network.blocks.0.filters", "many", "whole number"),
        ("network.blocks.99.filters", "8", "no setting"),
        ("network.blocks", "99", "between 1 and 16 layers"),
        ("network.blocks", "-1", "between 1 and 16 layers"),
        ("network.blocks", "0000053", "between 1 and 16 layers"),
        ("network.blocks", "9" * 3000, "number of layers"),
        ("network.blocks", "²", "number of layers"),
        ("network.blocks.².filters", "3", "no setting"),
        ("network.blocks.0.padding", "round", "same, valid, or"),
        ("training.learning_rate", "9" * 400, "must be a number"),
        ("training.optimizer", "magic", "one of"),
        ("augment.shear_degrees", "nan", "must be"),
        ("preset", "nothing", "no preset"),
        ("run", "../../etc/passwd", "An id is"),
        ("bogus", "1", "no setting"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence_and_the_default(parameter, value, says):
    draft, selections, faults = state.read_link({parameter: value})
    assert (draft, selections) == (experiment("modern"), {})
    assert len(faults) == 1 and says in faults[0]


PARAMETERS = [path for path, _ in config.leaves(ExperimentConfig())]
PARAMETERS += [
    "network.blocks",
    "network.dense",
    "preset",
    "run",
    "dataset",
    "job",
    "sweep",
    "network.blocks.².filters",
]
TEXTS = st.one_of(
    st.text(max_size=30), st.integers().map(str), st.floats().map(str), st.text("0123456789²٣.-e", max_size=12)
)


@pytest.mark.slow
@given(st.dictionaries(st.one_of(st.sampled_from(PARAMETERS), st.text(max_size=30)), TEXTS, max_size=8))
def test_any_link_is_a_draft_within_limits_and_sentences(parameters):
    draft, selections, faults = state.read_link(parameters)
    assert 1 <= len(draft.network.blocks) <= 16
    assert set(selections) <= set(state.SELECTIONS)
    assert all(isinstance(sentence, str) for sentence in faults)
    again, _, faults = state.read_link(link_of(draft))
    assert (again, faults) == (draft, [])


@pytest.mark.parametrize("text", ["%", "-1", "9" * 30])
def test_no_sentence_about_a_link_has_a_name_of_our_code(text):
    for path in PARAMETERS:
        if path in state.SELECTIONS or "²" in path:
            continue
        for sentence in state.read_link({path: text})[2]:
            assert not re.search(r"[A-Za-z]\w*\.\w|_", sentence), sentence


def test_a_link_with_more_than_any_experiment_has_is_read_no_further():
    _, _, faults = state.read_link({f"bogus{number}": "1" for number in range(10_000)})
    assert len(faults) == state.MAX_PARAMETERS + 1
    assert "read no further" in faults[-1]


def test_good_settings_beside_a_bad_one_are_used():
    draft, _, faults = state.read_link({"training.epochs": "7", "training.momentum": "2"})
    assert (draft, len(faults)) == (changed(experiment("modern"), training__epochs=7), 1)


def test_an_opened_link_fills_the_fields_and_warns_of_what_it_left_out(open_page):
    app = open_page("network", **{"network.blocks.0.filters": "48", "network.blocks.1.filters": "0"})
    assert app.number_input(key="network.blocks.0.filters").value == 48
    app.pills(key="layer").set_value("blocks.1").run()
    assert app.number_input(key="network.blocks.1.filters").value == experiment("modern").network.blocks[1].filters


def test_a_sentence_about_a_link_shows_a_strangers_text_as_text():
    app = open_link(**{"training.optimizer": "[x](https://evil.example)"})
    assert len(app.warning) == 1
    assert "](" not in app.warning[0].value


def test_a_change_reaches_the_address(open_page):
    app = open_page("network")
    app.number_input(key="network.blocks.0.filters").set_value(40).run()
    assert dict(app.query_params) == {"network.blocks.0.filters": "40"}


class Address(dict):
    """``st.query_params``, as far as the frame uses it."""

    def from_dict(self, values):
        self.clear()
        self.update(values)


@pytest.fixture
def visit(monkeypatch):
    """A visit to the Training page without a browser: (its memory, its address, a switch for Back)."""
    memory, address, back = state.Memory(), Address(), []
    monkeypatch.setattr(address_module, "memory", lambda: memory)
    monkeypatch.setattr(address_module.st, "query_params", address)
    monkeypatch.setattr(address_module, "went_back", lambda: bool(back))
    state.follow_address("Training")
    return memory, address, back


def test_a_browser_that_is_changes_behind_takes_nothing_back_and_back_does(visit):
    memory, address, back = visit
    start = dict(address)

    def change(path, value, told):
        """The person changes a setting while the browser still tells an older address. Returns the new one."""
        address.from_dict(told)
        memory.change(path, value)
        state.follow_address("Training")
        return dict(address)

    first = change("training.epochs", 7, told=start)
    change("training.seed", 3, told=start)
    last = change("training.batch_size", 8, told=first)
    training = memory.draft.training
    assert (training.epochs, training.seed, training.batch_size) == (7, 3, 8)

    address.from_dict(first)  # a late echo without a change
    state.follow_address("Training")
    assert memory.draft.training == training
    assert dict(address) == last

    back.append(True)
    address.from_dict(first)
    state.follow_address("Training")
    assert memory.draft.training.epochs == 7
    assert (memory.draft.training.seed, memory.draft.training.batch_size) == (0, 32)


def test_a_link_drawn_before_a_change_chooses_its_run_and_keeps_the_change(visit):
    memory, address, _ = visit
    drawn = dict(address)
    memory.change("training.epochs", 7)
    address.from_dict({**drawn, "run": "261123-120000-modern-zzzz"})
    state.follow_address("Results")
    assert memory.run == "261123-120000-modern-zzzz"
    assert memory.draft.training.epochs == 7
    assert dict(address) == {"training.epochs": "7", "run": "261123-120000-modern-zzzz"}
    address.from_dict({"run": "../../etc"})
    state.follow_address("Training")
    assert memory.run == "261123-120000-modern-zzzz"
