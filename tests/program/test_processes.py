"""Processes of hosting.toml in the whole program: services, scaling, alarms, price, and the order of a release."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.problem import SettingsError
from local.runtime import ROOT
from tests.infra.application.projects import startproject
from tests.program import test_embedded_cloud
from tests.recorder import Recorder, new_engine

SERVICE, TASK = "ecs/service:Service", "ecs/taskDefinition:TaskDefinition"
MANIFEST = """
[run]
start_grace_seconds = 40

[processes.worker]
command = "celery --app mysite worker"
cpu = 512
memory = 1024
stop_seconds = 90
spot = true
max_tasks = 5
[processes.worker.backlog]
queue = "orders"
per_task = 25

[processes.beat]
command = ["celery", "--app", "mysite", "beat"]
overlap = false
"""
SETTINGS = {"maxTasks": "4", "processes": json.dumps({"worker": {"minTasks": 2}})}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("site")
    startproject(folder)
    (folder / "hosting.toml").write_text(MANIFEST)
    return str(folder)


@pytest.fixture(scope="module")
def declared(application: str) -> Recorder:
    engine = new_engine()
    engine.run_program(application=application, **SETTINGS)
    return engine


def test_a_process_runs_the_web_image_with_its_secrets_variables_and_role(declared: Recorder) -> None:
    web, worker = (declared.one(TASK, f"web-{name}-task") for name in ("web", "worker"))
    (container,) = json.loads(worker["containerDefinitions"])
    served = next(one for one in json.loads(web["containerDefinitions"]) if one["name"] == "web")
    for key in ("image", "environment", "secrets", "user", "readonlyRootFilesystem"):
        assert container[key] == served[key], key
    assert container["command"] == ["python", "-m", "django_hosting", "process", "worker"]
    assert (container["name"], container["portMappings"], container["stopTimeout"]) == ("worker", [], 90)
    assert container["logConfiguration"]["options"]["awslogs-stream-prefix"] == "worker"
    assert container["linuxParameters"]["initProcessEnabled"], "SIGTERM ends a program that does not handle it"
    assert (worker["cpu"], worker["memory"], worker["taskRoleArn"]) == ("512", "1024", web["taskRoleArn"])
    assert worker["family"] == "preqly-test-worker"


def test_a_task_is_healthy_once_it_has_run_for_as_long_as_a_start_may_take(declared: Recorder) -> None:
    (container,) = json.loads(declared.one(TASK, "web-worker-task")["containerDefinitions"])
    check = container["healthCheck"]
    assert check["command"] == ["CMD", "/usr/local/bin/healthcheck-process", "40"]
    assert check["startPeriod"] == 40, "checks that fail before do not count"


@pytest.mark.parametrize(("seconds", "exit_code"), [("0", 0), ("1000000000", 1)])
def test_the_check_asks_for_the_age_of_the_first_process(seconds: str, exit_code: int) -> None:
    script = ROOT / "docker" / "bin" / "healthcheck-process"
    assert subprocess.run(["sh", script, seconds], check=False).returncode == exit_code


def test_the_service_has_no_port_and_the_capacity_provider_of_its_choice(declared: Recorder) -> None:
    worker, beat = (declared.one(SERVICE, f"web-{name}-service") for name in ("worker", "beat"))
    assert "loadBalancers" not in worker
    assert worker["desiredCount"] == 2
    assert worker["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    providers = [one["capacityProviderStrategies"][0]["capacityProvider"] for one in (worker, beat)]
    assert providers == ["FARGATE_SPOT", "FARGATE"]
    cluster = declared.one("ecs/clusterCapacityProviders:ClusterCapacityProviders")
    assert set(providers) <= set(cluster["capacityProviders"])


def test_what_must_not_overlap_stops_before_its_successor_starts(declared: Recorder) -> None:
    def bounds(name: str) -> tuple[int, int, str]:
        found = declared.one(SERVICE, f"web-{name}-service")
        percent = found["deploymentMinimumHealthyPercent"], found["deploymentMaximumPercent"]
        return *percent, found["availabilityZoneRebalancing"]

    assert bounds("beat") == (0, 100, "DISABLED")
    assert bounds("worker") == (100, 200, "ENABLED")


def test_the_web_service_comes_after_the_processes_and_each_waits_for_the_migration(declared: Recorder) -> None:
    web = declared.options(SERVICE, "web-service")
    for name in ("worker", "beat"):
        assert any(urn.endswith(f"::web-{name}-service") for urn in web.dependencies)
        hooks = declared.options(SERVICE, f"web-{name}-service").hooks
        assert list(hooks.before_create) == list(hooks.before_update) == ["web-migration"]
        assert list(hooks.after_create) == list(hooks.after_update) == [f"web-{name}-rollout"]


def test_a_queue_scales_its_process_and_cpu_the_others(declared: Recorder) -> None:
    worker = declared.one("appautoscaling/target:Target", "scaling-worker-tasks")
    assert (worker["minCapacity"], worker["maxCapacity"]) == (2, 5)
    policies = {one.name for one in declared.all("appautoscaling/policy:Policy")}
    assert {"scaling-worker-by-backlog", "scaling-beat-by-cpu"} <= policies
    assert "scaling-worker-by-cpu" not in policies


def test_each_process_has_alarms_graphs_an_output_and_a_price(declared: Recorder) -> None:
    alarm = declared.one("cloudwatch/metricAlarm:MetricAlarm", "alarms-worker-too-few-tasks")
    assert (alarm["threshold"], alarm["treatMissingData"]) == (2, "breaching")
    assert alarm["dimensions"]["ServiceName"].startswith("web-worker-service")
    board = declared.one("cloudwatch/dashboard:Dashboard")["dashboardBody"]
    assert "Jobs that wait for worker" in board
    assert "Tasks of beat" in board
    assert set(declared.exports["process_services"]) == {"worker", "beat"}
    assert "2 tasks of worker (512 CPU units, 1024 MiB, Spot)" in declared.exports["readme"]


def test_the_embedded_cloud_takes_all_of_it(declared: Recorder) -> None:
    test_embedded_cloud.test_every_resource_has_an_entry_that_takes_its_inputs(declared)


@pytest.mark.parametrize(
    ("settings", "key", "said"),
    [
        ({"processes": '{"wroker": {"minTasks": 2}}'}, "preqly:processes.wroker", "it has: worker, beat"),
        ({"processes": '{"worker": {"mintasks": 2}}'}, "preqly:processes", "worker.mintasks is none of minTasks"),
        ({"processes": '{"worker": {"minTasks": 2.5}}'}, "preqly:processes", "worker.minTasks must be a whole number"),
        ({"processes": '{"worker": 2}'}, "preqly:processes", "an object each"),
        ({"processes": '{"worker": {"cpu": 300}}'}, "worker.cpu", "set --path processes.worker.cpu 256; "),
        ({"processes": '{"worker": {"minTasks": 0}}'}, "worker.minTasks", "must be from 1 to 1000"),
        (
            {"processes": '{"worker": {"maxTasks": 1, "minTasks": 3}}'},
            "worker.maxTasks",
            "at least minTasks, which is 3",
        ),
        ({"processes": '{"beat": {"maxTasks": 2}}'}, "beat.maxTasks", "overlap = false"),
        ({"maxTasks": "8"}, "preqly:maxTasks = 8", "pulumi config set maxTasks 5 or pulumi config set databaseClass"),
        (
            {"vpcCidr": "10.0.0.0/22", "databaseClass": "db.m7g.8xlarge", "processes": '{"worker": {"maxTasks": 900}}'},
            "preqly:maxTasks",
            "has room for",
        ),
    ],
)
def test_a_wrong_number_of_the_stack_is_refused_before_any_resource(
    application: str, settings: dict[str, str], key: str, said: str
) -> None:
    engine = new_engine()
    with pytest.raises(SettingsError) as refused:
        engine.run_program(application=application, **{"maxTasks": "4", **settings})
    assert key in str(refused.value)
    assert said in str(refused.value)
    assert engine.resources == []


def test_a_process_that_scales_by_the_cache_needs_one(tmp_path: Path) -> None:
    folder = startproject(tmp_path)
    text = '[processes.worker]\ncommand = "x"\n[processes.worker.backlog]\ncache = "celery"\nper_task = 9\n'
    (folder / "hosting.toml").write_text(text)
    with pytest.raises(SettingsError, match="pulumi config set cache valkey"):
        new_engine().run_program(application=str(folder), maxTasks="4")
