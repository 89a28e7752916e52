"""ECS Exec and port forwarding in real containers, with AWS's own client."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx
import pytest

from embedded_cloud.testing.polling import wait_until
from support.clouds import error_code
from support.ecs_cluster import CLUSTER, EcsCluster, running_cluster
from support.plugin import session_manager_plugin

pytestmark = pytest.mark.containers

SERVER = {
    "name": "web",
    "image": "embedded-cloud/python:trixie",
    "command": ["python3", "-m", "http.server", "--directory", "/usr/lib/python3", "8000"],
    "user": "10001:10001",
    "stopTimeout": 1,
    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsCluster]:
    session_manager_plugin()
    with running_cluster(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture(scope="module")
def task(cluster: EcsCluster) -> dict[str, Any]:
    """A running task in which ECS Exec works."""
    arn = cluster.run_task(cluster.register(SERVER), enableExecuteCommand=True)

    def described() -> dict[str, Any]:
        return dict(cluster.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])

    wait_until(lambda: described()["lastStatus"] == "RUNNING", 90)
    return described()


@contextmanager
def joined(cluster: EcsCluster, answer: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """AWS's client in a session; its standard input is a pipe."""
    response = json.dumps({f"{name[0].upper()}{name[1:]}": value for name, value in answer.items()})
    endpoint = cluster.cloud.endpoint
    client = subprocess.Popen(
        [
            session_manager_plugin(),
            "AWS_SSM_START_SESSION_RESPONSE",
            "us-east-1",
            "StartSession",
            "",
            '{"Target": "task"}',
            endpoint,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_SSM_START_SESSION_RESPONSE": response,
        },
    )
    with client:
        try:
            yield client
        finally:
            client.kill()


def execute(cluster: EcsCluster, task: dict[str, Any], command: str) -> Any:
    return cluster.ecs.execute_command(cluster=CLUSTER, task=task["taskArn"], interactive=True, command=command)


def read_until(stream: IO[str] | None, pattern: str) -> re.Match[str]:
    for line in stream or ():
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"the client ended without {pattern}")


def processes(cluster: EcsCluster) -> str:
    (container,) = (one for one in cluster.containers() if one.labels["embedded-cloud.container"] == "web")
    return str(container.top()["Processes"])


def test_a_command_runs_as_root_in_a_terminal_and_ends_when_its_client_is_killed(
    cluster: EcsCluster, task: dict[str, Any]
) -> None:
    answer = execute(cluster, task, "/bin/sh -c 'id -u; tty; exec sleep 1234'")
    with joined(cluster, answer["session"]) as client:
        assert read_until(client.stdout, r"^(\d+)\s*$")[1] == "0"
        read_until(client.stdout, "/dev/pts/")
        wait_until(lambda: "sleep 1234" in processes(cluster), 10)
    wait_until(lambda: "sleep 1234" not in processes(cluster), 20)


def test_a_session_needs_execute_command_and_a_task(cluster: EcsCluster, task: dict[str, Any]) -> None:
    other = cluster.run_task(cluster.register(SERVER))
    assert error_code(execute, cluster, {"taskArn": other}, "sh") == "InvalidParameterException"
    target = f"ecs:{CLUSTER}_{other.rpartition('/')[2]}_0"
    assert error_code(cluster.ssm.start_session, Target=target) == "TargetNotConnected"
    cluster.ecs.stop_task(cluster=CLUSTER, task=other)


def test_a_forwarded_port_serves_several_connections_and_closes_with_the_task(
    cluster: EcsCluster, task: dict[str, Any]
) -> None:
    (container,) = task["containers"]
    answer = cluster.ssm.start_session(
        Target=f"ecs:{CLUSTER}_{task['taskArn'].rpartition('/')[2]}_{container['runtimeId']}",
        DocumentName="AWS-StartPortForwardingSessionToRemoteHost",
        Parameters={"host": ["127.0.0.1"], "portNumber": ["8000"], "localPortNumber": ["0"]},
    )
    session = {name: answer[name] for name in ("SessionId", "StreamUrl", "TokenValue")}
    with joined(cluster, session) as client:
        port = read_until(client.stdout, r"Port (\d+) opened")[1]
        with httpx.Client(base_url=f"http://localhost:{port}") as one, httpx.Client(base_url=one.base_url) as other:
            pages = [browser.get("/").text for browser in (one, other, one)]
        assert "<title>Directory listing for /</title>" in pages[0]
        assert len(set(pages)) == 1
        cluster.ecs.stop_task(cluster=CLUSTER, task=task["taskArn"])
        assert client.wait(30) == 0
