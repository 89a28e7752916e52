"""The application's permissions with the real engine: what IAM holds after an update, and what is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.permissions.permission import Permission

pytestmark = needs_engine

JOBS = Permission(actions=("sqs:SendMessage",), resources=("arn:aws:sqs:${region}:${account}:jobs",))
ARCHIVE = Permission(actions=("s3:GetObject",), resources=("arn:aws:s3:::archive/*",))


def program(*permissions: Permission) -> Any:
    def run_program() -> None:
        key = aws.kms.Key("key")
        secret = aws.secretsmanager.Secret("secret")
        args = TaskRolesArgs(
            key_arn=key.arn,
            secret_arn=secret.arn,
            repository_arns=["arn:aws:ecr:us-east-1:123456789012:repository/web"],
            log_group_arn="arn:aws:logs:us-east-1:123456789012:log-group:application",
            media_bucket_arn=aws.s3.Bucket("media").arn,
            permissions=permissions,
        )
        TaskRoles("task", args)
        pulumi.export("key", key.arn)

    return run_program


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    with engine_stack(tmp_path_factory.mktemp("state"), "preqly") as made:
        yield made


def own_statements(stack: EngineStack) -> dict[str, list[dict[str, Any]]]:
    """Statements beside the platform's, by the logical name of the role."""
    iam = stack.client("iam")
    found = {}
    for role in iam.list_roles()["Roles"]:
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            if "-permissions-" in name:
                document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
                found[re.sub(r"-\w{7}$", "", role["RoleName"])] = document["Statement"]
    return found


def test_both_roles_get_the_statements_of_the_manifest(stack: EngineStack) -> None:
    steps, _ = stack.up(program(JOBS))
    jobs = {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Resource": ["arn:aws:sqs:us-east-1:123456789012:jobs"],
    }
    assert own_statements(stack) == {"task-application": [jobs], "task-preparation": [jobs]}
    assert "create task-execution-permissions" not in steps


def test_a_changed_statement_is_shown_and_its_new_policy_comes_before_the_old_one_goes(stack: EngineStack) -> None:
    stack.stack.workspace.program = program(JOBS, ARCHIVE)
    output = stack.stack.preview(diff=True).stdout
    assert "arn:aws:s3:::archive/*" in output
    _, changes = stack.up(program(JOBS, ARCHIVE))
    assert changes["replace"] == 2
    assert [one["Action"] for one in own_statements(stack)["task-application"]] == [
        ["sqs:SendMessage"],
        ["s3:GetObject"],
    ]


def test_the_stacks_own_key_is_refused_and_no_policy_changes(stack: EngineStack) -> None:
    key = stack.stack.outputs()["key"].value
    before = own_statements(stack)
    for operation in ("preview", "up"):
        output = stack.refused(operation, program(JOBS, Permission(actions=("kms:Decrypt",), resources=(key,))))
        assert "The application asks for what the stack keeps for itself" in output
        assert f'hosting.toml: permissions[1].resources[0] = "{key}"' in output
        assert "Traceback" not in output
    assert own_statements(stack) == before


def test_without_permissions_the_policies_go(stack: EngineStack) -> None:
    stack.up(program())
    assert own_statements(stack) == {}
    assert json.dumps(stack.resources()).count("-permissions") == 0
