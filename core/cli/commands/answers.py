"""What a trained network says: about the photos of a test, and about anybody's."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from core.cli.parts.options import as_json
from core.cli.parts.output import emit, encodable, lines
from core.cli.parts.prepared import say_reading
from core.cli.parts.terminal import Bar
from core.errors import AppError

PHOTOS_AT_ONCE = 32


@click.command()
@click.argument("run")
@click.argument("folder", required=False)
@as_json
def evaluate(run, folder, as_json):
    """Test RUN on its own test photos, or on those of FOLDER, a folder or a zip (one sub-folder a class)."""
    from core.machine import prepare_environment
    from core.runs.store import find_run

    asked = find_run(run)
    dataset = None
    report = Bar()
    if folder:
        from core.photos.prepare import prepare_test

        dataset = prepare_test(folder, report, asked.config.photos.classes)
        say_reading(dataset)
    prepare_environment()
    from core.answers.evaluate import evaluate_run

    result = evaluate_run(asked, dataset, "test", report)
    report.end()
    from core.answers.overlap import overlap
    from core.runs import trust

    values = {
        "accuracy": result.accuracy,
        "guess_accuracy": result.score.guess_accuracy,
        "balanced_accuracy": result.score.balanced_accuracy,
        "loss": result.loss,
        "num_photos": result.num_photos,
        "confusion_matrix": result.confusion_matrix.tolist(),
    }
    low, high = result.interval
    text = (
        f"accuracy {result.accuracy:.1%} ({low:.1%} to {high:.1%}), loss {result.loss:.3f}, {result.num_photos:,} photos. "
        f"{trust.sentence(result.score)}"
    )
    if dataset is not None:
        known, summary = overlap(asked, dataset), dataset.summary
        left_out, ignored = summary["left_out"], summary["ignored"]
        values |= {
            "learned_from": known.learned_from if known.is_known else None,
            "same_bytes": known.same_bytes if known.is_known else None,
            "same_picture": known.same_picture if known.is_known else None,
            "chosen_by": known.chosen_by if known.is_known else None,
            "left_out": left_out,
            "ignored": ignored,
        }
        text += f"\n{known}\n{_left_out_sentence(left_out, ignored, summary['issues'])}"
    emit(values, as_json, text)


def _left_out_sentence(left_out: int, ignored: int, issues: dict[str, int]) -> str:
    if not left_out and not ignored:
        return "No file was left out."
    why = ", ".join(f"{number:,} {issue}" for issue, number in sorted(issues.items()))
    return (
        f"{left_out:,} {'photo was' if left_out == 1 else 'photos were'} left out and {ignored:,} other "
        f"{'file' if ignored == 1 else 'files'} ignored" + (f"; what the scan found: {why}." if why else ".")
    )


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PHOTO_OR_FOLDER...")
@click.option("--run", "run_id", help="The run whose network answers; by default the newest completed one.")
@as_json
def classify(paths, run_id, as_json):
    """Ask a trained network about photos; folders and zips are searched through."""
    from core.machine import prepare_environment
    from core.photos.files.isolated import decode
    from core.runs.store import find_run, newest_completed

    run = find_run(run_id) if run_id else newest_completed()
    prepare_environment()
    from core.answers.classify import Classifier
    from core.answers.network import load_network
    from core.runs import trust

    classifier = Classifier(load_network(run))
    score = trust.kept_score(run)
    doubt = trust.no_answer(score) if score is not None and not score.beats_guessing else None
    if doubt:
        click.echo(doubt, err=True)
    num_readable = 0
    for group in _groups(_photos_under(paths), PHOTOS_AT_ONCE):
        images, errors = [], {}
        for path in group:
            try:
                images.append(decode(Path(path)))
            except AppError as error:
                errors[path] = str(error)
        answers = iter(classifier.classify(images) if images else [])
        for path in group:
            answer = None if path in errors else next(answers)
            num_readable += answer is not None
            row = {
                "path": encodable(path),
                "class_name": answer.class_name if answer and not doubt else None,
                "probabilities": answer.probabilities if answer else None,
                "neither": answer.is_neither if answer else None,
                "doubt": doubt,
                "error": errors.get(path),
            }
            chances = ", ".join(f"{name} {share:.1%}" for name, share in (row["probabilities"] or {}).items())
            says = row["error"] or f"{row['class_name'] or trust.NO_ANSWER.lower()} ({chances})"
            if row["neither"]:
                says = f"neither, as far as this network can tell; if it were one: {says}"
            emit(row, as_json, f"{row['path']!r}: {says}")
    if not num_readable:
        raise AppError(
            "None of these files could be read as a photo. Name photos (JPEG, PNG, WebP, HEIC, ...) or folders that hold some."
        )


def _photos_under(paths: tuple[str, ...]) -> Iterator[str]:
    """The paths as given; the photos of a folder or a zip joined with it, as a scan finds them, in the order in which
    people count. Says what it cannot look at."""
    from core.photos.sources import origins
    from core.photos.sources import walk as sources
    from core.text import natural_key

    for given in paths:
        place = sources.located(given)
        if origins.is_zip(place):
            place = origins.fetch(given, report := Bar()).root
            report.end()
        if not place.is_dir():
            yield given if os.path.lexists(given) else str(place)
            continue
        walk = sources.walk(sources.resolved(place))
        for path, reason in walk.unreachable:
            click.echo(lines(f"{encodable(os.path.join(given, path))!r}: {encodable(reason)}"), err=True)
        for file in sorted(walk.files, key=lambda file: natural_key(file.path)):
            base = given if os.path.isdir(given) else str(place)  # a Path would drop the "./" that was given
            yield os.path.join(base, file.path)


def _groups(items: Iterator[str], size: int) -> Iterator[list[str]]:
    while group := list(islice(items, size)):
        yield group
