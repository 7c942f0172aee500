"""What README and docs name is there: commands with their options, files, names in the code, environment variables."""

import re
import shlex
from itertools import chain
from pathlib import Path

import click
import pytest

from core.cli.main import COMMANDS, main

PROJECT = Path(__file__).resolve().parents[1]
DEPLOY = PROJECT / "docs/deploy"
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
SOURCES = sorted([PROJECT / "app.py", *(PROJECT / "core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")])
SOURCE = "\n".join(path.read_text() for path in SOURCES)
CONTEXT = click.Context(main)
FOLDERS = r"(?:core|pages|tests|docs|assets|\.ci|\.streamlit)"
ROOMS = ("core/**", "pages/**", "tests/**", "docs/**", ".")  # where a file may lie that is named without its folder


def examples(document: Path) -> list[str]:
    """What stands in code of a Markdown file: each line of a block, each span within a sentence."""
    text = document.read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return [*chain.from_iterable(block.splitlines() for block in blocks), *(" ".join(span.split()) for span in spans)]


def spans_like(pattern: str) -> list[tuple[str, str]]:
    """(document, span) of all that stands in code and matches as a whole."""
    return sorted(
        {
            (str(document.relative_to(PROJECT)), span)
            for document in DOCUMENTS
            for span in examples(document)
            if re.fullmatch(pattern, span)
        }
    )


def options_of(name: str) -> set[str]:
    command = main.get_command(CONTEXT, name)
    assert command is not None, f"there is no command {name}"
    return {"--help", *(option for parameter in command.params for option in parameter.opts)}


@pytest.mark.parametrize(
    "line",
    sorted({line for document in DOCUMENTS for line in examples(document) if "python -m core " in line}),
)
def test_a_command_that_a_document_shows_exists_with_its_options(line):
    words = re.findall(r"[a-z]+", line.partition("python -m core ")[2])
    commands = [word for word in words if word in COMMANDS]
    shown = line.partition("python -m core ")[2].split()[0]
    assert shown in COMMANDS or shown == "--help"
    known = set().union({"--help"}, *map(options_of, commands))  # a line may name further commands, and their options
    assert set(re.findall(r"--[a-z-]+", line)) <= known


def test_readme_shows_every_command():
    shown = " ".join(line for line in examples(PROJECT / "README.md") if line.startswith("python -m core"))
    assert set(COMMANDS) <= set(re.findall(r"[a-z]+", shown))


@pytest.mark.parametrize(
    ("document", "path"),
    spans_like(rf"{FOLDERS}/[\w./<>-]*|[\w<>/-]+(\.(py|md|txt|lock|toml|yaml|service)|/)|Containerfile"),
)
def test_a_file_that_a_document_names_is_there(document, path):
    pattern = re.sub(r"<\w+>", "*", path).rstrip("/")
    is_whole = re.match(FOLDERS, path)
    found = PROJECT.glob(pattern) if is_whole else chain(*(PROJECT.glob(f"{room}/{pattern}") for room in ROOMS))
    assert any(True for _ in found), f"{document} names {path}"


@pytest.mark.parametrize(("document", "name"), spans_like(r"(?!Containerfile)[A-Z][A-Za-z]+[a-z]\w*|[A-Z]{4,}"))
def test_a_name_of_the_code_that_a_document_uses_is_in_the_code(document, name):
    assert re.search(rf"\b{name}\b", SOURCE), f"{document} names {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_every_environment_variable_is_in_the_one_table():
    scripts = [*SOURCES, *(PROJECT / "tests").rglob("*.py"), PROJECT / "tests/run"]
    read = set().union(
        *(
            re.findall(r"""(?:["'{$]|``)(ALEXNET_[A-Z_]+)\b""", path.read_text())
            for path in scripts
            if path != Path(__file__)
        )
    )
    listed = re.findall(r"^\| `(ALEXNET_[A-Z_]+)` \|", (DEPLOY / "README.md").read_text(), re.MULTILINE)
    assert sorted(read) == sorted(listed)


def test_a_class_gets_the_same_server_whichever_way_it_is_started():
    def flags(text: str) -> list[str]:
        command = text.partition("app.py")[2]
        return re.findall(r"--(?:server|client)\.[\w.]+=[\w.]+", re.split(r"`|Restart|\]", command)[0])

    said = (PROJECT / "README.md").read_text().partition("## For a class")[2]
    in_container = (DEPLOY / "Containerfile").read_text().partition("CMD")[2]
    in_unit = (DEPLOY / "alexnet-playground.service").read_text().partition("ExecStart")[2]
    assert len(flags(said)) == 4
    assert flags(said) == flags(in_container) == flags(in_unit)


def test_the_container_takes_along_what_the_app_is_made_of():
    copied = [
        shlex.split(line)[1:-1]
        for line in (DEPLOY / "Containerfile").read_text().splitlines()
        if line.startswith("COPY")
    ]
    names = set(chain.from_iterable(copied))
    assert names == {"requirements.txt", "requirements.lock", ".streamlit", "assets", "core", "pages", "app.py"}
    assert all((PROJECT / name).exists() for name in names)


def test_every_room_is_in_the_table_and_in_the_picture():
    table = (PROJECT / "docs/architecture.md").read_text().partition("## Where things are")[2].partition("\n## ")[0]
    picture = (PROJECT / "docs/house.svg").read_text()
    rooms = [path.parent for path in (PROJECT / "core").glob("*/__init__.py")]
    assert len(rooms) > 10
    for room in rooms:
        assert f"`core/{room.name}`" in table
        assert re.search(rf">(core/)?{room.name}<", picture), f"{room.name} is not drawn"
