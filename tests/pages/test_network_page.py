import json
import re
from dataclasses import replace

import pytest
from fake_runs import finished_run, make_dataset
from visits import go

from core import config
from core.config import from_json
from core.errors import ConfigError
from core.network.plan import plan
from core.network.presets import PRESETS, experiment
from pages.network.layers import differing, nearest_layer
from pages.network.state import NetworkState
from pages.state import Memory
from pages.state.steps import MOST, Steps


def table(app) -> dict[str, list[str]]:
    """{layer: [output, parameters, multiply-adds, sees]} as the page's table says it."""
    rows = [
        re.findall("<td>(.*?)</td>", line) for found in app.get("html") for line in found.proto.body.split("<tr>")[2:]
    ]
    return {row[0]: row[1:] for row in rows}


def number(cell: str) -> int:
    return 0 if cell == "–" else int(cell.replace(",", ""))


def open_layer(app, key):
    return app.pills(key="layer").set_value(key).run()


def metric(app, label):
    return next(m.value for m in app.metric if m.label == label)


def test_a_changed_filter_count_changes_table_and_sums(open_page):
    app = open_page("network", preset="narrow")
    assert metric(app, "Parameters") == "1.68 M"
    app.number_input(key="network.blocks.0.filters").set_value(96).run()
    layers, network = table(app), plan(app.session_state.memory.draft.network)
    assert layers["conv1"][0] == "56×56×96"
    assert sum(number(row[1]) for row in layers.values()) == network.parameters
    assert sum(number(row[2]) for row in layers.values()) == network.multiply_adds


def test_a_value_that_is_told_after_the_click_on_a_link_counts_and_the_link_too(open_page):
    app = open_page("network", preset="narrow")
    filters = app.number_input(key="network.blocks.0.filters")
    app.session_state.memory.page = "Training"  # the link's own run, which this touch of the field cuts short
    filters.set_value(48).run()
    assert [title.value for title in app.title] == ["Training"]
    assert app.session_state.memory.draft.network.blocks[0].filters == 48


def test_a_touch_that_comes_before_the_browser_shows_an_undo_does_not_bring_the_old_value_back(open_page, monkeypatch):
    monkeypatch.setattr("pages.state.memories.UNSEEN_SECONDS", 3600.0)
    app = open_page("network", preset="narrow")
    app.number_input(key="network.blocks.0.filters").set_value(48).run()
    app.button(key="undo").click().run()
    app.number_input(key="network.blocks.0.filters").set_value(48)  # as a browser tells it that still shows 48
    app.number_input(key="network.blocks.0.strides").set_value(3).run()
    block = app.session_state.memory.draft.network.blocks[0]
    assert (block.filters, block.strides) == (experiment("narrow").network.blocks[0].filters, 3)
    assert app.number_input(key="network.blocks.0.filters").value == block.filters


def test_a_value_undone_a_while_ago_may_be_typed_again(open_page, monkeypatch):
    monkeypatch.setattr("pages.state.memories.UNSEEN_SECONDS", 0.0)
    app = open_page("network", preset="narrow")
    app.number_input(key="network.blocks.0.filters").set_value(48).run()
    app.button(key="undo").click().run()
    app.number_input(key="network.blocks.0.filters").set_value(48).run()
    assert app.session_state.memory.draft.network.blocks[0].filters == 48


@pytest.mark.slow
def test_every_preset_can_be_shown(open_page):
    app = open_page("network")
    for preset in PRESETS:
        app.selectbox(key="preset").set_value(preset).run()
        assert not app.exception and not app.error, preset
        assert app.session_state.memory.draft.network == experiment(preset).network


def test_a_preset_replaces_network_augmentation_and_training_but_not_photos(open_page):
    app = open_page("network", **{"split.seed": "7"})
    app.selectbox(key="preset").set_value("narrow").run()
    draft, narrow = app.session_state.memory.draft, experiment("narrow")
    assert (draft.network, draft.augment, draft.training) == (narrow.network, narrow.augment, narrow.training)
    assert draft.split.seed == 7
    assert dict(app.query_params) == {"preset": "narrow", "split.seed": "7"}


def test_changes_to_a_preset_are_counted_and_undone(open_page):
    app = open_page("network", preset="narrow")
    open_layer(app, "dense.0")
    app.number_input(key="network.dense.0.units").set_value(64).run()
    assert any("1 setting of the network changed" in caption.value for caption in app.caption)
    app.button(key="reset").click().run()
    assert app.session_state.memory.draft == experiment("narrow")


def test_a_network_that_collapses_says_where_and_offers_a_way_out(open_page):
    app = open_page("network", preset="narrow", **{"network.blocks.0.padding": "valid"})
    open_layer(app, "input")
    app.number_input(key="network.input_size").set_value(16).run()
    assert "conv" in app.error[0].value and not table(app)
    app.button(key="suggestion").click().run()
    assert not app.error
    assert table(app)


def test_a_change_stays_when_the_page_is_left_and_found_again(open_page):
    app = open_layer(open_page("network"), "blocks.1")
    app.number_input(key="network.blocks.1.filters").set_value(80).run()
    go(go(app, "training"), "network")
    assert app.number_input(key="network.blocks.1.filters").value == 80


def filters(app) -> list[int]:
    return [block.filters for block in app.session_state.memory.draft.network.blocks]


def test_one_layer_is_open_at_a_time_and_each_can_be(open_page):
    app = open_page("network", preset="narrow")
    for key, field in (
        ("input", "network.input_size"),
        ("blocks.3", "network.blocks.3.kernel_size"),
        ("dense.1", "network.dense.1.units"),
    ):
        open_layer(app, key)
        assert not app.exception
        assert field in {widget.key for widget in app.number_input}
        assert not any(widget.key == "network.blocks.0.filters" for widget in app.number_input)
    open_layer(app, "output")
    assert app.session_state["network.head"] == "flatten"


def test_layers_are_added_copied_moved_and_removed_and_the_open_one_follows(open_page):
    app = open_layer(open_page("network", preset="narrow"), "blocks.1")
    app.button(key="layers-Duplicate").click().run()
    assert filters(app) == [24, 64, 64, 96, 96, 64]
    assert app.session_state.memory.of(NetworkState).layer == "blocks.2"
    app.button(key="layers-Earlier").click().run()
    app.button(key="layers-Earlier").click().run()
    assert filters(app) == [64, 24, 64, 96, 96, 64]
    assert app.session_state.memory.of(NetworkState).layer == "blocks.0"
    app.button(key="layers-Remove").click().run()
    app.button(key="layers-Add").click().run()
    assert filters(app) == [24, 24, 64, 96, 96, 64]
    assert app.number_input(key="network.blocks.1.filters").value == 24
    assert app.query_params["network.blocks"] in ("6", ["6"])
    open_layer(app, "output")
    app.button(key="layers-Add").click().run()
    assert len(app.session_state.memory.draft.network.dense) == 3
    assert app.session_state.memory.of(NetworkState).layer == "dense.2"


def test_the_only_convolution_stays_and_seventeen_are_too_many(open_page):
    app = open_page("network", **{"network.blocks": "1"})
    assert app.button(key="layers-Remove").disabled
    app = open_page("network", **{"network.blocks": "16"})
    assert app.button(key="layers-Add").disabled and app.button(key="layers-Duplicate").disabled
    assert not app.button(key="layers-Remove").disabled


def test_a_click_that_arrives_with_what_was_typed_before_it_does_both_in_order(open_page):
    app = open_page("network", preset="narrow")
    app.number_input(key="network.blocks.0.filters").set_value(40)
    app.button(key="layers-Remove").click().run()
    assert filters(app) == [64, 96, 96, 64]
    app.button(key="undo").click().run()
    assert filters(app) == [40, 64, 96, 96, 64]


def test_undo_and_redo_walk_through_every_change_also_of_a_preset(open_page):
    app = open_page("network", preset="narrow")
    assert app.button(key="undo").disabled and app.button(key="redo").disabled
    app.number_input(key="network.blocks.0.filters").set_value(32).run()
    app.selectbox(key="preset").set_value("lenet-5").run()
    app.button(key="undo").click().run()
    assert filters(app) == [32, 64, 96, 96, 64]
    assert app.number_input(key="network.blocks.0.filters").value == 32
    app.button(key="undo").click().run()
    assert app.session_state.memory.draft == experiment("narrow")
    assert app.button(key="undo").disabled
    app.button(key="redo").click().run()
    app.button(key="redo").click().run()
    assert app.session_state.memory.draft.network == experiment("lenet-5").network
    assert app.button(key="redo").disabled


def test_the_width_scales_filters_and_units_and_comes_back_exactly(open_page):
    app = open_page("network", preset="narrow")
    app.select_slider(key="width").set_value(50).run()
    network = app.session_state.memory.draft.network
    assert filters(app) == [12, 32, 48, 48, 32]
    assert [block.units for block in network.dense] == [256, 256]
    app.select_slider(key="width").set_value(5).run()
    app.select_slider(key="width").set_value(100).run()
    assert app.session_state.memory.draft == experiment("narrow")
    app.number_input(key="network.blocks.0.filters").set_value(25).run()
    assert app.select_slider(key="width").value == 100  # the changed network is the new measure
    app.select_slider(key="width").set_value(200).run()
    assert filters(app) == [50, 128, 192, 192, 128]


def test_a_preset_beside_the_network_is_drawn_compared_and_taken(open_page):
    app = open_page("network", preset="narrow")
    app.selectbox(key="compared").set_value("preset:alexnet-2012").run()
    (rows,) = (frame.value for frame in app.table)
    assert {"Conv 1, filters", "Conv 2, groups", "Image size"} <= set(rows["Setting"])
    parameters = next(m for m in app.metric if m.label == "Parameters")
    assert parameters.delta == "−55.2 M"
    app.button(key="use-other").click().run()
    assert app.session_state.memory.draft.network == experiment("alexnet-2012").network
    assert not app.table  # nothing differs any more


def test_an_earlier_run_can_stand_beside_the_network(open_page, workspace):
    run = finished_run(make_dataset(workspace), config=config.put(experiment("modern"), "network.blocks.0.filters", 40))
    app = open_page("network")
    app.selectbox(key="compared").set_value(f"run:{run.id}").run()
    (rows,) = (frame.value for frame in app.table)
    assert rows.values.tolist() == [["Conv 1, filters", "24", "40"]]


def test_groups_that_do_not_divide_are_said_with_a_number_that_does(open_page):
    app = open_layer(open_page("network", preset="narrow"), "blocks.1")
    app.number_input(key="network.blocks.1.groups").set_value(5).run()
    assert "must divide" in app.error[0].value
    assert "to 4" in app.button(key="suggestion").label
    app.button(key="suggestion").click().run()
    assert not app.error and app.session_state.memory.draft.network.blocks[1].groups == 4


def test_a_fault_that_no_single_setting_mends_can_be_undone(open_page):
    shrinks = {"padding": "valid", "strides": "16", "pool_size": "0"}
    valid = {f"network.blocks.{index}.{name}": text for index in range(4) for name, text in shrinks.items()}
    app = open_page("network", **{"network.blocks": "4", **valid})
    assert app.error and app.button(key="suggestion").label.endswith("[Reset]")
    app.button(key="suggestion").click().run()
    assert not app.error


def test_more_parameters_than_photos_can_feed_are_warned_of_with_the_number(open_page):
    app = open_page("network", preset="basic-cnn-150")
    (warning,) = app.warning
    assert "9,494,561 parameters for 1,000 training photos are 9,495 a photo" in warning.value.replace("\\", "")
    app.button(key="advice-photos").click().run()
    assert not app.warning
    assert plan(app.session_state.memory.draft.network).parameters <= 2_000_000


def test_steps_are_bounded_and_a_new_change_forgets_what_was_taken_back():
    steps, base = Steps(), experiment("narrow")
    drafts = [config.put(base, "training.epochs", number) for number in range(1, MOST + 20)]
    for draft in drafts:
        steps = steps.noted(draft).noted(draft)
    assert len(steps.taken) == MOST and steps.later is None
    steps, draft = steps.moved(-1, drafts[-1])
    assert draft == drafts[-2] and steps.later == drafts[-1]
    steps = steps.noted(config.put(base, "training.epochs", 999))
    assert steps.later is None and steps.earlier == drafts[-2]
    for _ in range(2 * MOST):
        steps, draft = steps.moved(-1, draft)
    assert draft == drafts[-MOST]
    assert steps.moved(-1, draft) == (steps, draft)


def test_steps_leave_photos_and_split_alone():
    before, after = experiment("narrow"), experiment("modern")
    steps = Steps().noted(before).noted(after)
    assert steps.noted(config.put(after, "split.seed", 9)) == steps
    assert steps.moved(-1, config.put(after, "split.seed", 9))[1] == config.put(before, "split.seed", 9)


def test_a_saved_experiment_comes_back_whole_but_for_folder_and_name():
    changes = ["training.seed=5", "split.seed=3", "augment.shear_degrees=2", "network.blocks.0.filters=33"]
    saved = config.put_all(experiment("narrow"), changes)
    visit = Memory(draft=config.put(experiment("modern"), "photos.source", "/mine"))
    visit.take_file(config.to_json(replace(saved, name="theirs", photos=replace(saved.photos, source="/theirs"))))
    assert visit.draft == replace(saved, photos=replace(saved.photos, source="/mine"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[1]", "JSON object"),
        ("1" * 5000, "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"schema_version": 2}', "schema"),
        ('{"preset": "made-up"}', "no preset"),
        ('{"network": {"blocks": []}}', "between 1 and 16"),
        ('{"network": {"blocks": [{"filters": 1e9}]}}', "between 1 and 2,048"),
        ('{"network": {"filtres": 3}}', "no setting"),
        ('{"network": {"blocks": [[1]]}}', "group of settings"),
    ],
)
def test_a_file_that_is_no_experiment_gets_a_sentence_and_changes_nothing(text, says):
    visit = Memory()
    with pytest.raises(ConfigError, match=says):
        visit.take_file(text)
    assert visit.draft == Memory().draft


def test_the_saved_json_can_be_read_back_and_tells_no_folder(open_page):
    app = open_page("network", preset="narrow")
    app.session_state.memory.draft = config.put(experiment("narrow"), "photos.source", "/home/person")
    from pages.network.files import saved

    text = saved(app.session_state.memory.draft)
    assert "/home/person" not in text
    assert from_json(text) == experiment("narrow") and json.loads(text)["schema_version"] == 1


def test_what_differs_is_told_setting_by_setting_and_layer_by_layer():
    narrow, lenet = experiment("narrow").network, experiment("lenet-5").network
    rows = {name: (before, after) for name, before, after in differing(narrow, lenet)}
    assert rows["Conv 1, filters"] == ("24", "6")
    assert rows["Conv 1, pool"] == ("3", "2")  # a number stays one, and is no colour
    assert rows["Channels"] == ("colour", "grey")
    assert rows["Conv 5"] == ("64 filters 3 × 3", "none")
    assert differing(narrow, narrow) == []


def test_where_a_layer_was_removed_the_one_in_its_place_is_opened():
    network = experiment("lenet-5").network
    assert nearest_layer("blocks.1", network) == "blocks.1"
    assert nearest_layer("blocks.4", network) == "blocks.1"
    assert nearest_layer("dense.0", replace(network, dense=())) == "output"
    assert nearest_layer("nonsense", network) == "blocks.0"
