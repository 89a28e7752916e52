"""The commands, their options and their help; what a command does is in the module of its name."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from infra.release.record import Release
from ops import logs as log_lines
from ops import protection as obstacles
from ops import recover as recovery
from ops import releases as recorded
from ops.errors import FAILED, Interrupted, Refused, UsageError
from ops.project import name as project_name
from ops.rollback import Outcome, Wish, go_forward, roll_back
from ops.show import as_json, console
from ops.stack import find, open_session
from ops.status import read_status
from ops.status_view import named, print_status

EXIT_CODES = "Exit codes: 0 done, 1 failed or not well, 2 wrong use, 3 refused and nothing touched, 130 interrupted."

app = typer.Typer(
    help="Watch a deployed stack, and bring an earlier release back.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StackName = Annotated[
    str | None, typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: the only one there is.")
]
Project = Annotated[str | None, typer.Option("--project", help="Default: the name in Pulumi.yaml.")]
Region = Annotated[
    str | None, typer.Option("--region", help="Default: aws:region of Pulumi.<stack>.yaml, AWS's own settings.")
]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MayLack = Annotated[
    bool,
    typer.Option("--allow-unknown-migrations", help="The older code runs on the newer schema; you have looked."),
]


@app.command()
def status(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """What serves, what is stale, alarms, database. Exit code 1 when something needs a person."""
    found = read_status(find(stack, project, region))
    if json:
        as_json(found.for_scripts())
    else:
        print_status(found, console())
    if found.attention:
        raise typer.Exit(FAILED)


@app.command()
def releases(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """Every release on record, newest first."""
    found = find(stack, project, region)
    if json:
        as_json(recorded.for_scripts(found))
    else:
        recorded.print_releases(found, console())


@app.command()
def rollback(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Default: the one before.")] = None,
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    yes: Yes = False,
    json: Json = False,
    may_lack: MayLack = False,
) -> None:
    """Bring an earlier release back, by its digests, with the verdict of `pulumi up`."""
    with _interruptible("rollback" if number is None else f"rollback {number}"):
        outcome = roll_back(find(stack, project, region), number, _wish(yes, may_lack))
    _tell_outcome(outcome, json)


@app.command()
def forward(
    stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False, json: Json = False
) -> None:
    """Bring back the release that a rollback withheld."""
    with _interruptible("forward"):
        outcome = go_forward(find(stack, project, region), _wish(yes, may_lack=False))
    _tell_outcome(outcome, json)


@app.command()
def logs(
    stack: StackName = None,
    project: Project = None,
    region: Region = None,
    since: Annotated[str, typer.Option(help="How far back: 30s, 10m, 3h, 2d.")] = "10m",
    grep: Annotated[str, typer.Option(help="A filter pattern of CloudWatch Logs.")] = "",
    container: Annotated[str, typer.Option(help="Only this one: web, proxy, migrate, keeper.")] = "",
    follow: Annotated[bool, typer.Option(help="Go on until Ctrl-C.")] = True,
) -> None:
    """What the containers write, and the machine's keeper."""
    found = find(stack, project, region)
    group = found.history()[-1].log_group
    screen = console()
    for line in log_lines.read_lines(found.session, group, log_lines.since(since), grep, follow=follow):
        if container in ("", line.container):
            _print_line(screen, line)


@app.command()
def protection(stack: StackName = None, project: Project = None, region: Region = None, json: Json = False) -> None:
    """What stands in the way of `pulumi destroy`, and the commands that lift it. Changes nothing."""
    found = obstacles.read_protection(find(stack, project, region))
    if json:
        as_json([asdict(one) for one in found])
    else:
        obstacles.print_protection(found, console())


@app.command()
def recover(stack: StackName = None, project: Project = None, region: Region = None, yes: Yes = False) -> None:
    """After a `pulumi up` that was killed: lock, cut-off operations, what nobody remembers. Then run `pulumi up`."""
    if not stack:
        raise UsageError("Give --stack: what was killed may not be on record yet.")
    name = stack.rpartition("/")[2]
    screen = console(stderr=True)
    owner = project or project_name()
    done = recovery.recover(
        open_session(name, region), owner, name, _asking(yes), lambda line: screen.print(line, markup=False)
    )
    recovery.print_recovered(done, console())


def _print_line(screen: Console, line: log_lines.Line) -> None:
    head = f"{line.at:%H:%M:%S} {line.task[:8]} {line.container:<7}"
    screen.print(f"[dim]{head}[/]", end=" ", soft_wrap=True)
    screen.print(line.text, markup=False, soft_wrap=True)


def _wish(yes: bool, may_lack: bool) -> Wish:
    screen = console(stderr=True)
    return Wish(ask=_asking(yes), tell=lambda line: screen.print(line, markup=False), may_lack=may_lack)


def _asking(yes: bool) -> Callable[[str], None]:
    def ask(question: str) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question}\nNobody can be asked here: give --yes.")
        if not typer.confirm(question, err=True):
            raise Refused("Nothing was touched.")

    return ask


def _tell_outcome(outcome: Outcome, json: bool) -> None:
    release = outcome.release
    if json:
        as_json({"changed": outcome.changed, "release": asdict(release)})
        return
    screen = console()
    if not outcome.changed:
        screen.print(f"{named(release)} is what serves already. Nothing was touched.", markup=False)
        return
    screen.print(f"It serves, on record as {named(release)}.", markup=False)
    if release.withheld:
        screen.print(_withheld(release), markup=False)


def _withheld(release: Release) -> str:
    withheld = release.withheld
    return (
        f"Release {withheld.number if withheld else ''} is withheld: `pulumi up` of the same sources keeps this one. "
        "Change the sources, or `python -m ops forward`."
    )


@contextmanager
def _interruptible(command: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted. What was begun goes on in AWS, and until it is done the release before serves. "
            f"`python -m ops {command}` goes on from here; `python -m ops status` says where that is."
        ) from None
