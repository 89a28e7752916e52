"""`run` and `manage`."""

import sys
from typing import Annotated

import typer

from ops.commands.options import Project, Region, StackName, report
from ops.errors import UsageError
from ops.sessions.interactive import run_interactively
from ops.sessions.terminal import terminal_plugin
from ops.stack import find
from ops.tasks.run import run as run_task
from ops.tasks.task import command_task

ANY_WORDS = {"allow_interspersed_args": False}
"""Options after the first word belong to the command."""
Words = Annotated[list[str], typer.Argument(metavar="COMMAND...", help="Readable in ECS and CloudTrail: no secret.")]
Process = Annotated[str | None, typer.Option(help="Take this process's task: its size. Default: that of web.")]
Interactive = Annotated[
    bool | None,
    typer.Option("--interactive/--no-interactive", "-i", help="By ECS Exec, in this terminal, so that it can ask."),
]


def run(
    command: Words,
    process: Process = None,
    interactive: Interactive = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Run a command in a task of its own with the release's environment. Exits with the command's exit code."""
    _run(command, process, interactive is True, (stack, project, region))


def manage(
    command: Words,
    process: Process = None,
    interactive: Interactive = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Run a command of Django's manage.py, such as createsuperuser. In a terminal it can ask."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    asks = terminal if interactive is None else interactive
    if not asks and command[0] == "createsuperuser" and not {"--noinput", "--no-input"} & set(command):
        raise UsageError(
            "createsuperuser asks for a password, and that needs a terminal. Run it in one, or give --noinput with "
            "--username and --email: the user then has no password until `manage changepassword`."
        )
    _run(["python", "manage.py", *command], process, asks, (stack, project, region))


def _run(
    command: list[str], process: str | None, interactive: bool, where: tuple[str | None, str | None, str | None]
) -> None:
    plugin = terminal_plugin("Commands that ask nothing run with --no-interactive.") if interactive else ""
    stack = find(*where)
    task = command_task(stack, command, process, what=f"`{command[0]}`")
    if interactive:
        raise typer.Exit(run_interactively(stack, task, plugin, report))
    raise typer.Exit(run_task(stack, task, _write, report))


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
