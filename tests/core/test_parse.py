"""Strangers' numbers. The properties were tried with 10,000 examples each (ALEXNET_EXAMPLES)."""

import contextlib
import json
import math
import re
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config as configs
from core import parse
from core.config import ExperimentConfig
from core.errors import ConfigError

PATHS = [path for path, _ in configs.leaves(ExperimentConfig()) if path != "schema_version"]
DIGITS = st.text("0123456789-+.eE_²٣ ", max_size=30)
TEXTS = st.one_of(
    st.text(max_size=30),
    DIGITS,
    st.integers().map(str),
    st.floats().map(str),
    st.integers(1, 600).map(lambda count: "9" * count),
    st.sampled_from(["²", "٣", "0x10", "1_000", "1e999", "NaN", "Infinity", "-0", "0000053", "\ud800", "same", "true"]),
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.just(10**400))
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "1_000", "+5", " 5", "5\n", "5.0", "0x10", "1e3", "9" * 21, "٣5", "--5"]
)
def test_only_ascii_digits_of_a_readable_length_are_a_whole_number(text):
    with pytest.raises(ValueError):
        parse.whole(text)


@pytest.mark.parametrize("value", [True, None, 5.5, math.nan, math.inf, [], "five", 10**400])
def test_what_is_no_whole_number_is_not_made_one(value):
    with pytest.raises(ValueError):
        parse.whole(value)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-Infinity", "1e999", "1_0.0", "٣.5", "", ".", "1" * 50, True, math.nan, 10**400]
)
def test_only_finite_numbers_in_ascii_are_numbers(value):
    with pytest.raises(ValueError):
        parse.real(value)


@given(st.one_of(TEXTS, PLAIN))
def test_a_number_is_read_strictly_or_not_at_all(value):
    with contextlib.suppress(ValueError):
        number = parse.whole(value, -50, 50)
        assert type(number) is int
        assert -50 <= number <= 50
    with contextlib.suppress(ValueError):
        number = parse.real(value, -50, 50)
        assert type(number) is float
        assert -50 <= number <= 50


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_that_python_writes_is_read_back(value):
    assert parse.real(repr(value)) == value


def types_are_as_declared(part) -> bool:
    for f in fields(part):
        value = getattr(part, f.name)
        if is_dataclass(value):
            assert types_are_as_declared(value)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            assert all(types_are_as_declared(item) for item in value)
        elif isinstance(value, (bool, int, float)) and not isinstance(f.default, str):
            assert type(value) is type(f.default), f.name
    return True


@given(st.sampled_from(PATHS), TEXTS)
def test_a_typed_setting_becomes_its_type_or_a_sentence(path, text):
    with contextlib.suppress(ConfigError):
        changed = configs.put_all(ExperimentConfig(), [f"{path}={text}"])
        assert types_are_as_declared(changed)
        assert configs.from_json(json.dumps(configs.to_dict(changed))) == changed or _breaks_a_rule(changed)


def _breaks_a_rule(config) -> bool:
    with pytest.raises(ConfigError):
        configs.check(config)
    return True


@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(["network", "blocks", "dense", "filters", "0", "²", "00", "-1", "9" * 30, "training", ""]),
            max_size=6,
        ).map(".".join),
    ),
    TEXTS,
)
def test_any_path_is_a_setting_or_a_sentence(path, text):
    with contextlib.suppress(ConfigError):
        configs.put(ExperimentConfig(), path, text)
    with contextlib.suppress(ConfigError):
        configs.setting(path)


@given(st.sampled_from(PATHS), JSON)
def test_a_setting_in_json_becomes_its_type_or_a_sentence(path, value):
    values = configs.to_dict(ExperimentConfig())
    *steps, last = path.split(".")
    place = values
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    place[last] = value
    with contextlib.suppress(ConfigError):
        assert types_are_as_declared(configs.from_json(json.dumps(values)))


@given(st.one_of(JSON, st.dictionaries(st.sampled_from(["network", "training", "schema_version", "name", "x"]), JSON)))
def test_any_json_is_a_configuration_or_a_sentence(value):
    with contextlib.suppress(ConfigError):
        config = configs.from_json(json.dumps(value))
        assert types_are_as_declared(config)
        configs.to_json(config).encode("utf-8", "surrogateescape")


@given(st.text())
def test_any_text_is_a_configuration_or_a_sentence(text):
    with contextlib.suppress(ConfigError):
        configs.from_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"training": {"learning_rate": Infinity}}', "finite; received Infinity"),
        ('{"training": {"learning_rate": 1e999}}', "“Learning rate” must be a number"),
        ('{"training": {"epochs": %s}}' % ("9" * 400), "received a number of more than 20 digits"),
        ('{"split": {"train": %s}}' % ("9" * 400), "received a number of more than 20 digits"),
        ('{"network": {"blocks": [{"padding": 99.0}]}}', "“Padding” of convolution 1"),
        (json.dumps({"network": {"blocks": [{}] * 17}}), "between 1 and 16 layers; received 17"),
        ('{"name": "\\ud800"}', "text that can be written"),
        ('{"schema_version": true}', "schema true"),
        ('{"photos": {"source": "%s"}}' % ("x" * 5000), "up to 4,096 letters"),
        (" " * 1_000_001, "1,000,000 letters"),
    ],
    ids=lambda value: value[:40],
)
def test_numbers_without_an_end_are_refused_in_a_sentence(text, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        configs.from_json(text)


def test_whole_numbers_that_json_writes_with_a_point_become_whole_at_the_door():
    config = configs.from_json('{"training": {"epochs": 5.0, "gradient_clip": 1}, "schema_version": 1.0}')
    assert repr(config.training.epochs) == "5"
    assert repr(config.training.gradient_clip) == "1.0"
    assert repr(config.schema_version) == "1"


WRONG = (None, True, "%", -1, 10**30, [], {}, 0.5, "x" * 5000)


@pytest.mark.parametrize("path", PATHS)
def test_no_sentence_about_a_setting_has_a_name_of_our_code(path):
    declared, found = configs.setting(path), []
    for value in WRONG:
        try:
            configs.put(ExperimentConfig(), path, value)
        except ConfigError as error:
            found.append(str(error))
    assert found or declared.type is str
    for sentence in found:
        assert not re.search(r"[A-Za-z]\w*\.\w|_", sentence), sentence
        assert declared.label in sentence
