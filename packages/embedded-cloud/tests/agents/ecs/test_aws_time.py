"""A rollout at AWS's own waiting times. The other tests use faster clocks."""

from datetime import datetime
from pathlib import Path

import pytest

from embedded_cloud.config import Clocks
from support.ecs_cluster import EcsCluster, running_cluster
from support.web_service import serving

pytestmark = pytest.mark.containers


def test_a_rolling_update_takes_as_long_as_the_settings_say_and_fails_no_request(tmp_path: Path) -> None:
    with running_cluster(tmp_path, Clocks()) as cluster:
        cluster.create_service("web", cluster.register(serving("one")), count=1)
        cluster.wait_until_completed("web")
        (old,) = cluster.tasks()
        with cluster.load() as load:
            cluster.update_service("web", taskDefinition=cluster.register(serving("two")))
            cluster.wait_until_completed("web")
        assert load.failures == [], cluster.history("web")
        assert load.releases == {"one", "two"}
        (new,) = cluster.tasks()
        stopped = cluster.wait_until_stopped(old["taskArn"])
        # The container's health check runs every 5 s, so the new task is healthy 5 s after its start at the earliest.
        assert (stopped["stoppingAt"] - new["startedAt"]).total_seconds() >= 4
        draining = _event(cluster, "has begun draining connections on 1 tasks.")
        assert (stopped["stoppedAt"] - draining).total_seconds() >= 5


def _event(cluster: EcsCluster, text: str) -> datetime:
    events = cluster.service("web")["events"]
    moment: datetime = next(event["createdAt"] for event in events if text in event["message"])
    return moment
