"""`dns` and `dns back`."""

from typing import Annotated

import typer

from ops import dns as moved_names
from ops.commands.options import Json, Project, Region, StackName, Yes, confirmation
from ops.output import console, print_json

dns_app = typer.Typer(help="Show the DNS records that the stack replaced, and restore them.")


@dns_app.callback(invoke_without_command=True)
def dns(
    context: typer.Context,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Show the records of each name, now and before."""
    if context.invoked_subcommand is not None:
        return
    _, names = moved_names.find_moved(stack, project, region)
    if json:
        print_json([one.to_values() for one in names])
    else:
        moved_names.print_moved(names, console())


@dns_app.command("back")
def dns_back(
    hosts: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all of them.")] = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    yes: Yes = False,
) -> None:
    """Restore the records that names had before, each in one change. `pulumi up` leaves them so."""
    session, names = moved_names.find_moved(stack, project, region)
    changed = moved_names.restore(session, moved_names.chosen(names, hosts or []), confirmation(yes))
    if not changed:
        console().print("The names have these records already. Nothing was touched.")
        return
    console().print(f"Restored the records of {', '.join(changed)}. Resolvers keep the alias for up to 60 s.")
    console().print(
        "To remove the names from the stack: pulumi config set dnsRecords none, then pulumi up.", markup=False
    )
