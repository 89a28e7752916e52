"""Schedules, queues, rules and pipes, through the provider protocol."""

import json
from typing import Any

import pytest

GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"
SCHEDULE = "aws:scheduler/schedule:Schedule"
QUEUE = "aws:sqs/queue:Queue"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
PIPE = "aws:pipes/pipe:Pipe"


@pytest.fixture(scope="module")
def role(emulation: Any) -> str:
    made = emulation.client("iam").create_role(RoleName="starts", AssumeRolePolicyDocument="{}")
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def queue(emulation: Any) -> str:
    url = emulation.client("sqs").create_queue(QueueName="failed")["QueueUrl"]
    answer = emulation.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


@pytest.fixture(scope="module")
def inputs(emulation: Any, role: str, queue: str) -> dict[str, Any]:
    cluster = emulation.client("ecs").create_cluster(clusterName="jobs")["cluster"]["clusterArn"]
    emulation.client("scheduler").create_schedule_group(Name="mine")
    return {
        "name": "digest",
        "groupName": "mine",
        "scheduleExpression": "cron(0 3 ? * MON-FRI *)",
        "scheduleExpressionTimezone": "Europe/Berlin",
        "flexibleTimeWindow": {"mode": "OFF"},
        "state": "ENABLED",
        "target": {
            "arn": cluster,
            "roleArn": role,
            "input": "{}",
            "deadLetterConfig": {"arn": queue},
            "retryPolicy": {"maximumEventAgeInSeconds": 900, "maximumRetryAttempts": 3},
            "ecsParameters": {
                "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/job:1",
                "launchType": "FARGATE",
                "group": "schedule:digest",
                "propagateTags": "TASK_DEFINITION",
                "enableEcsManagedTags": True,
                "networkConfiguration": {"subnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"]},
            },
        },
    }


def test_a_group_of_schedules_has_a_name_and_tags(emulation: Any) -> None:
    group = emulation.resource(GROUP, "group", name="group", tags={"a": "b"})
    assert group.drift() == {}
    group.up(name="group", tags={"a": "c"})
    group.check_life()


def test_a_schedule_changes_in_place(emulation: Any, inputs: dict[str, Any]) -> None:
    schedule = emulation.resource(SCHEDULE, "digest", **inputs)
    assert schedule.drift() == {}
    assert schedule.diff(**{**inputs, "groupName": "default"})[1] == {"groupName"}
    schedule.up(**{**inputs, "state": "DISABLED", "description": "not now"})
    assert emulation.client("scheduler").get_schedule(GroupName="mine", Name="digest")["State"] == "DISABLED"
    schedule.check_life()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"groupName": "nothing"}, 'groupName: there is no schedule group "nothing"'),
        ({"scheduleExpression": "cron(0 3 * * *)"}, "Invalid Schedule Expression cron(0 3 * * *)."),
        ({"scheduleExpression": "cron(0 3 1 * MON *)"}, "Invalid Schedule Expression cron(0 3 1 * MON *)."),
        ({"scheduleExpressionTimezone": "Berlin"}, "Invalid ScheduleExpressionTimezone Berlin."),
    ],
)
def test_a_schedule_that_aws_refuses_is_refused(
    emulation: Any, inputs: dict[str, Any], refusal: Any, change: dict[str, Any], said: str
) -> None:
    assert said in refusal(lambda: emulation.resource(SCHEDULE, "wrong", **{**inputs, "name": "wrong", **change}))


def test_a_queue_keeps_its_key_and_times(emulation: Any) -> None:
    key = emulation.client("kms").create_key()["KeyMetadata"]["Arn"]
    queue = emulation.resource(QUEUE, kmsMasterKeyId=key, messageRetentionSeconds=1209600, tags={"a": "b"})
    assert queue.drift() == {}
    queue.up(kmsMasterKeyId=key, messageRetentionSeconds=86400)
    queue.check_life()


def test_a_rule_and_its_target_change_in_place(emulation: Any) -> None:
    topic = emulation.client("sns").create_topic(Name="of-rules")["TopicArn"]
    pattern = json.dumps({"source": ["aws.ecs"], "detail": {"group": [{"prefix": "schedule:"}]}})
    rule = emulation.resource(RULE, name="stopped", eventPattern=pattern, tags={"a": "b"})
    assert rule.drift() == {}
    text = {"inputPaths": {"Task": "$.detail.taskArn"}, "inputTemplate": '"<Task>"'}
    target = emulation.resource(TARGET, "target", rule="stopped", arn=topic, inputTransformer=text)
    assert target.drift() == {}
    target.up(rule="stopped", arn=topic, inputTransformer={**text, "inputTemplate": '"task <Task>"'})
    target.check_life()
    rule.up(name="stopped", eventPattern=pattern, state="DISABLED")
    rule.check_life()


def test_a_pipe_changes_in_place(emulation: Any, role: str, queue: str) -> None:
    topic = emulation.client("sns").create_topic(Name="of-pipes")["TopicArn"]
    inputs = {
        "source": queue,
        "target": topic,
        "roleArn": role,
        "sourceParameters": {"sqsQueueParameters": {"batchSize": 1}},
        "targetParameters": {"inputTemplate": '"<$.body>"'},
    }
    pipe = emulation.resource(PIPE, **inputs, tags={"a": "b"})
    assert pipe.drift() == {}
    pipe.up(**{**inputs, "targetParameters": {"inputTemplate": '"text <$.body>"'}})
    pipe.check_life()
