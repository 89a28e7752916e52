"""A rollback after an update or a rollback that did not get to its end, or beside somebody else's work."""

from typing import Any

import pytest

from infra.release import release_state
from infra.release.record import Withheld
from local.cloud.moto_patches import ecs_services
from ops import fargate
from tests.ops.conftest import Database, Ops
from tests.ops.rollbacks import BACK
from tests.ops.stand import CLUSTER, SERVICE, Stand


def test_a_deployment_that_goes_on_refuses_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    three = stand.deploy("three", recorded=False)
    stand.rollout("IN_PROGRESS")
    message = ops.refused(BACK, 3)
    assert f"A deployment is going on: {three.task_definition.rpartition('/')[2]}" in message
    assert "Somebody runs `pulumi up`" in message


def test_a_migration_that_goes_on_refuses_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    task = stand.task(two.migration_task_definition, group="family:preqly-prod-migration", started_by="release")
    assert f"A task of a release is running: {task}" in ops.refused(BACK, 3)


def test_a_rollback_that_was_killed_before_its_record_ends_when_it_is_run_again(stand: Stand, ops: Ops) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("COMPLETED")
    ended = ops(*BACK)
    assert ended.code == 0
    assert "release 1 (one, revision rev-one) was begun already; this brings it to its end." in ended.err
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("one", Withheld(number=two.number, tag="two"))


def test_its_own_rollout_that_still_goes_on_is_joined(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("IN_PROGRESS")
    monkeypatch.setattr(fargate, "verify_rollout", lambda *_: stand.rollout("COMPLETED"))
    assert ops("rollback", "1", "--yes").code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert latest.tag == "one"


def test_tags_that_a_kill_has_left_out_are_made_up_for(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.client("ecr").describe_images(repositoryName="registry-web", imageIds=[{"imageTag": "release-1"}])


def test_a_forward_that_was_killed_before_its_record_is_undone_by_rollback(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert ops(*BACK).code == 0
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=two.task_definition)
    stand.rollout("COMPLETED")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("one", Withheld(number=2, tag="two"))


def test_after_an_update_that_never_got_well_the_last_good_release_comes_back(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    stand.deploy("three", setting="broken", recorded=False)
    stand.rollout("FAILED", "tasks failed to start.")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (stand.runs, latest.tag, latest.withheld) == (two.task_definition, "two", None)


def test_the_last_good_release_is_started_again_when_ecs_gave_up_on_it(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    given_up = stand.service.deployments[0]["id"]
    stand.rollout("FAILED", "tasks failed to start.")
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.runs == one.task_definition
    assert stand.service.deployments[0]["id"] != given_up
    assert len(stand.record.history()) == 1


def test_a_rollback_that_ecs_takes_back_fails_and_leaves_the_record(
    stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.deploy("one")
    stand.deploy("two")
    failed = {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start."}
    monkeypatch.setattr(ecs_services, "_settle", lambda service: service.deployments[0].update(failed))
    message = ops.refused(BACK, 1)
    assert (
        "Release 1 was not brought back, and the record is as it was. The release preqly-prod-web:1 did not" in message
    )
    assert len(stand.record.history()) == 2


def test_who_deploys_in_between_is_not_overwritten(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.deploy("one")
    stand.deploy("two")
    others: list[str] = []

    def ask(*_: Any) -> Any:
        others.append(stand.deploy("three", recorded=False).task_definition)
        return Database().state

    monkeypatch.setattr(release_state, "ask", ask)
    assert "Somebody else deployed preqly-prod-web:3 a moment ago" in ops.refused(BACK, 3)
    assert stand.runs == others[0]


def test_tasks_that_come_up_in_between_are_nobody_else(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("IN_PROGRESS")

    def ask(*_: Any) -> Any:
        stand.rollout("COMPLETED")
        return Database().state

    monkeypatch.setattr(release_state, "ask", ask)
    assert ops(*BACK).code == 0


def test_ctrl_c_says_how_to_go_on(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.deploy("one")
    stand.deploy("two")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fargate, "verify_rollout", interrupt)
    assert "`python -m ops rollback 1` goes on from here" in ops.refused(["rollback", "1", "--yes"], 130)
