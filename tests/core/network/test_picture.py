import base64
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from core.config import ConvBlock, NetworkConfig
from core.network import picture
from core.network.picture import DARK, LIGHT, by_layer, in_words, receptive_fields, shares, stages, strips, whole
from core.network.plan import plan
from core.network.presets import PRESETS, experiment

ALEXNET = experiment("alexnet-2012").network
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("preset_id", PRESETS)
def test_every_map_of_every_preset_is_drawn_with_its_size_and_filters(preset_id):
    network = experiment(preset_id).network
    rows = {row.name: row.output_shape for row in plan(network, 3).layers}
    drawn = stages(network, 3)
    assert len(drawn) == 2 + len(network.blocks) + len(network.dense)
    for index, block in enumerate(network.blocks):
        maps = [(rows[f"conv{index + 1}"][0], block.filters)]
        if block.pool_size:
            maps.append((rows[f"conv{index + 1}_pool"][0], block.filters))
        assert drawn[index + 1].maps == tuple(maps)
    written = texts(whole(drawn, LIGHT, "A title & more"))
    assert "A title & more" in written
    for index, block in enumerate(network.blocks):
        side = rows[f"conv{index + 1}"][0]
        assert f"{block.filters:,} @ {side} × {side}" in written
    assert "3 softmax" in written


def test_boxes_are_to_scale():
    fronts = list(ElementTree.fromstring(strips(stages(ALEXNET), LIGHT)[0][0]).iter(f"{SVG}rect"))
    heights = [float(node.get("height")) for node in fronts if node.get("fill") in (LIGHT.conv, LIGHT.quiet)]
    photo, conv1, pool1, conv2, pool2 = heights[:5]
    assert [conv1 / photo, pool1 / photo, conv2 / photo, pool2 / photo] == pytest.approx(
        [55 / 227, 27 / 227, 27 / 227, 13 / 227], rel=0.02
    )


def test_two_networks_can_be_drawn_to_one_scale():
    small = experiment("lenet-5").network
    (alone, _), *_ = strips(stages(small), LIGHT)
    (beside, _), *_ = strips(stages(small), LIGHT, full_size=320)
    heights = [float(re.search(rf"height='([\d.]+)' fill='{LIGHT.quiet}'", svg)[1]) for svg in (alone, beside)]
    assert heights[1] == pytest.approx(heights[0] / 10, rel=0.02)


def test_strips_are_narrow_enough_for_a_telephone_and_the_whole_has_rows():
    network = replace(ALEXNET, blocks=ALEXNET.blocks + (ConvBlock(8, 3),) * 11)
    drawn = stages(network)
    pieces = strips(drawn, DARK)
    assert sum(width for _, width in pieces) == len(drawn) * picture.TILE
    assert all(width <= 350 for _, width in pieces)
    root = ElementTree.fromstring(whole(drawn, DARK))
    assert len(list(root.iter(f"{SVG}svg"))) - 1 == 3 and float(root.get("width")) == 9 * picture.TILE
    assert "Conv 16" in texts(whole(drawn, DARK))


def test_a_network_that_does_not_work_is_drawn_as_far_as_it_does():
    blocks = (ConvBlock(8, 3, 4, pool_size=3), ConvBlock(8, 9, padding="valid"), ConvBlock(8, 3))
    drawn = stages(NetworkConfig(input_size=16, blocks=blocks))
    assert [stage.key for stage in drawn] == ["input", "blocks.0", "blocks.1"]
    assert [stage.is_broken for stage in drawn] == [False, False, True]
    assert "does not work" in texts(strips(drawn, LIGHT)[0][0])
    first = stages(NetworkConfig(input_size=16, blocks=(ConvBlock(8, 31, padding="valid"),)))
    assert [stage.is_broken for stage in first] == [False, True]


def test_the_picture_in_words_names_every_layer():
    words = in_words(stages(ALEXNET, 1000))
    assert words.startswith("Photo: 227 × 227, colour; Conv 1: 96 @ 55 × 55, 11 × 11 /4 valid, pool 3/2 → 27 × 27;")
    assert words.endswith("Answer: 1,000 softmax")


def test_alexnets_parameters_are_in_dense_layers_and_its_work_in_convolutions():
    planned = plan(ALEXNET, 1000)
    sums = by_layer(planned)
    assert sum(p for p, _ in sums.values()) == planned.parameters
    assert sum(w for _, w in sums.values()) == planned.multiply_adds
    dense = {name: both for name, both in sums.items() if not name.startswith("conv")}
    assert sum(p for p, _ in dense.values()) > 0.94 * planned.parameters
    assert sum(w for _, w in dense.values()) < 0.1 * planned.multiply_adds
    written = texts(shares(planned, DARK, "conv1"))
    assert "62 %" in written and {"conv1", "dense2", "output"} <= set(written)


def test_squares_over_the_photo_have_the_sides_of_the_receptive_fields():
    svg = receptive_fields(plan(ALEXNET), b"a photo", 227, LIGHT, "conv2")
    root = ElementTree.fromstring(svg)
    assert base64.b64decode(next(root.iter(f"{SVG}image")).get("href").split(",")[1]) == b"a photo"
    sides = {round(float(r.get("width")) * 227 / 330) for r in root.iter(f"{SVG}rect") if r.get("fill") == "none"}
    assert sides == {19, 67, 99, 131, 195}
    assert "conv2: 67" in texts(svg)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_words_can_be_read_on_their_ground(colours):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for ink in (colours.ink, colours.quiet, colours.wrong):
        high, low = sorted((light(ink), light(colours.ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
