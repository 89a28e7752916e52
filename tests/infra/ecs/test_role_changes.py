"""A change of what tasks may do, on the real engine: new tasks have the new permissions, old tasks keep theirs."""

from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_aws as aws

from embedded_cloud.testing.engine_stack import engine_stack, needs_engine
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.policies import SesSender

pytestmark = needs_engine

HERE = "us-east-1:123456789012"
POLICY = "task-application-policy"


def release(sender: str) -> Callable[[], None]:
    """A program with the roles, and a parameter that stands for the service with its rollout."""

    def program() -> None:
        args = TaskRolesArgs(
            key_arn=f"arn:aws:kms:{HERE}:key/k",
            secret_arn=f"arn:aws:secretsmanager:{HERE}:secret:s",
            repository_arns=[f"arn:aws:ecr:{HERE}:repository/web"],
            log_group_arn=f"arn:aws:logs:{HERE}:log-group:g",
            media_bucket_arn="arn:aws:s3:::media",
            ses_sender=SesSender(f"arn:aws:ses:{HERE}:identity/preqly.com", None, sender),
        )
        roles = TaskRoles("task", args)
        after = pulumi.ResourceOptions(depends_on=[roles])
        aws.ssm.Parameter("rollout", type="String", value=sender, opts=after)

    return program


def test_old_tasks_keep_their_permissions_until_the_rollout_has_ended(tmp_path: Path) -> None:
    """Otherwise their mail from the earlier sender is refused meanwhile, and for good when the rollout fails."""
    with engine_stack(tmp_path, "preqly") as stack:
        stack.up(release("no-reply@preqly.com"))
        steps, _ = stack.up(release("hello@preqly.com"))
        created, deleted = (steps.index(f"{step} {POLICY}") for step in ("create-replacement", "delete-replaced"))
        assert created < steps.index("update rollout") < deleted
        iam = stack.client("iam")
        (role,) = [one["RoleName"] for one in iam.list_roles()["Roles"] if "application" in one["RoleName"]]
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        assert "hello@preqly.com" in str(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        assert not [step for step in stack.up(release("hello@preqly.com"))[0] if not step.startswith("same")]
