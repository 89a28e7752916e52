"""`shell`, `psql` and `tunnel`."""

import os
import shutil
import subprocess
from typing import Annotated

import typer

from ops.commands.options import Project, Region, StackName, report
from ops.database import read_login
from ops.errors import OpsError
from ops.output import console
from ops.sessions.shell import find_place, shell_command
from ops.sessions.terminal import execute, terminal_plugin
from ops.sessions.tunnel import tunnel as open_tunnel
from ops.stack import find
from ops.tasks.signals import left_to_the_child
from ops.tasks.task import NO_LIMITS

Owner = Annotated[bool, typer.Option("--owner", help="Log in as the owner of the tables. Default: the application.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="On this machine. Default: a free one.")]


def shell(
    process: Annotated[str | None, typer.Option(help="Of this process. Default: web.")] = None,
    task: Annotated[str | None, typer.Option(help="Of this task: the beginning of its id.")] = None,
    container: Annotated[str | None, typer.Option(help="Default: the application's.")] = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Open a shell in a running container by ECS Exec. It ends after 20 minutes without a key."""
    plugin = terminal_plugin("For scripts: `python -m ops run -- COMMAND`.")
    found = find(stack, project, region)
    place = find_place(found, process=process, task=task, container=container)
    report(f"{place.container} of task {place.task.rpartition('/')[2]}")
    execute(found.session, place, shell_command(), plugin)


def psql(
    words: Annotated[list[str] | None, typer.Argument(metavar="[-- PSQL ARGUMENT...]", help="Handed to psql.")] = None,
    owner: Owner = False,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Open psql on the database, through a task of its own. Exits with psql's exit code."""
    program = shutil.which("psql")
    if program is None:
        raise OpsError(
            "psql is not on PATH. Install PostgreSQL's client (Debian: `apt install postgresql-client`, macOS: `brew "
            "install libpq`), or use another client with `python -m ops tunnel`."
        )
    found = find(stack, project, region)
    login = read_login(found.session, found.history()[-1], owner=owner)
    with open_tunnel(found, login.host, login.port, report=report) as opened, left_to_the_child():
        variables = {**os.environ, **({} if owner else NO_LIMITS), **login.through(opened.port)}
        code = subprocess.call([program, *(words or [])], env=variables)
    raise typer.Exit(code)


def tunnel(
    port: Port = 0,
    owner: Owner = False,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Forward a local port to the database, through a task of its own, until Ctrl-C; 8 hours at most."""
    found = find(stack, project, region)
    release = found.history()[-1]
    login = read_login(found.session, release, owner=owner)
    with open_tunnel(found, login.host, login.port, report=report, local_port=port) as opened:
        console().print(
            f"host=127.0.0.1 port={opened.port} dbname={login.database} user={login.role} sslmode=require\n"
            f"The password is in the secret {release.secret_arn}. Ctrl-C closes the tunnel.",
            markup=False,
        )
        try:
            opened.wait()
        except KeyboardInterrupt:
            report("Closed. The task is told to stop.")
            return
        raise OpsError("The session has ended, and the tunnel with it. Start it again.")
