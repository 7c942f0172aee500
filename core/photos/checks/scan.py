"""One pass over a folder: what every photo is, and what is wrong with it.

Every photo is decoded once, whole, in child processes (``core.jobs.pool``). What was learned is kept in the
workspace, so a second scan of a folder decodes only what changed.
"""

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import cv2

from core import parse
from core.errors import PhotoError
from core.jobs import pool
from core.jobs.job import Report, no_report
from core.photos.checks import likeness
from core.photos.files import decode, pixels
from core.photos.files.pixels import sharpness
from core.photos.layouts.chosen import Choice
from core.photos.sources import walk as sources
from core.workspace.files import DAMAGED, open_file, write_atomic
from core.workspace.folders import workspace
from core.workspace.tables import csv_rows, rows_to_csv

MIN_SIDE = 32
BLANK_DEVIATION = 2.0  # standard deviation of grey, in grey levels
DARK_MEAN = 30.0  # mean of grey, in grey levels; of 8,000 real photos 3 are below
BLURRED_SHARPNESS = 0.092
"""Of 700 real photos 0.3 % lie below; blurred with sigma 4 and saved as PNG or as JPEG of quality 75, 50 or 30, 99.9, 99.6, 95.7 and
81.9 %. Half of what the last lacks would be found at 0.11, where some drawn pets on a plain wall lie below too."""

SCAN_VERSION = 6  # what was kept of another version's scan is not used


class Issue(StrEnum):
    """What may be wrong with a photo, in the order of weight: the first that holds decides what is done, the others are said too."""

    REFUSED = "refused"
    NOT_A_PHOTO = "not a photo"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    TOO_SMALL = "too small"
    BLANK = "blank"
    OTHER_CLASS = "duplicate in another class"
    EXACT_DUPLICATE = "exact duplicate"
    WRONG_EXTENSION = "wrong extension"
    NEEDS_CONVERSION = "needs conversion"
    NEAR_DUPLICATE = "near-duplicate"
    VERY_DARK = "very dark"
    VERY_BLURRED = "very blurred"


UNUSABLE = frozenset(
    {Issue.REFUSED, Issue.NOT_A_PHOTO, Issue.UNREADABLE, Issue.TRUNCATED, Issue.TOO_SMALL, Issue.BLANK}
)
"""Issues of a file by itself that leave no picture to learn from."""


@dataclass(frozen=True)
class ImageCheck:
    """One photo as the scan saw it.

    Args:
        path: relative to the folder, with "/"; bytes that are not UTF-8 are surrogate escapes.
        class_name, split: from the folder's layout, or None.
        num_bytes, mtime_ns: the file's size and time of last change.
        format, mode: as in ``decode.Header``; "" where the header could not be read.
        height, width: in pixels, upright; 0 where not known.
        sha256: of the bytes, 64 hexadecimal digits; "" where they could not be read.
        perceptual_hash: 64 hexadecimal digits (``likeness.perceptual_hash``), "" where no pixels could be read.
        brightness, contrast: mean and standard deviation of grey, in grey levels 0..255.
        sharpness: see ``sharpness``.
        changes: what decoding has to convert, in words.
        issue: the first that holds, or None.
        reason: sentences for the person on each issue; "" without one.
        twin: path of the photo that this one is a copy of, or "".
        group: the same text for all near-duplicates of one another, which therefore share a split; "" for a single.
        also: the other issues that hold, in the order of ``Issue``.
    """

    path: str
    class_name: str | None
    split: str | None
    num_bytes: int
    mtime_ns: int
    format: str = ""
    mode: str = ""
    height: int = 0
    width: int = 0
    sha256: str = ""
    perceptual_hash: str = ""
    brightness: float = 0.0
    contrast: float = 0.0
    sharpness: float = 0.0
    changes: str = ""
    issue: Issue | None = None
    reason: str = ""
    twin: str = ""
    group: str = ""
    also: tuple[Issue, ...] = ()

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All that hold, the first one first."""
        return (self.issue, *self.also) if self.issue else ()


@dataclass(frozen=True)
class ScanReport:
    """A scanned folder.

    Args:
        folder: resolved.
        layout, class_names, notes, basis: as in ``core.photos.layouts.layout``.
        checks: one a photo, by path.
        ignored: (path, reason) of every other file.
        seconds: how long the scan took.
    """

    folder: Path
    layout: str
    class_names: tuple[str, ...]
    checks: tuple[ImageCheck, ...]
    ignored: tuple[tuple[str, str], ...]
    seconds: float
    notes: tuple[str, ...] = ()
    basis: str = ""


def scan(
    folder: Path | str,
    report: Report = no_report,
    check: str = "core.photos.checks.scan:check_file",
    classes: Choice = (),
    must_fit: bool = True,
) -> ScanReport:
    """Looks at every file of a folder. Nothing in the folder is written.

    Args:
        folder: where the photos are, in any layout or none.
        report: called with stage "scanning" after each photo, then "comparing".
        check: what child processes call on a file, as "module:function".
        classes, must_fit: as ``walk.find`` takes them. Photos of other classes are ignored, and not looked at.

    Raises:
        PhotoError: the folder does not exist, is no folder, or may not be read. What is wrong with a photo is no
            error but a row of the report.
        Cancelled: by ``report``; what was learned by then is kept.
    """
    started = time.monotonic()
    source = sources.find(folder, classes, must_fit)
    memory = _memory_of(source.root)
    known = _recall(memory)
    checks: dict[str, ImageCheck] = {}
    fresh: list[sources.SourceFile] = []
    for file in source.files:
        before = known.get(file.path)
        if before and (before.num_bytes, before.mtime_ns) == (file.size, file.mtime_ns):
            checks[file.path] = replace(before, class_name=file.class_name, split=file.split)
        else:
            fresh.append(file)
    total = len(source.files)
    report("scanning", len(checks), total)
    unsure: set[str] = set()  # a decoder may also have been killed for memory: such files are tried again next time
    tasks = [{"path": str(source.root / file.path)} for file in fresh]
    try:
        with closing(pool.run(check, tasks)) as answers:
            for index, answer in answers:
                file = fresh[index]
                if isinstance(answer, pool.Lost):
                    unsure.add(file.path)
                    answer = _lost(answer)
                checks[file.path] = _check_from(file, answer)
                report("scanning", len(checks), total)
    finally:
        if len(unsure) < len(fresh):
            # Keeping it saves time later; a full disk must not cost the scan.
            with suppress(OSError):
                others = {path for path, _ in source.ignored} & known.keys()  # of classes that are not chosen this time
                seen = [c for path, c in checks.items() if path not in unsure]
                write_atomic(memory, rows_to_csv([*seen, *(known[path] for path in sorted(others))]))
    report("comparing", 0, 1)
    compared = compare([checks[file.path] for file in source.files], labelled=source.layout != "none")
    report("comparing", 1, 1)
    return ScanReport(
        source.root,
        source.layout,
        source.class_names,
        tuple(compared),
        source.ignored,
        time.monotonic() - started,
        source.notes,
        source.basis,
    )


def check_file(task: dict) -> dict:
    """Everything that one file says about itself. Runs in a child process.

    Args:
        task: ``{"path": absolute path}``.

    Returns:
        Fields of ``ImageCheck``, JSON types.
    """
    facts: dict = {}
    path = Path(task["path"])
    try:
        with open_file(path) as file:
            facts["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            photo = decode.read(file, thorough=True)
    except OSError as error:
        return {
            **facts,
            "issue": Issue.UNREADABLE,
            "reason": f"The file cannot be read ({error.strerror}). Check that it is still there and who may read it.",
        }
    except PhotoError as error:
        return {**facts, **_header_facts(path), "issue": error.issue, "reason": str(error)}
    grey = cv2.cvtColor(photo.image, cv2.COLOR_RGB2GRAY)  # (H, W)
    mean, deviation = (float(value.item()) for value in cv2.meanStdDev(grey))
    facts |= {
        "format": photo.header.format,
        "mode": photo.header.mode,
        "height": photo.height,
        "width": photo.width,
        "perceptual_hash": likeness.perceptual_hash(grey),
        "brightness": round(mean, 2),
        "contrast": round(deviation, 2),
        "sharpness": round(sharpness(grey), 4),
        "changes": "; ".join(photo.changes),
    }
    found = list(_own_issues(facts, path))
    issues, reasons = [issue for issue, _ in found], [reason for _, reason in found]
    return {**facts, "issue": issues[0] if issues else None, "also": issues[1:], "reason": " ".join(reasons)}


def _own_issues(facts: dict, path: Path) -> Iterator[tuple[Issue, str]]:
    """Every issue that a decoded photo has by itself, in the order of ``Issue``, each with its sentence."""
    height, width = facts["height"], facts["width"]
    if min(height, width) < MIN_SIDE:
        yield (
            Issue.TOO_SMALL,
            f"Both sides must have at least {MIN_SIDE} pixels; this photo has {width:,} x {height:,}. Use a larger copy.",
        )
    is_blank = facts["contrast"] < BLANK_DEVIATION
    if is_blank:
        yield Issue.BLANK, "The picture is one flat colour; there is nothing to learn from."
    extension = sources.extension_of(path.name)
    if not decode.may_bear(extension, facts["format"]):
        kind = pixels.NAMES.get(facts["format"], facts["format"])
        yield (
            Issue.WRONG_EXTENSION,
            f"Its name ends in .{extension} but it is a {kind} file; it is read as what it is.",
        )
    if facts["changes"]:
        yield Issue.NEEDS_CONVERSION, f"It is read as an upright RGB picture; stored as: {facts['changes']}."
    if facts["brightness"] < DARK_MEAN:
        yield (
            Issue.VERY_DARK,
            f"Its mean grey level is {facts['brightness']:.0f} of 255; below {DARK_MEAN:.0f} little can be seen.",
        )
    if facts["sharpness"] < BLURRED_SHARPNESS and not is_blank:  # what is flat has no detail to lose
        yield (
            Issue.VERY_BLURRED,
            f"Its sharpness is {facts['sharpness']:.3f}; below {BLURRED_SHARPNESS} fine detail is gone.",
        )


def _header_facts(path: Path) -> dict:
    """Format and size of a photo whose pixels cannot be read, where its header can."""
    try:
        header = decode.header(path)
    except PhotoError:
        return {}
    return {"format": header.format, "mode": header.mode, "height": header.height, "width": header.width}


def _lost(lost: pool.Lost) -> dict:
    return {
        "issue": Issue.UNREADABLE,
        "reason": f"The photo could not be read: {lost}. Open it in another program and save it anew.",
    }


def _check_from(file: sources.SourceFile, facts: dict) -> ImageCheck:
    issue = facts.get("issue")
    return ImageCheck(
        file.path,
        file.class_name,
        file.split,
        file.size,
        file.mtime_ns,
        **{
            **facts,
            "issue": Issue(issue) if issue else None,
            "also": tuple(Issue(name) for name in facts.get("also", ())),
        },
    )


def compare(checks: Sequence[ImageCheck], labelled: bool = True) -> list[ImageCheck]:
    """Adds the issues that need two photos: duplicates, exact and near, within a class and across classes.

    Args:
        checks: with the issues of each file by itself.
        labelled: whether photos without a class are no part of the data set and so are nobody's duplicate.
    """
    result = list(checks)
    usable = [
        index
        for index, check in enumerate(checks)
        if check.issue not in UNUSABLE and check.perceptual_hash and (check.class_name is not None or not labelled)
    ]
    by_bytes: dict[str, list[int]] = defaultdict(list)
    for index in usable:
        by_bytes[checks[index].sha256].append(index)
    for copies in by_bytes.values():
        copies.sort(key=lambda index: _shortest_first(checks[index]))
    distinct = [copies[0] for copies in by_bytes.values()]
    pairs = [
        (checks[distinct[a]].sha256, checks[distinct[b]].sha256)
        for a, b in likeness.near_pairs([checks[index].perceptual_hash for index in distinct])
    ]

    across = _across_classes(checks, by_bytes, pairs)
    for index, other in across.items():
        result[index] = _also(
            checks[index],
            Issue.OTHER_CLASS,
            twin=checks[other].path,
            reason=f"The same picture is in class “{checks[index].class_name}” and, as “{checks[other].path}”, in class "
            f"“{checks[other].class_name}”. Delete the wrong one; until then neither is used.",
        )

    keepers: dict[str, int] = {}
    for content, copies in by_bytes.items():
        left = [index for index in copies if index not in across]
        if not left:
            continue
        keepers[content] = left[0]
        for index in left[1:]:
            result[index] = _also(
                checks[index],
                Issue.EXACT_DUPLICATE,
                twin=checks[left[0]].path,
                reason=f"It has the same bytes as “{checks[left[0]].path}”, which is used.",
            )

    for group in likeness.joined((keepers[a], keepers[b]) for a, b in pairs if a in keepers and b in keepers):
        best = min(group, key=lambda i: (-checks[i].height * checks[i].width, *_shortest_first(checks[i])))
        name = min(checks[index].sha256 for index in group)[:16]
        for index in group:
            result[index] = replace(checks[index], group=name)
            if index != best:
                result[index] = _also(
                    result[index],
                    Issue.NEAR_DUPLICATE,
                    twin=checks[best].path,
                    reason=f"It shows the same picture as “{checks[best].path}”; where photos are dealt at random, both share a split.",
                )
    return result


def _also(check: ImageCheck, issue: Issue, reason: str, twin: str) -> ImageCheck:
    """The check with one issue more. The sentence of the one that decides stands first."""
    issues = sorted((*check.issues, issue), key=list(Issue).index)
    reasons = (reason, check.reason) if issues[0] is issue else (check.reason, reason)
    return replace(
        check, issue=issues[0], also=tuple(issues[1:]), reason=" ".join(part for part in reasons if part), twin=twin
    )


def _across_classes(
    checks: Sequence[ImageCheck], by_bytes: dict[str, list[int]], pairs: Iterable[tuple[str, str]]
) -> dict[int, int]:
    """{photo: its twin under another class name}."""
    across: dict[int, int] = {}
    for a, b in [*((content, content) for content in by_bytes), *pairs]:
        if a == b and len(by_bytes[a]) < 2:
            continue
        members = sorted({*by_bytes[a], *by_bytes[b]}, key=lambda index: _shortest_first(checks[index]))
        if len({checks[index].class_name for index in members}) < 2:
            continue
        for index in members:
            other = next(i for i in members if checks[i].class_name != checks[index].class_name)
            across.setdefault(index, other)
    return across


def _shortest_first(check: ImageCheck) -> tuple[int, str]:
    return len(check.path), check.path


def issues_from(text: str | None) -> tuple[Issue, ...]:
    """The inverse for issues; none where an older version wrote no such field. Raises ValueError for anything else."""
    return tuple(Issue(name) for name in text.split("; ")) if text else ()


def _memory_of(root: Path) -> Path:
    folder = workspace() / "scans"
    folder.mkdir(exist_ok=True)
    key = hashlib.sha256(f"{SCAN_VERSION} {root}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return folder / f"{key}.csv"


def _recall(memory: Path) -> dict[str, ImageCheck]:
    try:
        return {row["path"]: check_from_row(row) for row in csv_rows(memory)}
    except (OSError, *DAMAGED):
        return {}  # none yet, or damaged: costs a scan, no more


_WHOLE = {"num_bytes": (0, 2**63), "mtime_ns": (-(2**63), 2**63), "height": (0, 2**31), "width": (0, 2**31)}
_REAL = ("brightness", "contrast", "sharpness")


def check_from_row(row: dict[str, str]) -> ImageCheck:
    """A row that ``rows_to_csv`` wrote, as what it was. Raises KeyError, TypeError or ValueError for anything else."""
    values: dict = dict(row)
    for name in _WHOLE:
        values[name] = parse.whole(row[name], *_WHOLE[name])
    for name in _REAL:
        values[name] = parse.real(row[name], 0)
    hashes = [row["sha256"], row["perceptual_hash"]]
    if not all(re.fullmatch(r"([0-9a-f]{64})?", digits) for digits in hashes):
        raise ValueError("a hash has another form")
    for name in ("class_name", "split", "issue"):
        values[name] = row[name] or None
    if values["issue"]:
        values["issue"] = Issue(values["issue"])
    values["also"] = issues_from(row.get("also"))
    return ImageCheck(**values)
