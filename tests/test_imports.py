"""Two lines that hold the building up: the server never imports TensorFlow, and imports run downward only."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# What may import Keras when it is imported. Everything else in core must not, directly or through another module.
KERAS = {
    "core.network.build",
    "core.training.loop.train",
    "core.training.loop.judge",
    "core.training.loop.evidence",
    "core.training.loop.compiled",
    "core.training.loop.equipment",
    "core.training.loop.resume",
    "core.answers.classify",
    "core.answers.evaluate",
}

# From the ground up: a folder's files import from its own floor and the floors below it. The longest name that fits counts.
FLOORS = (
    ("core", "core.config"),
    ("core.workspace",),
    ("core.jobs",),
    ("core.network", "core.photos.files", "core.photos.layouts"),
    ("core.photos.sources", "core.photos.drawn"),
    ("core.photos.checks",),
    ("core.photos",),
    ("core.runs",),
    ("core.runs.engines",),
    ("core.runs.sweeps",),
    ("core.training", "core.training.recipe"),
    ("core.training.forecast",),
    ("core.training.loop",),
    ("core.training.process",),
    ("core.answers", "core.advice", "core.charts"),
    ("core.bench",),
    ("core.cli",),
    ("core.__main__",),
)
PAGE_FLOORS = (("pages", "pages.state"), ("pages.parts",), ("pages.parts.runs",), ("pages.frame",))


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


def floor_of(module: str, floors: tuple[tuple[str, ...], ...] = FLOORS) -> int:
    fitting = [(len(room), number) for number, rooms in enumerate(floors) for room in rooms if inside(module, room)]
    return max(fitting)[1]


def folder_of(module: str) -> str:
    path = (CORE | PAGES)[module]
    return ".".join(path.parent.relative_to(PROJECT).parts)


def room_of(module: str) -> str:
    """The folder right below core or pages that a module lies in, however deep."""
    return ".".join(folder_of(module).split(".")[:2])


def page_of(module: str) -> str | None:
    """The page whose own folder a module lies in; None for what pages share."""
    word = module.split(".")[1] if "." in module else ""
    return word if (PROJECT / "pages" / word / "page.py").is_file() else None


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


@pytest.mark.tensorflow
def test_a_child_python_sees_keras_where_it_is_imported():
    assert import_in_child(["core.answers.classify"])["core.answers.classify"]


def test_core_outside_the_keras_modules_imports_no_tensorflow():
    assert import_in_child([name for name in CORE if name not in KERAS]) == {}


def test_all_that_app_and_pages_import_even_later_brings_no_tensorflow():
    wanted = set()
    for path in (APP | PAGES).values():
        wanted |= {name for name in imports_of(path) if not inside(name, "pages")}
    assert import_in_child(sorted(wanted)) == {}


def test_app_and_what_pages_share_import_no_tensorflow():
    # main.py is the script of a session, not a module: what it imports is covered above
    shared = [name for name in PAGES if page_of(name) is None and name != "pages.frame.main"]
    assert import_in_child(["app", *shared]) == {}


def graph_of_imports(place: Callable[[str], str]) -> dict[str, set[str]]:
    """Who imports whom, in core and pages together. ``place`` says what a module counts as: itself, its folder, its room."""
    known, graph = CORE | PAGES, {}
    for module, path in known.items():
        if module == "core.__main__":  # an entry, which lies at the root for Python's sake
            continue
        imported = {name for name in imports_of(path) if name in known and name != module}
        graph.setdefault(place(module), set()).update({place(name) for name in imported} - {place(module)})
    return graph


@pytest.mark.parametrize("place", [str, folder_of, room_of], ids=["files", "folders", "rooms"])
def test_no_two_import_each_other_even_by_a_way_round(place):
    TopologicalSorter(graph_of_imports(place)).prepare()  # raises CycleError with the way


def test_a_circle_would_be_found():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


@pytest.mark.parametrize("folder", sorted({path.parent for path in (CORE | PAGES).values()}), ids=str)
def test_a_folder_can_be_overlooked(folder):
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".pyc"]
    assert len(files) <= 12 + ((folder / "__init__.py") in files), f"{folder} holds {len(files)} files"


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
def test_pages_import_what_pages_share_and_never_another_page(module):
    for name in imports_of(PAGES[module]):
        if not inside(name, "pages"):
            continue
        if page_of(module) is not None:
            assert page_of(name) in (None, page_of(module)), f"{module} imports {name}"
        else:
            assert page_of(name) is None, f"{module} is shared and imports a page: {name}"
            assert floor_of(name, PAGE_FLOORS) <= floor_of(module, PAGE_FLOORS), f"{module} imports {name}, above it"
