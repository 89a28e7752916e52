"""`restore` and `drill`."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

import typer

from ops.backup.drill import DrillRequest, DrillResult
from ops.backup.drill import drill as run_drill
from ops.backup.instances import delete_command
from ops.backup.restore import RestoreRequest, RestoreResult, restore_database, restore_instance, restore_site
from ops.backup.restore_point import RestorePoint, parse_moment
from ops.commands.interruption import interruptible
from ops.commands.options import Json, Project, Region, StackName, Yes, confirmation, report
from ops.errors import FAILED, UsageError
from ops.logs import since
from ops.output import console, print_json
from ops.stack import Stack, find


class Into(StrEnum):
    """Where the restored data goes."""

    INSTANCE = "instance"
    DATABASE = "database"
    SITE = "site"


RESTORES: Mapping[Into, Callable[[Stack, RestoreRequest], RestoreResult]] = {
    Into.INSTANCE: restore_instance,
    Into.DATABASE: restore_database,
    Into.SITE: restore_site,
}
At = Annotated[str, typer.Option("--at", help="A moment, such as 2026-01-31T12:00:00Z; without an offset it is UTC.")]
SnapshotName = Annotated[str, typer.Option("--snapshot", help="A snapshot of `python -m ops backups`.")]


def restore(
    at: At = "",
    snapshot: SnapshotName = "",
    latest: Annotated[bool, typer.Option("--latest", help="The latest restorable moment.")] = False,
    into: Annotated[
        Into,
        typer.Option(
            help="A new instance, a new database on the running instance, or the site itself: its data is replaced."
        ),
    ] = Into.INSTANCE,
    tables: Annotated[list[str] | None, typer.Option("--table", help="Only this table; may be repeated.")] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Into the site: deploy the release of that time too.")
    ] = False,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Restore the database to a moment or from a snapshot, beside the running one or in its place."""
    if bool(at) + bool(snapshot) + latest != 1:
        raise UsageError(
            "Give one of --at, --snapshot and --latest. `python -m ops backups` lists what can be restored."
        )
    if rollback and (into != Into.SITE or tables):
        raise UsageError("--rollback goes with --into site and all tables.")
    point = RestorePoint(snapshot=snapshot, moment=parse_moment(at) if at else None)
    request = RestoreRequest(
        point=point, tables=tables or (), rollback=rollback, confirm=confirmation(yes), report=report
    )
    with interruptible("Interrupted. The data is as it was, or completely replaced: `python -m ops status`."):
        result = RESTORES[into](find(stack, project, region), request)
    if json:
        print_json(result.to_values())
    else:
        console().print(_told(result), markup=False, soft_wrap=True)


def drill(
    at: At = "",
    snapshot: SnapshotName = "",
    checks: Annotated[
        list[str] | None, typer.Option("--check", help="A query that must succeed; may be repeated.")
    ] = None,
    max_lost: Annotated[str, typer.Option(help="Fail if more time is lost, such as 10m.")] = "",
    max_needed: Annotated[str, typer.Option(help="Fail if the restore needs more time, such as 2h.")] = "",
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Restore into a new instance, check it, tell lost time (RPO) and needed time (RTO), delete it.

    Without --at or --snapshot it restores the latest restorable moment.
    """
    if at and snapshot:
        raise UsageError("Give --at or --snapshot, or none of them.")
    request = DrillRequest(
        point=RestorePoint(snapshot=snapshot, moment=parse_moment(at) if at else None),
        queries=checks or (),
        max_lost=since(max_lost, "--max-lost") if max_lost else None,
        max_needed=since(max_needed, "--max-needed") if max_needed else None,
    )
    with interruptible("Interrupted. The drill changed nothing in the stack; a line above names what is left."):
        result = run_drill(find(stack, project, region), request, report)
    if json:
        print_json(result.to_values())
    else:
        _print_drill(result)
    if result.problems:
        raise typer.Exit(FAILED)


def _told(result: RestoreResult) -> str:
    if result.address:
        return (
            f"Restored {result.restored}: instance {result.instance} at {result.address}:{result.port}. The owner has "
            f"its present password there. It costs money until: {delete_command(result.instance)}"
        )
    if result.database.startswith("restored_"):
        return (
            f"Restored {result.restored}: database {result.database} on {result.instance}. To remove it, in `python -m "
            f"ops psql`: DROP DATABASE {result.database};"
        )
    what = f"The rows of {', '.join(result.tables)}" if result.tables else "All data"
    return f"{what} of the site: {result.restored}. Before that: python -m ops restore --snapshot {result.snapshot}"


def _print_drill(result: DrillResult) -> None:
    screen = console()
    lines = [
        f"Restored {result.restored}, checked and deleted.",
        f"Lost time (RPO): {result.lost_seconds:.0f} s. What is written within it before a failure is lost.",
        f"Needed time (RTO): {result.needed_seconds:.0f} s, from the start to the last check.",
        f"It has {result.check.tables} tables and {result.check.migrations} migrations.",
        *(f"{one.query}: {one.value or one.error}" for one in result.check.answers),
        *(f"Failed: {one}" for one in result.problems),
    ]
    for line in lines:
        screen.print(line, markup=False, soft_wrap=True)
