"""Options that several commands share, and what they ask and report."""

import sys
from typing import Annotated

import typer

from ops.errors import Refused, UsageError
from ops.output import Confirm, console

StackName = Annotated[
    str | None, typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: the only deployed stack.")
]
Project = Annotated[str | None, typer.Option("--project", help="Default: the name in Pulumi.yaml.")]
Region = Annotated[
    str | None, typer.Option("--region", help="Default: aws:region of Pulumi.<stack>.yaml, else AWS's own settings.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def confirmation(yes: bool) -> Confirm:
    """Ask on the terminal; `--yes` answers. Raises Refused for a no, UsageError without a terminal."""

    def confirm(question: str) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question}\nStandard input is not a terminal: give --yes.")
        if not typer.confirm(question, err=True):
            raise Refused("Nothing was touched.")

    return confirm


def report(line: str) -> None:
    """Print a line of progress on standard error, so that standard output is the command's result."""
    console(stderr=True).print(line, markup=False)
