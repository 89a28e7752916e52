from dataclasses import replace
from typing import Any

import pulumi_aws as aws
import pytest

from infra.ecs import scaling
from infra.ecs.scaling import Scaling, ScalingArgs
from infra.ecs.web_service import WebService, WebServiceArgs
from infra.observability.metrics import queue_metric, running_tasks
from infra.release.migration import migration
from infra.release.record import ReleaseRecord
from tests.infra.ecs.arguments import SECRET, SPEC, TASK
from tests.recorder import Recorder, new_engine

SERVICE = "ecs/service:Service"
ARGS = WebServiceArgs(
    task=TASK,
    desired_count=2,
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="sg-tasks",
    assign_public_ip=False,
    target_group_arn="target-group",
    ready=[],
    database="preqly-1a2b3c4d",
    snapshots=3,
    record_parameter="/preqly/test/releases",
    migration_seconds=3600,
    latest_release=None,
)


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorder, ReleaseRecord]:
    """The service behind a listener, and the release that it reports."""
    engine = new_engine()

    def program() -> Any:
        listener = aws.lb.Listener("https", load_balancer_arn="balancer", default_actions=[{"type": "forward"}])
        return WebService("web", replace(ARGS, ready=[listener])).release

    return engine, engine.run(program)


@pytest.fixture(scope="module")
def service(recorded: tuple[Recorder, ReleaseRecord]) -> dict[str, Any]:
    """Inputs of the ECS service."""
    return recorded[0].one(SERVICE)


@pytest.fixture(scope="module")
def options(recorded: tuple[Recorder, ReleaseRecord]) -> Any:
    """Resource options of the ECS service."""
    return recorded[0].options(SERVICE, "web-service")


def test_capacity_never_drops_and_an_unhealthy_release_is_rolled_back(service: dict[str, Any]) -> None:
    assert service["desiredCount"] == 2
    assert service["deploymentMinimumHealthyPercent"] == 100
    assert service["deploymentMaximumPercent"] == 200
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["healthCheckGracePeriodSeconds"] >= 30
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    # The release hooks wait, and explain a failure.
    assert service["waitForSteadyState"] is False


@pytest.mark.parametrize("seconds", [30, 300])
def test_health_checks_count_once_a_task_had_its_time_to_start(engine: Recorder, seconds: int) -> None:
    engine.run(lambda: WebService("web", replace(ARGS, task=replace(TASK, start_seconds=seconds))))
    assert engine.one(SERVICE)["healthCheckGracePeriodSeconds"] == seconds + 30


@pytest.mark.parametrize("public", [True, False])
def test_tasks_have_a_public_address_only_when_asked(engine: Recorder, public: bool) -> None:
    engine.run(lambda: WebService("web", replace(ARGS, assign_public_ip=public)))
    network = engine.one(SERVICE)["networkConfiguration"]
    assert network == {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-tasks"], "assignPublicIp": public}


def test_tasks_run_on_fargate_with_ecs_exec_behind_the_proxy(service: dict[str, Any]) -> None:
    assert service["launchType"] == "FARGATE"
    assert (service["enableExecuteCommand"], service["enableEcsManagedTags"]) == (True, True)
    proxy = {"targetGroupArn": "target-group", "containerName": "proxy", "containerPort": 8443}
    assert service["loadBalancers"] == [proxy]


def test_the_release_is_reported_as_it_is_recorded(recorded: tuple[Recorder, ReleaseRecord]) -> None:
    _, release = recorded
    assert (release.number, release.kind, release.rolled_back) == (1, "release", None)
    for field in ("tag", "revision", "sources", "architecture", "web_image", "proxy_image"):
        assert getattr(release, field) == getattr(SPEC, field)
    assert release.task_definition.endswith("task-definition/preqly-test-web:1")
    assert release.migration_task_definition.endswith("task-definition/preqly-test-migration:1")
    assert (release.region, release.cluster, release.service) == (
        "us-east-1",
        "web-cluster-1a2b3c4",
        "web-service-1a2b3c4",
    )
    assert (release.secret_arn, release.log_group, release.database) == (SECRET, "app-logs", "preqly-1a2b3c4d")


def test_the_service_names_the_migration_that_runs_before_it(service: dict[str, Any]) -> None:
    task = migration.task_of_service(service)
    assert task.task_definition == service["tags"]["preqly:migration"]
    assert task.task_definition.endswith("task-definition/preqly-test-migration:1")
    assert task.cluster == service["cluster"]
    assert (task.subnets, task.security_groups) == (["subnet-a", "subnet-b"], ["sg-tasks"])


def test_the_migration_runs_before_every_release_and_the_rollout_is_awaited_after_it(options: Any) -> None:
    hooks = options.hooks
    assert list(hooks.before_create) == list(hooks.before_update) == ["web-migration", "web-processes"]
    assert list(hooks.after_create) == list(hooks.after_update) == ["web-rollout"]
    assert not hooks.before_delete


def test_the_service_waits_for_what_a_task_needs_and_keeps_the_count_that_autoscaling_chose(options: Any) -> None:
    assert [urn for urn in options.dependencies if urn.endswith("::https")]
    assert list(options.ignoreChanges) == ["desiredCount"]


SCALING = ScalingArgs(
    cluster_name="c",
    service_name="s",
    min_tasks=2,
    max_tasks=10,
    targets={"cpu": scaling.cpu(70), "requests": scaling.requests(3000, "app/front/1", "targetgroup/tasks/2")},
)
POLICY = "appautoscaling/policy:Policy"


def test_cpu_and_requests_scale_the_service_between_its_bounds_slower_in_than_out(engine: Recorder) -> None:
    engine.run(lambda: Scaling("scaling", SCALING))
    target = engine.one("appautoscaling/target:Target")
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)
    assert target["resourceId"] == "service/c/s"
    assert (target["serviceNamespace"], target["scalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
    found = {}
    for resource in engine.all(POLICY):
        policy = engine.plain(resource.inputs)
        for key in ("resourceId", "serviceNamespace", "scalableDimension"):
            assert policy[key] == target[key]
        rule = policy["targetTrackingScalingPolicyConfiguration"]
        assert policy["policyType"] == "TargetTrackingScaling"
        assert rule["scaleInCooldown"] > rule["scaleOutCooldown"]
        found[rule["targetValue"]] = rule["predefinedMetricSpecification"]
    assert found == {
        70: {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
        3000: {
            "predefinedMetricType": "ALBRequestCountPerTarget",
            "resourceLabel": "app/front/1/targetgroup/tasks/2",
        },
    }


def test_a_queue_scales_by_the_jobs_that_wait_for_each_task(engine: Recorder) -> None:
    target = scaling.backlog(25, queue_metric("orders").statistics, running_tasks("c", "s", "Average").statistics)
    engine.run(lambda: Scaling("scaling", replace(SCALING, targets={"backlog": target})))
    rule = engine.one(POLICY)["targetTrackingScalingPolicyConfiguration"]
    jobs, tasks, backlog = rule["customizedMetricSpecification"]["metrics"]
    assert jobs["metricStat"]["metric"] == {
        "namespace": "AWS/SQS",
        "metricName": "ApproximateNumberOfMessagesVisible",
        "dimensions": [{"name": "QueueName", "value": "orders"}],
    }
    assert tasks["metricStat"]["metric"]["metricName"] == "RunningTaskCount"
    assert (backlog["expression"], rule["targetValue"]) == (f"{jobs['id']} / {tasks['id']}", 25)
    assert [one["returnData"] for one in (jobs, tasks, backlog)] == [False, False, True]
