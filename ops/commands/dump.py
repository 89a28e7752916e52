"""`dump` and `load`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ops.backup import archive
from ops.commands.interruption import interruptible
from ops.commands.options import Json, Project, Region, StackName, Yes, confirmation, report
from ops.output import console, print_json
from ops.stack import find

Media = Annotated[bool, typer.Option("--media/--no-media", help="With the uploaded files.")]


def dump(
    folder: Annotated[Path | None, typer.Argument(help="A new folder. Default: <stack>-<time>.")] = None,
    media: Media = True,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Write the database (pg_dump's custom format) and the media files into a folder of this machine."""
    found = find(stack, project, region)
    target = folder or Path(f"{found.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with interruptible("Interrupted. Nothing was written."):
        result = archive.dump(found, target, media=media, report=report)
    if json:
        print_json(result.to_values())
        return
    console().print(
        f"{result.folder}: database of {result.database_bytes / 2**20:.1f} MiB, {result.media_files} media files. It "
        "holds personal data in plain text: keep it where only you can read it.",
        markup=False,
        soft_wrap=True,
    )


def load(
    folder: Annotated[Path, typer.Argument(help="A folder that `dump` has written.")],
    media: Media = True,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Replace the stack's data by that of a folder that `dump` has written, and migrate it to the present release."""
    with interruptible("Interrupted. The data is as it was, or completely replaced: `python -m ops status`."):
        result = archive.load(
            find(stack, project, region), folder, media=media, confirm=confirmation(yes), report=report
        )
    if json:
        print_json(result.to_values())
        return
    console().print(
        f"Loaded {result.folder} with {result.media_files} media files. The data before: python -m ops restore "
        f"--snapshot {result.snapshot}",
        markup=False,
        soft_wrap=True,
    )
