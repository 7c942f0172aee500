"""Tables that people keep beside photos: CSV and TSV as spreadsheets and scripts write them. Every cell is text and stays text.

Comma, semicolon, tab or bar; UTF-8 with or without a mark, UTF-16, or what Windows wrote before; quoted fields.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from core.errors import PhotoError

MOST_BYTES = 64 * 2**20  # 100,000 rows of 300 one-hot columns
MOST_COLUMNS = 2_000

_DELIMITERS = (",", ";", "\t", "|")
_NUM_TRIED = 40  # rows that a delimiter is judged by
_HEAD_BYTES = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass
class Table:
    """A file that may hold labels. It is opened at the first row that is asked for.

    Args:
        path: relative to the folder of photos, with "/".
        load: its bytes. Raises OSError or ValueError, the latter for more than MOST_BYTES.
    """

    path: str
    load: Callable[[], bytes]

    @cached_property
    def _data(self) -> bytes:
        try:
            return self.load()
        except ValueError:
            raise PhotoError(
                f"“{self.path}” is larger than {MOST_BYTES / 2**20:.0f} MB, and a table of labels is smaller. "
                "Leave only the columns of file names and of labels in it."
            ) from None
        except OSError as error:
            raise PhotoError(
                f"“{self.path}” cannot be read ({error.strerror}). Check who may read it, and try again."
            ) from error

    @cached_property
    def _encoding(self) -> str:
        data, head = self._data, self._data[:_HEAD_BYTES]
        for mark, name in _MARKS:
            if data.startswith(mark):
                return name
        for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):  # of ASCII, every second byte is zero
            if len(head) >= 4 and 5 * head[start::2].count(0) > 4 * len(head[start::2]):
                return name
        try:
            codecs.getincrementaldecoder("utf-8")().decode(data, final=True)
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"

    @cached_property
    def _delimiter(self) -> str:
        """The one that cuts the first rows most evenly; of equals the first of ``_DELIMITERS``."""

        def evenness(delimiter: str) -> tuple[int, int]:
            widths = [len(row) for row in islice(self._cut(delimiter), _NUM_TRIED)]
            usual = max(set(widths), key=widths.count, default=0)
            return (widths.count(usual), usual) if usual > 1 else (0, 0)

        return max(_DELIMITERS, key=evenness)

    def _cut(self, delimiter: str) -> Iterator[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(self._data), self._encoding, errors="replace", newline="")
        try:
            for number, row in enumerate(csv.reader(text, delimiter=delimiter)):
                if len(row) > MOST_COLUMNS:
                    raise PhotoError(
                        f"A table of labels has at most {MOST_COLUMNS:,} columns; “{self.path}” has {len(row):,}. "
                        "Leave only the columns of file names and of labels in it."
                    )
                if any(cell.strip() for cell in row) and not (number == 0 and row[0].startswith("sep=")):  # Excel's
                    yield row
        except csv.Error as error:
            raise PhotoError(f"“{self.path}” is no table that can be read ({error}). Save it as CSV again.") from error

    def rows(self) -> Iterator[list[str]]:
        """Its rows from the first one on, empty ones left out; they need not be equally long.

        Raises:
            PhotoError: it cannot be read, is too large or too wide, or is no table; the sentence says which.
        """
        return self._cut(self._delimiter)
