import json

import pytest
from click.testing import CliRunner

import core.bench
from core.bench import bench, pictures, rivals, row_ids, training
from core.bench.pytorch_step import _padding
from core.bench.table import LeftOut, Result, best_of
from core.bench.world import World
from core.cli.main import main
from core.errors import AppError
from core.network import presets
from core.network.plan import plan

WANTED = {
    "loop_vs_step",
    "loop_vs_article",
    "loop_vs_keras_layers",
    "step_vs_pytorch",
    "events_on_vs_off",
    "first_point_cold",
    "first_point_spare",
    "warp",
    "batches",
    "augmentation",
    "scan_photos_per_core",
    "scan_vs_pillow_verify",
    "scan_memory",
    "rescan_seconds",
    "near_duplicates_seconds",
    "memory_25000_vs_4000",
    "speed_with_30_viewers",
    "tick_p95_30_viewers",
    "first_network_seconds",
    "first_network_to_70_seconds",
    "first_network_accuracy",
    "page_p95_idle",
    "page_p95_beside_training",
}


def test_every_promised_row_is_there():
    assert set(row_ids()) == WANTED


@pytest.mark.parametrize(
    "value, bar, at_most, holds",
    [(0.9, 0.9, False, True), (0.8996, 0.9, False, False), (1.1, 1.1, True, True), (1.2, 1.1, True, False)],
)
def test_a_bar_is_reached_from_its_own_side(value, bar, at_most, holds):
    assert Result("row", value, bar, "x", at_most=at_most).holds is holds


def test_comparisons_are_interleaved_and_the_best_round_counts():
    order, speeds = [], iter([3, 30, 5, 50, 4, 40])

    def measure(name):
        order.append(name)
        return next(speeds)

    best = best_of({name: lambda name=name: measure(name) for name in "AB"})
    assert order == list("ABABAB")
    assert best == {"A": 5, "B": 50}
    speeds = iter([3, 5, 4])
    assert best_of({"A": lambda: next(speeds)}, largest=False) == {"A": 3}


def test_a_row_that_does_not_exist_is_refused_with_the_list():
    with pytest.raises(AppError, match=r"no row “speed_of_light”.*loop_vs_step"):
        list(bench("speed_of_light"))


def test_the_table_as_json_has_one_line_a_row_and_status_0_where_a_bar_is_missed(monkeypatch):
    rows = (
        (("fast", "slow"), lambda world: [Result("fast.float32", 2, 1, "x"), Result("slow", 0.5, 1, "x", "1 of 2")]),
        (("share",), lambda world: [Result("share", 0.25, 0.2, "x", measured=(1234.5678, "photos/s"))]),
        (("absent",), lambda world: [LeftOut("absent", "it is not installed")]),
    )
    monkeypatch.setattr(core.bench, "ROWS", rows)
    result = CliRunner().invoke(main, ["bench", "--json"])
    assert result.exit_code == 0
    assert list(map(json.loads, result.stdout.splitlines())) == [
        {"row": "fast.float32", "value": 2, "bar": 1, "holds": True},
        {"row": "slow", "value": 0.5, "bar": 1, "holds": False},
        {"row": "share", "value": 0.25, "bar": 0.2, "holds": True, "measured": 1234.568, "unit": "photos/s"},
    ]
    assert "absent is left out: it is not installed" in result.stderr
    assert [found.row for found in bench("slow")] == ["slow"]
    assert [found.row for found in bench("fast.float32")] == ["fast.float32"]
    shown = CliRunner().invoke(main, ["bench", "--only", "slow"]).stdout
    assert "MISSED" in shown and "1 of 2" in shown


def test_what_a_graphics_card_could_be_fed_with_is_made_on_all_cores_in_each_size(monkeypatch):
    monkeypatch.setattr(pictures, "NUM_PICTURES", 130)
    monkeypatch.setattr(pictures, "NUM_ROUNDS", 1)
    with World() as world:
        rows = {row.row: row for row in pictures.batches(world)}
    assert list(rows) == ["batches.128x32", "batches.128x128", "batches.224x32", "batches.224x128"]
    for row in rows.values():
        photos_per_second, unit = row.measured
        assert unit == "photos/s" and photos_per_second > 0 and row.value > 0


class _Loops:
    """A world whose loop and step have the speeds they are given."""

    def __init__(self):
        self.precisions = {"float32": "float32"}
        self.photos = (None, "no photos")


@pytest.mark.parametrize("processor", [1.0, 2.5], ids=["slow", "fast"])
def test_against_a_rival_the_bar_is_a_share_of_what_the_step_allows_on_any_machine(monkeypatch, processor):
    monkeypatch.setattr(training, "_loop", lambda world, precision: lambda: 450 * processor)
    monkeypatch.setattr(training, "_step", lambda world, precision: lambda: 500 * processor)
    (row,) = training._against(_Loops(), "loop_vs_article", "the article's way", lambda: 200.0)
    assert row.row == "loop_vs_article.float32"
    assert row.value == pytest.approx(0.9) and row.holds
    assert row.measured == (pytest.approx(2.25 * processor), "x")
    assert f"of {2.5 * processor:.2f} x that the step allows" in row.detail


def test_rows_about_augmentation_are_shares_of_a_plain_resize_of_the_same_photos(monkeypatch):
    monkeypatch.setattr(pictures, "NUM_PICTURES", 32)
    monkeypatch.setattr(pictures, "_plain_speed", lambda photos: 1000.0)
    with World() as world:
        rows = list(pictures.warp_and_colour(world))
    assert [row.row for row in rows] == ["warp", "augmentation"]
    for row in rows:
        speed, unit = row.measured
        assert (row.value, unit) == (pytest.approx(speed / 1000), "photos/s")


def test_the_rival_network_has_the_maps_of_ours():
    network = presets.experiment("narrow").network
    shapes = {row.name: row.output_shape for row in plan(network, 2).layers}
    size = network.input_size
    for index, block in enumerate(network.blocks, 1):
        before, after = _padding(block, size)
        size = (size + before + after - block.kernel_size) // block.strides + 1
        assert shapes[f"conv{index}"][:2] == (size, size)
        if block.pool_size:
            size = (size - block.pool_size) // block.pool_strides + 1
            assert shapes[f"conv{index}_pool"][:2] == (size, size)


def test_pytorch_that_is_not_installed_leaves_its_row_out(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ImportError('no such package')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ImportError, match="PyTorch"):
        rivals.PyTorch(presets.experiment("narrow").network, "float32")
