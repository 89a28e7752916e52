"""`ops recover` after a killed run of `pulumi` itself: it removes the lock and adopts what the run created."""

import os
from typing import Any

import boto3
import pytest

from embedded_cloud.testing.engine_stack import engine_marks
from local.project import LOCAL_STACK
from local.setup.pulumi_engine import find_engine
from local.stack import engine_environment
from ops.resources import recover
from tests.recovery.killable_stack import KillableStack

pytestmark = engine_marks

CREATED = (
    "lb/targetGroup:TargetGroup",
    "rds/instance:Instance",
    "ecs/service:Service",
    "scheduler/schedule:Schedule",
)


@pytest.fixture
def session(stack: KillableStack, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """The environment of `eval "$(make -s env)"`: `pulumi` itself, this state, this account."""
    engine = find_engine()
    assert engine is not None
    for name, value in engine_environment(stack.folder, stack.endpoints).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{engine.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(recover, "ROOT", stack.folder / "program")
    return boto3.Session(region_name="us-east-1")


def never_ask(question: str) -> None:
    raise AssertionError(question)


@pytest.mark.parametrize("created", CREATED)
def test_a_resource_that_a_killed_run_created_is_adopted(created: str, stack: KillableStack, session: Any) -> None:
    outcome = stack.run("up", kill_at=f"aws:{created}", parallel=1)
    assert not outcome.succeeded
    questions: list[str] = []
    done = recover.recover(session, "preqly", LOCAL_STACK, questions.append, lambda line: None)
    assert "The stack is locked by" in questions[0]
    assert (len(done.adopted), done.forgotten, done.orphans) == (1, [], [])
    assert stack.pending() == []


def test_the_next_up_converges_and_leaves_no_orphan(stack: KillableStack) -> None:
    assert stack.run("up").succeeded
    assert stack.run("up").changes == {}
    assert stack.orphans() == set()


def test_without_a_lock_it_asks_nothing_and_changes_nothing(stack: KillableStack, session: Any) -> None:
    done = recover.recover(session, "preqly", LOCAL_STACK, never_ask, lambda line: None)
    assert (done.adopted, done.forgotten, done.orphans) == ([], [], [])
