"""The engine's progress, as the operator reads it."""

import io
from typing import Any

from pulumi.automation.events import EngineEvent
from rich.console import Console

from local.progress import Progress, short
from local.runtime import ROOT

VPC = "urn:pulumi:local::preqly::preqly:infra:Network$aws:ec2/vpc:Vpc::network"


def event(kind: str, op: str = "create", urn: str = VPC, *, custom: bool = True, **more: Any) -> EngineEvent:
    kind_of = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
    state = {"type": kind_of, "urn": urn, "id": "", "parent": "", "provider": "", "custom": custom}
    state |= {"inputs": {}, "outputs": {}}
    metadata = {"op": op, "urn": urn, "type": kind_of, "provider": "", "new": state}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, kind: {"metadata": metadata, **more}})


def diagnostic(message: str, severity: str, urn: str | None = None) -> EngineEvent:
    body = {"message": message, "severity": severity, "color": "never", "streamID": 0, "urn": urn}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, "diagnosticEvent": body})


def play(*events: EngineEvent) -> tuple[Progress, str]:
    screen = io.StringIO()
    with Progress(Console(file=screen, width=120), "Deploying") as progress:
        for one in events:
            progress.on_event(one)
    return progress, screen.getvalue()


def test_a_resource_is_named_by_service_type_and_logical_name() -> None:
    assert short(VPC) == "aws:ec2:Vpc network"


def test_outside_a_terminal_each_finished_resource_gets_one_line() -> None:
    progress, shown = play(event("resourcePreEvent"), event("resOutputsEvent"))
    assert shown.splitlines() == ["Deploying", "  + aws:ec2:Vpc network created"]
    assert progress.summary().startswith("1 created in ")


def test_an_unchanged_resource_is_not_shown() -> None:
    progress, shown = play(event("resourcePreEvent", "same"), event("resOutputsEvent", "same"))
    assert shown.splitlines() == ["Deploying"]
    assert progress.summary().startswith("no change in ")


def test_components_are_not_counted() -> None:
    component = "urn:pulumi:local::preqly::preqly:infra:Network::network"
    progress, _ = play(event("resOutputsEvent", urn=component, custom=False))
    assert not progress.changes


def test_an_error_keeps_its_text_and_resource_and_loses_its_colour_codes() -> None:
    message = "<{%reset%}>creating: CIDR is taken\nby vpc-1<{%reset%}>\n"
    progress, _ = play(diagnostic(message, "error", VPC))
    assert progress.errors == ["aws:ec2:Vpc network: creating: CIDR is taken\nby vpc-1"]


def test_a_warning_is_shown_at_once() -> None:
    _, shown = play(diagnostic("the zone has no delegation", "warning", VPC))
    assert "warning: aws:ec2:Vpc network: the zone has no delegation" in shown


def test_a_repeated_error_of_the_program_is_shown_once() -> None:
    error = diagnostic("The release does not run.", "error")
    progress, _ = play(error, diagnostic("an unhandled error occurred: The release does not run.", "error"))
    assert progress.errors == ["The release does not run."]


def test_a_resources_message_is_shown_at_once_and_the_programs_own_output_is_not() -> None:
    _, shown = play(diagnostic("Nothing to migrate", "info", VPC), diagnostic("a quiet month costs", "info"))
    assert shown.splitlines() == ["Deploying", "  aws:ec2:Vpc network: Nothing to migrate"]


def test_a_traceback_is_shortened_to_the_programs_own_lines() -> None:
    frames = (
        '  File "/usr/lib/asyncio.py", line 1, in run\n'
        f'  File "{ROOT}/infra/images/image.py", line 7, in build\n    boom()\n'
    )
    message = f"inline source runtime error: boom\nTraceback (most recent call last):\n{frames}ValueError: boom\n"
    progress, _ = play(diagnostic(message, "error"))
    assert progress.errors == ["inline source runtime error: boom\n  in infra/images/image.py:7"]
