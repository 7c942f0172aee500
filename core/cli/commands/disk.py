"""What the workspace takes of the disk, and clearing it."""

from dataclasses import asdict

import click

from core.cli.parts.options import as_json
from core.cli.parts.output import emit, encodable


@click.command()
@as_json
def disk(as_json):
    """Show what data sets, pixels, photos and runs take of the disk."""
    from core.photos import disk as disks

    usage = disks.look()
    for dataset in usage.datasets:
        used = dataset.busy or (f"{len(dataset.runs)} runs" if dataset.runs else "")
        pixels, tables = _megabytes(dataset.cache_bytes), _megabytes(dataset.files_bytes)
        text = f"{dataset.id:34}{pixels} pixels{tables} tables  {encodable(dataset.name)!r} {used}"
        emit(asdict(dataset), as_json, text)
    for folder in usage.folders:
        size = _megabytes(folder.num_bytes)
        text = f"{encodable(folder.id) or '-':34}{size}  {encodable(folder.title)!r} {folder.kept}"
        emit(asdict(folder), as_json, text)
    if not as_json:
        click.echo(f"{'in all':34}{_megabytes(usage.total_bytes)}; {usage.free_bytes / 1e9:,.1f} GB are free.")


@click.command()
@click.argument("item", metavar="ID")
@click.option("--caches", "what", flag_value="caches", help="A data set's pixels; they are made again when needed.")
@click.option("--all", "what", flag_value="all", help="The data set and its pixels; your photos stay where they are.")
@as_json
def clear(item, what, as_json):
    """Clear a data set's pixels (--caches) or all of it (--all), or another thing that "disk" lists. Nothing in use is cleared."""
    from core.photos import disk as disks

    if what is None and item in (dataset.id for dataset in disks.look().datasets):
        raise click.UsageError("Say what of the data set to clear: --caches for its pixels, --all for the whole.")
    act = {"caches": disks.clear_caches, "all": disks.clear_dataset, None: disks.clear_folder}[what]
    freed = act(item)
    emit({"cleared": item, "freed_bytes": freed}, as_json, f"{freed / 1e6:,.1f} MB are free again.")


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:>12,.1f} MB"
