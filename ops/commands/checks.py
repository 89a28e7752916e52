"""`doctor` and `checklist`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from ops import project as project_files
from ops.checks.check import Check, failed, print_checks
from ops.checks.checklist import checklist as production_checklist
from ops.checks.doctor import doctor as examine
from ops.commands.options import Json, Project, Region, StackName
from ops.errors import FAILED
from ops.output import console, print_json
from ops.stack import find

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Leave out what passed.")]


def doctor(
    stack: StackName = None, project: Project = None, region: Region = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Check this machine, the account, its quotas, DNS, certificate, mail and receivers, each with its fix.

    Works before the first deploy. Exits with 1 when a check failed.
    """
    name = (stack or project_files.only_stack()).rpartition("/")[2]
    _show(examine(project or project_files.name(), name, region), json, quiet)


def checklist(
    stack: StackName = None, project: Project = None, region: Region = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Check a deployed stack against the production checklist. Exits with 1 when a check failed."""
    _show(production_checklist(find(stack, project, region)), json, quiet)


def _show(checks: Sequence[Check], json: bool, quiet: bool) -> None:
    if json:
        print_json([asdict(one) for one in checks])
    else:
        print_checks(checks, console(), everything=not quiet)
    if failed(checks):
        raise typer.Exit(FAILED)
