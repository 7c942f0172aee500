"""Networks and their settings, before anything is trained."""

from dataclasses import asdict

import click

from core import config as configs
from core.cli.parts.options import as_json, config_file, experiment, preset, settings
from core.cli.parts.output import emit_json
from core.network import presets


@click.command()
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

    planned = plan_network(experiment(preset_id, config_path, assignments).network, num_classes)
    if as_json:
        names = ("name", "kind", "output_shape", "parameters", "multiply_adds")
        rows = [{name: asdict(row)[name] for name in names} for row in planned.layers]
        emit_json({"parameters": planned.parameters, "multiply_adds": planned.multiply_adds, "layers": rows})
        return
    click.echo(f"{'layer':24}{'output shape':>18}{'parameters':>14}{'multiply-adds':>16}")
    for row in planned.layers:
        shape = " x ".join(str(side) for side in row.output_shape)
        click.echo(f"{row.name:24}{shape:>18}{row.parameters:>14,}{row.multiply_adds:>16,}")
    click.echo(f"{'total':42}{planned.parameters:>14,}{planned.multiply_adds:>16,}")


@click.command("settings")
def list_settings():
    """List every setting that --set takes, with its limits and default."""
    for path, value in configs.leaves(presets.experiment("modern")):
        if path == "schema_version":  # of the file's format; nobody sets it
            continue
        declared = configs.setting(path)
        click.echo(f"{path} = {value}")
        click.echo(f"    {declared.label}: {declared.limits.describe()}. {declared.help}")
