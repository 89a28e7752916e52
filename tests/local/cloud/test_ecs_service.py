"""Services on real containers: rolled out, rolled back, kept up, adopted, deleted."""

from collections.abc import Iterator

import pytest

from tests.local.cloud.ecs_definitions import serving
from tests.local.cloud.ecs_stand import CLUSTER, Stand, standing
from tests.waiting import wait_until

pytestmark = [pytest.mark.containers]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("cloud")) as made:
        made.create_service("web", made.register(serving("one")))
        made.steady("web")
        yield made


def test_a_rolling_update_fails_no_request(stand: Stand) -> None:
    before = {container.id for container in stand.containers()}
    with stand.load() as load:
        wait_until(lambda: load.requests > 50, 90)
        stand.ecs.update_service(cluster=CLUSTER, service="web", taskDefinition=stand.register(serving("two")))
        service = stand.steady("web")
    assert load.failures == []
    assert load.releases == {"one", "two"}
    assert [d["status"] for d in service["deployments"]] == ["PRIMARY"]
    assert not before & {container.id for container in stand.containers()}
    with stand.client() as client:
        assert client.get("/").text.startswith("two")


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
    stand: Stand, change: dict[str, object], stop_code: str, exit_code: int | None, reason: str
) -> None:
    good = stand.steady("web")["deployments"][0]
    bad = stand.register(serving("bad", **change))
    with stand.load(2) as load:
        stand.ecs.update_service(cluster=CLUSTER, service="web", taskDefinition=bad)
        failed: list[dict[str, object]] = []

        def is_rolled_back() -> bool:
            deployments = stand.service("web")["deployments"]
            failed[:] = [d for d in deployments if d["rolloutState"] == "FAILED"]
            return bool(deployments[0]["id"] == good["id"])

        wait_until(is_rolled_back, 120, lambda: stand.service("web")["deployments"])
        service = stand.steady("web")
    assert load.failures == [], stand.story("web")
    # A load balancer does not know of the container's own check: for as long as the task runs, it is a target.
    assert "bad" not in load.releases or "container health checks" in reason
    assert service["taskDefinition"] == good["taskDefinition"]
    assert failed[0]["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert any("deployment failed: tasks failed to start." in event["message"] for event in service["events"])
    assert any(f"rolling back to deployment {good['id']}." in event["message"] for event in service["events"])
    if "ELB" in reason:
        told = (
            f"(port 8000) is unhealthy in (target-group {stand.target_group}) due to (reason Health checks failed with "
        )
        assert any(f"{told}these codes: [500])." in event["message"] for event in service["events"])
    tasks = [task for task in stand.tasks("STOPPED", serviceName="web") if task["taskDefinitionArn"] == bad]
    assert any(
        task["stopCode"] == stop_code
        and reason in task["stoppedReason"]
        and exit_code in (None, task["containers"][0].get("exitCode"))
        for task in tasks
    ), tasks


def test_a_task_that_is_killed_is_replaced(stand: Stand) -> None:
    victim = stand.containers()[0]
    killed = victim.labels["preqly.task"]
    victim.kill()
    wait_until(lambda: any(t["taskArn"].endswith(killed) for t in stand.tasks("STOPPED")), 90)
    (task,) = [t for t in stand.tasks("STOPPED") if t["taskArn"].endswith(killed)]
    wait_until(lambda: stand.service("web")["runningCount"] == 2, 90, lambda: stand.service("web")["events"][:3])
    assert task["containers"][0]["exitCode"] == 137
    assert stand.service("web")["deployments"][0]["rolloutState"] == "COMPLETED"


def test_the_desired_count_is_followed_both_ways_without_a_failed_request(stand: Stand) -> None:
    with stand.load(2) as load:
        for count in (3, 2):
            stand.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=count)
            wait_until(lambda count=count: _healthy_targets(stand) == len(stand.containers()) == count, 90)  # type: ignore[misc]
    assert load.failures == [], stand.story("web")
    assert stand.service("web")["runningCount"] == 2


def test_a_forced_deployment_replaces_every_task_without_a_failed_request(stand: Stand) -> None:
    before = {container.id for container in stand.containers()}
    with stand.load(2) as load:
        stand.ecs.update_service(cluster=CLUSTER, service="web", forceNewDeployment=True)
        stand.steady("web")
    assert load.failures == [], stand.story("web")
    assert not before & {container.id for container in stand.containers()}


def test_an_earlier_release_comes_back_without_a_failed_request(stand: Stand) -> None:
    now = stand.service("web")["taskDefinition"]
    earlier = stand.register(serving("earlier"))
    for definition in (earlier, now):
        with stand.load(2) as load:
            stand.ecs.update_service(cluster=CLUSTER, service="web", taskDefinition=definition)
            stand.steady("web")
        assert load.failures == [], stand.story("web")
    assert "earlier" in load.releases
    assert stand.service("web")["taskDefinition"] == now


def test_a_restart_of_the_cloud_adopts_what_runs(stand: Stand) -> None:
    before = {container.id for container in stand.containers()}
    deployment = stand.service("web")["deployments"][0]["id"]
    with stand.load(2) as load:
        stand.cloud.stop()
        stand.start()
        wait_until(lambda: _healthy_targets(stand) == 2, 90)
        wait_until(lambda: load.requests > 200, 90)
    assert load.failures == []
    assert {container.id for container in stand.containers()} == before
    assert stand.service("web")["deployments"][0]["id"] == deployment
    assert stand.service("web")["runningCount"] == 2


def test_a_task_that_died_while_the_cloud_was_away_is_replaced(stand: Stand) -> None:
    stand.cloud.stop()
    victim = stand.containers()[0]
    victim.remove(force=True)
    stand.start()
    wait_until(
        lambda: victim.id not in {c.id for c in stand.containers()} and stand.service("web")["runningCount"] == 2,
        40,
        lambda: stand.service("web")["events"][:3],
    )
    wait_until(lambda: _healthy_targets(stand) == 2, 90)


def test_a_deleted_service_leaves_no_container(stand: Stand) -> None:
    stand.delete_service("web")
    assert stand.containers() == []
    assert stand.containers("~pause") == []
    assert stand.targets() == []
    with stand.client() as client:
        answer = client.get("/")
    assert (answer.status_code, answer.headers["server"]) == (503, "awselb/2.0")


def _healthy_targets(stand: Stand) -> int:
    return sum(target["TargetHealth"]["State"] == "healthy" for target in stand.targets())
