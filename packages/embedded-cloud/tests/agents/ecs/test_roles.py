"""What tasks may do with their roles, on real containers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from embedded_cloud.testing.polling import wait_until
from support.clouds import error_code
from support.ecs_cluster import CLUSTER, EcsCluster, running_cluster
from support.roles import TRUST, allow, create_role, grant
from support.web_service import serving

pytestmark = pytest.mark.containers

WRITES_LOGS = allow("logs:CreateLogStream", "logs:PutLogEvents")
LOST = "ECS was unable to assume the role"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsCluster]:
    with running_cluster(tmp_path_factory.mktemp("cloud")) as made:
        yield made


def job(script: str = "pass", **more: Any) -> dict[str, Any]:
    container = serving(command=["python3", "-c", script], **{"stopTimeout": 1, **more})
    del container["healthCheck"]
    return container


def held(cluster: EcsCluster, role: str) -> tuple[str, Any]:
    """A task with this role that waits: its ARN, and its container."""
    definition = cluster.register(job("import time; time.sleep(600)"), family="held", taskRoleArn=role)
    arn = cluster.run_task(definition, enableExecuteCommand=True)

    def runs() -> bool:
        return bool(cluster.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING")

    wait_until(runs, 90)
    return arn, next(one for one in cluster.containers() if one.labels["embedded-cloud.task"] in arn)


def test_a_task_loses_a_permission_at_once_and_gets_it_back(cluster: EcsCluster) -> None:
    role = create_role(cluster.iam, "sender", allow("sqs:SendMessage"))
    url = cluster.sqs.create_queue(QueueName="jobs")["QueueUrl"]
    task, container = held(cluster, role)
    variables = dict(one.split("=", 1) for one in container.attrs["Config"]["Env"])
    key, secret, token = (variables[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
    session = boto3.Session(key, secret, token, region_name="us-east-1")
    sqs: Any = session.client("sqs", endpoint_url=cluster.cloud.endpoint)
    sqs.send_message(QueueUrl=url, MessageBody="1")
    grant(cluster.iam, "sender", allow("sqs:ReceiveMessage"))
    with pytest.raises(ClientError, match=f"assumed-role/sender/{task.rpartition('/')[2]} is not authorized"):
        sqs.send_message(QueueUrl=url, MessageBody="2")
    grant(cluster.iam, "sender", allow("sqs:SendMessage"))
    sqs.send_message(QueueUrl=url, MessageBody="3")
    cluster.ecs.stop_task(cluster=CLUSTER, task=task)


def test_ecs_exec_works_as_long_as_the_tasks_role_lets_its_agent_open_channels(cluster: EcsCluster) -> None:
    role = create_role(cluster.iam, "worker")
    task, _ = held(cluster, role)
    asked = {"cluster": CLUSTER, "task": task, "interactive": True, "command": "true"}
    assert error_code(cluster.ecs.execute_command, **asked) == "TargetNotConnectedException"
    grant(cluster.iam, "worker", allow("ssmmessages:*"))
    assert cluster.ecs.execute_command(**asked)["session"]
    cluster.ecs.stop_task(cluster=CLUSTER, task=task)


def test_a_task_stops_when_its_execution_role_may_not_read_its_secret(cluster: EcsCluster) -> None:
    secret = cluster.secretsmanager.create_secret(Name="s", SecretString="x")["ARN"]
    reads = allow("secretsmanager:GetSecretValue", resource=secret)
    role = create_role(cluster.iam, "execution", WRITES_LOGS)
    definition = cluster.register(job(secrets=[{"name": "S", "valueFrom": secret}]), executionRoleArn=role)
    task = cluster.wait_until_stopped(cluster.run_task(definition))
    begins = (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        f"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {secret} "
        "from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/execution/"
    )
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(begins)
    grant(cluster.iam, "execution", WRITES_LOGS, reads)
    assert cluster.wait_until_stopped(cluster.run_task(definition))["containers"][0]["exitCode"] == 0


def test_lines_are_lost_while_the_execution_role_may_not_write_them(cluster: EcsCluster) -> None:
    role = create_role(cluster.iam, "mute", allow("logs:CreateLogStream"))
    definition = cluster.register(job("print('lost')"), family="mute", executionRoleArn=role)
    arn = cluster.run_task(definition)
    assert cluster.wait_until_stopped(arn)["containers"][0]["exitCode"] == 0
    stream = f"web/web/{arn.rpartition('/')[2]}"
    assert cluster.logs.get_log_events(logGroupName="app", logStreamName=stream)["events"] == []


def test_no_task_starts_with_a_role_that_does_not_trust_ecs(cluster: EcsCluster) -> None:
    other = {**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}}
    role = create_role(cluster.iam, "stranger", trust=other)
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(job(), taskRoleArn=role)))
    assert task["stoppedReason"].startswith(f"{LOST} '{role}' that was provided for this task.")
