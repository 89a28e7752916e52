"""What a service's scheduler does and says, with the test in the place of the containers."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import ecs_capacity, ecs_service, ecs_state, moto_patches
from local.cloud.config import CloudConfig
from local.cloud.ecs_service import ServiceScheduler
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

TROUBLESHOOTING = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


class Service:
    """A service of two tasks behind no load balancer, moved on pass by pass."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud = cloud
        self.ecs = client(cloud, "ecs")
        self.scheduler = ServiceScheduler(cloud.context)
        self.capacity = cloud.config.state_dir / ecs_capacity.FILE

    def release(self, name: str) -> str:
        registered = self.ecs.register_task_definition(
            family="web", containerDefinitions=[{"name": "web", "image": name, "memory": 64}]
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def create(self, definition: str) -> None:
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        self.ecs.create_service(
            cluster="site",
            serviceName="web",
            taskDefinition=definition,
            desiredCount=2,
            deploymentConfiguration=breaker,
        )

    def pass_(self) -> None:
        with self.cloud.context.lock:
            self.scheduler.reconcile()

    def tasks(self, status: str = "RUNNING") -> list[Any]:
        backend = self.cloud.context.backend("ecs")
        return [task for task in backend.tasks.get("site", {}).values() if task.desired_status == status]

    def run_all(self) -> None:
        for task in self.tasks():
            ecs_state.set_status(task, "RUNNING")
        for task in self.tasks("STOPPED"):
            ecs_state.set_status(task, "STOPPED")

    def crash_all(self) -> None:
        for task in self.tasks():
            ecs_state.ask_to_stop(task, "Essential container in task exited", "EssentialContainerExited")
            ecs_state.set_status(task, "STOPPED")

    def described(self) -> dict[str, Any]:
        return dict(self.ecs.describe_services(cluster="site", services=["web"])["services"][0])

    def said(self) -> list[str]:
        """What the events say, oldest first, without the service's name."""
        messages = [event["message"].removeprefix("(service web) ") for event in self.described()["events"]]
        return messages[::-1]

    def reach(self, state: str, passes: int = 10) -> dict[str, Any]:
        for _ in range(passes):
            self.pass_()
            self.run_all()
            if (deployment := self.described()["deployments"][0])["rolloutState"] == state:
                return dict(deployment)
        raise AssertionError(self.said())


@pytest.fixture
def service(cloud: EmbeddedCloud, config: CloudConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(ecs_service, "STEADY_SECONDS", 0.0)
    monkeypatch.setattr(ecs_service, "backoff_seconds", lambda _: 0.0)
    moto_patches.apply(agents=True, registry=f"localhost:{config.registry_port}")
    client(cloud, "ecs").create_cluster(clusterName="site")
    made = Service(cloud)
    yield made
    # RunTask asks the last cloud of this process.
    made.capacity.unlink(missing_ok=True)
    moto_patches.apply(agents=False, registry=f"localhost:{config.registry_port}")


def test_a_service_tells_what_it_starts_and_when_it_is_steady(service: Service) -> None:
    service.create(service.release("good"))
    deployment = service.reach("COMPLETED")
    names = " ".join(f"(task {task.id})" for task in service.tasks())
    assert service.said() == [
        f"has started 2 tasks: {names}.",
        f"(deployment {deployment['id']}) deployment completed.",
        "has reached a steady state.",
    ]


def test_a_first_release_that_crashes_fails_and_nothing_is_there_to_go_back_to(service: Service) -> None:
    service.create(service.release("bad"))
    for _ in range(5):
        service.pass_()
        service.crash_all()
    (deployment,) = service.described()["deployments"]
    assert (deployment["rolloutState"], deployment["status"]) == ("FAILED", "PRIMARY")
    assert deployment["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert service.said()[-1] == f"(deployment {deployment['id']}) deployment failed: tasks failed to start."
    assert f"is unable to consistently start tasks successfully. {TROUBLESHOOTING}" in service.said()
    started = len(service.tasks("STOPPED"))
    service.pass_()
    assert (service.tasks(), len(service.tasks("STOPPED"))) == ([], started)


def test_a_release_that_crashes_is_rolled_back_to_the_one_before(service: Service) -> None:
    good = service.release("good")
    service.create(good)
    before = service.reach("COMPLETED")
    service.ecs.update_service(cluster="site", service="web", taskDefinition=service.release("bad"))
    for _ in range(5):
        service.pass_()
        for task in service.tasks():
            if task.task_definition_arn != good:
                ecs_state.ask_to_stop(task, "Essential container in task exited", "EssentialContainerExited")
                ecs_state.set_status(task, "STOPPED")
    failed = next(place for place, message in enumerate(service.said()) if "deployment failed" in message)
    assert service.said()[failed].endswith("deployment failed: tasks failed to start.")
    assert service.said()[failed + 1] == f"rolling back to deployment {before['id']}."
    after = service.described()["deployments"][0]
    assert (after["id"], after["taskDefinition"]) == (before["id"], good)
    assert len(service.tasks()) == 2


def test_without_capacity_nothing_is_placed_and_the_event_says_so(service: Service) -> None:
    service.capacity.write_text("0")
    service.create(service.release("good"))
    service.pass_()
    assert service.tasks() == []
    assert service.said() == [f"was unable to place a task. Reason: {ecs_capacity.UNAVAILABLE}. {TROUBLESHOOTING}"]
    assert service.described()["deployments"][0]["failedTasks"] == 1
    service.capacity.unlink()
    service.reach("COMPLETED")


def test_a_release_that_finds_no_room_is_rolled_back_and_the_old_one_serves_on(service: Service) -> None:
    good = service.release("good")
    service.create(good)
    service.reach("COMPLETED")
    service.capacity.write_text("2\n")
    service.ecs.update_service(cluster="site", service="web", taskDefinition=service.release("next"))
    service.reach("COMPLETED")
    assert {task.task_definition_arn for task in service.tasks()} == {good}
    assert any("was unable to place a task" in message for message in service.said())
    assert any("deployment failed: tasks failed to start." in message for message in service.said())


def test_a_one_off_task_without_room_is_a_failure_of_the_call(service: Service) -> None:
    definition = service.release("good")
    service.capacity.write_text("1")
    how = {"launchType": "FARGATE", "networkConfiguration": ecs_service.NO_NETWORK}
    answers = [service.ecs.run_task(cluster="site", taskDefinition=definition, count=count, **how) for count in (2, 1)]
    assert [len(answer["tasks"]) for answer in answers] == [0, 1]
    assert answers[0]["failures"] == [{"reason": ecs_capacity.UNAVAILABLE}]
    assert answers[1]["failures"] == []


def test_a_capacity_that_is_no_number_is_named(service: Service) -> None:
    service.capacity.write_text("none")
    service.create(service.release("good"))
    with pytest.raises(ValueError, match="fargate-capacity must hold the number of tasks"):
        service.pass_()
