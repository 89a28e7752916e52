"""The commands of docs/operations.md around a restore: the site stops, the task with the tunnel does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.running import service

pytestmark = pytest.mark.containers

SECONDS = 90


@pytest.fixture
def tunnel(deployed: Checkout) -> Iterator[str]:
    """ARN of a task of its own, started as documented."""
    ecs, site = deployed.aws("ecs"), service(deployed)
    started = ecs.run_task(
        cluster=site["clusterArn"],
        launchType="FARGATE",
        enableExecuteCommand=True,
        taskDefinition=site["taskDefinition"],
        networkConfiguration=site["networkConfiguration"],
    )
    arn = started["tasks"][0]["taskArn"]
    wait_until(lambda: status(deployed, arn) == "RUNNING", SECONDS)
    yield arn
    ecs.stop_task(cluster=site["clusterArn"], task=arn)


def status(checkout: Checkout, task: str) -> str:
    """Last status of a task."""
    (found,) = checkout.aws("ecs").describe_tasks(cluster=service(checkout)["clusterArn"], tasks=[task])["tasks"]
    return str(found["lastStatus"])


def set_desired_count(checkout: Checkout, count: int) -> None:
    """Set the number of tasks and wait for it."""
    site: dict[str, Any] = service(checkout)
    checkout.aws("ecs").update_service(cluster=site["clusterArn"], service=site["serviceName"], desiredCount=count)
    wait_until(lambda: service(checkout)["runningCount"] == count, SECONDS)


def test_the_task_with_the_tunnel_runs_while_the_site_is_stopped_and_rolled_back(
    deployed: Checkout, tunnel: str
) -> None:
    before = service(deployed)["taskDefinition"]
    set_desired_count(deployed, 0)
    assert status(deployed, tunnel) == "RUNNING"
    result = deployed.ops("rollback", "--yes")
    assert result.returncode == 0, result.stderr
    assert (service(deployed)["runningCount"], status(deployed, tunnel)) == (0, "RUNNING")
    set_desired_count(deployed, 2)
    assert service(deployed)["taskDefinition"] != before
