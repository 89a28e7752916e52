"""`protection`."""

from dataclasses import asdict

from ops.commands.options import Json, Project, Region, StackName
from ops.output import console, print_json
from ops.resources.protection import print_protection, read_protection
from ops.stack import find


def protection(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Show what blocks `pulumi destroy`, and the commands that unblock it. Changes nothing."""
    found = read_protection(find(stack, project, region))
    if json:
        print_json([asdict(one) for one in found])
    else:
        print_protection(found, console())
