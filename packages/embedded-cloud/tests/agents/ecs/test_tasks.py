"""One-off tasks on real containers: environment, order, limits, exit codes, stop reasons."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.testing.polling import wait_until
from support.ecs_cluster import CLUSTER, EcsCluster, running_cluster
from support.roles import create_role
from support.web_service import serving

pytestmark = pytest.mark.containers

HELD = ["python3", "-c", "import time; time.sleep(600)"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsCluster]:
    with running_cluster(tmp_path_factory.mktemp("cloud")) as made:
        create_role(made.iam, "task")
        yield made


def job(cluster: EcsCluster, script: str, **more: Any) -> dict[str, Any]:
    # A Python script is PID 1 of its container and ignores SIGTERM, so it is killed after this timeout.
    container = serving(command=["python3", "-c", script], **{"stopTimeout": 1, **more})
    del container["healthCheck"]
    return container


def events(cluster: EcsCluster, arn: str, name: str = "web") -> list[dict[str, Any]]:
    stream = f"web/{name}/{arn.rpartition('/')[2]}"
    found = cluster.logs.filter_log_events(logGroupName="app")["events"]
    return [event for event in found if event["logStreamName"] == stream]


def messages(cluster: EcsCluster, arn: str, name: str = "web") -> list[str]:
    return [event["message"] for event in events(cluster, arn, name)]


def running(cluster: EcsCluster, arn: str) -> Any:
    """Wait for the task's only container to run, and return it."""

    def found() -> list[Any]:
        return [c for c in cluster.containers() if c.labels["embedded-cloud.task"] in arn and c.status == "running"]

    wait_until(lambda: bool(found()), 90)
    return found()[0]


def test_a_task_runs_to_its_end_with_its_exit_code_and_its_output(cluster: EcsCluster) -> None:
    definition = cluster.register(job(cluster, "import os; print('hello', os.environ['WHO']); raise SystemExit(4)"))
    override = {"name": "web", "environment": [{"name": "WHO", "value": "world"}]}
    arn = cluster.run_task(definition, overrides={"containerOverrides": [override]})
    task = cluster.wait_until_stopped(arn)
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["containers"][0]["exitCode"] == 4
    assert messages(cluster, arn) == ["hello world"]
    assert not [c for c in cluster.containers() if c.labels["embedded-cloud.task"] in arn]
    assert arn in cluster.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]


def test_a_command_can_be_overridden(cluster: EcsCluster) -> None:
    definition = cluster.register(job(cluster, "raise SystemExit(1)"))
    override = {"name": "web", "command": ["python3", "-c", "print('overridden')"]}
    arn = cluster.run_task(definition, overrides={"containerOverrides": [override]})
    assert cluster.wait_until_stopped(arn)["containers"][0]["exitCode"] == 0
    assert messages(cluster, arn) == ["overridden"]


def test_secrets_are_read_by_key_and_version_and_leave_no_trace(cluster: EcsCluster) -> None:
    secret = cluster.secretsmanager.create_secret(Name="app", SecretString=json.dumps({"KEY": "first-value"}))
    cluster.secretsmanager.put_secret_value(SecretId="app", SecretString=json.dumps({"KEY": "second-value"}))
    reference = f"{secret['ARN']}:KEY::{secret['VersionId']}"
    script = "import os; print(os.environ['PASSWORD'] == 'first-' + 'value', flush=True); __import__('time').sleep(600)"
    definition = cluster.register(job(cluster, script, secrets=[{"name": "PASSWORD", "valueFrom": reference}]))
    arn = cluster.run_task(definition)
    wait_until(lambda: messages(cluster, arn) == ["True"], 90)
    container = running(cluster, arn)
    assert "first-value" not in json.dumps([container.labels, container.name, container.attrs["Args"]])
    cluster.ecs.stop_task(cluster=CLUSTER, task=arn, reason="enough")
    task = cluster.wait_until_stopped(arn)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert "first-value" not in json.dumps(task, default=str)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (":NOPE::", "did not contain json key NOPE"),
        (":KEY::11111111-1111-1111-1111-111111111111", "from secrets manager"),
    ],
)
def test_a_secret_that_is_missing_stops_the_task(cluster: EcsCluster, key: str, reason: str) -> None:
    secret = cluster.secretsmanager.create_secret(Name=f"lost-{len(key)}", SecretString='{"KEY": "hidden-value"}')
    container = job(cluster, "pass", secrets=[{"name": "PASSWORD", "valueFrom": secret["ARN"] + key}])
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(container)))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets or registry auth: ")
    assert reason in task["stoppedReason"]
    assert "hidden-value" not in task["stoppedReason"]


def test_a_secret_that_was_deleted_stops_the_task(cluster: EcsCluster) -> None:
    secret = cluster.secretsmanager.create_secret(Name="deleted", SecretString='{"KEY": "hidden-value"}')["ARN"]
    cluster.secretsmanager.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    container = job(cluster, "pass", secrets=[{"name": "PASSWORD", "valueFrom": f"{secret}:KEY::"}])
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(container)))
    assert (task["stopCode"], task["containers"][0].get("exitCode")) == ("TaskFailedToStart", None)
    assert task["stoppedReason"].endswith(
        f"failed to fetch secret {secret} from secrets manager: InvalidRequestException: "
        "You can't perform this operation on the secret because it was marked for deletion."
    )


def test_a_container_that_runs_out_of_memory_has_that_reason(cluster: EcsCluster) -> None:
    greedy = job(cluster, 'held = [b"x" * (1 << 20) for _ in range(1000)]', memory=32)
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(greedy)))
    (container,) = task["containers"]
    assert (container["exitCode"], task["stopCode"]) == (137, "EssentialContainerExited")
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_image_of_a_registry_that_does_not_answer_stops_the_task(cluster: EcsCluster, host: str) -> None:
    image = f"{host}:{cluster.config.registry_port}/nothing:here"
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(job(cluster, "pass", image=image))))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: pull image manifest has been retried ")
    assert f"failed to resolve ref {image}: " in task["stoppedReason"]
    assert task["containers"][0]["reason"] == task["stoppedReason"]


def test_a_log_group_that_does_not_exist_stops_the_task(cluster: EcsCluster) -> None:
    options = {"awslogs-group": "gone", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}
    container = job(cluster, "pass", logConfiguration={"logDriver": "awslogs", "options": options})
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(container)))
    assert "The specified log group does not exist" in task["stoppedReason"]


def test_containers_start_in_the_order_they_depend_on_and_stop_in_reverse(cluster: EcsCluster) -> None:
    first = {**job(cluster, "print('migrated')"), "name": "first", "essential": False}
    second = {**serving("two"), "name": "second", "dependsOn": [_after("first", "SUCCESS")]}
    second["healthCheck"] = {**second["healthCheck"], "interval": 5, "startPeriod": 0}
    third = {**job(cluster, _until_terminated()), "name": "third", "dependsOn": [_after("second", "HEALTHY")]}
    arn = cluster.run_task(cluster.register(first, second, third))
    wait_until(lambda: messages(cluster, arn, "third") == ["up"], 90)
    task = cluster.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]
    states = {c["name"]: (c["lastStatus"], c["healthStatus"]) for c in task["containers"]}
    assert states["first"] == ("STOPPED", "UNKNOWN")
    assert states["second"] == ("RUNNING", "HEALTHY")
    cluster.ecs.stop_task(cluster=CLUSTER, task=arn)
    cluster.wait_until_stopped(arn)
    assert events(cluster, arn, "second")[-1]["timestamp"] > events(cluster, arn, "third")[-1]["timestamp"]


def test_a_dependency_that_fails_stops_the_task(cluster: EcsCluster) -> None:
    first = {**job(cluster, "raise SystemExit(7)"), "name": "first", "essential": False}
    second = {**job(cluster, "pass"), "name": "second", "dependsOn": [_after("first", "SUCCESS")]}
    task = cluster.wait_until_stopped(cluster.run_task(cluster.register(first, second)))
    assert task["stoppedReason"] == "container second was not started: its dependency first ended with exit code 7"


def test_a_container_that_ignores_sigterm_is_killed_after_its_timeout(cluster: EcsCluster) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    arn = cluster.run_task(cluster.register(job(cluster, stubborn, stopTimeout=1)))
    wait_until(lambda: messages(cluster, arn) == ["up"], 90)
    cluster.ecs.stop_task(cluster=CLUSTER, task=arn)
    assert cluster.wait_until_stopped(arn)["containers"][0]["exitCode"] == 137


def test_a_task_runs_hardened_and_within_its_limits(cluster: EcsCluster) -> None:
    volume = {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False}
    container = {**serving(), "command": HELD, "stopTimeout": 1, "mountPoints": [volume]}
    del container["healthCheck"]
    arn = cluster.run_task(cluster.register(container, volumes=[{"name": "scratch"}]))
    found = running(cluster, arn)
    host, config = found.attrs["HostConfig"], found.attrs["Config"]
    assert (config["User"], host["ReadonlyRootfs"], host["CapDrop"]) == ("10001:10001", True, ["ALL"])
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (1_000_000_000, 2048 << 20, 2048 << 20)
    assert host["NetworkMode"].startswith("container:")
    assert host["PortBindings"] in (None, {})
    code, _ = found.exec_run(["sh", "-c", "touch /tmp/x && ! touch /x && test -d /scratch"])
    assert code == 0
    cluster.ecs.stop_task(cluster=CLUSTER, task=arn)
    cluster.wait_until_stopped(arn)
    assert not [volume for volume in cluster.docker.volumes.list() if cluster.config.name in volume.name]


def test_a_task_has_the_credentials_of_its_role_and_reaches_aws(cluster: EcsCluster) -> None:
    role = "arn:aws:iam::123456789012:role/task"
    script = (
        "import os, urllib.request as r; r.urlopen(os.environ['AWS_ENDPOINT_URL']+'/moto-api/'); "
        "print(os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY'],"
        " os.environ['AWS_SESSION_TOKEN'])"
    )
    arn = cluster.run_task(cluster.register(job(cluster, script), taskRoleArn=role))
    assert cluster.wait_until_stopped(arn)["containers"][0]["exitCode"] == 0
    region, key, secret, token = messages(cluster, arn)[0].split()
    assert region == "us-east-1"
    assert cluster.identity(key, secret, token).startswith("arn:aws:sts::123456789012:assumed-role/task/")


def _after(name: str, condition: str) -> dict[str, str]:
    return {"containerName": name, "condition": condition}


def _until_terminated() -> str:
    return (
        "import signal, sys, time\n"
        "def end(*_):\n    time.sleep(1)\n    print('down', flush=True)\n    sys.exit()\n"
        "signal.signal(15, end)\nprint('up', flush=True)\ntime.sleep(600)"
    )
