"""From a source of photos to a data set: fetched or drawn, scanned, cleaned, dealt, written."""

import hashlib
import re
import time
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

from core.config import PhotosConfig, SplitConfig
from core.errors import AppError, PhotoError
from core.jobs.job import Report, no_report
from core.photos import split
from core.photos.checks import clean, overrules, scan
from core.photos.checks.clean import CleaningPlan
from core.photos.checks.overrules import LEAVE_OUT
from core.photos.dataset import Dataset, load, made_with
from core.photos.layouts.chosen import Choice
from core.photos.sources import origins, together
from core.photos.split import Example
from core.text import listed
from core.workspace.files import DAMAGED, read_json
from core.workspace.folders import datasets_folder, workspace
from core.workspace.tables import rows_to_csv


def prepare(
    photos: PhotosConfig, split_config: SplitConfig, report: Report = no_report, name: str = "", owner: str = ""
) -> Dataset:
    """Everything from a source of photos (nothing, for drawn pets) to a data set. Doing it again changes nothing.

    Photos that earlier data sets of the same folder and the same ``split_config`` dealt stay in their splits.

    Args:
        photos: where they are.
        split_config: how they are dealt.
        report: called with stages "drawing" or those of ``origins.fetch``, then "scanning", "comparing".
        name: for the person; by default the folder's, or what the zip or the archive is called.
        owner: mark of the browser that asks; it becomes one of the data set's owners.

    Raises:
        PhotoError: the photos cannot be fetched or used; the sentence says why and what to do.
        Cancelled: by ``report``. No data set is left half made.
    """
    if photos.source == "drawn":
        name = name or f"Drawn {' and '.join(sorted(photos.drawn_classes))}"
        origin = origins.Origin(_draw(photos, split_config, report), "drawn", origins.DRAWN)
    else:
        origin = origins.fetch(photos.source, report)
    scanned = scan.scan(origin.root, report, classes=photos.classes)
    decided = overrules.load(scanned.folder)
    cleaned = clean.plan(scanned, decided)
    deal = split.assign(cleaned, split_config, _dealt_before(scanned.folder, split_config))
    if together.is_together(scanned.folder):
        deal = _apart(cleaned, deal)
    cleaned = _without(cleaned, deal.left_out)
    class_names, examples, outliers = _parted(cleaned.class_names, deal.examples, photos.outliers)
    # a folder is called what it is called once links and dots are resolved
    called = scanned.folder.name if origin.kind == origins.FOLDER else origin.name
    notes = (*origin.notes, *deal.notes)
    asked = {"photos": photos, "split": split_config, "overrules": decided, "owners": (owner,)}
    if outliers:
        notes = (*notes, f"{len(outliers):,} photos of “{photos.outliers}” are outliers: of neither class.")
    asked |= {"outliers": outliers}
    return _stored(
        scanned,
        replace(cleaned, class_names=class_names),
        examples,
        notes,
        _slug(called),
        name or called or "Photos",
        **asked,
    )


def _dealt_before(root: Path, split_config: SplitConfig) -> dict[str, str]:
    """{sha256: split} of every photo of a folder that was dealt with this config; the newest data set counts most."""
    before = []
    for folder in datasets_folder().glob("[!.]*"):
        try:  # reading a small file first spares reading thousands of rows of every other folder's data sets
            about = read_json(folder / "dataset.json")
            if about["root"] == str(root) and made_with(about).get("split") == split_config:
                before.append(load(folder.name))
        except (OSError, AppError, *DAMAGED):
            continue  # damaged
    places: dict[str, str] = {}
    for dataset in sorted(before, key=lambda dataset: (dataset.created, dataset.id)):
        places |= {example.sha256: example.split for example in dataset.all_examples}
    return places


def _apart(cleaned: CleaningPlan, deal: split.Deal) -> split.Deal:
    """The deal without training photos whose copies are judged by: who puts folders together cannot know of copies in them."""
    group_of = {step.path: step.group for step in cleaned.kept if step.group}
    judged = {group_of.get(example.path) for example in deal.examples if example.split != "train"} - {None}
    why = "A copy of it is in validation or test, by which networks are judged. So it stays out."
    out = {e.path: why for e in deal.examples if e.split == "train" and group_of.get(e.path) in judged}
    examples = tuple(example for example in deal.examples if example.path not in out)
    note = f"{len(out):,} training photos are copies of photos of validation or test; they stay out."
    return replace(
        deal, examples=examples, left_out=deal.left_out | out, notes=(*deal.notes, note) if out else deal.notes
    )


def _parted(
    class_names: tuple[str, ...], examples: tuple[Example, ...], outlier_class: str
) -> tuple[tuple[str, ...], tuple[Example, ...], tuple[Example, ...]]:
    """(classes, their examples, outliers): what one class of the photos becomes that is no answer.

    Raises:
        PhotoError: there is no such class, or fewer than two others.
    """
    if not outlier_class:
        return class_names, examples, ()
    known = tuple(name for name in class_names if name != outlier_class)
    if len(known) == len(class_names):
        raise PhotoError(
            f"Outliers are one of the classes of the photos, {listed(class_names)}; received “{outlier_class}”. Name one of these."
        )
    if len(known) < 2:
        raise PhotoError(
            f"Beside the outliers “{outlier_class}” there must be two classes to tell apart; these photos have {len(known)}. "
            "Add a folder with photos of something else."
        )
    return (
        known,
        tuple(
            replace(example, class_index=known.index(example.class_name))
            for example in examples
            if example.class_name in known
        ),
        tuple(replace(example, class_index=len(known)) for example in examples if example.class_name not in known),
    )


def _without(cleaned: CleaningPlan, reasons: dict[str, str]) -> CleaningPlan:
    """The plan in which these photos are left out after all."""
    if not reasons:
        return cleaned
    steps = tuple(
        replace(step, action=LEAVE_OUT, reason=reasons[step.path]) if step.path in reasons else step
        for step in cleaned.steps
    )
    return replace(cleaned, steps=steps)


def prepare_test(source: Path | str, report: Report = no_report, classes: Choice = ()) -> Dataset:
    """Photos to judge a trained network by: the folder's own test split where it has one, else every usable photo.

    Nothing is learned from them, so there is no smallest number, and one class is enough.

    Args:
        source: a folder or a zip, of any layout whose classes can be told.
        report: called with stages "unpacking", "scanning", "comparing".
        classes: how the network's own photos were joined and chosen; it holds as far as the folder has those classes.

    Raises:
        PhotoError: the folder cannot be read, or it has no usable photo of a class.
    """
    origin = origins.fetch(str(source), report)
    scanned = scan.scan(origin.root, report, classes=classes, must_fit=False)
    called = scanned.folder.name if origin.kind == origins.FOLDER else origin.name
    cleaned = clean.plan(scanned, overrules.load(scanned.folder))
    given = [step for step in cleaned.kept if step.split == "test"]
    kept = [step for step in given or cleaned.kept if step.class_name is not None]
    if not kept:
        raise PhotoError(
            f"“{source}” has no usable photo whose class can be told; {len(cleaned.steps):,} files were found. Give a folder "
            f"with one sub-folder a class, e.g. cats and dogs. {split.describe(cleaned, SplitConfig())} {split.describe_ignored(cleaned)}".rstrip()
        )
    places = {name: index for index, name in enumerate(cleaned.class_names)}
    examples = tuple(
        Example(step.path, name, places[name], "test", step.sha256)
        for step in kept
        if (name := step.class_name) is not None
    )
    return _stored(scanned, cleaned, examples, (), f"test-{_slug(called)}", called)


def _stored(
    scanned: scan.ScanReport,
    cleaned: CleaningPlan,
    examples: tuple[Example, ...],
    notes: Iterable[str],
    slug: str,
    name: str,
    **made_with,
) -> Dataset:
    """The data set of these examples, written unless it is there as it would be written."""
    summary = {
        **cleaned.counts(),
        "scan_seconds": round(scanned.seconds, 2),
        "layout": scanned.layout,
        "notes": list(notes),
        "reading": split.describe(cleaned, made_with.get("split") or SplitConfig()),
        "ignored_because": split.describe_ignored(cleaned),
    }
    rows = examples + made_with.get("outliers", ())
    checksum = hashlib.sha256(_encoded(rows_to_csv(rows))).hexdigest()
    dataset = Dataset(
        f"{slug}-{checksum[:8]}",
        name,
        scanned.folder,
        cleaned.class_names,
        examples,
        summary,
        checksum,
        time.time(),
        **made_with,
    )
    try:
        before = load(dataset.id)
    except PhotoError:
        dataset.save(cleaned.steps, scanned.checks)
        return dataset
    dataset = replace(dataset, owners=tuple(sorted({*before.owners, *dataset.owners})))
    if _lasting(before) == _lasting(dataset) and before.facts():
        return before
    # The same photos, but the folder moved, files that are not used came or went, or other settings came to the same,
    # or the facts are missing.
    now = Dataset(**{**_as_fields(dataset), "name": before.name, "created": before.created})
    now.save(cleaned.steps, scanned.checks)
    return now


def _draw(photos: PhotosConfig, split_config: SplitConfig, report: Report) -> Path:
    from core.photos.drawn import draw as drawn  # only here: who brings photos needs no painter

    animals = tuple(sorted(photos.drawn_classes))
    size, seed = photos.drawn_size, split_config.seed
    name = f"{'-'.join(animals)}-{photos.num_drawn}-{seed}"
    if size != drawn.FILE_SIZE:  # the first folders were named before there was a choice
        name += f"-{size}px"
    folder = workspace() / "drawn" / name
    folder.parent.mkdir(exist_ok=True)
    return drawn.draw_folder(folder, animals, photos.num_drawn, seed, report, size)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:32].strip("-") or "photos"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lasting(dataset: Dataset) -> tuple:
    """What two preparations of the same photos are compared by."""
    summary = {key: value for key, value in dataset.summary.items() if key != "scan_seconds"}
    return dataset.root, summary, dataset.photos, dataset.split, dataset.overrules, dataset.owners


def _as_fields(dataset: Dataset) -> dict:
    return {field.name: getattr(dataset, field.name) for field in fields(dataset)}
