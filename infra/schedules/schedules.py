"""Schedules of the application: EventBridge Scheduler starts their tasks, and failures are mailed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.application.schedules import Schedule
from infra.ecs.containers import WEB_SECRETS, Variables
from infra.release.record import COMMAND
from infra.release.spec import ReleaseSpec
from infra.schedules import messages, policies
from infra.schedules.failure_mails import FailureMails, FailureMailsArgs, role_policy, service_role

RETRY_SECONDS, RETRIES = 900, 10
"""How long EventBridge Scheduler tries to start a task, with growing pauses, when Fargate has no capacity."""


@dataclass(frozen=True, kw_only=True)
class SchedulesArgs:
    """Arguments of the schedules."""

    schedules: Mapping[str, Schedule]
    """By name."""
    spec: pulumi.Input[ReleaseSpec]
    cluster_arn: pulumi.Input[str]
    task_definition_arn: pulumi.Input[str]
    """The release's task definition for commands."""
    verified: pulumi.Input[Any]
    """Known once the release serves; until then the schedules start the release before."""
    execution_role_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    task_role_name: pulumi.Input[str]
    """Role of the tasks, which may publish to the topic."""
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    assign_public_ip: bool
    variables: pulumi.Input[Variables]
    """The application's own variables, for the names of the secret ones."""
    topic_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    log_group: pulumi.Input[str]
    region: str


class Schedules(pulumi.ComponentResource):
    """One schedule for each of hosting.toml; those that the release does not have are disabled."""

    group_name: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    """Of the queue for tasks that did not start."""

    def __init__(self, name: str, args: SchedulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Schedules", name, None, opts)
        self._args, self._site = args, f"{pulumi.get_project()}-{pulumi.get_stack()}"
        group = aws.scheduler.ScheduleGroup(
            f"{name}-group",
            name=naming.schedule_group(pulumi.get_project(), pulumi.get_stack()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        mails = FailureMails(name, self._mails(), pulumi.ResourceOptions(parent=self))
        topic = {"topic_arn": args.topic_arn, "key_arn": args.key_arn}
        ready = [role_policy(f"{name}-task-publishes", args.task_role_name, policies.publisher, self, **topic)]
        role = service_role(f"{name}-scheduler", "scheduler.amazonaws.com", group.arn, self)
        ready.append(self._may_run(f"{name}-scheduler-policy", role, mails.queue_arn))
        for schedule, declared in args.schedules.items():
            target = self._target(schedule, declared, role.arn, mails.queue_arn)
            self._schedule(f"{name}-{schedule}", schedule, declared, group.name, target, ready)
        self.group_name, self.queue_name = group.name, mails.queue_name
        self.register_outputs({"group_name": self.group_name, "queue_name": self.queue_name})

    def _mails(self) -> FailureMailsArgs:
        args = self._args
        return FailureMailsArgs(
            site=self._site,
            cluster_arn=args.cluster_arn,
            topic_arn=args.topic_arn,
            key_arn=args.key_arn,
            log_group=args.log_group,
            region=args.region,
        )

    def _may_run(self, name: str, role: aws.iam.Role, queue_arn: pulumi.Output[str]) -> aws.iam.RolePolicy:
        args = self._args
        return role_policy(
            name,
            role.name,
            policies.scheduler,
            self,
            cluster_arn=args.cluster_arn,
            task_definition_arn=args.task_definition_arn,
            role_arns=[args.execution_role_arn, args.task_role_arn],
            queue_arn=queue_arn,
            key_arn=args.key_arn,
        )

    def _schedule(
        self,
        name: str,
        schedule: str,
        declared: Schedule,
        group: pulumi.Output[str],
        target: dict[str, Any],
        ready: Sequence[pulumi.Resource],
    ) -> None:
        times = pulumi.Output.from_input(self._args.spec).apply(lambda spec: spec.schedules.get(schedule, ""))
        known = times.apply(lambda of_release: (of_release or declared.times).rpartition(" "))
        aws.scheduler.Schedule(
            name,
            name=schedule,
            group_name=group,
            schedule_expression=known.apply(lambda parts: parts[0]),
            schedule_expression_timezone=known.apply(lambda parts: parts[2]),
            state=times.apply(lambda of_release: "ENABLED" if of_release else "DISABLED"),
            flexible_time_window={"mode": "OFF"},
            target=target,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(ready)),
        )

    def _target(
        self, schedule: str, declared: Schedule, role_arn: pulumi.Output[str], queue_arn: pulumi.Output[str]
    ) -> dict[str, Any]:
        args = self._args
        # Known once the release serves.
        verified = pulumi.Output.all(args.task_definition_arn, args.verified).apply(lambda known: str(known[0]))
        return {
            "arn": args.cluster_arn,
            "role_arn": role_arn,
            "input": self._input(schedule, declared),
            "dead_letter_config": {"arn": queue_arn},
            "retry_policy": {"maximum_event_age_in_seconds": RETRY_SECONDS, "maximum_retry_attempts": RETRIES},
            "ecs_parameters": {
                "task_definition_arn": verified,
                "launch_type": "FARGATE",
                "group": f"{messages.GROUP}{schedule}",
                "propagate_tags": "TASK_DEFINITION",
                "enable_ecs_managed_tags": True,
                "network_configuration": {
                    "subnets": args.subnet_ids,
                    "security_groups": [args.security_group_id],
                    "assign_public_ip": args.assign_public_ip,
                },
            },
        }

    def _input(self, schedule: str, declared: Schedule) -> pulumi.Output[str]:
        """The overrides of the task. The image knows the command, so that a rollback has that of its release."""
        args = self._args

        def text(known: dict[str, Any]) -> str:
            environment = {
                "ALARM_SUBJECT": self._site,
                "ALARM_TOPIC": known["topic_arn"],
                "SCHEDULED_TIME": "<aws.scheduler.scheduled-time>",
                "SECRET_VARIABLES": ",".join(sorted({*WEB_SECRETS, *known["variables"].references})),
            }
            container = {
                "name": COMMAND,
                "command": ["python", "-m", "django_hosting", "schedule", schedule],
                "environment": [{"name": name, "value": value} for name, value in environment.items()],
            }
            size = {"cpu": str(declared.cpu), "memory": str(declared.memory)} if declared.cpu else {}
            return json.dumps({"containerOverrides": [container], "taskRoleArn": known["task_role_arn"], **size})

        known = pulumi.Output.all(topic_arn=args.topic_arn, variables=args.variables, task_role_arn=args.task_role_arn)
        return known.apply(text)
