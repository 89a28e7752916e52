import json
from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import rds_backends

from infra.release.record import Withheld
from ops import health
from tests.ops.conftest import Ops
from tests.ops.stand import CLUSTER, DATABASE, REGION, SERVICE, TAGS, Stand


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The load balancer finds every task healthy."""
    monkeypatch.setattr(health, "targets", lambda session, groups: {"10.20.0.4": "healthy"})


def ring(stand: Stand, name: str, tags: list[dict[str, str]], state: str = "ALARM") -> None:
    stand.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription="Look at its log.",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=90,
        ComparisonOperator="GreaterThanThreshold",
        Tags=tags,
    )
    stand.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="96 is above 90")


@pytest.mark.usefixtures("healthy")
def test_a_stack_that_is_well_needs_nobody(stand: Stand, ops: Ops) -> None:
    release = stand.deploy("one")
    task = stand.task(release.task_definition)
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "prod in us-east-1: release 1 (one, revision rev-one)" in ended.out
    assert "Service web-service: 2 of 2 tasks run" in ended.out
    assert task[:8] in ended.out
    assert f"{DATABASE}: available, db.t4g.micro" in ended.out
    assert "Nothing needs you." in ended.out


@pytest.mark.usefixtures("healthy")
def test_tasks_of_another_task_definition_are_named_with_the_reason(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    task = stand.task(one.task_definition)
    stand.deploy("two")
    ended = ops("status")
    assert ended.code == 1
    assert f"Task {task} is stale, other task definition: preqly-prod-web:1" in ended.out


@pytest.mark.usefixtures("healthy")
def test_tasks_with_an_older_secret_are_named_with_the_reason(stand: Stand, ops: Ops) -> None:
    task = stand.task(stand.deploy("one").task_definition)
    version = stand.secret_version
    stand.client("secretsmanager").put_secret_value(SecretId=stand.secret, SecretString='{"new": 1}')
    ended = ops("status")
    assert ended.code == 1
    assert f"Task {task} is stale, older secret version: {version}; `pulumi up`" in ended.out


@pytest.mark.usefixtures("healthy")
def test_a_rollout_that_goes_on_makes_no_task_stale_and_nobody_hurry(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.task(one.task_definition)
    stand.deploy("two", recorded=False)
    stand.rollout("IN_PROGRESS")
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "A rollout is going on." in ended.out


def test_a_failed_rollout_and_a_site_without_healthy_tasks_are_said(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two", recorded=False)
    stand.rollout("FAILED", "tasks failed to start.")
    ended = ops("status")
    assert ended.code == 1
    assert (
        "! The rollout of preqly-prod-web:2 failed: tasks failed to start. `python -m ops rollback 1` starts release 1"
        in ended.out
    )
    assert (
        "! The service was given preqly-prod-web:2, and the last release on record, 1, is preqly-prod-web:1"
        in ended.out
    )
    assert "! No task is healthy behind the load balancer" in ended.out


@pytest.mark.usefixtures("healthy")
def test_too_few_tasks_are_said(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.service.running_count = 1
    assert "! 1 of 2 tasks run." in ops("status").out


@pytest.mark.usefixtures("healthy")
def test_only_the_stacks_own_alarms_count(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    ring(stand, "other", [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "qa"}])
    ring(stand, "silent", TAGS, state="OK")
    assert ops("status").code == 0
    ring(stand, "ours", TAGS)
    assert cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION].alarms["ours"].state_value == "ALARM"
    ended = ops("status")
    assert ended.code == 1
    assert "! Alarm ours: Look at its log." in ended.out


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(("state", "said"), [("rebooting", f"Database {DATABASE} is rebooting."), (None, "is gone.")])
def test_a_database_that_is_not_there_is_said(stand: Stand, ops: Ops, state: str | None, said: str) -> None:
    stand.deploy("one")
    databases: Any = rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases
    if state:
        databases[DATABASE].status = state
    else:
        del databases[DATABASE]
    ended = ops("status")
    assert ended.code == 1
    assert said in ended.out


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("state", ["backing-up", "storage-optimization"])
def test_a_database_at_what_rds_does_by_itself_needs_nobody(stand: Stand, ops: Ops, state: str) -> None:
    stand.deploy("one")
    rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases[DATABASE].status = state
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert state in ended.out


@pytest.mark.usefixtures("healthy")
def test_a_withheld_release_is_named_with_both_ways_on(stand: Stand, ops: Ops) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    stand.withhold(one, Withheld(number=two.number, tag="two"))
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "Release 2 is withheld: `pulumi up` of the same sources keeps this one." in ended.out
    assert "`python -m ops forward`" in ended.out


@pytest.mark.usefixtures("healthy")
def test_scripts_read_the_same(stand: Stand, ops: Ops) -> None:
    release = stand.deploy("one")
    task = stand.task(release.task_definition)
    answer = json.loads(ops("status", "--json").out)
    assert answer["release"]["number"] == 1
    assert answer["attention"] == []
    assert answer["service"]["deployments"][0]["state"] == "COMPLETED"
    assert answer["service"]["tasks"][0]["identifier"] == task
    assert answer["releases"] == {release.task_definition: "release 1"}


def test_a_service_that_somebody_deleted_is_told(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert "Service web-service of cluster web-cluster is gone" in ops.refused(["status"], 1)
