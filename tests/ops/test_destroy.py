"""`destroy`: its steps; tests/e2e takes a real stack down."""

from collections.abc import Sequence

import pytest

from ops.commands import destroy as command
from ops.resources import destroy, protection
from ops.resources.protection import Finding
from tests.ops.conftest import Ops
from tests.ops.fixtures import DeployedStack

BLOCKED = Finding(what="database", why="RDS deletion protection", blocks=True, command="")
STAYS = Finding(what="snapshot before-one", why="remains and costs money", blocks=False, command="aws rds delete")


class Terminal:
    """Pulumi, and what protects the stack until `pulumi up` has lifted it."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.found = [BLOCKED, STAYS]
        self.lifts, self.codes = True, dict[str, int]()

    def run(self, words: Sequence[str]) -> int:
        self.commands.append(" ".join(words[1:]))
        if words[1] == "up" and self.lifts:
            self.found = [STAYS]
        return self.codes.get(words[1], 0)


@pytest.fixture
def terminal(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stack.deploy("one")
    made = Terminal()
    monkeypatch.setattr(command, "run_in_terminal", made.run)
    monkeypatch.setattr(destroy, "read_protection", lambda _: made.found)
    monkeypatch.setattr(protection, "read_protection", lambda _: made.found)
    return made


LIFT = ["config set protect false --stack prod", "up --stack prod --yes"]


def test_protection_is_lifted_the_stack_destroyed_and_what_remains_is_named(terminal: Terminal, ops: Ops) -> None:
    result = ops("destroy", "--yes")
    assert (result.code, terminal.commands) == (0, [*LIFT, "destroy --stack prod --yes"]), result.err
    assert result.out.rstrip().endswith("aws rds delete")


def test_nothing_is_destroyed_while_something_still_blocks(terminal: Terminal, ops: Ops) -> None:
    terminal.lifts = False
    result = ops("destroy", "--yes")
    assert (result.code, terminal.commands) == (1, LIFT)
    assert "database: RDS deletion protection" in result.err
    assert "Nothing was destroyed" in result.err


def test_a_failed_update_ends_it(terminal: Terminal, ops: Ops) -> None:
    terminal.codes["up"] = 255
    result = ops("destroy", "--yes")
    assert (result.code, terminal.commands) == (1, LIFT)
    assert "`pulumi up --stack prod --yes` ended with 255" in result.err


def test_without_a_terminal_each_step_needs_yes(terminal: Terminal, ops: Ops) -> None:
    result = ops("destroy")
    assert (result.code, terminal.commands) == (2, [])
    assert "give --yes" in result.err
