"""IAM roles of tasks: the execution role, the role of the web task and the role of the migration task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.permissions.permission import Permission
from infra.permissions.policy import application_policy


@dataclass(frozen=True, kw_only=True)
class SecretAccess:
    """A secret of Secrets Manager or a parameter of Systems Manager that ECS reads."""

    arn: pulumi.Input[str]
    key_arn: pulumi.Input[str] | None
    """The customer managed key that encrypts it."""


@dataclass(frozen=True, kw_only=True)
class TaskRolesArgs:
    """Arguments of the roles: the resources that they name."""

    key_arn: pulumi.Input[str]
    secret_arn: pulumi.Input[str]
    read_secrets: Mapping[str, Sequence[SecretAccess]] = field(default_factory=dict)
    """Further secrets that ECS reads for the containers, by the name of a policy."""
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    media_bucket_arn: pulumi.Input[str]
    ses_sender: pulumi.Input[policies.SesSender] | None = None
    """None without SES."""
    permissions: Sequence[Permission] = ()
    """What the application calls besides, in web tasks, migrations and other tasks of a release."""
    schedules: bool = False
    """Whether the application has schedules."""


class TaskRoles(pulumi.ComponentResource):
    """Least privilege: only the execution role reads secrets, only the others read the media bucket."""

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    migration_role_arn: pulumi.Output[str]
    schedule_role: aws.iam.Role | None = None
    """As the application's, for what only runs of schedules may do."""

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
        execution_role = self._role(f"{name}-execution", trust, execution)
        for policy, secrets in args.read_secrets.items():
            self._read_secrets(f"{name}-execution-{policy}", execution_role, secrets)
        self.execution_role_arn = execution_role.arn
        application_role = self._role(f"{name}-application", trust, application)
        migration_role = self._role(f"{name}-preparation", trust, migration)
        roles = {f"{name}-application": application_role, f"{name}-preparation": migration_role}
        if args.schedules:
            self.schedule_role = roles[f"{name}-schedule"] = self._role(f"{name}-schedule", trust, application)
        if args.permissions:
            self._permit(roles, args)
        self.task_role_arn, self.migration_role_arn = application_role.arn, migration_role.arn
        self.register_outputs({"execution_role_arn": self.execution_role_arn, "task_role_arn": self.task_role_arn})

    def _role(self, name: str, trust: pulumi.Output[str], policy: pulumi.Output[str]) -> aws.iam.Role:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
        # The new permissions exist before the rollout. The old ones go at the end of the update, because tasks of the
        # release before have them until then, and keep them when the rollout fails.
        beside = pulumi.ResourceOptions(parent=self, replace_on_changes=["policy"])
        aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=beside)
        return role

    def _permit(self, roles: Mapping[str, aws.iam.Role], args: TaskRolesArgs) -> None:
        """A policy beside the platform's, so that a preview shows the application's own changes."""
        policy = pulumi.Output.all(
            key_arn=args.key_arn, owned=[args.secret_arn, args.media_bucket_arn, args.log_group_arn]
        ).apply(
            lambda known: application_policy(
                args.permissions, project=pulumi.get_project(), stack=pulumi.get_stack(), **known
            )
        )
        for name, role in roles.items():
            beside = pulumi.ResourceOptions(parent=self, replace_on_changes=["policy"])
            aws.iam.RolePolicy(f"{name}-permissions", role=role.name, policy=policy, opts=beside)

    def _read_secrets(self, name: str, role: aws.iam.Role, secrets: Sequence[SecretAccess]) -> None:
        """Pulumi deletes the policy before a change after the rollout, and until then ECS may return to old tasks."""
        pairs = [pulumi.Output.all(one.arn, one.key_arn) for one in secrets]
        policy = pulumi.Output.all(*pairs).apply(lambda known: policies.read_secrets(dict(known)))
        beside = pulumi.ResourceOptions(parent=self, replace_on_changes=["policy"])
        aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=beside)
