"""Each part waits longer than the one behind it."""

import re

import pytest

from infra.ecs import server
from infra.settings.request_rules import BOUNDS
from local.runtime import ROOT

LARGEST_IDLE_TIMEOUT = 4000
"""Of an Application Load Balancer."""


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
