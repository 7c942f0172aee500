"""Who imports whom, read from the files and never by importing them."""

import ast
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# What takes seconds to import, and what --fast leaves out.
HEAVY = {"tensorflow", "keras", "jax", "torch"}


def names_imported(tree: ast.AST, at_import_only: bool = False) -> set[str]:
    """Full names of what a file imports, modules and names taken from modules; in functions too unless told otherwise."""
    names, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full, so that they can be followed"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif not (at_import_only and _runs_later(node)):
            waiting += ast.iter_child_nodes(node)
    return names


def _runs_later(node: ast.AST) -> bool:
    """Functions, and what only a type checker reads."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _files_of(name: str) -> list[Path]:
    """The project's files that an import of ``name`` runs: packages on the way, the module, or a helper of the tests."""
    parts = name.split(".")
    if parts[0] not in ("app", "core", "pages"):
        return [path] if (path := PROJECT / "tests" / "helpers" / f"{parts[0]}.py").is_file() else []
    places = [PROJECT.joinpath(*parts[: length + 1]) for length in range(len(parts))]
    files = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py"))]
    return [file for file in files if file.is_file()]


@cache
def _imported_first(file: Path) -> tuple[bool, list[Path]]:
    """Whether a file itself imports TensorFlow when it is imported, and the project's files that it imports then."""
    names = names_imported(ast.parse(file.read_bytes()), at_import_only=True)
    return any(name.split(".")[0] in HEAVY for name in names), [path for name in names for path in _files_of(name)]


def brings_tensorflow(path: Path) -> bool:
    """Whether importing this file imports TensorFlow, itself or through files of the project."""
    seen, waiting = {path}, [path]
    while waiting:
        heavy, files = _imported_first(waiting.pop())
        if heavy:
            return True
        waiting += set(files) - seen
        seen |= set(files)
    return False
