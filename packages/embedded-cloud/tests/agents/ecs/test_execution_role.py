"""The stop reasons of tasks whose execution role lacks a permission: no container starts."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from embedded_cloud.agents.ecs.tasks.execution_role import ExecutionRole, NotAllowedError
from embedded_cloud.agents.log_shipping import LogSetupError
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, unique_config
from support.roles import allow, create_role, grant

REGISTRY = "localhost:5050"
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
RETRIED = "service call has been retried 1 time(s): "
STREAM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: AccessDeniedException: "
)
PULL = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
    f"{REGISTRY}/web:1: pulling from host {REGISTRY} failed with status code "
)
LACKING = {
    "ecr:GetAuthorizationToken": f"{SECRETS}unable to retrieve ecr registry auth: {RETRIED}AccessDeniedException: ",
    "ecr:BatchGetImage": f"{PULL}[manifests 1]: 403 Forbidden",
    "ecr:GetDownloadUrlForLayer": f"{PULL}[blobs 1]: 403 Forbidden",
    "secretsmanager:GetSecretValue": f"{SECRETS}unable to retrieve secret from asm: {RETRIED}failed to fetch secret ",
    "kms:Decrypt": f"{SECRETS}unable to retrieve secret from asm: {RETRIED}failed to fetch secret ",
    "ssm:GetParameters": f"{SECRETS}unable to retrieve secrets from ssm: {RETRIED}AccessDeniedException: User: ",
    "logs:CreateLogGroup": STREAM,
    "logs:CreateLogStream": STREAM,
}
"""How the reason begins without each of the actions."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    made = EmbeddedCloud(unique_config(tmp_path_factory.mktemp("cloud")), agents=False)
    made.start()
    key = client(made, "kms").create_key()["KeyMetadata"]["Arn"]
    client(made, "secretsmanager").create_secret(Name="s", SecretString="x", KmsKeyId=key)
    create_role(client(made, "iam"), "execution")
    yield made
    made.stop()


def role(cloud: EmbeddedCloud) -> ExecutionRole:
    definition = SimpleNamespace(execution_role_arn="arn:aws:iam::123456789012:role/execution")
    task: Any = SimpleNamespace(id="1a2b", overrides={}, definition=definition)
    return ExecutionRole(cloud.context, task)


def container(cloud: EmbeddedCloud) -> dict[str, Any]:
    secret = client(cloud, "secretsmanager").describe_secret(SecretId="s")["ARN"]
    options = {"awslogs-group": "app", "awslogs-stream-prefix": "web", "awslogs-create-group": "true"}
    return {
        "name": "web",
        "image": f"{REGISTRY}/web:1",
        "secrets": [{"name": "A", "valueFrom": f"{secret}:key::"}, {"name": "B", "valueFrom": "/site/b"}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }


@pytest.mark.parametrize("action", LACKING)
def test_a_task_stops_with_ecss_reason_without(cloud: EmbeddedCloud, action: str) -> None:
    grant(client(cloud, "iam"), "execution", allow(*(one for one in LACKING if one != action)))
    with pytest.raises((NotAllowedError, LogSetupError)) as failure:
        role(cloud).check(container(cloud), REGISTRY)
    reason = str(failure.value)
    assert reason.startswith(LACKING[action])
    assert reason.endswith((f"because no identity-based policy allows the {action} action", "403 Forbidden"))


def test_a_role_with_all_of_it_is_enough(cloud: EmbeddedCloud) -> None:
    grant(client(cloud, "iam"), "execution", allow(*LACKING))
    role(cloud).check(container(cloud), REGISTRY)


def test_an_image_of_another_registry_and_a_task_without_the_role_are_not_asked_about(cloud: EmbeddedCloud) -> None:
    grant(client(cloud, "iam"), "execution", allow("logs:*"))
    role(cloud).check({"name": "web", "image": "docker.io/library/web:1"}, REGISTRY)
    task: Any = SimpleNamespace(id="1a2b", overrides={}, definition=SimpleNamespace(execution_role_arn=None))
    ExecutionRole(cloud.context, task).check(container(cloud), REGISTRY)
