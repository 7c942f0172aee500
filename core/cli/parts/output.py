"""What a command prints on stdout: one JSON object a line for programs, or lines for a person."""

import json

import click

from core.text import printable


def emit(values: dict, as_json: bool, text: str) -> None:
    """Prints ``values`` as one JSON object, or else ``text``."""
    if as_json:
        emit_json(values)
    else:
        click.echo(lines(text))


def emit_json(values: dict) -> None:
    click.echo(encodable(json.dumps(values, ensure_ascii=False)))


def lines(text: str) -> str:
    """For a terminal: our own line breaks stay, and nothing that a file name holds moves the cursor."""
    return "\n".join(printable(line) for line in text.split("\n"))


def encodable(text: str) -> str:
    """A file name as text that any terminal and any JSON reader takes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
