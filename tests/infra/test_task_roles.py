import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.policies import Mail
from infra.task_roles import TaskRoles, TaskRolesArgs

ARGS = TaskRolesArgs(
    key_arn="arn:aws:kms:us-east-1:123456789012:key/k",
    secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:app",
    repository_arns=["arn:aws:ecr:us-east-1:123456789012:repository/web"],
    log_group_arn="arn:aws:logs:us-east-1:123456789012:log-group:app",
    media_bucket_arn="arn:aws:s3:::media",
)


def test_what_may_be_sent_reaches_the_application_and_not_ecs(engine: Any) -> None:
    engine.run(lambda: TaskRoles("task", replace(ARGS, mail=pulumi.Output.from_input(MAIL))))
    policies = {policy.name: policy.inputs["policy"] for policy in engine.all("iam/rolePolicy:RolePolicy")}
    assert MAIL.identity_arn in policies["task-application-policy"]
    assert "ses:" not in policies["task-execution-policy"]


MAIL = Mail(
    identity_arn="arn:aws:ses:us-east-1:123456789012:identity/app.preqly.com",
    configuration_set_arn="arn:aws:ses:us-east-1:123456789012:configuration-set/preqly-test",
    sender="no-reply@app.preqly.com",
)


@pytest.fixture
def roles(engine: Any) -> Any:
    engine.run(lambda: TaskRoles("task", ARGS))
    return engine


def test_starting_a_task_and_being_the_application_are_two_roles(engine: Any) -> None:
    def program() -> Any:
        roles = TaskRoles("task", ARGS)
        return roles.execution_role_arn.apply(lambda one: roles.task_role_arn.apply(lambda two: [one, two]))

    execution, application = engine.run(program)
    assert execution.endswith("role/task-execution")
    assert application.endswith("role/task-application")


def test_only_tasks_of_this_account_take_them(roles: Any) -> None:
    trusts = [json.loads(role.inputs["assumeRolePolicy"]) for role in roles.all("iam/role:Role")]
    assert len(trusts) == 3
    for trust in trusts:
        (statement,) = trust["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_what_serves_cannot_change_the_static_files_that_a_release_has_published(roles: Any) -> None:
    application = roles.one("iam/rolePolicy:RolePolicy", "task-application-policy")["policy"]
    denied = [statement for statement in json.loads(application)["Statement"] if statement["Effect"] == "Deny"]
    assert denied == [
        {
            "Effect": "Deny",
            "Action": ["s3:DeleteObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::media/static/*",
        }
    ]
    assert "Deny" not in roles.one("iam/rolePolicy:RolePolicy", "task-preparation-policy")["policy"]


def test_the_application_cannot_read_the_secret_and_its_starter_cannot_read_the_media(roles: Any) -> None:
    start = roles.one("iam/rolePolicy:RolePolicy", "task-execution-policy")
    application = roles.one("iam/rolePolicy:RolePolicy", "task-application-policy")
    assert start["role"].startswith("task-execution")
    assert application["role"].startswith("task-application")
    assert "secretsmanager:GetSecretValue" in start["policy"]
    assert "s3:" not in start["policy"]
    assert "s3:GetObject" in application["policy"]
    assert "secretsmanager" not in application["policy"]
