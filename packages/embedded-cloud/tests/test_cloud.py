"""The embedded cloud as a whole: API, agents, start and stop."""

import logging
import socket
import threading
import time

import pytest

from embedded_cloud.agents.agent import AgentThread, CloudContext
from embedded_cloud.api.server import changes_state
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig
from embedded_cloud.containers.docker_host import DockerHost
from embedded_cloud.testing.polling import wait_until
from support.clouds import Start, client


class CountingAgent:
    """Fails on its first pass."""

    name = "counting"

    def __init__(self) -> None:
        self.passes = 0

    def reconcile(self) -> None:
        self.passes += 1
        if self.passes == 1:
            raise ValueError("first pass")


def test_the_api_answers_on_this_machine_only(cloud: EmbeddedCloud, config: CloudConfig) -> None:
    assert cloud.endpoint == f"http://127.0.0.1:{config.api_port}"
    assert [listener.host for listener in cloud._api._listeners] == ["127.0.0.1"]
    assert client(cloud, "sts").get_caller_identity()["Account"] == "123456789012"


def test_configured_zones_exist_and_are_the_same_after_a_restart(start: Start) -> None:
    cloud = start()
    (before,) = client(cloud, "route53").list_hosted_zones()["HostedZones"]
    assert (before["Name"], before["Config"]["PrivateZone"]) == ("example.com.", False)
    cloud.stop()
    (after,) = client(start(), "route53").list_hosted_zones()["HostedZones"]
    assert after["Id"] == before["Id"]


def test_no_docker_is_needed_for_the_api_alone(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert client(start(), "ecs").list_clusters()["clusterArns"] == []


def test_a_second_cloud_in_the_process_is_refused(config: CloudConfig, cloud: EmbeddedCloud) -> None:
    with pytest.raises(RuntimeError, match="already runs"):
        EmbeddedCloud(config, agents=False).start()
    assert client(cloud, "sts").get_caller_identity()


def test_stopping_a_cloud_twice_does_not_affect_the_next_one(config: CloudConfig, start: Start) -> None:
    first = start()
    first.stop()
    start()
    first.stop()
    with pytest.raises(RuntimeError, match="already runs"):
        EmbeddedCloud(config, agents=False).start()


def test_a_port_in_use_is_named_and_another_cloud_can_start(config: CloudConfig, start: Start) -> None:
    with socket.create_server(("127.0.0.1", config.api_port)), pytest.raises(OSError, match=str(config.api_port)):
        EmbeddedCloud(config, agents=False).start()
    assert client(start(), "sts").get_caller_identity()


def test_an_error_inside_moto_is_answered_once_and_not_retried(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def broken(*_: object, **__: object) -> None:
        calls.append(1)
        raise KeyError("a bug in moto")

    monkeypatch.setattr(type(cloud.context.backend("sns")), "list_topics", broken)
    with caplog.at_level(logging.CRITICAL), pytest.raises(Exception, match="moto failed on this request: KeyError"):
        client(cloud, "sns").list_topics()
    assert len(calls) == 1


def test_a_slow_upload_does_not_block_other_requests(cloud: EmbeddedCloud, config: CloudConfig) -> None:
    with socket.create_connection(("127.0.0.1", config.api_port)) as slow:
        slow.sendall(b"PUT /some-bucket/key HTTP/1.1\r\nHost: s3\r\nContent-Length: 100\r\n\r\nhalf")
        assert client(cloud, "sts").get_caller_identity()


@pytest.mark.parametrize(
    ("method", "action", "changes"),
    [
        ("POST", "DescribeServices", False),
        ("POST", "GetSecretValue", False),
        ("POST", "ListTasks", False),
        ("POST", "CreateService", True),
        ("POST", "PutLogEvents", True),
        ("GET", "", False),
        ("PUT", "", True),
        ("DELETE", "", True),
    ],
)
def test_only_requests_that_change_state_wait_for_the_disk(method: str, action: str, changes: bool) -> None:
    assert changes_state(method, action) is changes


def test_an_agent_survives_its_errors_and_logs_each_once(caplog: pytest.LogCaptureFixture) -> None:
    agent = CountingAgent()
    thread = AgentThread(agent, 0.01)
    with caplog.at_level(logging.WARNING, "embedded_cloud"):
        thread.start()
        wait_until(lambda: agent.passes >= 2, 5)
    thread.stop()
    thread.join(5)
    assert caplog.text.count("first pass") == 1


def test_stopping_ends_every_thread_quickly(config: CloudConfig) -> None:
    before = {thread.name for thread in threading.enumerate()}
    cloud = EmbeddedCloud(config, agents=False)
    cloud.start()
    client(cloud, "sns").create_topic(Name="t")
    began = time.monotonic()
    cloud.stop()
    assert time.monotonic() - began < 3
    assert {thread.name for thread in threading.enumerate()} - before == set()


@pytest.mark.containers
def test_with_docker_in_a_virtual_machine_containers_use_its_host_name(
    config: CloudConfig, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not an address of this machine (RFC 5737), like the gateway inside Docker's virtual machine.
    monkeypatch.setattr(DockerHost, "gateway", "203.0.113.1")
    cloud = start(lambda _: CountingAgent())
    assert cloud.context.container_endpoint == f"http://host.docker.internal:{config.api_port}"


@pytest.mark.containers
def test_containers_reach_the_api_through_the_network(start: Start, config: CloudConfig) -> None:
    class Nothing:
        name = "nothing"

        def __init__(self, context: CloudContext) -> None:
            self.context = context

        def reconcile(self) -> None:
            """There is nothing to do."""

    cloud = start(Nothing)
    host, _, port = cloud.context.container_endpoint.removeprefix("http://").partition(":")
    probe = f"exec 3<>/dev/tcp/{host}/{port} && printf 'GET /moto-api/ HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3"
    container = cloud.context.docker.run("probe", config.images["postgres"], "probe", command=["bash", "-c", probe])
    container.wait(timeout=30)
    assert b"HTTP/1" in container.logs()
