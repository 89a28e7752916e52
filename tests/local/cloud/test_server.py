"""The embedded cloud as a whole: its API, its agents, its beginning and end."""

import logging
import socket
import threading
import time

import pytest

from local.cloud.agent import AgentThread
from local.cloud.api import changes_state
from local.cloud.config import CloudConfig
from local.cloud.containers import DockerHost
from local.cloud.context import CloudContext
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import Start, client
from tests.waiting import wait_until


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


def test_the_account_owns_its_zone_before_anything_is_deployed(cloud: EmbeddedCloud) -> None:
    (zone,) = client(cloud, "route53").list_hosted_zones()["HostedZones"]
    assert (zone["Name"], zone["Config"]["PrivateZone"]) == ("preqly.com.", False)


def test_the_zone_is_the_same_one_after_a_restart(start: Start) -> None:
    cloud = start()
    (before,) = client(cloud, "route53").list_hosted_zones()["HostedZones"]
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


def test_stopping_a_cloud_twice_leaves_the_next_one_alone(config: CloudConfig, start: Start) -> None:
    first = start()
    first.stop()
    start()
    first.stop()
    with pytest.raises(RuntimeError, match="already runs"):
        EmbeddedCloud(config, agents=False).start()


def test_a_port_in_use_is_said_and_leaves_the_process_free(config: CloudConfig, start: Start) -> None:
    with socket.create_server(("127.0.0.1", config.api_port)), pytest.raises(OSError, match=str(config.api_port)):
        EmbeddedCloud(config, agents=False).start()
    assert client(start(), "sts").get_caller_identity()


def test_an_error_inside_moto_is_answered_once_and_not_retried(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def broken(*_: object, **__: object) -> None:
        calls.append(1)
        raise KeyError("moto's own mistake")

    monkeypatch.setattr(type(cloud.context.backend("sns")), "list_topics", broken)
    with caplog.at_level(logging.CRITICAL), pytest.raises(Exception, match="embedded cloud cannot do"):
        client(cloud, "sns").list_topics()
    assert len(calls) == 1


def test_a_slow_upload_does_not_hold_up_other_requests(cloud: EmbeddedCloud, config: CloudConfig) -> None:
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
def test_only_requests_that_change_something_wait_for_the_disk(method: str, action: str, changes: bool) -> None:
    assert changes_state(method, action) is changes


def test_an_agent_outlives_its_errors_and_tells_each_once(caplog: pytest.LogCaptureFixture) -> None:
    agent = CountingAgent()
    thread = AgentThread(agent)
    with caplog.at_level(logging.WARNING, "preqly.cloud"):
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
def test_an_engine_in_a_virtual_machine_is_told_the_name_that_leads_here(
    config: CloudConfig, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No address of this machine (RFC 5737), like the gateway of a network inside Docker's own machine.
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
