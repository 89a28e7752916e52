"""A killed run as those see it who use `pulumi` itself: the lock it left, and one command after which `up` goes on."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local.setup.pulumi_engine import find_engine
from local.stack import STACK, engine_environment
from local.state import pending_operations
from ops import recover
from tests.e2e.engine_stand import EngineStand, engine_stand
from tests.e2e.inventory import inventory, unknown_to
from tests.engine_stack import engine_marks

ENGINE = find_engine()
pytestmark = engine_marks

LOST = ("lb/targetGroup:TargetGroup", "rds/instance:Instance", "ecs/service:Service")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStand]:
    with pytest.MonkeyPatch.context() as patch, engine_stand(tmp_path_factory.mktemp("stand"), patch) as made:
        yield made


@pytest.fixture(scope="module")
def before(stand: EngineStand) -> set[str]:
    return inventory(stand.aws)


@pytest.fixture
def session(stand: EngineStand, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """What `eval "$(make -s env)"` gives: `pulumi` itself, this state, this account."""
    assert ENGINE is not None
    for name, value in engine_environment(stand.folder, stand.endpoints).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{ENGINE.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(recover, "ROOT", stand.folder / "program")
    return boto3.Session(region_name="us-east-1")


def nobody_is_asked(question: str) -> None:
    raise AssertionError(question)


@pytest.mark.parametrize("lost", LOST)
def test_what_a_killed_run_made_is_adopted(lost: str, stand: EngineStand, session: Any) -> None:
    ended = stand.run("up", kill_at=f"aws:{lost}", parallel=1)
    assert not ended.succeeded
    questions: list[str] = []
    done = recover.recover(session, "preqly", STACK, questions.append, lambda line: None)
    assert "The stack is locked by process" in questions[0]
    assert (len(done.adopted), done.forgotten, done.orphans) == (1, [], [])
    assert pending_operations(stand.folder, STACK) == []


def test_then_up_converges_and_nothing_is_orphaned(stand: EngineStand, before: set[str]) -> None:
    assert stand.run("up").succeeded
    assert stand.run("up").changes == {}
    assert unknown_to(stand.state(), inventory(stand.aws) - before) == set()


def test_without_a_lock_nobody_is_asked(stand: EngineStand, session: Any) -> None:
    done = recover.recover(session, "preqly", STACK, nobody_is_asked, lambda line: None)
    assert (done.adopted, done.forgotten, done.orphans) == ([], [], [])
