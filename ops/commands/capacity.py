"""`scale` and `restart`."""

from typing import Annotated

import typer

from ops.commands.options import Project, Region, StackName, report
from ops.ecs import capacity
from ops.errors import Interrupted
from ops.output import console
from ops.stack import find

Process = Annotated[str, typer.Argument(metavar="PROCESS", help="web, or a process of hosting.toml.")]


def scale(
    process: Process,
    tasks: Annotated[int, typer.Argument(metavar="TASKS", min=0, help="How many tasks.")],
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
) -> None:
    """Set the number of tasks of a process, within the settings' bounds. `pulumi up` keeps the number."""
    try:
        before = capacity.scale(find(stack, project, region), process, tasks, report)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. ECS goes on; `python -m ops status` shows the tasks.") from None
    console().print(f"{process}: {tasks} tasks run, {before} before. Automatic scaling adds and removes within bounds.")


def restart(
    process: Process = capacity.WEB, stack: StackName = None, project: Project = None, region: Region = None
) -> None:
    """Replace the tasks of a process by new ones, which read the current secrets, without a lost request."""
    try:
        capacity.restart(find(stack, project, region), process, report)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. ECS goes on; `python -m ops status` shows the tasks.") from None
    console().print(f"{process}: every task is new.")
