"""Destroy a stack step by step: what blocks it, what is lost, what stays, each with a question."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from ops.errors import OpsError, Refused
from ops.output import Confirm
from ops.project import ROOT
from ops.resources.protection import Finding, print_protection, read_protection
from ops.stack import Stack

Run = Callable[[Sequence[str]], int]
"""Runs a command in the operator's terminal and returns its exit code."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who answers the questions and runs Pulumi."""

    confirm: Confirm
    """Asks a question. Raises Refused when the answer is no."""
    type_name: Callable[[str], str]
    """Asks for a name that is typed out."""
    run: Run
    yes: bool
    """Pulumi does not ask again."""


def destroy(stack: Stack, operator: Operator, console: Console) -> None:
    """Lift the protection, destroy the stack, and say what remains.

    Each step is asked for and can be repeated: an interrupted run continues with what is left. Raises Refused when a
    step is declined, OpsError when Pulumi fails.
    """
    found = read_protection(stack)
    print_protection(found, console)
    operator.confirm("Is everything saved that is to be kept? `python -m ops dump` saves the database and the files.")
    if any(one.blocks for one in found):
        operator.confirm("Lift the protection of the stack? The site keeps running.")
        _pulumi(operator, ["config", "set", "protect", "false", "--stack", stack.name], "The protection stays")
        _pulumi(operator, _asks(operator, "up", stack), "The stack is as it was, as far as AWS was not changed")
        found = read_protection(stack)
        _refuse_if_blocked(found)
    question = f"This destroys stack {stack.name} and its database. Type its name to go on"
    if not operator.yes and operator.type_name(question) != stack.name:
        raise Refused("The name differs. The stack is not protected any more: `pulumi config set protect true`.")
    _pulumi(operator, _asks(operator, "destroy", stack), "Some resources are left; run this again")
    _print_remains(found, console)


def run_in_terminal(command: Sequence[str]) -> int:
    """Run a command with the terminal's input and output."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _asks(operator: Operator, command: str, stack: Stack) -> list[str]:
    return [command, "--stack", stack.name, *(["--yes"] if operator.yes else [])]


def _pulumi(operator: Operator, words: Sequence[str], otherwise: str) -> None:
    code = operator.run(["pulumi", *words])
    if code:
        raise OpsError(f"`pulumi {' '.join(words)}` ended with {code}. {otherwise}.")


def _refuse_if_blocked(found: Sequence[Finding]) -> None:
    blocking = [f"  {one.what}: {one.why}" for one in found if one.blocks]
    if blocking:
        lines = "\n".join(blocking)
        raise OpsError(f"These still block `pulumi destroy`:\n{lines}\nNothing was destroyed.")


def _print_remains(found: Sequence[Finding], console: Console) -> None:
    """What costs money afterwards, with the commands that remove it."""
    remains = [one for one in found if not one.blocks and "remains" in one.why]
    console.print("[bold]Destroyed. What remains in the account[/]" if remains else "Destroyed.")
    for one in remains:
        console.print(f"  {one.what}: {one.why}", markup=False, soft_wrap=True)
        if one.command:
            console.print(f"      {one.command}", style="green", markup=False, soft_wrap=True)
