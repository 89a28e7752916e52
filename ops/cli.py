"""The commands with their options and help. The module of the same name does the work."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from ops import dns as moved_names
from ops import logs as container_logs
from ops import releases as release_list
from ops.errors import FAILED, Interrupted, Refused, UsageError
from ops.output import Confirm, console, print_json, release_name
from ops.project import name as project_name
from ops.resources.protection import print_protection, read_protection
from ops.resources.recover import print_recovered
from ops.resources.recover import recover as recover_state
from ops.rollback.rollback import RollbackRequest, RollbackResult, roll_back, roll_forward
from ops.stack import find, open_session
from ops.status.stack_status import print_status, read_status

EXIT_CODES = (
    "Exit codes: 0 success, 1 failure or a stack that needs attention, 2 wrong usage, 3 refused and nothing touched, "
    "130 interrupted."
)

app = typer.Typer(
    help="Watch a deployed stack, roll back a release, recover from an interrupted update.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StackName = Annotated[
    str | None, typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: the only deployed stack.")
]
Project = Annotated[str | None, typer.Option("--project", help="Default: the name in Pulumi.yaml.")]
Region = Annotated[
    str | None, typer.Option("--region", help="Default: aws:region of Pulumi.<stack>.yaml, else AWS's own settings.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
AllowUnknownMigrations = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-migrations",
        help="Accept migrations that the older release does not know. Check first that its code runs on this schema.",
    ),
]


@app.command()
def status(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Show the release, its tasks, alarms and the database. Exits with 1 when something needs attention."""
    found = read_status(find(stack, project, region))
    if json:
        print_json(found.to_values())
    else:
        print_status(found, console())
    if found.attention:
        raise typer.Exit(FAILED)


@app.command()
def releases(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """List the releases on record, newest first."""
    found = find(stack, project, region)
    if json:
        print_json(release_list.to_values(found))
    else:
        release_list.print_releases(found, console())


@app.command()
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


@app.command()
def forward(
    stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False, json: Json = False
) -> None:
    """Deploy the release again that was rolled back."""
    with _interruptible("forward"):
        result = roll_forward(find(stack, project, region), _request(yes, allow_unknown_migrations=False))
    _print_result(result, json)


dns_app = typer.Typer(help="Show the DNS records that the stack replaced, and restore them.")
app.add_typer(dns_app, name="dns")


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
    changed = moved_names.restore(session, moved_names.chosen(names, hosts or []), _confirm(yes))
    if not changed:
        console().print("The names have these records already. Nothing was touched.")
        return
    console().print(f"Restored the records of {', '.join(changed)}. Resolvers keep the alias for up to 60 s.")
    console().print(
        "To remove the names from the stack: pulumi config set dnsRecords none, then pulumi up.", markup=False
    )


@app.command()
def logs(
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    since: Annotated[str, typer.Option(help="How far back: 30s, 10m, 3h, 2d.")] = "10m",
    grep: Annotated[str, typer.Option(help="A filter pattern of CloudWatch Logs.")] = "",
    container: Annotated[str, typer.Option(help="Only this container: web, proxy or migrate.")] = "",
    follow: Annotated[
        bool | None,
        typer.Option("--follow/--no-follow", help="Wait for new lines until Ctrl-C; the default in a terminal."),
    ] = None,
) -> None:
    """Show the log lines of the containers."""
    found = find(stack, project, region)
    group = found.history()[-1].log_group
    screen = console()
    # A script that reads the lines waits for their end.
    follows = sys.stdout.isatty() if follow is None else follow
    for line in container_logs.read_lines(found.session, group, container_logs.since(since), grep, follow=follows):
        if container in ("", line.container):
            _print_line(screen, line)


@app.command()
def protection(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Show what blocks `pulumi destroy`, and the commands that unblock it. Changes nothing."""
    found = read_protection(find(stack, project, region))
    if json:
        print_json([asdict(one) for one in found])
    else:
        print_protection(found, console())


@app.command()
def recover(stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False) -> None:
    """Recover from an interrupted `pulumi up`: remove its lock, adopt what it created, list orphans."""
    if not stack:
        raise UsageError("Give --stack. An interrupted first update may have left no release record to find it by.")
    name = stack.rpartition("/")[2]
    owner = project or project_name()
    done = recover_state(open_session(name, region), owner, name, _confirm(yes), _report)
    print_recovered(done, console())


def _report(line: str) -> None:
    console(stderr=True).print(line, markup=False)


def _print_line(screen: Console, line: container_logs.Line) -> None:
    head = f"{line.at:%H:%M:%S} {line.task[:8]} {line.container:<7}"
    screen.print(f"[dim]{head}[/]", end=" ", soft_wrap=True)
    screen.print(line.text, markup=False, soft_wrap=True)


def _request(yes: bool, allow_unknown_migrations: bool) -> RollbackRequest:
    return RollbackRequest(confirm=_confirm(yes), report=_report, allow_unknown_migrations=allow_unknown_migrations)


def _confirm(yes: bool) -> Confirm:
    def confirm(question: str) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question}\nStandard input is not a terminal: give --yes.")
        if not typer.confirm(question, err=True):
            raise Refused("Nothing was touched.")

    return confirm


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
