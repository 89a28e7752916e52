import json
from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import rds_backends
from moto.sns.models import sns_backends

from infra.release.record import RolledBack
from ops.ecs.task_definitions import describe, with_release
from ops.status import health
from tests.moto_account import empty
from tests.ops.conftest import Ops
from tests.ops.fixtures import CLUSTER, DATABASE, REGION, SERVICE, TAGS, DeployedStack


@pytest.fixture
def stack(stack: DeployedStack) -> DeployedStack:
    stack.create_database()
    return stack


def ring(stack: DeployedStack, name: str, tags: list[dict[str, str]], state: str = "ALARM") -> None:
    stack.client("cloudwatch").put_metric_alarm(
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
    stack.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="96 is above 90")


def test_a_stack_that_is_healthy_needs_no_attention_and_scripts_read_the_same(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "targets", lambda session, groups: dict.fromkeys(groups, "healthy"))
    assert stack.load_balancer
    release = stack.deploy("one")
    task = stack.task(release.task_definition)
    ended = ops("status")
    assert ended.code == 0, ended.out
    for said in (
        "prod in us-east-1: release 1 (one, revision rev-one)",
        "Service web-service: 2 of 2 tasks run",
        task[:8],
        f"{DATABASE}: available, db.t4g.micro",
        "Nothing needs attention.",
    ):
        assert said in ended.out
    answer = json.loads(ops("status", "--json").out)
    assert (answer["release"]["number"], answer["attention"]) == (1, [])
    assert answer["service"]["deployments"][0]["state"] == "COMPLETED"
    assert answer["service"]["tasks"][0]["identifier"] == task
    assert answer["releases"] == {release.task_definition: "release 1"}


def test_tasks_of_another_task_definition_are_named_with_the_reason(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one")
    task = stack.task(one.task_definition)
    stack.deploy("two")
    ended = ops("status")
    assert ended.code == 1
    assert f"Task {task} is outdated, other task definition: preqly-prod-web:1" in ended.out


def test_tasks_with_an_older_secret_are_named_with_the_reason(stack: DeployedStack, ops: Ops) -> None:
    task = stack.task(stack.deploy("one").task_definition)
    version = stack.secret_version
    stack.client("secretsmanager").put_secret_value(SecretId=stack.secret, SecretString='{"new": 1}')
    ended = ops("status")
    assert ended.code == 1
    assert f"Task {task} is outdated, older secret version: {version} of application-" in ended.out


@pytest.mark.parametrize("kind", ["secret", "parameter"])
def test_tasks_that_started_before_an_existing_secret_changed_are_named_and_later_ones_are_not(
    stack: DeployedStack, ops: Ops, kind: str
) -> None:
    secrets, parameters = stack.client("secretsmanager"), stack.client("ssm")
    made = secrets.create_secret(Name="team", SecretString="canary-1")
    parameters.put_parameter(Name="/team/token", Value="canary-1", Type="SecureString")
    arn = f"arn:aws:ssm:{REGION}:{DEFAULT_ACCOUNT_ID}:parameter/team/token"
    stack.existing = {"TEAM": (made["ARN"], made["VersionId"]) if kind == "secret" else (arn, "1")}
    release = stack.deploy("one")
    before = stack.task(release.task_definition, age_seconds=60)
    assert ops("status").code == 0
    secrets.put_secret_value(SecretId="team", SecretString="canary-2")
    parameters.put_parameter(Name="/team/token", Value="canary-2", Type="SecureString", Overwrite=True)
    after = stack.task(release.task_definition)
    ended = ops("status")
    assert ended.code == 1
    version = f"{made['VersionId']} of team-" if kind == "secret" else "1 of /team/token;"
    assert f"Task {before} is outdated, older secret version: {version}" in ended.out
    assert f"Task {after} is outdated" not in ended.out
    assert "canary" not in ended.out


def test_a_rollback_keeps_the_secrets_of_the_settings(stack: DeployedStack, ops: Ops) -> None:
    reference = f"arn:aws:ssm:{REGION}:{DEFAULT_ACCOUNT_ID}:parameter/team/token"
    stack.deploy("one")
    stack.existing = {"TEAM": (reference, "7")}
    stack.deploy("two")
    definition = describe(stack.ecs, stack.latest.task_definition)
    web = with_release(definition, stack.record.records()[0])["containerDefinitions"][1]
    assert {one["name"]: one["valueFrom"] for one in web["secrets"]}["TEAM"] == reference
    assert web["dockerLabels"] == {"secret-version.TEAM": "7"}


def test_during_a_rollout_no_task_is_outdated(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one")
    stack.task(one.task_definition)
    stack.deploy("two", recorded=False)
    stack.rollout("IN_PROGRESS")
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "A rollout is in progress." in ended.out


def test_a_failed_rollout_and_a_site_without_healthy_tasks_are_reported(stack: DeployedStack, ops: Ops) -> None:
    assert stack.load_balancer
    stack.deploy("one")
    stack.deploy("two", recorded=False)
    stack.rollout("FAILED", "tasks failed to start.")
    ended = ops("status")
    assert ended.code == 1
    assert (
        "! The rollout of preqly-prod-web:2 failed: tasks failed to start. `python -m ops rollback 1` starts release 1"
        in ended.out
    )
    assert (
        "! The service has task definition preqly-prod-web:2, and the last release on record, 1, has preqly-prod-web:1"
        in ended.out
    )
    assert "! No task is healthy behind the load balancer" in ended.out


def test_only_the_stacks_own_alarms_count(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    ring(stack, "other", [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "qa"}])
    ring(stack, "silent", TAGS, state="OK")
    assert ops("status").code == 0
    ring(stack, "ours", TAGS)
    assert cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION].alarms["ours"].state_value == "ALARM"
    ended = ops("status")
    assert ended.code == 1
    assert "! Alarm ours: Look at its log." in ended.out


@pytest.mark.parametrize(
    ("state", "said"), [("rebooting", f"Database {DATABASE} is rebooting."), (None, "does not exist.")]
)
def test_an_unavailable_database_is_reported(stack: DeployedStack, ops: Ops, state: str | None, said: str) -> None:
    stack.deploy("one")
    databases: Any = rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases
    if state:
        databases[DATABASE].status = state
    else:
        del databases[DATABASE]
    ended = ops("status")
    assert ended.code == 1
    assert said in ended.out


@pytest.mark.parametrize("state", ["backing-up", "storage-optimization"])
def test_a_database_in_maintenance_by_rds_needs_no_attention(stack: DeployedStack, ops: Ops, state: str) -> None:
    stack.deploy("one")
    rds_backends[DEFAULT_ACCOUNT_ID][REGION].databases[DATABASE].status = state
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert state in ended.out


def test_a_release_that_was_rolled_back_is_named_with_both_commands(stack: DeployedStack, ops: Ops) -> None:
    one, two = stack.deploy("one"), stack.deploy("two")
    stack.roll_back(one, RolledBack(number=two.number, tag="two", sources="f0"))
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "Release 2 was rolled back: `pulumi up` of the same sources keeps this one." in ended.out
    assert "`python -m ops forward`" in ended.out


def test_too_few_tasks_and_a_deleted_service_are_reported(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.service.running_count = 1
    assert "! 1 of 2 tasks run." in ops("status").out
    stack.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert "Service web-service of cluster web-cluster does not exist" in ops.refused(["status"], 1)


def publish(stack: DeployedStack, *subscribers: str, **alarm: Any) -> str:
    """An alarm with a topic and its subscribers; returns the topic's ARN."""
    topic = str(stack.client("sns").create_topic(Name="alarms")["TopicArn"])
    for address in subscribers:
        stack.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    ring(stack, "cpu", TAGS, state="OK")
    found = {"AlarmActions": [topic], **alarm}
    described = stack.client("cloudwatch").describe_alarms(AlarmNames=["cpu"])["MetricAlarms"][0]
    kept = ("AlarmName", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold")
    given = {key: described[key] for key in (*kept, "ComparisonOperator")}
    stack.client("cloudwatch").put_metric_alarm(**given, Tags=TAGS, **found)
    return topic


def protect(stack: DeployedStack) -> None:
    stack.client("rds").modify_db_instance(DBInstanceIdentifier=DATABASE, DeletionProtection=True)


@pytest.fixture(autouse=True)
def _no_topics() -> None:
    empty("sns")


def test_a_protected_stack_whose_alarms_nobody_receives_needs_attention(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    publish(stack)
    assert "Nobody receives the alarms" not in ops("status").out
    protect(stack)
    ended = ops("status")
    assert "Nobody receives the alarms: their topic has no subscription. `pulumi config set alarmEmail" in ended.out
    assert ended.code == 1


def test_a_subscription_that_is_not_confirmed_is_named_with_the_fix(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    topic = publish(stack, "ops@example.com")
    (subscription,) = sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions.values()
    subscription.arn = "PendingConfirmation"
    ended = ops("status")
    assert "ops@example.com has not confirmed its subscription" in ended.out
    assert f"`aws sns subscribe --topic-arn {topic} --protocol email" in ended.out
    answer = json.loads(ops("status", "--json").out)
    assert answer["receivers"][0]["subscriptions"] == [
        {"endpoint": "ops@example.com", "protocol": "email", "confirmed": False}
    ]


def test_confirmed_receivers_are_shown(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    protect(stack)
    publish(stack, "ops@example.com")
    out = ops("status").out
    assert "Alarms    go to ops@example.com" in out
    assert "Nobody receives" not in out


def test_a_topic_that_is_gone_and_an_alarm_that_is_switched_off_are_named(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    topic = publish(stack, ActionsEnabled=False)
    stack.client("sns").delete_topic(TopicArn=topic)
    out = ops("status").out
    assert f"The alarms publish to {topic}, which does not exist: `pulumi up --refresh`" in out
    assert "Alarm cpu is switched off: `aws cloudwatch enable-alarm-actions --alarm-names cpu`" in out
