"""Sentences for people, as they stand in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import config as configs
from core.config import ExperimentConfig

PROJECT = Path(__file__).parents[2]
KINDS = {"AppError", "PhotoError", "ConfigError", "RunError", "ModelError", "_refused"}
PARTS = "|".join(sorted({path.split(".")[0] for path, _ in configs.leaves(ExperimentConfig())}))
INTERNAL = re.compile(rf"\b(?:{PARTS})\.[a-z]|\b[a-z]+_[a-z_]+")
IDS = re.compile(r"\b(?:run|sweep|dataset)\.id\b")
# The command line's own: how --set is written, and the run that a next command is to name.
TYPED = ("A setting is given as path=value",)
SOURCES = [
    path for room in ("core", "pages") for path in sorted((PROJECT / room).rglob("*.py")) if "bench" not in path.parts
]


def sentences(source: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(kind of error, its literal words, what is put in between) of every error for people that a module makes."""
    for node in ast.walk(ast.parse(source.read_text())):
        if not isinstance(node, ast.Call) or (kind := ast.unparse(node.func).rpartition(".")[2]) not in KINDS:
            continue
        for argument in node.args[:1]:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            literal = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            yield (
                kind,
                "…".join(literal),
                [ast.unparse(part.value) for part in parts if isinstance(part, ast.FormattedValue)],
            )


def test_sentences_are_found():
    assert sum(len(list(sentences(source))) for source in SOURCES) > 80


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PROJECT)))
def test_no_error_for_people_has_a_name_of_our_code(source):
    for kind, words, between in sentences(source):
        assert not INTERNAL.search(words) or words.startswith(TYPED), words
        if kind == "ConfigError":
            assert not {"path", "prefix", "declared.path"} & set(between), words
        if "cli" not in source.parts:
            assert not any(IDS.search(value) for value in between), words
