"""`logs`."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from ops import logs as container_logs
from ops.commands.options import Project, Region, StackName
from ops.output import console
from ops.stack import find


def logs(
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    since: Annotated[str, typer.Option(help="How far back: 30s, 10m, 3h, 2d.")] = "10m",
    grep: Annotated[str, typer.Option(help="A filter pattern of CloudWatch Logs.")] = "",
    process: Annotated[str, typer.Option(help="Only this process of hosting.toml, or web, migration, command.")] = "",
    container: Annotated[str, typer.Option(help="Only this container: web, proxy or migrate.")] = "",
    follow: Annotated[
        bool | None,
        typer.Option("--follow/--no-follow", help="Wait for new lines until Ctrl-C; the default in a terminal."),
    ] = None,
) -> None:
    """Show the log lines of the containers."""
    found = find(stack, project, region)
    group = found.history()[-1].log_group
    screen = console()
    # A script that reads the lines waits for their end.
    follows = sys.stdout.isatty() if follow is None else follow
    for line in container_logs.read_lines(found.session, group, container_logs.since(since), grep, follow=follows):
        if container in ("", line.container) and process in ("", line.process):
            _print_line(screen, line)


def _print_line(screen: Console, line: container_logs.Line) -> None:
    head = f"{line.at:%H:%M:%S} {line.task[:8]} {line.container:<7}"
    screen.print(f"[dim]{head}[/]", end=" ", soft_wrap=True)
    screen.print(line.text, markup=False, soft_wrap=True)
