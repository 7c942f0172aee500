"""A run's kept weights, back in its network, against answers that are known."""

import json
import math

import keras
import numpy as np
import pytest
from tiny_run import keep, random_model

from core.answers.classify import Classifier, model_of
from core.answers.network import TrainedNetwork, load_network
from core.config import ExperimentConfig, put
from core.errors import ModelError
from core.network.build import build
from core.photos.files.pixels import fit_image
from core.training.loop import checkpoint
from core.training.loop.judge import predict
from core.training.recipe.augment import resize


def test_the_loaded_network_answers_as_the_one_that_was_kept(make_run, photos):
    run = make_run(seed=3)
    network = load_network(run)
    model, size = model_of(network), network.image_size
    x = np.stack([fit_image(photo, 16, "squash") for photo in photos])
    assert size == 16
    assert np.array_equal(predict(model, x), predict(random_model(run, seed=3), x))


def test_one_sigmoid_is_the_probability_of_the_second_class(make_run, photos):
    run = make_run()
    model = build(run.config.network, 2)
    model.set_weights([np.zeros(w.shape) for w in model.get_weights()])
    model.get_layer("output").bias.assign([math.log(3)])  # sigmoid(ln 3) = 3 / 4
    keep(run, model)
    for answer in Classifier(load_network(run)).classify(photos):
        assert answer.probabilities == pytest.approx({"cats": 0.25, "dogs": 0.75}, rel=1e-6)
        assert answer.class_name == "dogs"


def test_three_classes_add_up_to_one_and_keep_their_names(make_run, photos):
    run = make_run(("cats", "dogs", "rabbits"), output="softmax")
    for answer in Classifier(load_network(run)).classify(photos):
        assert list(answer.probabilities) == ["cats", "dogs", "rabbits"]
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_seen_is_the_picture_that_went_in(make_run, photos, fit):
    run = make_run(fit=fit)
    model = model_of(load_network(run))
    for photo, answer in zip(photos, Classifier(load_network(run)).classify(photos), strict=True):
        assert answer.seen.dtype == np.uint8
        assert np.array_equal(answer.seen, fit_image(photo, 16, fit))
        row = predict(model, answer.seen[None])[0]
        assert list(answer.probabilities.values()) == pytest.approx(row.tolist(), abs=1e-6)


def test_grey_networks_see_one_channel(make_run, photos):
    run = make_run(input_channels=1)
    assert Classifier(load_network(run)).classify(photos)[0].seen.shape == (16, 16, 1)


def test_the_batch_size_changes_no_answer(make_run, photos):
    classifier = Classifier(load_network(make_run()))
    whole, one_by_one = classifier.classify(photos), classifier.classify(photos, batch_size=1)
    for left, right in zip(whole, one_by_one, strict=True):
        assert left.probabilities == pytest.approx(right.probabilities, abs=1e-6)
    assert len({round(answer.probabilities["dogs"], 4) for answer in whole}) > 1, (
        "a network that answers all alike proves nothing"
    )


def test_no_photos_get_no_answers(make_run):
    assert Classifier(load_network(make_run())).classify([]) == []


def test_a_best_epoch_of_small_pictures_is_asked_with_small_pictures(make_run, photos):
    run = make_run(image_size=8)
    size = load_network(run).image_size
    answer = Classifier(load_network(run)).classify(photos[:1])[0]
    assert size == 8
    assert np.array_equal(answer.seen, resize(fit_image(photos[0], 16, "squash"), 8))


def test_a_run_trained_in_bfloat16_leaves_the_policy_as_it_was(make_run):
    run = make_run()
    event = {"kind": "started", "num_epochs": 1, "steps_per_epoch": 1, "num_train": 1, "device": "CPU"}
    run.events_path.write_text(json.dumps(event | {"precision": "mixed_bfloat16"}) + "\n")
    model_of(load_network(run))
    assert keras.config.dtype_policy().name == "float32"


def test_a_network_that_is_no_run_answers_as_the_run_with_its_weights_does(make_run, photos):
    run = make_run()
    weights = checkpoint.pack_weights(random_model(run).get_weights())
    network = TrainedNetwork(
        put(ExperimentConfig(network=run.config.network), "training.precision", "float32"), run.class_names, weights, 16
    )
    for ours, theirs in zip(
        Classifier(network).classify(photos), Classifier(load_network(run)).classify(photos), strict=True
    ):
        assert ours.probabilities == theirs.probabilities


def test_a_run_without_weights_says_so(make_run):
    with pytest.raises(ModelError, match="no trained weights yet"):
        load_network(make_run(kept=False))


def test_damaged_weights_are_refused(make_run):
    run = make_run()
    data = bytearray(run.checkpoint.read_bytes())
    data[-1] ^= 1
    run.checkpoint.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        load_network(run)


def test_weights_of_another_network_are_refused(make_run):
    run, other = make_run(), make_run(dense=())
    keep(run, random_model(other))
    with pytest.raises(ModelError, match="another network"):
        model_of(load_network(run))


def test_a_network_that_broke_down_says_so(make_run, photos):
    run = make_run()
    model = random_model(run)
    model.get_layer("output").bias.assign([math.nan])
    keep(run, model)
    with pytest.raises(ModelError, match="NaN"):
        Classifier(load_network(run)).classify(photos)
