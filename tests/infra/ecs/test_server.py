"""Each part waits longer than the one behind it."""

import re

import pytest

from infra.ecs import server
from infra.release.rollout import diagnosis, outdated_tasks
from infra.settings.request_rules import BOUNDS
from local import project
from local.runtime import ROOT

LARGEST_IDLE_TIMEOUT = 4000
"""Of an Application Load Balancer."""
LARGEST_DELAY = 3600
"""Of a target group."""
LARGEST_STOP_TIMEOUT = 120
"""On Fargate."""


def proxy_waits(directive: str) -> int:
    """How many seconds nginx waits longer than a request may take."""
    found = re.search(
        rf"{directive} \$\(\(REQUEST_TIMEOUT \+ (\d+)\)\)s;", (ROOT / "docker/bin/start-proxy").read_text()
    )
    assert found, directive
    return int(found[1])


@pytest.mark.parametrize("seconds", [*BOUNDS["request_timeout_seconds"], 30])
def test_the_load_balancer_waits_longer_than_the_proxy_and_the_proxy_longer_than_the_application(seconds: int) -> None:
    # The application ends a thread's request two seconds late at most, or answers in its place.
    assert proxy_waits("proxy_read_timeout") > 3
    assert server.idle_timeout(seconds) > seconds + proxy_waits("proxy_read_timeout")
    assert server.idle_timeout(seconds) < seconds + proxy_waits("keepalive_timeout")
    assert server.idle_timeout(seconds) <= LARGEST_IDLE_TIMEOUT


@pytest.mark.parametrize("seconds", [*BOUNDS["request_timeout_seconds"], 30])
def test_a_task_that_is_replaced_keeps_its_requests_until_the_proxy_gives_them_up(seconds: int) -> None:
    assert seconds + proxy_waits("proxy_read_timeout") <= server.deregistration_delay(seconds) <= LARGEST_DELAY


def test_a_stop_is_as_short_as_fargate_demands() -> None:
    assert server.STOP_TIMEOUT <= LARGEST_STOP_TIMEOUT


def test_the_release_waits_for_tasks_that_drain_and_stop() -> None:
    assert (
        server.deregistration_delay(default("requestTimeoutSeconds")) + server.STOP_TIMEOUT < diagnosis.SETTLE_SECONDS
    )
    longest = server.deregistration_delay(BOUNDS["request_timeout_seconds"][1]) + server.STOP_TIMEOUT
    assert longest < outdated_tasks.DRAIN_SECONDS


def default(setting: str) -> int:
    """The default in Pulumi.yaml."""
    return int(project.default_setting(setting))
