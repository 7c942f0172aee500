"""Sentences for people, as they stand in the source."""

import ast
import re
from pathlib import Path

import pytest

from core import config as configs
from core.config import ExperimentConfig

PROJECT = Path(__file__).parents[2]
KINDS = {"AppError", "PhotoError", "ConfigError", "RunError", "ModelError", "_refused", "_wrong_type"}
PARTS = "|".join(sorted({path.split(".")[0] for path, _ in configs.leaves(ExperimentConfig())}))
INTERNAL = re.compile(rf"\b(?:{PARTS})\.[a-z]|\b[a-z]+_[a-z_]+")
# The command line's own rule of how --set is written.
TYPED = {"A setting is given as path=value"}
SOURCES = [path for room in ("core", "pages") for path in sorted((PROJECT / room).rglob("*.py")) if "bench" not in path.parts]  # fmt: skip


def sentences(source: Path) -> list[str]:
    """The literal parts of every error for people that a module makes."""
    found = []
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in KINDS:
            for argument in node.args[:1]:
                parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
                literal = (
                    part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
                found.append("…".join(literal))
    return found


def test_sentences_are_found():
    assert sum(len(sentences(source)) for source in SOURCES) > 80


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PROJECT)))
def test_no_error_for_people_has_a_name_of_our_code(source):
    for sentence in sentences(source):
        assert not INTERNAL.search(sentence) or any(word in sentence for word in TYPED), sentence
