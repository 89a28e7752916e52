"""Schedules in a rollback: they start the older release at its times, or not at all. And paused ones."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from infra.release.record import ReleaseRecord
from ops.ecs.schedules import move, paused
from tests.ops.fixtures import DeployedStack
from tests.ops.scheduled import GROUP, create_schedules, states


def said_nothing(line: str) -> None:
    """A reporter."""


def test_they_follow_the_release_and_the_ones_that_it_lacks_are_disabled(
    stack: DeployedStack, session: boto3.Session
) -> None:
    scheduler = session.client("scheduler")
    create_schedules(session, digest="ENABLED", new="ENABLED")
    release: ReleaseRecord = replace(
        stack.deploy("one"), schedules={"digest": "cron(0 3 * * ? *) Europe/Berlin", "gone": "rate(1 hour) UTC"}
    )
    said: list[str] = []
    move(session, release, "command:3", GROUP, said.append)
    digest, new = (scheduler.get_schedule(GroupName=GROUP, Name=name) for name in ("digest", "new"))
    assert (digest["State"], new["State"]) == ("ENABLED", "DISABLED")
    assert digest["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert digest["ScheduleExpressionTimezone"] == "Europe/Berlin"
    # Also a disabled one: nothing of the release that was rolled back is left to start.
    assert [one["Target"]["EcsParameters"]["TaskDefinitionArn"] for one in (digest, new)] == ["command:3"] * 2
    assert digest["Target"]["Input"] == "{}"
    assert said == [
        "Schedule new is disabled: release 1 does not have it",
        "Release 1 has schedules that the stack does not run: gone",
    ]
    move(session, replace(release, schedules={"new": "rate(1 day) UTC"}), "command:4", GROUP, said.append)
    assert scheduler.get_schedule(GroupName=GROUP, Name="new")["State"] == "ENABLED"


def test_a_stack_without_schedules_has_none_to_move(stack: DeployedStack, session: boto3.Session) -> None:
    release = stack.deploy("one")
    for group in ("", "nothing"):
        move(session, release, "command:3", group, said_nothing)


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_paused_schedules_get_back_the_state_that_each_had(
    session: boto3.Session, error: type[BaseException] | None
) -> None:
    before = {"digest": "ENABLED", "off": "DISABLED"}
    create_schedules(session, **before)
    scheduler: Any = session.client("scheduler")
    described = {name: scheduler.get_schedule(GroupName=GROUP, Name=name) for name in before}
    try:
        with paused(session, GROUP, said_nothing):
            assert set(states(session).values()) == {"DISABLED"}
            if error:
                raise error
    except (RuntimeError, KeyboardInterrupt):
        assert error
    assert states(session) == before
    for name, one in described.items():
        found = scheduler.get_schedule(GroupName=GROUP, Name=name)
        assert (found["Target"], found.get("Description") or "") == (one["Target"], "")


def test_what_a_killed_command_left_paused_is_resumed_by_the_next_one(session: boto3.Session) -> None:
    create_schedules(session, digest="ENABLED")
    # A killed process does not reach its `finally`.
    killed = paused(session, GROUP, said_nothing)
    killed.__enter__()
    with paused(session, GROUP, said_nothing):
        assert states(session) == {"digest": "DISABLED"}
    assert states(session) == {"digest": "ENABLED"}


def test_a_rollback_during_the_pause_decides_the_state(stack: DeployedStack, session: boto3.Session) -> None:
    create_schedules(session, digest="ENABLED", new="ENABLED")
    release = replace(stack.deploy("one"), schedules={"digest": "cron(0 3 * * ? *) UTC"})
    with paused(session, GROUP, said_nothing):
        move(session, release, "command:3", GROUP, said_nothing)
    assert states(session) == {"digest": "ENABLED", "new": "DISABLED"}
