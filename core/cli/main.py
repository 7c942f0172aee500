"""``python -m core``: everything that a page can do, without a browser.

Exit status: 0 done, 1 a sentence for the person on stderr, 2 wrong usage. ``--json`` prints one object a line on stdout;
progress goes to stderr.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import click

from core import config as configs
from core.cli.terminal import Bar, bar, eta
from core.config import ExperimentConfig
from core.errors import AppError, ConfigError
from core.network import presets
from core.text import printable
from core.workspace.rights import ADMIN_KEY

# Only what every command needs is imported here, so that --help and plan answer at once.


class _Group(click.Group):
    """Turns an AppError, or a disk that takes nothing more, into its sentence and exit status 1."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except AppError as error:
            click.echo(_lines(f"{error}{_typed(error)}"), err=True)
            context.exit(1)
        except KeyboardInterrupt:
            click.echo("Cancelled. What was done so far is kept; the same command goes on from there.", err=True)
            context.exit(1)
        except BrokenPipeError:  # the reader of our output has left, e.g. `| head`
            sys.stderr.close()
            context.exit(0)
        except OSError as error:
            from core.workspace.disk import disk_trouble
            from core.workspace.folders import workspace

            place = Path(error.filename) if isinstance(error.filename, str) else workspace()
            if (sentence := disk_trouble(error, place)) is None:
                raise
            click.echo(sentence, err=True)
            context.exit(1)


def _typed(error: AppError) -> str:
    """How the setting of an error is typed here: its sentence has the names that pages show."""
    if not isinstance(error, ConfigError) or not error.path:
        return ""
    for path in (error.path, error.suggestion):
        with suppress(ConfigError, AttributeError):
            return f" For --set: {path}, {configs.setting(path).limits.describe()}."
    return " python -m core settings lists every setting."


ABOUT_RUNS = ("train", "sweep", "runs", "stop", "pause", "resume")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.pass_context
def main(context):
    """AlexNet Playground without a browser: photos in, trained networks and their answers out."""
    os.environ.pop(ADMIN_KEY, None)  # the server's; what is started from here has no use for it
    if context.invoked_subcommand in ABOUT_RUNS:
        _revive_waiting()


def _revive_waiting() -> None:
    """Runs whose workers are gone, after a power cut, wait in line again, as when the app starts."""
    from core.runs.engines.local import revive_waiting

    try:
        revive_waiting()
    except OSError as error:  # a full or read-only disk; what was asked for may need none of it
        click.echo(f"Waiting runs could not be started again ({error.strerror}).", err=True)


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout, for programs.")
settings = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a setting, e.g. network.blocks.0.filters=32.",
)
preset = click.option("--preset", "preset_id", default="modern", show_default=True, help="Where to start from.")
config_file = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Start from a JSON file instead: a whole configuration, or the config.json of a run.",
)


def _emit(values: dict, as_json: bool, text: str) -> None:
    click.echo(_printable(json.dumps(values, ensure_ascii=False)) if as_json else _lines(text))


def _lines(text: str) -> str:
    """For a terminal: our own line breaks stay, and nothing that a file name holds moves the cursor."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _experiment(preset_id: str, config_path: Path | None, assignments: tuple[str, ...]) -> ExperimentConfig:
    config = _read_config(config_path) if config_path else presets.experiment(preset_id)
    config = configs.put_all(config, list(assignments))
    configs.check(config)
    return config


def _read_config(path: Path) -> ExperimentConfig:
    from core.workspace.files import read_file

    try:
        text = read_file(path, configs.MAX_JSON_LETTERS + 1).decode()
    except (OSError, ValueError) as error:
        raise AppError(
            f"“{path}” cannot be read as text ({error}). Give a JSON file that the app has written."
        ) from None
    config = configs.parse_json(text)
    return configs.from_dict(config.get("config", config) if isinstance(config, dict) else config)


def _photos_of(source: str, config: ExperimentConfig) -> ExperimentConfig:
    """The config with its photos taken from a folder or a zip, fetched, or drawn."""
    if source not in ("drawn", "microsoft"):
        from core.photos.sources.walk import located

        source = os.path.realpath(located(source))
    return replace(config, photos=replace(config.photos, source=source))


def _printable(text: str) -> str:
    """A file name as text that any terminal and any JSON reader takes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# --- photos ----------------------------------------------------------------------------------------------


@main.command()
@click.argument("folder")
@as_json
def scan(folder, as_json):
    """Look at every file of FOLDER, a folder or a zip, and say what would become of it. No photo is changed."""
    from core.photos import split
    from core.photos.checks import clean, overrules
    from core.photos.checks import scan as scans
    from core.photos.sources import origins

    report = Bar()
    found = scans.scan(origins.fetch(folder, report).root, report)
    report.end()
    plan = clean.plan(found, overrules.load(found.folder))
    for step in plan.steps:
        row = {
            "path": _printable(step.path),
            "action": step.action,
            "issue": str(step.issue) if step.issue else None,
            "also": [str(issue) for issue in step.also],
            "reason": _printable(step.reason),
        }
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        elif step.action != "use" or step.issue or step.rule:
            click.echo(_lines(f"{step.action}: {row['path']!r}: {', '.join(step.issues)} ({printable(step.reason)})"))
    reading, ignored = split.describe(plan, configs.SplitConfig()), split.describe_ignored(plan)
    summary = {**plan.counts(), "reading": reading, "ignored_because": ignored}
    _emit(summary, as_json, "\n".join(filter(None, [_counts_sentence(summary), reading, ignored])))


def _counts_sentence(summary: dict) -> str:
    return (
        f"{summary['found']:,} files found = {summary['used']:,} used + {summary['converted']:,} converted + "
        f"{summary['left_out']:,} left out + {summary['ignored']:,} ignored."
    )


@main.command()
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
    found = scans.scan(place if os.path.lexists(place) else _root_of(folder), report)
    report.end()
    steps = clean.plan(found).steps
    step = next((step for step in steps if _printable(step.path) == _printable(what)), None)
    kind = next((issue for issue in scans.Issue if issue == what), None)
    if what == "all" and action == "undo":
        decided = overrules.put(found.folder, overrules.Overrules())
    elif step is None and kind is None:
        raise AppError(
            f"“{what}” is neither a file of “{found.folder}” nor a kind ({', '.join(scans.Issue)}). Take a path as "
            "python -m core scan shows it."
        )
    elif action == "undo":
        decided = overrules.undo_files(found.folder, [step.path]) if step else overrules.undo_kind(found.folder, kind)
    else:
        clean.check_choice(action, step or kind)
        if step:
            decided = overrules.set_file(found.folder, step.path, step.sha256, action)
        else:
            decided = overrules.set_kind(found.folder, kind, action)
    summary = clean.plan(found, decided).counts()
    values = {"overruled": {"files": len(decided.files), "kinds": [str(kind) for kind in decided.kinds]}, **summary}
    _emit(values, as_json, f"{_counts_sentence(summary)} It holds from the next prepare on.")


def _root_of(dataset_id: str) -> Path:
    """Where the photos of a data set are; what is no id is taken as a folder, of which the scan says that it is missing."""
    from core.photos.dataset import load

    try:
        return load(dataset_id).root
    except AppError:
        return Path(dataset_id)


@main.command()
@click.argument("photos")
@settings
@preset
@config_file
@as_json
def prepare(photos, assignments, preset_id, config_path, as_json):
    """Scan, convert, split and cache PHOTOS; prints the data set's id.

    PHOTOS is a folder, a zip file, "drawn" for the built-in drawn pets, or "microsoft" for the archive of 25,000 cats and
    dogs, which is downloaded once (786 MB). A zip and the archive are unpacked into the workspace. Ctrl-C keeps what has
    been downloaded: the same command goes on from there.
    """
    dataset = _prepare(_photos_of(photos, _experiment(preset_id, config_path, assignments)))
    values = {"dataset": dataset.id, "name": dataset.name, "counts": dataset.counts(), **dataset.summary}
    _emit(values, as_json, dataset.id)


def _prepare(config: ExperimentConfig):
    """The data set of a config, cached for its network."""
    from core.photos.cache import open_cache
    from core.photos.dataset import prepare as prepare_dataset

    report = Bar()
    dataset = prepare_dataset(config.photos, config.split, report)
    network = config.network
    open_cache(dataset, network.input_size, config.photos.fit, network.input_channels, report)
    report.end()
    click.echo(f"{printable(dataset.name)}: {_counts_sentence(dataset.summary)}", err=True)
    _say_reading(dataset)
    for note in dataset.summary.get("notes", []):
        click.echo(printable(note), err=True)
    return dataset


def _say_reading(dataset) -> None:
    for name in ("reading", "ignored_because"):
        if sentence := dataset.summary.get(name):  # older data sets have none
            click.echo(printable(sentence), err=True)


@main.command()
@as_json
def disk(as_json):
    """Show what data sets, pixels, photos and runs take of the disk."""
    from core.photos import disk as disks

    found = disks.look()
    for one in found.datasets:
        used = f"{one.busy}" if one.busy else f"{len(one.runs)} runs" if one.runs else ""
        text = f"{one.id:34}{_megabytes(one.cache_bytes)} pixels{_megabytes(one.files_bytes)} tables  {_printable(one.name)!r} {used}"
        _emit(asdict(one), as_json, text)
    for folder in found.folders:
        text = f"{_printable(folder.id) or '-':34}{_megabytes(folder.num_bytes)}  {_printable(folder.title)!r} {folder.kept}"
        _emit(asdict(folder), as_json, text)
    if not as_json:
        click.echo(f"{'in all':34}{_megabytes(found.total_bytes)}; {found.free_bytes / 1e9:,.1f} GB are free.")


@main.command()
@click.argument("item", metavar="ID")
@click.option("--caches", "what", flag_value="caches", help="A data set's pixels; they are made again when needed.")
@click.option("--all", "what", flag_value="all", help="The data set and its pixels; your photos stay where they are.")
@as_json
def clear(item, what, as_json):
    """Clear a data set's pixels (--caches) or all of it (--all), or another thing that "disk" lists. Nothing in use is cleared."""
    from core.photos import disk as disks

    if what is None and item in (one.id for one in disks.look().datasets):
        raise click.UsageError("Say what of the data set to clear: --caches for its pixels, --all for the whole.")
    act = {"caches": disks.clear_caches, "all": disks.clear_dataset, None: disks.clear_folder}[what]
    freed = act(item)
    _emit({"cleared": item, "freed_bytes": freed}, as_json, f"{freed / 1e6:,.1f} MB are free again.")


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:>12,.1f} MB"


# --- network ---------------------------------------------------------------------------------------------


@main.command()
@preset
@config_file
@settings
@click.option(
    "--num-classes",
    default=2,
    show_default=True,
    type=click.IntRange(2, 100_000),
    help="How many classes it tells apart.",
)
@as_json
def plan(preset_id, config_path, assignments, num_classes, as_json):
    """Show every layer of a network: output shape, parameters, multiply-adds."""
    from core.network.plan import plan as plan_network

    planned = plan_network(_experiment(preset_id, config_path, assignments).network, num_classes)
    if as_json:
        rows = [
            {name: asdict(row)[name] for name in ("name", "kind", "output_shape", "parameters", "multiply_adds")}
            for row in planned.layers
        ]
        click.echo(
            json.dumps({"parameters": planned.parameters, "multiply_adds": planned.multiply_adds, "layers": rows})
        )
        return
    click.echo(f"{'layer':24}{'output shape':>18}{'parameters':>14}{'multiply-adds':>16}")
    for row in planned.layers:
        shape = " x ".join(str(side) for side in row.output_shape)
        click.echo(f"{row.name:24}{shape:>18}{row.parameters:>14,}{row.multiply_adds:>16,}")
    click.echo(f"{'total':42}{planned.parameters:>14,}{planned.multiply_adds:>16,}")


@main.command("settings")
def list_settings():
    """List every setting that --set takes, with its limits and default."""
    for path, value in configs.leaves(presets.experiment("modern")):
        if path == "schema_version":  # of the file's format; nobody sets it
            continue
        declared = configs.setting(path)
        click.echo(f"{path} = {value}")
        click.echo(f"    {declared.label}: {declared.limits.describe()}. {declared.help}")


@main.command()
@click.argument("folder")
@preset
@config_file
@settings
@click.option("--measure", is_flag=True, help="Let the network train for some seconds first, and keep what that shows.")
@as_json
def forecast(folder, preset_id, config_path, assignments, measure, as_json):
    """Say what training on FOLDER (or "drawn") will take: memory, seconds an epoch, seconds in all."""
    from core.training.forecast.forecast import forecast as forecast_run

    config = _photos_of(folder, _experiment(preset_id, config_path, assignments))
    dataset = _prepare(config)
    if measure:
        _measure(config, dataset)
    counts = dataset.sizes
    found = forecast_run(config, counts, len(dataset.class_names))
    _emit(asdict(found), as_json, found.sentence)


def _measure(config: ExperimentConfig, dataset) -> None:
    """Waits for a measurement; Ctrl-C cancels it."""
    from core.jobs.job import ask
    from core.training.process.calibrate import start_measuring

    job, line = start_measuring(config, dataset), Bar()
    try:
        while job.status in ("queued", "running"):
            last = job.last or {}
            if last.get("kind") == "progress":
                line(last["stage"], last["done"], last["total"])
            time.sleep(0.2)
    except KeyboardInterrupt:
        ask(job.folder, "stop")
        click.echo("Cancelled; what was measured before still counts.", err=True)
        sys.exit(1)
    finally:
        line.end()
    if job.status != "completed":
        raise AppError(
            (job.last or {}).get("message") or f"The measurement ended early; see {job.folder / 'worker.log'}."
        )


# --- runs ------------------------------------------------------------------------------------------------


@main.command()
@click.argument("photos")
@preset
@config_file
@settings
@click.option("--epochs", type=int, help="Same as --set training.epochs=N.")
@click.option("--seed", type=int, help="Same as --set training.seed=S: first weights, order, augmentation, dropout.")
@click.option("--name", default="", help="What the run is called in lists.")
@as_json
def train(photos, preset_id, config_path, assignments, epochs, seed, name, as_json):
    """Train a network on PHOTOS (as prepare takes them) and wait for it. Ctrl-C stops it cleanly; what it has learned is kept."""
    from core.runs.engines.local import start_run
    from core.runs.store import create_run

    for path, value in (("training.epochs", epochs), ("training.seed", seed), ("name", name or None)):
        if value is not None:
            assignments += (f"{path}={value}",)
    config = _photos_of(photos, _experiment(preset_id, config_path, assignments))
    dataset = _prepare(config)
    run = create_run(config, dataset)
    click.echo(f"Run {run.id}", err=True)
    start_run(run)
    _wait(run, as_json)


@main.command()
@click.argument("photos")
@preset
@config_file
@settings
@click.option("--vary", metavar="PATH=A,B,...", help="The setting to vary and 2 to 5 values of it.")
@click.option("--augmentation", is_flag=True, help="Instead: once with the augmentation that is set, once without any.")
@click.option("--epochs", type=int, help="Of each training; 12 if nothing else is set.")
@click.option("--seed", type=int, help="Of every training: first weights, order, augmentation, dropout.")
@as_json
def sweep(photos, preset_id, config_path, assignments, vary, augmentation, epochs, seed, as_json):
    """Train the same network on PHOTOS with several values of one setting, one after the other, and compare them.

    Waits for all of them; Ctrl-C cancels the whole. For example:

    python -m core sweep drawn --vary network.blocks.0.filters=16,32,64
    """
    from core.runs.sweeps.sweep import AUGMENTATION, SHORT_EPOCHS, split_values, start_sweep, variants

    if augmentation == bool(vary):
        raise click.UsageError("Give either --vary PATH=A,B,... or --augmentation.")
    path, _, text = (vary or AUGMENTATION).partition("=")
    path, values = path.strip(), split_values(text)
    if seed is not None:
        assignments += (f"training.seed={seed}",)
    if epochs is None and not any(one.partition("=")[0].strip() == "training.epochs" for one in assignments):
        epochs = SHORT_EPOCHS
    config = _photos_of(photos, _experiment(preset_id, config_path, assignments))
    variants(config, path, values, epochs=epochs)  # what is wrong is said before photos are prepared
    made = start_sweep(config, _prepare(config), path, values, epochs=epochs)
    click.echo(f"Sweep {made.id}: {', '.join(made.labels)}", err=True)
    _wait_for_sweep(made, as_json)


def _wait_for_sweep(sweep, as_json: bool) -> None:
    """Shows one run after the other until the last has ended; Ctrl-C cancels them all, a second one only stops looking."""
    from core.runs.sweeps.sweep import cancel_sweep, verdict

    line, cancelled = Bar(), False
    while True:
        try:
            for label, run in zip(sweep.labels, sweep.run_ids, strict=True):
                _watch(label, run, line)
            break
        except KeyboardInterrupt:
            line.end()
            if cancelled:
                click.echo("The trainings end by themselves: python -m core runs shows them.", err=True)
                sys.exit(1)
            cancelled = True
            cancel_sweep(sweep)
            click.echo("Cancelling: what waits is struck off, what trains keeps its best epoch and tests it.", err=True)
    rows = sweep.rows()
    if as_json:
        click.echo(json.dumps({"sweep": sweep.id, "runs": [_row_values(row) for row in rows]}, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(_row_sentence(row))
        for sentence in verdict(sweep, rows):
            click.echo(sentence)
    lost = [row for row in rows if row.status in ("failed", "interrupted")]
    if lost:
        message = lost[0].run.history.message or f"see {lost[0].run.folder / 'worker.log'}."
        raise AppError(
            f"{len(lost)} of {len(rows)} trainings ended early. {lost[0].label}: {lost[0].status}, {message}"
        )


def _watch(label: str, run_id: str, line: Bar) -> None:
    """Shows a run's progress until it has ended, or is gone."""
    from core.runs.store import find_run

    try:
        for _ in _progress(find_run(run_id), line, f"{label}: "):
            pass
    except AppError:  # deleted meanwhile
        return
    finally:
        line.end()


def _row_values(row) -> dict:
    return {
        "run": row.run.id if row.run else None,
        "value": row.value,
        "status": row.status,
        "val_accuracy": row.val_accuracy,
        "test_accuracy": row.evaluation.accuracy if row.evaluation else None,
        "best_epoch": row.best_epoch,
    }


def _row_sentence(row) -> str:
    from core.runs import trust

    parts = [f"{row.label}: {row.status}"]
    if row.val_accuracy is not None:
        parts.append(f"best epoch {row.best_epoch}, validation accuracy {row.val_accuracy:.1%}")
    if row.evaluation:
        low, high = row.evaluation.interval
        parts.append(
            f"test accuracy {row.evaluation.accuracy:.1%} ({low:.1%} to {high:.1%}; {trust.beside(row.evaluation.score)})"
        )
    return ", ".join(parts)


def _wait(run, as_json: bool, has_asked: bool = False) -> None:
    """Shows a run's progress until its last word; Ctrl-C asks it to stop, a second one, or one after asking, only stops looking."""
    from core.runs.ends import why_interrupted
    from core.runs.engines.local import stop_run

    line, said = Bar(), ""
    while True:
        try:
            for _ in _progress(run, line):
                silence = _silence(run)
                if silence and has_asked:
                    line.end()
                    raise AppError(silence)
                if silence and silence != said:
                    line.end()
                    click.echo(silence, err=True)
                said = silence
            break
        except KeyboardInterrupt:
            line.end()
            if has_asked:
                click.echo(f"The run ends by itself: python -m core runs shows it ({run.id}).", err=True)
                sys.exit(1)
            has_asked = True
            if run.is_active:
                stop_run(run)
                click.echo("Stopping: the best epoch is kept and tested.", err=True)
    line.end()
    if not run.folder.is_dir():
        raise AppError(f"The run {run.id} is gone: its folder was removed while it was at work. Train it again.")
    summary, history = _summary(run), run.history
    for notice in history.notices:
        click.echo(notice, err=True)
    if summary["status"] == "failed":
        raise AppError(f"The run {run.id} failed: {history.message}")
    if summary["status"] == "interrupted":
        raise AppError(
            f"The worker of run {run.id} ended without a word; {run.folder / 'worker.log'} has its output. "
            + (f"{why} " if (why := why_interrupted(run)) else "")
            + f"To go on from its last checkpoint: python -m core resume {run.id}"
        )
    if summary["status"] == "damaged":
        raise AppError(
            f"The record of run {run.id} was lost while it was at work. To go on from its last checkpoint: python -m core resume {run.id}"
        )
    if summary["status"] == "paused":
        click.echo(f"Paused. {history.message} To go on: python -m core resume {run.id}".replace("  ", " "), err=True)
    if summary["status"] == "stopped":
        click.echo(f"Stopped. To go on from here: python -m core resume {run.id}", err=True)
    _emit(summary, as_json, _summary_sentence(summary, _beside(run)))


def _silence(run) -> str:
    """What is to be said of a run, or of one ahead of it in line, whose process does not answer; "" if all do."""
    from core.runs.engines.local import why_run_is_silent
    from core.runs.store import list_runs

    others = list_runs() if run.history.position else []
    for one in (run, *(other for other in others if other.id != run.id)):
        if sentence := why_run_is_silent(one):
            return f"{one.id}: {sentence} To end its process: python -m core end {one.id}"
    return ""


def _summary(run) -> dict:
    """The run's summary and what its kept network's accuracy is worth."""
    from core.runs import trust

    score = trust.kept_score(run)
    return {
        **run.summary(),
        "guess_accuracy": score.guess_accuracy if score else None,
        "balanced_accuracy": score.balanced_accuracy if score else None,
    }


def _beside(run) -> str:
    """`` (guessing 50.0 %)``, for behind an accuracy of the run's kept network; nothing where nobody can say."""
    from core.runs import trust

    return trust.in_brackets(trust.kept_score(run))


def _summary_sentence(summary: dict, beside: str) -> str:
    if summary["val_accuracy"] is None:
        return f"{summary['run']}: {summary['status']} before it had learned anything."
    if summary["test_accuracy"] is None:
        return (
            f"{summary['run']}: {summary['status']}, best epoch {summary['best_epoch']} so far, validation accuracy "
            f"{summary['val_accuracy']:.1%}{beside}."
        )
    return (
        f"{summary['run']}: {summary['status']}, best epoch {summary['best_epoch']}, validation accuracy "
        f"{summary['val_accuracy']:.1%}, test accuracy {summary['test_accuracy']:.1%}{beside}, {summary['photos_per_second']:,.0f} photos/s."
    )


def _progress(run, line: Bar, before: str = "") -> Iterator[None]:
    """Redraws the line, with ``before`` at its front, twice a second while the run is active or about to be."""
    while run.is_active:
        history = run.history
        if history.position:
            line.every(f"{before}waiting for a training slot: {history.position} in line")
        elif history.stage:
            line(before + history.stage, history.done, history.total)
        elif history.step:
            last = history.epochs[-1] if history.epochs else {}
            loss, accuracy = history.batches["loss"][-1:], history.batches["accuracy"][-1:]
            parts = [
                f"{before}epoch {history.epoch}/{history.num_epochs} {bar(history.fraction)}",
                f"loss {loss[0]:.3f} accuracy {accuracy[0]:.1%}" if loss and accuracy else "",
                f"val_loss {last['val_loss']:.3f} val_accuracy {last['val_accuracy']:.1%}" if last else "",
                f"{history.photos_per_second:,.0f} photos/s {eta(history.eta_seconds)}",
            ]
            line.every(" ".join(part for part in parts if part))
        yield
        time.sleep(0.5)


@main.command()
@as_json
def runs(as_json):
    """List runs, the newest first."""
    from core.runs.store import list_runs

    for run in list_runs():
        if run.damage:
            values = {"run": run.id, "status": "damaged", "reason": run.damage}
            _emit(values, as_json, f"{run.id}  {'damaged':12} {run.damage}")
            continue
        summary = {**_summary(run), "name": run.name, "dataset": run.dataset["name"]}
        test = f"test {summary['test_accuracy']:.1%}{_beside(run)}" if summary["test_accuracy"] is not None else ""
        _emit(summary, as_json, f"{run.id}  {summary['status']:12} {test:30} {run.name}")


@main.command()
@click.argument("run")
@as_json
def stop(run, as_json):
    """Stop RUN: its best epoch is kept and tested. Waits until it has."""
    from core.runs.engines.local import stop_run

    _change(stop_run, run, as_json, to_end=True)


@main.command()
@click.argument("run")
def end(run):
    """End the process of a RUN that does not answer, at once. Its last checkpoint is kept; resume goes on from there."""
    from core.runs.engines.local import end_run
    from core.runs.store import find_run

    found = find_run(run)
    end_run(found)
    click.echo(f"The process of {found.id} is ended; the run is {found.status}.")


@main.command()
@click.argument("run")
@as_json
def pause(run, as_json):
    """Pause RUN: it writes a checkpoint, ends its process and frees its memory. Waits until it has."""
    from core.runs.engines.local import pause_run

    _change(pause_run, run, as_json, to_end=True)


@main.command()
@click.argument("run")
@click.option("--epochs", type=int, help="Train it longer than it was planned for, a completed one too.")
@as_json
def resume(run, epochs, as_json):
    """Go on with a stopped, paused or interrupted RUN from its last checkpoint, and wait for it."""
    from core.runs.engines.local import extend_run, start_run
    from core.runs.store import find_run

    if epochs is None and find_run(run).status == "completed":
        raise AppError(f"The run “{run}” is completed. To train it longer, say for how many epochs in all: --epochs N.")
    _change(start_run if epochs is None else lambda found: extend_run(found, epochs), run, as_json)


def _change(change: Callable, run_id: str, as_json: bool, to_end: bool = False) -> None:
    """Asks a run for something and waits for its last word."""
    from core.runs.store import find_run

    found = find_run(run_id)
    change(found)
    _wait(find_run(run_id), as_json, has_asked=to_end)


@main.command()
@click.argument("run")
@click.argument("folder", required=False)
@as_json
def evaluate(run, folder, as_json):
    """Test RUN on its own test photos, or on those of FOLDER, a folder or a zip (one sub-folder a class)."""
    from core.machine import prepare_environment
    from core.runs.store import find_run

    found = find_run(run)
    dataset = None
    report = Bar()
    if folder:
        from core.photos.dataset import prepare_test

        dataset = prepare_test(folder, report)
        _say_reading(dataset)
    prepare_environment()
    from core.answers.evaluate import evaluate_run

    result = evaluate_run(found, dataset, "test", report)
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
    text = f"accuracy {result.accuracy:.1%} ({low:.1%} to {high:.1%}), loss {result.loss:.3f}, {result.num_photos:,} photos. {trust.sentence(result.score)}"
    if dataset is not None:
        known, summary = overlap(found, dataset), dataset.summary
        left_out, ignored = summary["left_out"], summary["ignored"]
        values |= {
            "learned_from": known.learned_from,
            "same_bytes": known.same_bytes,
            "same_picture": known.same_picture,
        }
        values |= {"chosen_by": known.chosen_by, "left_out": left_out, "ignored": ignored}
        if not known.is_known:
            values |= dict.fromkeys(("learned_from", "same_bytes", "same_picture", "chosen_by"))
        text += f"\n{known}\n{_left_out_sentence(left_out, ignored, summary['issues'])}"
    _emit(values, as_json, text)


def _left_out_sentence(left_out: int, ignored: int, issues: dict[str, int]) -> str:
    if not left_out and not ignored:
        return "No file was left out."
    why = ", ".join(f"{number:,} {issue}" for issue, number in sorted(issues.items()))
    return (
        f"{left_out:,} {'photo was' if left_out == 1 else 'photos were'} left out and {ignored:,} other "
        f"{'file' if ignored == 1 else 'files'} ignored" + (f"; what the scan found: {why}." if why else ".")
    )


@main.command()
@click.argument("run")
@as_json
def diagnose(run, as_json):
    """Say what RUN's curve tells so far: what goes wrong, by which numbers, and what to change."""
    from core.advice.diagnosis import diagnose_run, quiet
    from core.runs.store import find_run

    asked = find_run(run)
    found = diagnose_run(asked)
    for finding in found:
        text = f"{finding.title} ({finding.severity})\n    {finding.evidence}\n    {finding.advice}"
        _emit(asdict(finding), as_json, text)
    if not found and not as_json:
        click.echo(quiet(asked.history))


@main.command()
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
    from core.runs import trust

    classifier = Classifier(run)
    score = trust.kept_score(run)
    doubt = trust.no_answer(score) if score is not None and not score.beats_guessing else None
    if doubt:
        click.echo(doubt, err=True)
    num_readable = 0
    for group in _groups(_photos_under(paths), 32):
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
                "path": _printable(path),
                "class_name": answer.class_name if answer and not doubt else None,
                "probabilities": answer.probabilities if answer else None,
                "doubt": doubt,
                "error": errors.get(path),
            }
            chances = ", ".join(f"{name} {share:.1%}" for name, share in (row["probabilities"] or {}).items())
            says = row["error"] or f"{row['class_name'] or trust.NO_ANSWER.lower()} ({chances})"
            _emit(row, as_json, f"{row['path']!r}: {says}")
    if not num_readable:
        raise AppError(
            "None of these files could be read as a photo. Name photos (JPEG, PNG, WebP, HEIC, ...) or folders that hold some."
        )


@main.command()
@click.option("--only", metavar="ID", help="One row, e.g. loop_vs_step, or those whose ids begin so.")
@click.option(
    "--photos",
    envvar="ALEXNET_TEST_PHOTOS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Real JPEGs in train/val/test folders instead of drawn pets; also read from ALEXNET_TEST_PHOTOS.",
)
@click.option("--faults", is_flag=True, help="Instead: kill a training a hundred times and see what is lost.")
@click.option("--kills", default=100, show_default=True, type=click.IntRange(1), help="How often, with --faults.")
@as_json
def bench(only, photos, faults, kills, as_json):
    """Measure how fast this machine does what matters. Takes up to 20 minutes; leave the machine alone meanwhile."""
    if faults:
        return _show_faults(kills, as_json)
    from core.bench import bench as measure
    from core.bench.table import LeftOut

    for found in measure(only, photos):
        if isinstance(found, LeftOut):
            click.echo(f"{found.row} is left out: {found.reason.rstrip('.')}.", err=True)
            continue
        values = {"row": found.row, "value": round(found.value, 3), "bar": found.bar, "holds": found.holds}
        mark = "holds" if found.holds else "MISSED"
        bar = f"{'<=' if found.at_most else '>='} {found.bar:,g}"
        value = f"{found.value:,.0f}" if found.value >= 100 else f"{found.value:.3g}"
        text = f"{found.row:29}{value:>7} {found.unit:9} {bar:8} {mark:7} {found.detail}"
        _emit(values, as_json, text)


def _show_faults(kills: int, as_json: bool) -> None:
    from core.bench.faults import faults

    line = Bar()
    rows = faults(kills, line)
    line.end()
    if not as_json:
        click.echo(f"{'':34}{'tried':>8}{'resumed':>9}{'inside a save':>15}{'most steps lost':>17}{'bit-equal':>11}")
    for row in rows:
        lost = f"{row.most_steps_lost} of {row.interval_steps}"
        text = (
            f"{row.scenario:34}{row.tried:>8}{row.resumed:>9}{row.inside_save:>15}{lost:>17}"
            f"{'yes' if row.bit_equal else 'NO':>11}"
        )
        _emit({**asdict(row), "holds": row.holds}, as_json, text)


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
        found = sources.walk(sources.resolved(place))
        for path, reason in found.unreachable:
            click.echo(_lines(f"{_printable(os.path.join(given, path))!r}: {_printable(reason)}"), err=True)
        for file in sorted(found.files, key=lambda file: natural_key(file.path)):
            base = given if os.path.isdir(given) else str(place)  # a Path would drop the "./" that was given
            yield os.path.join(base, file.path)


def _groups(items: Iterator[str], size: int) -> Iterator[list[str]]:
    group: list[str] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
