"""Two lines that hold the building up: the server never imports TensorFlow, and imports run downward only."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# What may import Keras when it is imported. Everything else in core must not, directly or through another module.
KERAS = {
    "core.network.build",
    "core.training.train",
    "core.training.evidence",
    "core.analysis.evaluate",
    "core.analysis.explain",
    "core.analysis.classify",
}

# From the ground up: a module imports from its own floor and the floors below it. The longest name that fits counts.
FLOORS = (
    ("core", "core.errors", "core.config"),
    ("core.jobs",),
    ("core.photos", "core.network", "core.network.plan", "core.network.presets"),
    # core.training and core.analysis stand for what has no floor of its own: augment, schedule, evaluation, charts ...
    ("core.runs", "core.training", "core.analysis"),
    ("core.network.build", "core.training.batches", "core.training.checkpoint", "core.training.evidence"),
    ("core.training.train", "core.analysis.evaluate", "core.analysis.explain", "core.analysis.classify", "core.export"),
    ("core.training.worker", "core.training.spare", "core.training.calibrate", "core.analysis.predictor"),
    ("core.bench", "core.faults"),
    ("core.__main__",),
)


def modules_under(folder: str) -> dict[str, Path]:
    """Dotted name -> file, of every module in a folder of the project."""
    found = {}
    for path in sorted((PROJECT / folder).rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


CORE = modules_under("core")
PAGES = modules_under("pages")
APP = {"app": PROJECT / "app.py"}


def imports_of(path: Path) -> set[str]:
    """Full names of what a file imports anywhere, in functions too: modules, and names taken from modules."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full, so that this test can follow them"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.add(whole if whole in CORE or whole in PAGES else node.module)
    return names


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def floor_of(module: str) -> int:
    fitting = [(len(room), number) for number, rooms in enumerate(FLOORS) for room in rooms if inside(module, room)]
    return max(fitting)[1]


def import_in_child(names: list[str]) -> dict[str, list[str]]:
    """Imports modules one after the other in a new Python. Returns {module: what of TensorFlow it brought}."""
    code = """
import importlib, json, sys
heavy = ("tensorflow", "keras", "jax", "torch")
brought, known = {}, set()
for name in json.load(sys.stdin):
    importlib.import_module(name)
    new = sorted(word for word in heavy if word in sys.modules and word not in known)
    known |= set(new)
    if new:
        brought[name] = new
print(json.dumps(brought))
"""
    child = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(names), capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


def test_a_child_python_sees_keras_where_it_is_imported():
    assert import_in_child(["core.analysis.classify"])["core.analysis.classify"]


def test_core_outside_the_keras_modules_imports_no_tensorflow():
    assert import_in_child([name for name in CORE if name not in KERAS]) == {}


def test_all_that_app_and_pages_import_even_later_brings_no_tensorflow():
    wanted = set()
    for path in (APP | PAGES).values():
        wanted |= {name for name in imports_of(path) if not inside(name, "pages")}
    assert import_in_child(sorted(wanted)) == {}


def test_app_and_the_shared_parts_of_pages_import_no_tensorflow():
    # main.py is the script of a session, not a module: what it imports is covered above
    shared = [name for name in PAGES if inside(name, "pages.shared") and name != "pages.shared.main"]
    assert import_in_child(["app", *shared]) == {}


@pytest.mark.parametrize("module", CORE)
def test_imports_run_downward_only(module):
    for name in imports_of(CORE[module]):
        if inside(name, "core"):
            assert floor_of(name) <= floor_of(module), f"{module} imports {name}, which stands above it"


@pytest.mark.parametrize("module", CORE)
def test_core_knows_nothing_of_streamlit_or_pages(module):
    for name in imports_of(CORE[module]):
        assert not any(inside(name, other) for other in ("streamlit", "pages", "app")), f"{module} imports {name}"


@pytest.mark.parametrize("module", PAGES)
def test_pages_import_no_page_but_the_shared_parts(module):
    for name in imports_of(PAGES[module]):
        assert not inside(name, "pages") or inside(name, "pages.shared"), f"{module} imports {name}"
