"""`rollback` and `forward`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ops.commands.options import Json, Project, Region, StackName, Yes, confirmation, report
from ops.errors import Interrupted
from ops.output import console, print_json, release_name
from ops.rollback.rollback import RollbackRequest, RollbackResult, roll_back, roll_forward
from ops.stack import find

AllowUnknownMigrations = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-migrations",
        help="Accept migrations that the older release does not know. Check first that its code runs on this schema.",
    ),
]


def rollback(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Default: the previous release.")] = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    yes: Yes = False,
    json: Json = False,
    allow_unknown_migrations: AllowUnknownMigrations = False,
) -> None:
    """Deploy an earlier release again by its image digests, with the checks of `pulumi up`."""
    with _interruptible("rollback" if number is None else f"rollback {number}"):
        result = roll_back(find(stack, project, region), number, _request(yes, allow_unknown_migrations))
    _print_result(result, json)


def forward(
    stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False, json: Json = False
) -> None:
    """Deploy the release again that was rolled back."""
    with _interruptible("forward"):
        result = roll_forward(find(stack, project, region), _request(yes, allow_unknown_migrations=False))
    _print_result(result, json)


def _request(yes: bool, allow_unknown_migrations: bool) -> RollbackRequest:
    return RollbackRequest(confirm=confirmation(yes), report=report, allow_unknown_migrations=allow_unknown_migrations)


def _print_result(result: RollbackResult, json: bool) -> None:
    release = result.release
    if json:
        print_json({"changed": result.changed, "release": release.to_values()})
        return
    screen = console()
    if not result.changed:
        screen.print(f"Already serving: {release_name(release)}. Nothing was touched.", markup=False)
        return
    screen.print(f"Serving and on record: {release_name(release)}.", markup=False)
    if release.rolled_back:
        screen.print(
            f"Release {release.rolled_back.number} was rolled back: `pulumi up` of the same sources keeps this one. "
            "Change the sources, or deploy it again with `python -m ops forward`.",
            markup=False,
        )


@contextmanager
def _interruptible(command: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted. AWS continues what was started, and the previous release serves until it is done. "
            f"`python -m ops {command}` continues from here; `python -m ops status` shows the progress."
        ) from None
