"""IAM roles of tasks: the execution role, the role of the web task and the role of the migration task."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies


@dataclass(frozen=True, kw_only=True)
class TaskRolesArgs:
    """Arguments of the roles: the resources that they name."""

    key_arn: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    media_bucket_arn: pulumi.Input[str]
    ses_sender: pulumi.Input[policies.SesSender] | None = None
    """None without SES."""


class TaskRoles(pulumi.ComponentResource):
    """Least privilege: only the execution role reads the secret, only the others read the media bucket."""

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    migration_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:TaskRoles", name, None, opts)
        trust = pulumi.Output.from_input(args.key_arn).apply(policies.ecs_tasks_trust)
        execution = pulumi.Output.all(
            repository_arns=list(args.repository_arns),
            secret_arn=args.secret_arn,
            key_arn=args.key_arn,
            log_group_arn=args.log_group_arn,
        ).apply(lambda known: policies.execution_role(**known))
        application = pulumi.Output.all(
            media_bucket_arn=args.media_bucket_arn, key_arn=args.key_arn, ses=args.ses_sender
        ).apply(lambda known: policies.task_role(**known))
        migration = pulumi.Output.all(media_bucket_arn=args.media_bucket_arn, key_arn=args.key_arn).apply(
            lambda known: policies.migration_role(**known)
        )
        self.execution_role_arn = self._role(f"{name}-execution", trust, execution)
        self.task_role_arn = self._role(f"{name}-application", trust, application)
        self.migration_role_arn = self._role(f"{name}-preparation", trust, migration)
        self.register_outputs({"execution_role_arn": self.execution_role_arn, "task_role_arn": self.task_role_arn})

    def _role(self, name: str, trust: pulumi.Output[str], policy: pulumi.Output[str]) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
        # The new permissions exist before the rollout. The old ones go at the end of the update, because tasks of the
        # release before have them until then, and keep them when the rollout fails.
        beside = pulumi.ResourceOptions(parent=self, replace_on_changes=["policy"])
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=beside)
        arn: pulumi.Output[str] = role.arn
        return arn
