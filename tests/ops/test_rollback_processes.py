"""`rollback`, `forward` and `status` move and show the processes of a release with its web service."""

import json
from typing import Any

import pytest

from infra.release.reporting import ReleaseError
from ops.ecs import service as ecs_service
from tests.ops.conftest import Ops
from tests.ops.fixtures import CLUSTER, ROLLBACK, DeployedStack


def test_a_rollback_moves_the_processes_and_the_task_definition_for_commands(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one", processes=["worker"])
    stack.deploy("two", processes=["worker"])
    assert ops(*ROLLBACK).code == 0
    assert stack.process("worker") == ("one", 1)
    assert stack.latest.process_task_definitions == one.process_task_definitions
    assert ops("forward", "--yes").code == 0
    assert stack.process("worker") == ("two", 1)


def test_a_process_that_the_earlier_release_does_not_have_stops_and_comes_back(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.deploy("two", processes=["worker"])
    ended = ops(*ROLLBACK)
    assert "Process worker stops: release 1 does not have it." in ended.err
    assert stack.process("worker")[1] == 0
    assert list(stack.latest.processes) == []
    assert stack.latest.process_services == {"worker": "worker-service"}
    assert ops("forward", "--yes").code == 0
    assert stack.process("worker") == ("two", 1)
    assert list(stack.latest.processes) == ["worker"]


def test_a_process_whose_service_is_deleted_is_told_before_the_question(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one", processes=["worker"])
    stack.ecs.update_service(cluster=CLUSTER, service="worker-service", desiredCount=0)
    stack.ecs.delete_service(cluster=CLUSTER, service="worker-service")
    stack.deploy("two")
    ended = ops(*ROLLBACK)
    assert ended.code == 0, ended.err
    assert "Process worker of release 1 does not start, because a later release deleted its service." in ended.err
    assert list(stack.latest.processes) == []


def test_when_the_web_service_fails_the_processes_return(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.deploy("one", processes=["worker"])
    two = stack.deploy("two", processes=["worker"])

    def fails(*_: Any) -> None:
        raise ReleaseError("web did not become healthy")

    monkeypatch.setattr(ecs_service, "wait_for_rollout", fails)
    assert "Process worker returns to preqly-prod-worker:2 of release 2." in ops.refused(ROLLBACK, 1)
    assert stack.process("worker") == ("two", 1)
    assert stack.latest == two


def test_status_shows_each_process_and_what_is_wrong_with_it(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one", processes=["worker"])
    assert "Service worker-service: 1 of 1 tasks run" in ops("status").out
    other = stack.register("worker", "two", "registry/registry-web@sha256:aa", "proxy")
    stack.ecs.update_service(cluster=CLUSTER, service="worker-service", taskDefinition=other)
    found = json.loads(ops("status", "--json").out)
    assert found["processes"]["worker"]["service"]["name"] == "worker-service"
    (problem,) = (line for line in found["attention"] if line.startswith("Process worker"))
    assert "the last release on record, 1, has preqly-prod-worker:1" in problem
