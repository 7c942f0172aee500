"""What is imported is asked for, and the lock holds what is asked for."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from imports import PROJECT, names_imported
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Used where somebody has it, asked for by nobody: PyTorch is a rival in the bench.
WHERE_THERE_IS_ONE = {"torch", "torchvision"}
# Of these the app's own users need none: the bench's rivals, and another backend of Keras.
FOR_TESTS = {"jax", "scipy", "playwright"}


def asked_for(file: str) -> dict[str, Requirement]:
    """Name -> requirement, of a file of pip's."""
    lines = (line.split("#")[0].strip() for line in (PROJECT / file).read_text().splitlines())
    requirements = [Requirement(line) for line in lines if line]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def packages_imported(files: Iterator[Path]) -> set[str]:
    """Names of the packages that files import anywhere, in functions too; left out are Python's own, ours, and what lies beside a
    file, which may be run as a script."""
    ours = {path.stem for path in (*PROJECT.iterdir(), *(PROJECT / "tests" / "helpers").iterdir())}
    foreign = set()
    for file in files:
        modules = {name.split(".")[0] for name in names_imported(ast.parse(file.read_bytes()))}
        foreign |= modules - ours - set(sys.stdlib_module_names) - {path.stem for path in file.parent.glob("*.py")}
    packages = packages_distributions()
    return {canonicalize_name(packages.get(module, [module])[0]) for module in foreign} - WHERE_THERE_IS_ONE


def test_all_that_the_app_imports_is_asked_for():
    files = [PROJECT / "app.py", *(PROJECT / "core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]
    assert packages_imported(files) - FOR_TESTS <= set(asked_for("requirements.txt"))


def test_all_that_tests_and_the_bench_import_is_asked_for():
    asked = asked_for("requirements.txt") | asked_for("tests/requirements.txt")
    assert packages_imported((PROJECT / "tests").rglob("*.py")) | FOR_TESTS <= set(asked)


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_the_lock_holds_a_version_of_each_that_its_range_allows(file):
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)$", (PROJECT / "requirements.lock").read_text(), re.MULTILINE))
    for name, requirement in asked_for(file).items():
        assert requirement.specifier.contains(locked[name], prereleases=True), f"{requirement} but {locked[name]}"
