"""The package as its users import, start and configure it."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

import embedded_cloud
from embedded_cloud.agents.ecs.tasks.container_definition import health_check
from embedded_cloud.config import TIME_FACTOR_VARIABLE, Clocks
from embedded_cloud.endpoints import Endpoints

# The package may be on pytest's path only.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(embedded_cloud.__file__).parents[1])}
START = [sys.executable, "-m", "embedded_cloud", "start", "--no-agents", "--api-port", "0", "--state-dir"]


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(embedded_cloud, name) is not None for name in embedded_cloud.__all__)
    with pytest.raises(AttributeError, match="no attribute nothing"):
        _ = embedded_cloud.nothing


def test_endpoints_are_imported_without_anything_heavy() -> None:
    script = "import sys; from embedded_cloud import Endpoints, CloudConfig; print(sorted(sys.modules))"
    command = [sys.executable, "-c", script]
    modules = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert not any(f"'{name}'" in modules for name in ("moto", "boto3", "pulumi", "grpc", "docker"))


@pytest.mark.engine  # not because of the engine: whole processes are apart from the fast tests
def test_the_command_prints_its_environment_and_saves_its_state_when_it_is_stopped(tmp_path: Path) -> None:
    expected = {*Endpoints(api="", providers={}).aws_environment(), "PULUMI_DEBUG_PROVIDERS"}
    with subprocess.Popen(
        [*START, str(tmp_path / "state")], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().removeprefix("export ").rstrip() for _ in expected]
        variables = dict(line.split("=", 1) for line in lines)
        assert set(variables) == expected
        packages = [one.partition(":")[0] for one in variables["PULUMI_DEBUG_PROVIDERS"].split(",")]
        assert packages == ["aws", "random", "docker"]
        session = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        sts = session.client("sts", variables["AWS_REGION"], endpoint_url=variables["AWS_ENDPOINT_URL"])
        assert sts.get_caller_identity()["Account"] == embedded_cloud.ACCOUNT_ID
        process.terminate()
        assert process.wait(30) == 0
    assert (tmp_path / "state" / "moto.snapshot").exists()


def test_without_the_variable_the_cloud_takes_awss_own_time() -> None:
    clocks = Clocks.from_environment({})
    assert (clocks.shortened(60), clocks.poll_seconds) == (60, 0.5)


def test_the_factor_shortens_every_waiting_time_and_polls_no_faster_than_the_machine_bears() -> None:
    clocks = Clocks.from_environment({TIME_FACTOR_VARIABLE: "4"})
    assert (clocks.shortened(60), clocks.poll_seconds) == (15, 0.15)


@pytest.mark.parametrize("text", ["fast", "", "0.5", "nan"])
def test_a_factor_below_one_is_refused_by_the_variables_name(text: str) -> None:
    with pytest.raises(ValueError, match=f"{TIME_FACTOR_VARIABLE}={text} is not a number of 1 or more"):
        Clocks.from_environment({TIME_FACTOR_VARIABLE: text})


def test_container_health_checks_run_more_often_but_keep_their_time_limits() -> None:
    check = {"command": ["CMD", "true"], "interval": 20, "timeout": 5, "startPeriod": 40}
    docker = health_check(check, Clocks(time_factor=10))
    seconds = {name: docker[name] / 1_000_000_000 for name in ("interval", "timeout", "start_period")}
    assert seconds == {"interval": 2, "timeout": 5, "start_period": 40}
    assert health_check(check, Clocks(time_factor=100))["interval"] == 1_000_000_000
