"""How an operation of the engine ends, and which error the operator reads."""

import io
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent
from rich.console import Console

from infra.problem import InputError, Problem, SettingsError
from local.engine import SelectedStack, run_engine
from local.progress import OnEvent
from local.runtime import OperatorError, UsageError


def selected(
    *, interrupted: bool = False, killed: bool = False, problems: list[InputError] | None = None
) -> SelectedStack:
    engine = Mock(interrupted=interrupted, killed=killed)
    return SelectedStack(stack=Mock(), engine=engine, folder=Path(), problems=problems or [])


def failing(*events: EngineEvent) -> Any:
    def operation(listen: OnEvent) -> None:
        for event in events:
            listen(event)
        raise CommandError(CommandResult(stdout="pages of output", stderr="", code=255))

    return operation


def error_event(message: str) -> EngineEvent:
    body = {"message": message, "severity": "error", "color": "never", "streamID": 0}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, "diagnosticEvent": body})


def console() -> Console:
    return Console(file=io.StringIO())


def test_the_engines_errors_replace_its_output() -> None:
    operation = failing(error_event("1 error occurred:\n\t* the subnet is taken\n"), error_event("update failed"))
    with pytest.raises(OperatorError) as raised:
        run_engine(selected(), console(), "Deploying", operation)
    assert str(raised.value) == "the subnet is taken"


def test_a_failure_without_an_error_shows_the_whole_output() -> None:
    with pytest.raises(OperatorError, match="pages of output"):
        run_engine(selected(), console(), "Deploying", failing())


def test_refused_settings_are_wrong_use() -> None:
    problems: list[InputError] = [
        SettingsError([Problem("preqly:vpcCidr", "1.2.3.4/30", "must be private", "use another")])
    ]
    with pytest.raises(UsageError, match="preqly:vpcCidr"):
        run_engine(selected(problems=problems), console(), "Deploying", failing())


def test_a_run_stopped_by_the_operator_is_no_error() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_engine(selected(interrupted=True), console(), "Deploying", failing(error_event("canceled")))


def test_the_error_for_a_killed_engine_names_the_next_command() -> None:
    with pytest.raises(OperatorError, match=r"The Pulumi engine was killed .* Run the same command again") as raised:
        run_engine(selected(killed=True), console(), "Deploying", failing())
    assert "pages of output" not in str(raised.value)


def test_a_closed_terminal_does_not_stop_the_engine() -> None:
    warning = {"message": "careful", "severity": "warning", "color": "never", "streamID": 0}
    event = EngineEvent.from_json({"sequence": 1, "timestamp": 0, "diagnosticEvent": warning})
    shown = Mock(spec=Console, is_terminal=False)
    shown.print.side_effect = [None, BrokenPipeError]
    run_engine(selected(), shown, "Deploying", lambda listen: listen(event))
    assert shown.print.call_count == 2
