"""One check of `doctor` or `checklist`, and how all of them are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rich.console import Console

State = Literal["passed", "warning", "failed", "unknown"]
REPAIR = "`pulumi up --refresh` makes it as the program says"
"""Fix of what somebody changed in AWS."""
PROTECT = "pulumi config set protect true && pulumi up"
"""Fix of what may be deleted by mistake."""
SIGNS: dict[State, str] = {
    "passed": "[green]✓[/]",
    "warning": "[yellow]![/]",
    "failed": "[red]✗[/]",
    "unknown": "[dim]?[/]",
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule, and whether it holds."""

    area: str
    rule: str
    """What must hold, as a sentence."""
    state: State
    found: str = ""
    """What was found instead, or in numbers."""
    fix: str = ""
    """What to do; empty for a rule that holds."""
    control: str = ""
    """Identifier in AWS Security Hub, such as RDS.3."""


def check(
    area: str, rule: str, holds: bool, *, found: str = "", fix: str = "", control: str = "", otherwise: State = "failed"
) -> Check:
    """A check that passes when the rule holds, and has the state `otherwise` when it does not."""
    if holds:
        return Check(area=area, rule=rule, state="passed", found=found, control=control)
    return Check(area=area, rule=rule, state=otherwise, found=found, fix=fix, control=control)


def failed(checks: Iterable[Check]) -> bool:
    """Whether a pipeline should stop: a warning and what could not be told do not count."""
    return any(one.state == "failed" for one in checks)


def print_checks(checks: Sequence[Check], console: Console, *, everything: bool = True) -> None:
    """Print the checks by area, each with its fix; without `everything` only those that did not pass."""
    shown = [one for one in checks if everything or one.state != "passed"]
    for area, members in groupby(shown, key=lambda one: one.area):
        console.print(f"[bold]{area}[/]")
        for one in members:
            _print(one, console)
    counts = {state: sum(one.state == state for one in checks) for state in SIGNS}
    console.print()
    console.print(", ".join(f"{count} {state}" for state, count in counts.items() if count), markup=False)


def _print(one: Check, console: Console) -> None:
    control = f" [dim]({one.control})[/]" if one.control else ""
    console.print(f"  {SIGNS[one.state]} ", end="")
    console.print(one.rule, end="", markup=False, soft_wrap=True)
    if one.found:
        console.print(f": {one.found}", end="", markup=False, soft_wrap=True)
    console.print(control, soft_wrap=True)
    if one.fix:
        console.print(f"      {one.fix}", style="yellow", markup=False, soft_wrap=True)
