"""A rollback after an interrupted or failed command, and beside another one."""

from typing import Any

import pytest

from embedded_cloud.api.moto_patches import ecs_services
from infra.release.migration import release_state
from infra.release.record import RolledBack
from ops.ecs import service as ecs_service
from tests.ops.conftest import Database, Ops
from tests.ops.fixtures import CLUSTER, ROLLBACK, SERVICE, DeployedStack


def test_it_is_refused_during_another_deployment(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.deploy("two")
    three = stack.deploy("three", recorded=False)
    stack.rollout("IN_PROGRESS")
    message = ops.refused(ROLLBACK, 3)
    assert f"A deployment is in progress: {three.task_definition.rpartition('/')[2]}" in message
    assert "Another `pulumi up` is running" in message


def test_it_is_refused_during_a_migration(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    task = stack.task(two.migration_task_definition, group="family:preqly-prod-migration", started_by="release")
    assert f"A task of a release is running: {task}" in ops.refused(ROLLBACK, 3)


def test_a_rollback_that_was_killed_before_its_record_completes_when_it_is_run_again(
    stack: DeployedStack, ops: Ops
) -> None:
    one, two = stack.deploy("one"), stack.deploy("two")
    stack.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stack.rollout("COMPLETED")
    ended = ops(*ROLLBACK)
    assert ended.code == 0
    assert "An earlier command started release 1 (one, revision rev-one). This one completes it." in ended.err
    latest = stack.latest
    assert (latest.tag, latest.rolled_back) == ("one", RolledBack(number=two.number, tag="two", sources="f0"))


def test_the_rollout_of_an_interrupted_rollback_is_resumed(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = stack.deploy("one"), stack.deploy("two")
    stack.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stack.rollout("IN_PROGRESS")
    monkeypatch.setattr(ecs_service, "wait_for_rollout", lambda *_: stack.rollout("COMPLETED"))
    assert ops("rollback", "1", "--yes").code == 0
    latest = stack.latest
    assert latest.tag == "one"


def test_image_tags_that_an_interrupted_run_left_out_are_added(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    assert ops("rollback", "1", "--yes").code == 0
    assert stack.client("ecr").describe_images(repositoryName="registry-web", imageIds=[{"imageTag": "release-1"}])


def test_a_forward_that_was_killed_before_its_record_is_undone_by_rollback(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    assert ops(*ROLLBACK).code == 0
    stack.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=two.task_definition)
    stack.rollout("COMPLETED")
    assert ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert (latest.tag, latest.rolled_back) == ("one", RolledBack(number=2, tag="two", sources="f0"))


def test_after_an_update_that_failed_the_last_good_release_comes_back(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    stack.deploy("three", setting="broken", recorded=False)
    stack.rollout("FAILED", "tasks failed to start.")
    assert ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert (stack.runs, latest.tag, latest.rolled_back) == (two.task_definition, "two", None)


def test_the_last_good_release_is_started_again_when_ecs_gave_up_on_it(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one")
    given_up = stack.service.deployments[0]["id"]
    stack.rollout("FAILED", "tasks failed to start.")
    assert ops("rollback", "1", "--yes").code == 0
    assert stack.runs == one.task_definition
    assert stack.service.deployments[0]["id"] != given_up
    assert len(stack.record.records()) == 1


def test_a_rollback_that_ecs_rolls_back_fails_and_leaves_the_record(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.deploy("one")
    stack.deploy("two")
    failed = {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start."}
    monkeypatch.setattr(ecs_services, "_settle", lambda service: service.deployments[0].update(failed))
    message = ops.refused(ROLLBACK, 1)
    assert "Release 1 does not serve, and the record is unchanged. The release preqly-prod-web:1 did not" in message
    assert len(stack.record.records()) == 2


def test_a_deployment_in_between_is_not_overwritten(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.deploy("one")
    stack.deploy("two")
    others: list[str] = []

    def ask(*_: Any) -> Any:
        others.append(stack.deploy("three", recorded=False).task_definition)
        return Database().state

    monkeypatch.setattr(release_state, "read", ask)
    assert "Another run deployed preqly-prod-web:3 a moment ago" in ops.refused(ROLLBACK, 3)
    assert stack.runs == others[0]


def test_a_rollout_that_completes_in_between_is_not_another_deployment(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = stack.deploy("one"), stack.deploy("two")
    stack.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stack.rollout("IN_PROGRESS")

    def ask(*_: Any) -> Any:
        stack.rollout("COMPLETED")
        return Database().state

    monkeypatch.setattr(release_state, "read", ask)
    assert ops(*ROLLBACK).code == 0


def test_ctrl_c_says_how_to_continue(stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.deploy("one")
    stack.deploy("two")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ecs_service, "wait_for_rollout", interrupt)
    assert "`python -m ops rollback 1` continues from here" in ops.refused(["rollback", "1", "--yes"], 130)
