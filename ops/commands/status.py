"""`status`."""

import typer

from ops.commands.options import Json, Project, Region, StackName
from ops.errors import FAILED
from ops.output import console, print_json
from ops.stack import find
from ops.status.stack_status import print_status, read_status


def status(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Show the release, its tasks, alarms and the database. Exits with 1 when something needs attention."""
    found = read_status(find(stack, project, region))
    if json:
        print_json(found.to_values())
    else:
        print_status(found, console())
    if found.attention:
        raise typer.Exit(FAILED)
