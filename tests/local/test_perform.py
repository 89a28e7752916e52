"""An operation's end, good or bad, in the operator's words."""

import io
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent
from rich.console import Console

from infra.problem import Problem
from infra.settings import SettingsError
from local.perform import perform
from local.progress import OnEvent
from local.runtime import OperatorError, UsageError
from local.stack import Drive


def drive(*, interrupted: bool = False, killed: bool = False, problems: list[SettingsError] | None = None) -> Drive:
    engine = Mock(interrupted=interrupted, killed=killed)
    return Drive(stack=Mock(), engine=engine, folder=Path(), problems=problems or [])


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


def test_the_engines_errors_replace_its_pages_of_output() -> None:
    operation = failing(error_event("1 error occurred:\n\t* the subnet is taken\n"), error_event("update failed"))
    with pytest.raises(OperatorError) as raised:
        perform(drive(), console(), "Deploying", operation)
    assert str(raised.value) == "the subnet is taken"


def test_a_failure_without_a_reason_shows_everything_there_is() -> None:
    with pytest.raises(OperatorError, match="pages of output"):
        perform(drive(), console(), "Deploying", failing())


def test_refused_settings_are_wrong_use() -> None:
    problems = [SettingsError([Problem("preqly:vpcCidr", "1.2.3.4/30", "must be private", "use another")])]
    with pytest.raises(UsageError, match="preqly:vpcCidr"):
        perform(drive(problems=problems), console(), "Deploying", failing())


def test_what_the_operator_stopped_is_no_error() -> None:
    with pytest.raises(KeyboardInterrupt):
        perform(drive(interrupted=True), console(), "Deploying", failing(error_event("canceled")))


def test_an_engine_that_was_killed_is_said_with_the_way_on() -> None:
    with pytest.raises(OperatorError, match=r"The Pulumi engine was killed .* Run the same command again") as raised:
        perform(drive(killed=True), console(), "Deploying", failing())
    assert "pages of output" not in str(raised.value)


def test_a_terminal_that_went_away_never_reaches_the_engine() -> None:
    warning = {"message": "careful", "severity": "warning", "color": "never", "streamID": 0}
    event = EngineEvent.from_json({"sequence": 1, "timestamp": 0, "diagnosticEvent": warning})
    shown = Mock(spec=Console, is_terminal=False)
    shown.print.side_effect = [None, BrokenPipeError]
    perform(drive(), shown, "Deploying", lambda listen: listen(event))
    assert shown.print.call_count == 2
