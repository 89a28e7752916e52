"""Each part waits longer than the one behind it."""

import re

import pytest

from infra.application.manifest import MOST_START_SECONDS
from infra.ecs import server
from infra.release.rollout import deployment, outdated_tasks
from infra.settings.request_rules import BOUNDS
from local.runtime import ROOT
from tests.docker.scripts import script

LARGEST_IDLE_TIMEOUT = 4000
"""Of an Application Load Balancer."""
LARGEST_DELAY = 3600
"""Of a target group."""


def proxy_waits(directive: str) -> int:
    """How many seconds nginx waits longer than a request may take."""
    script = (ROOT / "docker/bin/start-proxy").read_text()
    found = re.search(rf"{directive} \$\(\((?:REQUEST_TIMEOUT|longest) \+ (\d+)\)\)s;", script)
    assert found, directive
    return int(found[1])


@pytest.mark.parametrize("seconds", [*BOUNDS["request_timeout_seconds"], 30, server.LONGEST_REQUEST])
def test_the_load_balancer_waits_longer_than_the_proxy_and_the_proxy_longer_than_the_application(seconds: int) -> None:
    # The application ends a thread's request two seconds late at most, or answers in its place.
    assert proxy_waits("proxy_read_timeout") > 3
    assert server.idle_timeout(seconds) > seconds + proxy_waits("proxy_read_timeout")
    assert server.idle_timeout(seconds) < seconds + proxy_waits("keepalive_timeout")
    assert server.idle_timeout(seconds) <= LARGEST_IDLE_TIMEOUT


@pytest.mark.parametrize("seconds", [*BOUNDS["request_timeout_seconds"], 30, server.LONGEST_REQUEST])
def test_a_replaced_task_keeps_a_request_as_long_as_the_proxy_waits_for_it(seconds: int) -> None:
    delay = server.deregistration_delay(seconds)
    assert (
        delay == seconds + proxy_waits("proxy_read_timeout") == seconds + script("nginx").SECONDS_AFTER_THE_APPLICATION
    )
    assert delay < server.idle_timeout(seconds)
    assert delay <= LARGEST_DELAY


def test_a_rollout_that_waits_for_the_longest_request_ends_in_time() -> None:
    stop = server.deregistration_delay(server.LONGEST_REQUEST) + server.LONGEST_STOP
    # The image is pulled meanwhile.
    assert stop + MOST_START_SECONDS + 120 < deployment.ROLLOUT_SECONDS
    # The containers of a task stop one after the other.
    assert stop + server.LONGEST_STOP < outdated_tasks.DRAIN_SECONDS
