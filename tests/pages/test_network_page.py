from visits import go

from core.network.plan import plan
from core.network.presets import PRESETS, experiment


def metric(app, label):
    return next(m.value for m in app.metric if m.label == label)


def test_a_changed_filter_count_changes_table_and_sums(open_page):
    app = open_page("network", preset="narrow")
    assert metric(app, "Parameters") == "1.68 M"
    app.number_input(key="network.blocks.0.filters").set_value(96).run()
    layers, network = app.dataframe[0].value, plan(app.session_state.memory.draft.network)
    assert layers.loc[layers["Layer"] == "conv1", "Output"].item() == "56 × 56 × 96"
    assert layers["Parameters"].sum() == network.parameters
    assert layers["Multiply-adds"].sum() == network.multiply_adds


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
    app.number_input(key="network.dense.0.units").set_value(64).run()
    assert any("1 setting of the network changed" in caption.value for caption in app.caption)
    app.button(key="reset").click().run()
    assert app.session_state.memory.draft == experiment("narrow")


def test_a_network_that_collapses_says_where_and_offers_a_way_out(open_page):
    app = open_page("network", preset="narrow", **{"network.blocks.0.padding": "valid"})
    app.number_input(key="network.input_size").set_value(16).run()
    assert "conv" in app.error[0].value and not app.dataframe
    app.button(key="suggestion").click().run()
    assert not app.error
    assert len(app.dataframe) == 1


def test_a_change_stays_when_the_page_is_left_and_found_again(open_page):
    app = open_page("network")
    app.number_input(key="network.blocks.1.filters").set_value(80).run()
    go(go(app, "training"), "network")
    assert app.number_input(key="network.blocks.1.filters").value == 80
