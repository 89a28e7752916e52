"""`releases`."""

from ops import releases as release_list
from ops.commands.options import Json, Project, Region, StackName
from ops.output import console, print_json
from ops.stack import find


def releases(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """List the releases on record, newest first."""
    found = find(stack, project, region)
    if json:
        print_json(release_list.to_values(found))
    else:
        release_list.print_releases(found, console())
