"""Services on real containers: rollout, rollback, replacement of tasks, restart of the cloud, deletion."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded_cloud.agents.autoscaling import agent as autoscaling
from embedded_cloud.testing.polling import wait_until
from support.ecs_cluster import CLUSTER, GRACE_SECONDS, EcsCluster, running_cluster
from support.web_service import ILL, serving

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsCluster]:
    with running_cluster(tmp_path_factory.mktemp("cloud")) as made:
        made.create_service("web", made.register(serving("one")))
        made.wait_until_completed("web")
        yield made


def test_an_update_and_the_return_to_the_earlier_release_fail_no_request(cluster: EcsCluster) -> None:
    before = {container.id for container in cluster.containers()}
    earlier = cluster.service("web")["taskDefinition"]
    with cluster.load(4) as load:
        wait_until(lambda: load.requests > 50, 90)
        for definition in (cluster.register(serving("two")), earlier):
            cluster.update_service("web", taskDefinition=definition)
            service = cluster.wait_until_completed("web")
            assert [d["status"] for d in service["deployments"]] == ["PRIMARY"]
            assert service["taskDefinition"] == definition
    assert load.failures == [], cluster.history("web")
    assert load.releases == {"one", "two"}
    assert not before & {container.id for container in cluster.containers()}
    with cluster.http_client() as client:
        assert client.get("/").text.startswith("one")


@pytest.mark.parametrize(
    ("change", "stop_code", "exit_code", "reason"),
    [
        (
            {"command": ["python3", "-c", "raise SystemExit(3)"]},
            "EssentialContainerExited",
            3,
            "Essential container in task exited",
        ),
        (
            {"environment": [{"name": "HEALTH", "value": "500"}]},
            "ServiceSchedulerInitiated",
            None,
            "Task failed ELB health checks",
        ),
        (
            {
                "healthCheck": {
                    "command": ["CMD", "/bin/false"],
                    "interval": 5,
                    "timeout": 4,
                    "retries": 1,
                    "startPeriod": 0,
                }
            },
            "ServiceSchedulerInitiated",
            None,
            "Task failed container health checks",
        ),
    ],
    ids=["crashes", "is never healthy for the load balancer", "is never healthy for its own check"],
)
def test_a_bad_release_is_rolled_back_without_a_failed_request(
    cluster: EcsCluster, change: dict[str, object], stop_code: str, exit_code: int | None, reason: str
) -> None:
    good = cluster.wait_until_completed("web")["deployments"][0]
    bad = cluster.register(serving("bad", **change))
    with cluster.load(2) as load:
        # Long enough for the server to start: the load balancer has to see its 500, not a refused connection.
        grace = 6 if "ELB" in reason else 0
        cluster.update_service("web", taskDefinition=bad, healthCheckGracePeriodSeconds=grace)
        failed: list[dict[str, object]] = []

        def is_rolled_back() -> bool:
            deployments = cluster.service("web")["deployments"]
            failed[:] = [d for d in deployments if d["rolloutState"] == "FAILED"]
            return bool(deployments[0]["id"] == good["id"])

        wait_until(is_rolled_back, 120, lambda: cluster.service("web")["deployments"])
        service = cluster.wait_until_completed("web")
    cluster.update_service("web", healthCheckGracePeriodSeconds=GRACE_SECONDS)
    assert load.failures == [], cluster.history("web")
    # The load balancer ignores the container's own health check: a running task is a target.
    assert "bad" not in load.releases or "container health checks" in reason
    assert service["taskDefinition"] == good["taskDefinition"]
    assert failed[0]["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert any("deployment failed: tasks failed to start." in event["message"] for event in service["events"])
    assert any(f"rolling back to deployment {good['id']}." in event["message"] for event in service["events"])
    if "ELB" in reason:
        event = (
            f"(port 8000) is unhealthy in (target-group {cluster.target_group}) "
            "due to (reason Health checks failed with these codes: [500])."
        )
        assert any(event in one["message"] for one in service["events"])
    tasks = [task for task in cluster.tasks("STOPPED", serviceName="web") if task["taskDefinitionArn"] == bad]
    assert any(
        task["stopCode"] == stop_code
        and reason in task["stoppedReason"]
        and exit_code in (None, task["containers"][0].get("exitCode"))
        for task in tasks
    ), tasks


def test_a_task_that_is_killed_is_replaced(cluster: EcsCluster) -> None:
    victim = cluster.containers()[0]
    killed = victim.labels["embedded-cloud.task"]
    victim.kill()
    wait_until(lambda: any(t["taskArn"].endswith(killed) for t in cluster.tasks("STOPPED")), 90)
    (task,) = [t for t in cluster.tasks("STOPPED") if t["taskArn"].endswith(killed)]
    wait_until(lambda: cluster.service("web")["runningCount"] == 2, 90, lambda: cluster.service("web")["events"][:3])
    assert task["containers"][0]["exitCode"] == 137
    assert cluster.service("web")["deployments"][0]["rolloutState"] == "COMPLETED"


def test_tasks_that_are_no_longer_healthy_serve_until_their_replacements_do(cluster: EcsCluster) -> None:
    before = cluster.containers()
    cluster.update_service("web", healthCheckGracePeriodSeconds=0)
    with cluster.load(2) as load:
        for container in before:
            container.exec_run(["touch", ILL])
        wait_until(lambda: not {one.id for one in before} & {one.id for one in cluster.containers()}, 120)
        cluster.wait_until_completed("web")
    cluster.update_service("web", healthCheckGracePeriodSeconds=GRACE_SECONDS)
    assert load.failures == [], cluster.history("web")
    events = [one["message"] for one in cluster.service("web")["events"]]
    assert sum("failed container health checks" in one for one in events) >= len(before)


@pytest.fixture
def policy(cluster: EcsCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Sets the requests a minute for which the service gets a task; a minute of its policy is a second."""
    monkeypatch.setattr(autoscaling, "PERIOD_SECONDS", cluster.config.clocks.time_factor)
    scaled = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{CLUSTER}/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    cluster.autoscaling.register_scalable_target(**scaled, MinCapacity=2, MaxCapacity=3)
    label = f"{cluster.load_balancer.partition('loadbalancer/')[2]}/{cluster.target_group.rpartition(':')[2]}"
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}

    def put(requests: float) -> None:
        cluster.autoscaling.put_scaling_policy(
            **scaled,
            PolicyName="requests",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": requests,
                "PredefinedMetricSpecification": metric,
                "ScaleOutCooldown": 0,
                "ScaleInCooldown": 0,
            },
        )

    yield put
    cluster.autoscaling.deregister_scalable_target(**scaled)


def test_requests_add_a_task_and_their_end_removes_it_without_a_failed_request(
    cluster: EcsCluster, policy: Callable[[float], None]
) -> None:
    with cluster.load(2) as load:
        for requests, count in ((1, 3), (1_000_000, 2)):
            policy(requests)
            wait_until(lambda count=count: _healthy_targets(cluster) == len(cluster.containers()) == count, 90)  # type: ignore[misc]
    assert load.failures == [], cluster.history("web")
    assert cluster.service("web")["runningCount"] == 2


def test_a_target_drains_until_its_last_request_ends_and_no_longer(cluster: EcsCluster) -> None:
    """The request is longer than the shortened delay and the stop timeout together, and shorter than the delay."""
    delay, seconds = 30, 14
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}
    cluster.elbv2.modify_target_group_attributes(TargetGroupArn=cluster.target_group, Attributes=[attribute])
    with ThreadPoolExecutor(4) as visitors:
        began = time.monotonic()
        slow = [visitors.submit(_status, cluster, f"/slow?{seconds}") for _ in range(4)]
        wait_until(lambda: all(one.running() for one in slow), 10)
        cluster.update_service("web", desiredCount=1)
        wait_until(lambda: len(cluster.targets()) == 1, 90)
        assert seconds <= time.monotonic() - began < delay - 5
        assert [one.result() for one in slow] == [200] * 4, cluster.history("web")
    cluster.update_service("web", desiredCount=2)
    wait_until(lambda: _healthy_targets(cluster) == 2, 90)


def test_a_forced_deployment_replaces_every_task_without_a_failed_request(cluster: EcsCluster) -> None:
    before = {container.id for container in cluster.containers()}
    with cluster.load(2) as load:
        cluster.update_service("web", forceNewDeployment=True)
        cluster.wait_until_completed("web")
    assert load.failures == [], cluster.history("web")
    assert not before & {container.id for container in cluster.containers()}


def test_a_restart_of_the_cloud_keeps_the_containers(cluster: EcsCluster) -> None:
    before = {container.id for container in cluster.containers()}
    deployment = cluster.service("web")["deployments"][0]["id"]
    with cluster.load(2) as load:
        cluster.cloud.stop()
        cluster.start()
        wait_until(lambda: _healthy_targets(cluster) == 2, 90)
        wait_until(lambda: load.requests > 200, 90)
    assert load.failures == []
    assert {container.id for container in cluster.containers()} == before
    assert cluster.service("web")["deployments"][0]["id"] == deployment
    assert cluster.service("web")["runningCount"] == 2


def test_a_task_that_died_while_the_cloud_was_stopped_is_replaced(cluster: EcsCluster) -> None:
    cluster.cloud.stop()
    victim = cluster.containers()[0]
    victim.remove(force=True)
    cluster.start()
    wait_until(
        lambda: victim.id not in {c.id for c in cluster.containers()} and cluster.service("web")["runningCount"] == 2,
        40,
        lambda: cluster.service("web")["events"][:3],
    )
    wait_until(lambda: _healthy_targets(cluster) == 2, 90)


def test_a_deleted_service_leaves_no_container(cluster: EcsCluster) -> None:
    cluster.delete_service("web")
    assert cluster.containers() == []
    assert cluster.containers("~pause") == []
    assert cluster.targets() == []
    with cluster.http_client() as client:
        answer = client.get("/")
    assert (answer.status_code, answer.headers["server"]) == (503, "awselb/2.0")


def _status(cluster: EcsCluster, path: str) -> int:
    with cluster.http_client() as client:
        return client.get(path, timeout=60).status_code


def _healthy_targets(cluster: EcsCluster) -> int:
    return sum(target["TargetHealth"]["State"] == "healthy" for target in cluster.targets())
