"""Who a task is: the role ECS starts it with, and those the site and the preparation of a release run under."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies


@dataclass(frozen=True, kw_only=True)
class TaskRolesArgs:
    """The only things the two roles may touch."""

    key_arn: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    media_bucket_arn: pulumi.Input[str]
    mail: pulumi.Input[policies.Mail] | None = None
    """What the application may send; None is no mail through SES."""


class TaskRoles(pulumi.ComponentResource):
    """Roles with exact ARNs: ECS's cannot read the media, the others cannot read the secret.

    What serves cannot change the static files that the preparation of a release has published.
    """

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    preparation_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:TaskRoles", name, None, opts)
        trust = pulumi.Output.from_input(args.key_arn).apply(policies.tasks_trust)
        start = pulumi.Output.all(
            repository_arns=list(args.repository_arns),
            secret_arn=args.secret_arn,
            key_arn=args.key_arn,
            log_group_arn=args.log_group_arn,
        ).apply(lambda known: policies.task_start(**known))
        application = pulumi.Output.all(media_bucket_arn=args.media_bucket_arn, mail=args.mail).apply(
            lambda known: policies.application(**known, publishes=False)
        )
        preparation = pulumi.Output.from_input(args.media_bucket_arn).apply(
            lambda arn: policies.preparation(media_bucket_arn=arn)
        )
        self.execution_role_arn = self._role(f"{name}-execution", trust, start)
        self.task_role_arn = self._role(f"{name}-application", trust, application)
        self.preparation_role_arn = self._role(f"{name}-preparation", trust, preparation)
        self.register_outputs({"execution_role_arn": self.execution_role_arn, "task_role_arn": self.task_role_arn})

    def _role(self, name: str, trust: pulumi.Output[str], policy: pulumi.Output[str]) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=child)
        arn: pulumi.Output[str] = role.arn
        return arn
