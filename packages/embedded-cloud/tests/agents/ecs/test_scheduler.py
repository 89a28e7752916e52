"""The service scheduler's decisions and events, without containers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from embedded_cloud.agents.ecs.services import capacity as ecs_capacity
from embedded_cloud.agents.ecs.services import deployments
from embedded_cloud.agents.ecs.services import scheduler as service_scheduler
from embedded_cloud.agents.ecs.services.scheduler import ServiceScheduler
from embedded_cloud.agents.ecs.tasks import records
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, patched_for_agents

TROUBLESHOOTING = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


class Service:
    """A service of two tasks without a load balancer, advanced pass by pass."""

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

    def run_pass(self) -> None:
        with self.cloud.context.lock:
            self.scheduler.reconcile()

    def tasks(self, status: str = "RUNNING") -> list[Any]:
        backend = self.cloud.context.backend("ecs")
        return [task for task in backend.tasks.get("site", {}).values() if task.desired_status == status]

    def run_all(self) -> None:
        for task in self.tasks():
            records.set_status(task, "RUNNING")
        for task in self.tasks("STOPPED"):
            records.set_status(task, "STOPPED")

    def crash_all(self) -> None:
        for task in self.tasks():
            records.request_stop(task, "Essential container in task exited", "EssentialContainerExited")
            records.set_status(task, "STOPPED")

    def described(self) -> dict[str, Any]:
        return dict(self.ecs.describe_services(cluster="site", services=["web"])["services"][0])

    def messages(self) -> list[str]:
        """Return the events' messages, oldest first, without the service's name."""
        messages = [event["message"].removeprefix("(service web) ") for event in self.described()["events"]]
        return messages[::-1]

    def reach(self, state: str, passes: int = 10) -> dict[str, Any]:
        for _ in range(passes):
            self.run_pass()
            self.run_all()
            if (deployment := self.described()["deployments"][0])["rolloutState"] == state:
                return dict(deployment)
        raise AssertionError(self.messages())


@pytest.fixture
def service(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(service_scheduler, "STEADY_SECONDS", 0.0)
    monkeypatch.setattr(deployments, "backoff_seconds", lambda _: 0.0)
    client(cloud, "ecs").create_cluster(clusterName="site")
    made = Service(cloud)
    with patched_for_agents():
        yield made
    # The patched RunTask of this process keeps reading this file.
    made.capacity.unlink(missing_ok=True)


def test_events_name_the_started_tasks_and_the_steady_state(service: Service) -> None:
    service.create(service.release("good"))
    deployment = service.reach("COMPLETED")
    names = " ".join(f"(task {task.id})" for task in service.tasks())
    assert service.messages() == [
        f"has started 2 tasks: {names}.",
        f"(deployment {deployment['id']}) deployment completed.",
        "has reached a steady state.",
    ]


def test_a_first_deployment_that_crashes_fails_without_a_rollback(service: Service) -> None:
    service.create(service.release("bad"))
    for _ in range(5):
        service.run_pass()
        service.crash_all()
    (deployment,) = service.described()["deployments"]
    assert (deployment["rolloutState"], deployment["status"]) == ("FAILED", "PRIMARY")
    assert deployment["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert service.messages()[-1] == f"(deployment {deployment['id']}) deployment failed: tasks failed to start."
    assert f"is unable to consistently start tasks successfully. {TROUBLESHOOTING}" in service.messages()
    started = len(service.tasks("STOPPED"))
    service.run_pass()
    assert (service.tasks(), len(service.tasks("STOPPED"))) == ([], started)


def test_a_deployment_that_crashes_is_rolled_back_to_the_one_before(service: Service) -> None:
    good = service.release("good")
    service.create(good)
    before = service.reach("COMPLETED")
    service.ecs.update_service(cluster="site", service="web", taskDefinition=service.release("bad"))
    for _ in range(5):
        service.run_pass()
        for task in service.tasks():
            if task.task_definition_arn != good:
                records.request_stop(task, "Essential container in task exited", "EssentialContainerExited")
                records.set_status(task, "STOPPED")
    failed = next(place for place, message in enumerate(service.messages()) if "deployment failed" in message)
    assert service.messages()[failed].endswith("deployment failed: tasks failed to start.")
    assert service.messages()[failed + 1] == f"rolling back to deployment {before['id']}."
    after = service.described()["deployments"][0]
    assert (after["id"], after["taskDefinition"]) == (before["id"], good)
    assert len(service.tasks()) == 2


def test_without_capacity_no_task_is_placed_and_an_event_says_so(service: Service) -> None:
    service.capacity.write_text("0")
    service.create(service.release("good"))
    service.run_pass()
    assert service.tasks() == []
    assert service.messages() == [f"was unable to place a task. Reason: {ecs_capacity.UNAVAILABLE}. {TROUBLESHOOTING}"]
    assert service.described()["deployments"][0]["failedTasks"] == 1
    service.capacity.unlink()
    service.reach("COMPLETED")


def test_a_deployment_without_capacity_is_rolled_back_and_the_old_tasks_stay(service: Service) -> None:
    good = service.release("good")
    service.create(good)
    service.reach("COMPLETED")
    service.capacity.write_text("2\n")
    service.ecs.update_service(cluster="site", service="web", taskDefinition=service.release("next"))
    service.reach("COMPLETED")
    assert {task.task_definition_arn for task in service.tasks()} == {good}
    assert any("was unable to place a task" in message for message in service.messages())
    assert any("deployment failed: tasks failed to start." in message for message in service.messages())


def test_run_task_without_capacity_answers_a_failure(service: Service) -> None:
    definition = service.release("good")
    service.capacity.write_text("1")
    how = {"launchType": "FARGATE", "networkConfiguration": service_scheduler.NO_NETWORK}
    answers = [service.ecs.run_task(cluster="site", taskDefinition=definition, count=count, **how) for count in (2, 1)]
    assert [len(answer["tasks"]) for answer in answers] == [0, 1]
    assert answers[0]["failures"] == [{"reason": ecs_capacity.UNAVAILABLE}]
    assert answers[1]["failures"] == []


def test_a_capacity_file_without_a_number_is_an_error(service: Service) -> None:
    service.capacity.write_text("none")
    service.create(service.release("good"))
    with pytest.raises(ValueError, match="fargate-capacity must hold a number of tasks"):
        service.run_pass()


@pytest.mark.parametrize(("desired", "bounded"), [(1, 2), (2, 2), (7, 7), (11, 10), (0, 0)])
def test_the_desired_count_stays_within_the_scalable_target(cloud: EmbeddedCloud, desired: int, bounded: int) -> None:
    client(cloud, "ecs").create_cluster(clusterName="c")
    definition = [{"name": "web", "image": "image", "memory": 64}]
    client(cloud, "ecs").register_task_definition(family="web", containerDefinitions=definition)
    client(cloud, "ecs").create_service(cluster="c", serviceName="web", taskDefinition="web", desiredCount=desired)
    client(cloud, "application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/c/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=10,
    )
    service = cloud.context.backend("ecs").services["c:web"]
    assert ecs_capacity.bound_desired_count(cloud.context.backend("application-autoscaling"), service) is (
        desired != bounded
    )
    assert service.desired_count == bounded


def test_a_service_without_a_scalable_target_keeps_its_count(cloud: EmbeddedCloud) -> None:
    service = SimpleNamespace(cluster_name="c", name="other", desired_count=40)
    assert not ecs_capacity.bound_desired_count(cloud.context.backend("application-autoscaling"), service)
