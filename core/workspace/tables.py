"""Dataclasses as CSV files that a text editor and a spreadsheet can read, and their rows back."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from core.workspace.files import open_file


def rows_to_csv(rows: Sequence[Any]) -> str:
    """Dataclasses of one type as CSV with a header line. None becomes an empty field, several values "a; b"."""
    if not rows:
        return ""
    names = [field.name for field in fields(rows[0])]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([[_field(getattr(row, name)) for name in names] for row in rows])
    return text.getvalue()


def _field(value: Any) -> Any:
    if isinstance(value, tuple):
        return "; ".join(map(str, cast(tuple[object, ...], value)))
    return "" if value is None else value


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file of ours, one after the other: all at once, those of 25,000 photos would take 30 MB that a process never
    gives back. File names keep bytes that are not UTF-8.

    Raises:
        OSError: it cannot be read.
        csv.Error, ValueError: it is no CSV, or a row has not the fields of the header.
    """
    with io.TextIOWrapper(open_file(path), encoding="utf-8", errors="surrogateescape", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            if None in row or None in row.values():
                raise ValueError("a row has not as many fields as the header")
            yield row
