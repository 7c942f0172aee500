"""From a folder of photos to a data set: look, decide otherwise, prepare."""

import os
from pathlib import Path

import click

from core import config as configs
from core.cli.parts.options import also_train, as_json, config_file, experiment, join, only, outliers, preset, settings
from core.cli.parts.output import emit, emit_json, encodable, lines
from core.cli.parts.prepared import counts_sentence, with_photos
from core.cli.parts.prepared import prepare as prepare_dataset
from core.cli.parts.terminal import Bar
from core.errors import AppError
from core.text import printable


@click.command()
@click.argument("folder")
@as_json
def scan(folder, as_json):
    """Look at every file of FOLDER, a folder or a zip, and say what would become of it. No photo is changed."""
    from core.photos import split
    from core.photos.checks import clean, overrules
    from core.photos.checks import scan as scans
    from core.photos.sources import origins

    report = Bar()
    looked_at = scans.scan(origins.fetch(folder, report).root, report)
    report.end()
    plan = clean.plan(looked_at, overrules.load(looked_at.folder))
    for step in plan.steps:
        row = {
            "path": encodable(step.path),
            "action": step.action,
            "issue": str(step.issue) if step.issue else None,
            "also": [str(issue) for issue in step.also],
            "reason": encodable(step.reason),
        }
        if as_json:
            emit_json(row)
        elif step.action != "use" or step.issue or step.rule:
            click.echo(lines(f"{step.action}: {row['path']!r}: {', '.join(step.issues)} ({printable(step.reason)})"))
    reading, ignored = split.describe(plan, configs.SplitConfig()), split.describe_ignored(plan)
    summary = {**plan.counts(), "reading": reading, "ignored_because": ignored}
    emit(summary, as_json, "\n".join(filter(None, [counts_sentence(summary), reading, ignored])))


@click.command()
@click.argument("folder")
@click.argument("what", metavar="PATH|KIND|all")
@click.argument("action", type=click.Choice(["use", "use-anyway", "leave-out", "undo"]))
@as_json
def overrule(folder, what, action, as_json):
    """Decide otherwise than the rules about photos of FOLDER; prepare and scan follow it. No file is changed.

    FOLDER may also be a zip, or a data set's id, for photos that came from a zip or an archive. PATH is a photo's, relative to
    FOLDER, as scan shows it. KIND is an issue, e.g. "near-duplicate". With undo, "all" means everything that was decided.
    Of a picture under two class names, "use" takes the one named last, and "use-anyway" both.
    """
    from core.photos.checks import clean, overrules
    from core.photos.checks import scan as scans
    from core.photos.sources import origins

    action, report = action.replace("-", " "), Bar()
    place = origins.fetch(folder, report).root
    looked_at = scans.scan(place if os.path.lexists(place) else _root_of(folder), report)
    report.end()
    steps = clean.plan(looked_at).steps
    step = next((step for step in steps if encodable(step.path) == encodable(what)), None)
    kind = next((issue for issue in scans.Issue if issue == what), None)
    if action != "undo" and (named := step or kind):
        clean.check_choice(action, named)
    if what == "all" and action == "undo":
        decided = overrules.put(looked_at.folder, overrules.Overrules())
    elif step and action == "undo":
        decided = overrules.undo_files(looked_at.folder, [step.path])
    elif step:
        decided = overrules.set_file(looked_at.folder, step.path, step.sha256, action)
    elif kind and action == "undo":
        decided = overrules.undo_kind(looked_at.folder, kind)
    elif kind:
        decided = overrules.set_kind(looked_at.folder, kind, action)
    else:
        raise AppError(
            f"“{what}” is neither a file of “{looked_at.folder}” nor a kind ({', '.join(scans.Issue)}). Take a path as "
            "python -m core scan shows it."
        )
    counts = clean.plan(looked_at, decided).counts()
    values = {"overruled": {"files": len(decided.files), "kinds": [str(kind) for kind in decided.kinds]}, **counts}
    emit(values, as_json, f"{counts_sentence(counts)} It holds from the next prepare on.")


def _root_of(dataset_id: str) -> Path:
    """Where the photos of a data set are; what is no id is taken as a folder, of which the scan says that it is missing."""
    from core.photos.dataset import load

    try:
        return load(dataset_id).root
    except AppError:
        return Path(dataset_id)


@click.command()
@click.argument("photos")
@settings
@join
@only
@outliers
@also_train
@preset
@config_file
@as_json
def prepare(photos, assignments, joins, only, outliers, also_train, preset_id, config_path, as_json):
    """Scan, convert, split and cache PHOTOS; prints the data set's id.

    PHOTOS is a folder, a zip file, "drawn" for the built-in drawn pets, or "microsoft" for the archive of 25,000 cats and
    dogs, which is downloaded once (786 MB). A zip and the archive are unpacked into the workspace. Ctrl-C keeps what has
    been downloaded: the same command goes on from there.
    """
    dataset = prepare_dataset(
        with_photos(experiment(preset_id, config_path, assignments), photos, joins, only, outliers, also_train)
    )
    values = {"dataset": dataset.id, "name": dataset.name, "counts": dataset.counts(), **dataset.summary}
    emit(values, as_json, dataset.id)
