"""Mails about runs of schedules that cannot mail for themselves: an EventBridge rule, and a pipe from a queue."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.schedules import messages, policies

QUEUE_SECONDS = 1209600
"""The longest that SQS keeps a message: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"""


@dataclass(frozen=True, kw_only=True)
class FailureMailsArgs:
    """Arguments of the mails."""

    site: str
    """Beginning of each text."""
    cluster_arn: pulumi.Input[str]
    topic_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """Key of topic and queue."""
    log_group: pulumi.Input[str]
    region: str


class FailureMails(pulumi.ComponentResource):
    """Publishes failed tasks to the alarm topic, and what EventBridge Scheduler puts into the dead-letter queue."""

    queue_arn: pulumi.Output[str]
    queue_name: pulumi.Output[str]

    def __init__(self, name: str, args: FailureMailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:FailureMails", name, None, opts)
        self._args, self._child = args, pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(
            f"{name}-not-started",
            kms_master_key_id=args.key_arn,
            message_retention_seconds=QUEUE_SECONDS,
            opts=self._child,
        )
        self._mail_stopped_tasks(name)
        self._mail_unstarted_tasks(name, queue)
        self.queue_arn, self.queue_name = queue.arn, queue.name
        self.register_outputs({"queue_name": self.queue_name})

    def _mail_stopped_tasks(self, name: str) -> None:
        args = self._args
        rule = aws.cloudwatch.EventRule(
            f"{name}-failed",
            description="Tasks of schedules that failed and did not mail it themselves",
            event_pattern=pulumi.Output.from_input(args.cluster_arn).apply(messages.stopped_tasks),
            opts=self._child,
        )
        template = pulumi.Output.from_input(args.log_group).apply(
            lambda group: messages.stopped_task_text(args.site, group, args.region)
        )
        aws.cloudwatch.EventTarget(
            f"{name}-failed-mail",
            rule=rule.name,
            arn=args.topic_arn,
            input_transformer={"input_paths": messages.PATHS, "input_template": template},
            opts=self._child,
        )

    def _mail_unstarted_tasks(self, name: str, queue: aws.sqs.Queue) -> None:
        args = self._args
        role = service_role(f"{name}-pipe", "pipes.amazonaws.com", queue.arn.apply(_any_pipe), self)
        arns = {"queue_arn": queue.arn, "topic_arn": args.topic_arn, "key_arn": args.key_arn}
        policy = role_policy(f"{name}-pipe-policy", role.name, policies.pipe, self, **arns)
        aws.pipes.Pipe(
            f"{name}-not-started-mail",
            description="Mails the schedules whose task did not start",
            source=queue.arn,
            source_parameters={"sqs_queue_parameters": {"batch_size": 1}},
            target=args.topic_arn,
            target_parameters={"input_template": messages.not_started_text(args.site)},
            role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def service_role(name: str, service: str, source: pulumi.Output[str], parent: pulumi.Resource) -> aws.iam.Role:
    """A role that an AWS service assumes for this resource."""
    trust = source.apply(lambda arn: policies.trust(service, arn))
    return aws.iam.Role(name, assume_role_policy=trust, opts=pulumi.ResourceOptions(parent=parent))


def role_policy(
    name: str, role: pulumi.Input[str], document: Any, parent: pulumi.Resource, **arns: Any
) -> aws.iam.RolePolicy:
    """What a role may do: `document` makes it from the ARNs."""
    policy = pulumi.Output.all(**arns).apply(lambda known: document(**known))
    return aws.iam.RolePolicy(name, role=role, policy=policy, opts=pulumi.ResourceOptions(parent=parent))


def _any_pipe(arn: str) -> str:
    """The pipe's own ARN is known after its role only."""
    partition, _, region, account = arn.split(":")[1:5]
    return f"arn:{partition}:pipes:{region}:{account}:pipe/*"
