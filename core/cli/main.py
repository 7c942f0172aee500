"""``python -m core``: everything that a page can do, without a browser.

Exit status: 0 done, 1 a sentence for the person on stderr, 2 wrong usage. ``--json`` prints one object a line on stdout;
progress goes to stderr.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from core import config as configs
from core.cli.parts.output import lines
from core.errors import AppError, ConfigError
from core.workspace.rights import ADMIN_KEY

# Command -> its file in core/cli/commands; a file imports at its head only what every command needs, so that --help and
# plan answer at once.
COMMANDS = {
    "scan": "photos",
    "overrule": "photos",
    "prepare": "photos",
    "disk": "disk",
    "clear": "disk",
    "plan": "network",
    "settings": "network",
    "forecast": "training",
    "train": "training",
    "sweep": "sweeps",
    "runs": "runs",
    "stop": "runs",
    "end": "runs",
    "pause": "runs",
    "resume": "runs",
    "diagnose": "runs",
    "evaluate": "answers",
    "classify": "answers",
    "bench": "bench",
}
ABOUT_RUNS = ("train", "sweep", "runs", "stop", "pause", "resume")


class _Group(click.Group):
    """Loads a command's file when it is asked for; turns an AppError, or a disk that takes nothing more, into its sentence
    and exit status 1."""

    def list_commands(self, ctx):
        return sorted(COMMANDS)

    def get_command(self, ctx, cmd_name):
        if cmd_name not in COMMANDS:
            return None
        found = vars(import_module(f"core.cli.commands.{COMMANDS[cmd_name]}")).values()
        return next(value for value in found if isinstance(value, click.Command) and value.name == cmd_name)

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except AppError as error:
            click.echo(lines(f"{error}{_typed(error)}"), err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("Cancelled. What was done so far is kept; the same command goes on from there.", err=True)
            ctx.exit(1)
        except BrokenPipeError:  # the reader of our output has left, e.g. `| head`
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            from core.workspace.disk import disk_trouble
            from core.workspace.folders import workspace

            place = Path(error.filename) if isinstance(error.filename, str) else workspace()
            if (sentence := disk_trouble(error, place)) is None:
                raise
            click.echo(sentence, err=True)
            ctx.exit(1)


def _typed(error: AppError) -> str:
    """How the setting of an error is typed here: its sentence has the names that pages show."""
    if not isinstance(error, ConfigError) or not error.path:
        return ""
    for path in (error.path, error.suggestion):
        if not isinstance(path, str):  # the suggestion is a value where the path is right
            continue
        with suppress(ConfigError):
            return f" For --set: {path}, {configs.setting(path).limits.describe()}."
    return " python -m core settings lists every setting."


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
