"""Schedules of hosting.toml as resources: what they start, with which rights, and whom a failure reaches."""

import json
from typing import Any

import pulumi
import pytest
from moto.events.models import EventPattern

from embedded_cloud.agents.events.task_events import with_flat_containers
from embedded_cloud.agents.events.templates import from_event, from_paths
from embedded_cloud.iam.evaluation import Policies, Request, refusal
from infra.application.schedules import Schedule
from infra.ecs.containers import Variables
from infra.observability.alarm_rules import schedule_alarm
from infra.problem import SettingsError
from infra.release.record import REQUIRED_KEYS, ReleaseRecord, RolledBack
from infra.release.spec import ReleaseSpec, select_release
from infra.schedules import messages
from infra.schedules.schedules import Schedules, SchedulesArgs
from infra.settings import schedule_rules
from tests.cloudwatch import rings
from tests.infra.settings_helpers import settings
from tests.recorder import Recorder, new_engine

ACCOUNT = "us-east-1:123456789012"
CLUSTER = f"arn:aws:ecs:{ACCOUNT}:cluster/web"
DEFINITION = f"arn:aws:ecs:{ACCOUNT}:task-definition/site-prod-command:7"
TOPIC = f"arn:aws:sns:{ACCOUNT}:alarms"
SPEC = ReleaseSpec(web_image="w", proxy_image="p", tag="t", revision="r", sources="s", architecture="arm64")


def digest(**more: Any) -> Schedule:
    return Schedule.model_validate_json(json.dumps({"command": "python manage.py digest", "cron": "0 7 * * 1", **more}))


def declared(spec: ReleaseSpec, **schedules: Schedule) -> Recorder:
    engine = new_engine()
    args = SchedulesArgs(
        schedules=schedules,
        spec=spec,
        cluster_arn=CLUSTER,
        task_definition_arn=DEFINITION,
        verified=pulumi.Output.from_input("released"),
        execution_role_arn="arn:aws:iam::123456789012:role/execution",
        task_role_arn="arn:aws:iam::123456789012:role/schedule",
        task_role_name="schedule",
        subnet_ids=["subnet-1"],
        security_group_id="sg-1",
        assign_public_ip=False,
        variables=Variables(references={"API_KEY": "arn:key"}),
        topic_arn=TOPIC,
        key_arn=f"arn:aws:kms:{ACCOUNT}:key/1",
        log_group="app",
        region="us-east-1",
    )
    engine.run(lambda: Schedules("schedules", args) and None)
    return engine


@pytest.fixture(scope="module")
def engine() -> Recorder:
    known = {"digest": "cron(0 7 ? * MON *) UTC"}
    return declared(
        ReleaseSpec(**{**vars(SPEC), "schedules": known}), digest=digest(cpu=512, memory=1024), later=digest()
    )


def test_a_schedule_starts_the_command_of_its_name_in_the_release(engine: Recorder) -> None:
    schedule = engine.one("scheduler/schedule:Schedule", "schedules-digest")
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == ("cron(0 7 ? * MON *)", "UTC")
    target = schedule["target"]
    assert target["ecsParameters"]["taskDefinitionArn"] == DEFINITION
    overrides = json.loads(target["input"])
    (container,) = overrides["containerOverrides"]
    assert container["command"] == ["python", "-m", "django_hosting", "schedule", "digest"]
    variables = {one["name"]: one["value"] for one in container["environment"]}
    assert variables["SCHEDULED_TIME"] == "<aws.scheduler.scheduled-time>"
    assert {"API_KEY", "DATABASE_URL", "SECRET_KEY"} <= set(variables["SECRET_VARIABLES"].split(","))
    assert (overrides["cpu"], overrides["memory"]) == ("512", "1024")
    assert "cpu" not in json.loads(engine.one("scheduler/schedule:Schedule", "schedules-later")["target"]["input"])


def test_a_schedule_that_the_release_does_not_have_is_disabled(engine: Recorder) -> None:
    states = {one.name: one.inputs["state"] for one in engine.all("scheduler/schedule:Schedule")}
    assert states == {"schedules-digest": "ENABLED", "schedules-later": "DISABLED"}


def test_after_a_rollback_the_release_on_record_decides() -> None:
    empty: dict[str, Any] = dict.fromkeys(REQUIRED_KEYS, "")
    latest = ReleaseRecord(
        **{**empty, "sources": "f1", "architecture": "arm64"},
        rolled_back=RolledBack(number=2, tag="t-1", sources="s"),
        schedules={"digest": "cron(0 3 * * ? *) UTC"},
    )
    built = ReleaseSpec(**{**vars(SPEC), "tag": "t-2", "schedules": {"digest": "cron(* * * * ? *) UTC", "new": "x y"}})
    assert select_release(built, latest).schedules == latest.schedules


def test_the_scheduler_may_start_tasks_of_the_one_family_only(engine: Recorder) -> None:
    policies = {
        name: Policies(identity=(engine.one("iam/rolePolicy:RolePolicy", f"schedules-{name}-policy")["policy"],))
        for name in ("scheduler", "pipe")
    }

    def allowed(action: str, resource: str, role: str = "scheduler", **context: str) -> bool:
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        return not refusal(Request(action=action, resource=resource, context=keys), policies[role])

    queue, schedule = f"arn:aws:sqs:{ACCOUNT}:schedules-not-started", "arn:aws:iam::123456789012:role/schedule"
    earlier, tasks = DEFINITION.replace(":7", ":6"), "ecs-tasks.amazonaws.com"
    assert allowed("ecs:RunTask", earlier, ecs_cluster=CLUSTER)
    assert allowed("iam:PassRole", schedule, iam_PassedToService=tasks)
    assert allowed("sqs:SendMessage", queue)
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        assert allowed(action, queue, "pipe")
    assert allowed("sns:Publish", TOPIC, "pipe")
    assert not allowed("ecs:RunTask", earlier, ecs_cluster=CLUSTER.replace("web", "other"))
    assert not allowed("ecs:RunTask", DEFINITION.replace("command", "migration"), ecs_cluster=CLUSTER)
    assert not allowed("iam:PassRole", schedule, iam_PassedToService="lambda.amazonaws.com")
    assert not allowed("iam:PassRole", schedule.replace("schedule", "preparation"), iam_PassedToService=tasks)


@pytest.mark.parametrize(
    ("change", "mailed"),
    [
        ({"containers": [{"exitCode": 137, "reason": "OutOfMemoryError"}]}, True),
        ({"containers": [{}], "stopCode": "TaskFailedToStart"}, True),
        ({"containers": [{"exitCode": 0}]}, False),
        # Mailed by the run itself.
        ({"containers": [{"exitCode": messages.MAILED}]}, False),
        ({"containers": [{"exitCode": 1}], "group": "service:web"}, False),
        ({"containers": [{"exitCode": 1}], "clusterArn": f"{CLUSTER}-of-another-stack"}, False),
        ({"containers": [{"exitCode": 1}], "lastStatus": "DEPROVISIONING"}, False),
    ],
)
def test_a_stopped_task_is_mailed_unless_its_run_did(engine: Recorder, change: dict[str, Any], mailed: bool) -> None:
    detail = {"clusterArn": CLUSTER, "group": "schedule:digest", "lastStatus": "STOPPED", **change}
    event: Any = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}
    pattern = EventPattern.load(engine.one("cloudwatch/eventRule:EventRule")["eventPattern"])
    assert pattern.matches_event(with_flat_containers(event)) is mailed


def test_its_mail_names_schedule_exit_code_reason_and_log(engine: Recorder) -> None:
    transformer = engine.one("cloudwatch/eventTarget:EventTarget")["inputTransformer"]
    container = {"exitCode": 137, "reason": "OutOfMemoryError"}
    detail = {
        "group": "schedule:digest",
        "taskArn": "arn:task/web/1",
        "stoppedReason": "Essential container in task exited",
        "containers": [container],
    }
    text = from_paths(transformer["inputTemplate"], transformer["inputPaths"], {"detail": detail})
    for words in ("schedule:digest", "137", "OutOfMemoryError", "Essential container", "$(basename arn:task/web/1)"):
        assert words in text


def test_what_never_started_is_mailed_from_the_dead_letter_queue(engine: Recorder) -> None:
    pipe = engine.one("pipes/pipe:Pipe")
    dead = engine.one("scheduler/schedule:Schedule", "schedules-digest")["target"]["deadLetterConfig"]["arn"]
    assert (pipe["source"], pipe["target"]) == (dead, TOPIC)
    attributes = {"SCHEDULE_ARN": "schedule/site/digest", "ERROR_CODE": "ECS.X", "ERROR_MESSAGE": "no capacity"}
    event = {"messageAttributes": {name: {"stringValue": value} for name, value in attributes.items()}}
    text = from_event(pipe["targetParameters"]["inputTemplate"], event)
    assert all(value in text for value in attributes.values())


def test_a_stack_turns_schedules_off_by_name_or_all_of_them() -> None:
    known = {"digest": digest(), "other": digest()}
    assert set(schedule_rules.enabled(settings(), known)) == {"digest", "other"}
    assert set(schedule_rules.enabled(settings(disabled_schedules=("digest",)), known)) == {"other"}
    assert schedule_rules.enabled(settings(disabled_schedules=("*",)), known) == {}
    with pytest.raises(SettingsError, match="no schedule digset; it has: digest, other"):
        schedule_rules.check(settings(disabled_schedules=("digset",)), known, "preqly")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"cpu": 512}, "belong together"),
        ({"cpu": 512, "memory": 100}, "memory"),
        ({"seconds": 86401}, "86400"),
        ({"timezone": "Berlin"}, "IANA"),
        ({"cron": "0 8 1 * 1"}, "make two schedules"),
        ({"command": "a && b"}, "no shell"),
    ],
)
def test_a_schedule_that_cannot_run_is_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        digest(**change)


@pytest.mark.parametrize(
    ("ages", "raised"), [([None] * 10, False), ([60, None, 90], False), ([60, 300, 600, 900], True)]
)
def test_the_alarm_rings_when_the_pipe_leaves_messages(ages: list[float | None], raised: bool) -> None:
    alarm = schedule_alarm("queue")
    inputs = {
        "evaluationPeriods": alarm.periods,
        "datapointsToAlarm": alarm.datapoints,
        "comparisonOperator": alarm.comparison,
        "threshold": alarm.threshold,
        "treatMissingData": alarm.missing,
        "period": alarm.period,
        "statistic": alarm.metric.statistic,
    }
    assert rings(inputs, ages) is raised
