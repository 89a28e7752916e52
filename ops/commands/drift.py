"""`drift`."""

from pathlib import Path
from typing import Annotated

import typer

from ops import drift as differences
from ops.commands.options import Json, Project, Region, StackName
from ops.errors import FAILED
from ops.output import console, print_json
from ops.stack import find


def drift(
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    json: Json = False,
    markdown: Annotated[
        Path | None, typer.Option(help="Also write it to this file, empty without a difference.")
    ] = None,
    contents: Annotated[
        bool, typer.Option(help="Compare values of secrets and buckets too, which takes permission to read them.")
    ] = True,
) -> None:
    """Show what AWS has that differs from the program. Changes nothing. Exits with 1 when something differs."""
    found = differences.read_drift(find(stack, project, region), contents=contents)
    if markdown:
        markdown.write_text(differences.as_markdown(found))
    if json:
        print_json([one.to_values() for one in found])
    else:
        differences.print_drift(found, console())
    if found:
        raise typer.Exit(FAILED)
