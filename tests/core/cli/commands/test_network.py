"""Networks and settings from the command line: plan, settings, --config."""

import json

import pytest
from command_line import invoke


def test_plan_prints_every_layer_for_programs():
    result = invoke("plan", "--preset", "alexnet-2012", "--num-classes", "1000", "--json")
    values = json.loads(result.stdout)
    assert result.exit_code == 0
    assert values["parameters"] == 60_965_224 == sum(layer["parameters"] for layer in values["layers"])
    assert set(values) == {"parameters", "multiply_adds", "layers"}
    assert set(values["layers"][0]) == {"name", "kind", "output_shape", "parameters", "multiply_adds"}


def test_every_setting_is_listed_with_its_limits():
    listed = invoke("settings")
    assert listed.exit_code == 0
    for words in ("training.checkpoint_seconds = 30", "network.blocks.0.filters", "between 0 and"):
        assert words in listed.stdout
    assert "schema_version" not in listed.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"training": {"epochs": 0}}',
            "“Epochs” must be between 1 and 100,000 epochs; received 0. Use 1. For --set: training.epochs, between 1",
        ),
        ('{"training": {"epoch": 5}}', "training.epochs"),
        ('{"training": ', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_a_configuration_file_out_of_limits_gets_a_sentence(tmp_path, text, words):
    (tmp_path / "config.json").write_text(text)
    result = invoke("plan", "--config", tmp_path / "config.json")
    assert result.exit_code == 1
    assert words in result.stderr


def test_a_configuration_file_stands_in_for_a_preset(tmp_path):
    (tmp_path / "config.json").write_text('{"config": {"network": {"blocks": [{"filters": 7}], "dense": []}}}')
    layers = json.loads(invoke("plan", "--config", tmp_path / "config.json", "--json").stdout)["layers"]
    assert [layer["output_shape"][-1] for layer in layers if layer["kind"] == "Conv2D"] == [7]
