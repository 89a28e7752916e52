"""`backup` and `backups`."""

from ops.backup import snapshots
from ops.backup.snapshots import Backups
from ops.commands.interruption import interruptible
from ops.commands.options import Json, Project, Region, StackName, report
from ops.output import age, coloured, console, print_json, table
from ops.stack import find


def backup(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Take a snapshot of the database now, and wait for it. It stays until somebody deletes it."""
    found = find(stack, project, region)
    database = found.history()[-1].database
    with interruptible("Interrupted. AWS goes on with the snapshot: `python -m ops backups` lists it."):
        name = snapshots.take(found, database, report)
    if json:
        print_json({"database": database, "snapshot": name})
    else:
        console().print(f"Snapshot {name} is available. To restore it: python -m ops restore --snapshot {name}")


def backups(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """List what can be restored: moments, snapshots, versions of media files."""
    found = snapshots.read_backups(find(stack, project, region))
    if json:
        print_json(found.to_values())
    else:
        _print(found)


def _print(found: Backups) -> None:
    screen = console()
    window = f"any second from {found.window}" if found.window else "no moment: there is no automated backup"
    screen.print(f"Database {found.database}: {window}", markup=False, soft_wrap=True)
    rows = [
        (one.name, one.kind, coloured(one.status), age(one.created), f"{one.storage_gb} GB") for one in found.snapshots
    ]
    screen.print(table("Snapshots", ("name", "kind", "", "age", "storage"), rows))
    if found.media_bucket:
        screen.print(
            f"Media bucket {found.media_bucket}: overwritten and deleted files for {found.media_kept_days} days (aws "
            f"s3api list-object-versions --bucket {found.media_bucket})",
            markup=False,
            soft_wrap=True,
        )
