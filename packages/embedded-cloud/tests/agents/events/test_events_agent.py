"""Schedules, events of tasks and pipes: the agent with moto, without containers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.agents.events import clock
from embedded_cloud.agents.events.agent import EventsAgent
from embedded_cloud.api.persistence import SnapshotStore
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig
from support.clouds import client, two_subnets

DAY = 86400.0
SERVICES = ["scheduler.amazonaws.com", "pipes.amazonaws.com"]
ACTIONS = ["ecs:RunTask", "iam:PassRole", "sqs:*", "sns:Publish"]
ALLOWED = {"Effect": "Allow", "Action": [*ACTIONS, "ecs:TagResource"], "Resource": "*"}


@dataclass
class Site:
    """A schedule, its queue, and a topic that mails."""

    cloud: EmbeddedCloud
    agent: EventsAgent
    target: dict[str, Any]

    def client(self, service: str) -> Any:
        return client(self.cloud, service)

    def schedule(self, name: str = "digest", expression: str = "cron(0 3 * * ? *)", **more: Any) -> None:
        self.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**self.target, **more},
        )
        self.agent.reconcile()

    def pass_time(self, seconds: float) -> None:
        clock.advance(self.cloud.config.state_dir, seconds)
        self.agent.reconcile()

    @property
    def tasks(self) -> list[dict[str, Any]]:
        ecs = self.client("ecs")
        arns = ecs.list_tasks(cluster="jobs", desiredStatus="STOPPED")["taskArns"]
        return list(ecs.describe_tasks(cluster="jobs", tasks=arns)["tasks"]) if arns else []

    @property
    def mails(self) -> list[str]:
        return [path.read_text() for path in (self.cloud.config.state_dir / "mail").glob("*.eml")]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    cloud = EmbeddedCloud(CloudConfig(state_dir=tmp_path_factory.mktemp("cloud"), api_port=0), agents=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SnapshotStore, "save", lambda _: None)
        cloud.start()
        yield _site(cloud)
        cloud.stop()


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    """Without the schedules, tasks and mails of other tests."""
    yield Site(shared.cloud, EventsAgent(shared.cloud.context), shared.target)
    folder = shared.cloud.config.state_dir
    for path in (folder / "fargate-capacity", *(folder / "mail").glob("*.eml")):
        path.unlink(missing_ok=True)
    shared.client("iam").put_role_policy(RoleName="starts", PolicyName="no", PolicyDocument=_policy(ALLOWED))
    shared.client("iam").delete_role_permissions_boundary(RoleName="starts")
    shared.client("scheduler").delete_schedule(Name="digest")
    shared.cloud.context.backend("ecs").tasks.clear()


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _site(cloud: EmbeddedCloud) -> Site:
    iam, ecs, sqs, sns = (client(cloud, name) for name in ("iam", "ecs", "sqs", "sns"))
    trust = _policy({"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="starts", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="starts", PolicyName="all", PolicyDocument=_policy(ALLOWED))
    cluster = ecs.create_cluster(clusterName="jobs")["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(
        family="job",
        networkMode="awsvpc",
        taskRoleArn=role,
        containerDefinitions=[{"name": "job", "image": "x", "memory": 64}],
    )["taskDefinition"]["taskDefinitionArn"]
    queue = sqs.create_queue(QueueName="failed")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    reason = "<$.messageAttributes.SCHEDULE_ARN.stringValue>: <$.messageAttributes.ERROR_MESSAGE.stringValue>"
    client(cloud, "pipes").create_pipe(
        Name="failed", Source=queue_arn, Target=topic, RoleArn=role, TargetParameters={"InputTemplate": f'"{reason}"'}
    )
    events = client(cloud, "events")
    codes = {"containers": {"exitCode": [{"anything-but": [0, 100]}]}}
    pattern = {
        "source": ["aws.ecs"],
        "detail": {
            "lastStatus": ["STOPPED"],
            "group": [{"prefix": "schedule:"}],
            "$or": [{"stopCode": ["TaskFailedToStart"]}, codes],
        },
    }
    events.put_rule(Name="stopped", EventPattern=json.dumps(pattern))
    text = {"InputPathsMap": {"Group": "$.detail.group", "Code": "$.detail.containers[0].exitCode"}}
    events.put_targets(
        Rule="stopped",
        Targets=[{"Id": "mail", "Arn": topic, "InputTransformer": {**text, "InputTemplate": '"<Group> <Code>"'}}],
    )
    _, subnets = two_subnets(client(cloud, "ec2"), "10.20")
    environment = [{"name": "DUE", "value": "<aws.scheduler.scheduled-time>"}]
    target = {
        "Arn": cluster,
        "RoleArn": role,
        "Input": json.dumps({"containerOverrides": [{"name": "job", "environment": environment}]}),
        "DeadLetterConfig": {"Arn": queue_arn},
        "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        "EcsParameters": {
            "TaskDefinitionArn": definition,
            "LaunchType": "FARGATE",
            "Group": "schedule:digest",
            "PropagateTags": "TASK_DEFINITION",
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": subnets}},
        },
    }
    return Site(cloud, EventsAgent(cloud.context), target)


def test_a_schedule_starts_its_task_once_for_each_time_that_passes(site: Site) -> None:
    site.schedule()
    assert site.tasks == []
    site.pass_time(DAY)
    (task,) = site.tasks
    assert task["group"] == "schedule:digest"
    (variable,) = task["overrides"]["containerOverrides"][0]["environment"]
    assert variable["value"].endswith(("T01:00:00Z", "T02:00:00Z"))
    site.agent.reconcile()
    assert len(site.tasks) == 1
    site.pass_time(DAY)
    assert len(site.tasks) == 2
    assert site.mails == []


def test_a_new_process_neither_repeats_nor_forgets(site: Site) -> None:
    site.schedule()
    site.pass_time(DAY)
    site.agent = EventsAgent(site.cloud.context)
    site.agent.reconcile()
    assert len(site.tasks) == 1


def test_a_schedule_that_is_disabled_or_moved_does_not_start_for_the_time_before(site: Site) -> None:
    site.schedule()
    scheduler = site.client("scheduler")
    change = {"Name": "digest", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": site.target}
    scheduler.update_schedule(**change, ScheduleExpression="cron(0 3 * * ? *)", State="DISABLED")
    site.pass_time(DAY)
    scheduler.update_schedule(**change, ScheduleExpression="rate(1 day)", State="ENABLED")
    site.agent.reconcile()
    assert site.tasks == []
    site.pass_time(DAY + 60)
    assert len(site.tasks) == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda site: _fill(site.cloud.config.state_dir), "Capacity is unavailable at this time"),
        (lambda site: _forbid(site, "iam:PassRole"), "is not authorized to perform: iam:PassRole"),
        (lambda site: _forbid(site, "ecs:RunTask"), "is not authorized to perform: ecs:RunTask"),
        (lambda site: _limit(site, "ecs:TagResource"), "no permissions boundary allows the ecs:TagResource action"),
    ],
    ids=["no capacity", "the role may not pass", "the role may not run", "tasks that do not exist yet have no tags"],
)
def test_a_task_that_cannot_start_is_mailed_by_the_pipe(
    site: Site, broken: Callable[[Site], object], reason: str
) -> None:
    site.schedule()
    broken(site)
    site.pass_time(DAY)
    (mail,) = site.mails
    assert "schedule/default/digest" in mail
    assert reason in " ".join(mail.replace("=\n", "").split())
    site.agent.reconcile()
    assert len(site.mails) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"EcsParameters": None, "Arn": "arn:aws:sqs:us-east-1:123456789012:jobs"}, "tasks of ECS only"),
        ({"Input": "hello"}, "no JSON object"),
        ({"Input": "[]"}, "no JSON object"),
    ],
)
def test_a_schedule_that_starts_no_task_here_harms_no_other(site: Site, target: dict[str, Any], reason: str) -> None:
    given = {key: value for key, value in {**site.target, **target}.items() if value is not None}
    site.client("scheduler").create_schedule(
        Name="a", ScheduleExpression="cron(0 3 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"}, Target=given
    )
    site.schedule()
    try:
        site.pass_time(DAY)
        assert len(site.tasks) == 1
        (mail,) = site.mails
        assert reason in " ".join(mail.replace("=\n", "").split())
    finally:
        site.client("scheduler").delete_schedule(Name="a")


def test_a_start_is_tried_again_before_it_is_given_up(site: Site) -> None:
    site.schedule(RetryPolicy={"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600})
    _fill(site.cloud.config.state_dir)
    site.pass_time(DAY)
    (group,) = [one for one in site.cloud.context.backend("scheduler").schedule_groups.values() if one.schedules]
    (invocation,) = group.schedules["digest"].invocations
    assert (invocation.attempts, site.mails) == (1, [])
    (site.cloud.config.state_dir / "fargate-capacity").unlink()
    invocation.retry_at = invocation.began
    site.agent.reconcile()
    assert len(site.tasks) == 1
    assert group.schedules["digest"].invocations == []


@pytest.mark.parametrize(
    ("code", "stop_code", "mailed"),
    [
        (0, "EssentialContainerExited", False),
        (100, "EssentialContainerExited", False),
        (137, "EssentialContainerExited", True),
        (None, "TaskFailedToStart", True),
    ],
)
def test_a_rule_mails_the_tasks_that_match_it_once(site: Site, code: int | None, stop_code: str, mailed: bool) -> None:
    site.schedule()
    clock.advance(site.cloud.config.state_dir, DAY)
    schedules, events, _ = site.agent._parts
    schedules.reconcile()
    (task,) = site.cloud.context.backend("ecs").tasks["jobs"].values()
    task.stop_code = stop_code
    task.containers[0].exit_code = code
    for _ in range(2):
        events.reconcile()
    assert len(site.mails) == mailed
    assert all("schedule:digest" in mail for mail in site.mails)


def _fill(folder: Path) -> None:
    (folder / "fargate-capacity").write_text("0")


def _forbid(site: Site, action: str) -> None:
    denial = _policy({"Effect": "Deny", "Action": action, "Resource": "*"})
    site.client("iam").put_role_policy(RoleName="starts", PolicyName="no", PolicyDocument=denial)


def _limit(site: Site, action: str) -> None:
    """A boundary that allows an action on resources with a tag."""
    tagged = {"StringEquals": {"aws:ResourceTag/Stack": "prod"}}
    document = _policy({**ALLOWED, "Action": ACTIONS}, {**ALLOWED, "Action": action, "Condition": tagged})
    iam = site.client("iam")
    boundary = iam.create_policy(PolicyName="most", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="starts", PermissionsBoundary=boundary)
