"""The package as its users import and start it."""

import subprocess
import sys
from pathlib import Path

import boto3
import pytest

import embedded_cloud
from embedded_cloud.endpoints import Endpoints

START = [sys.executable, "-m", "embedded_cloud", "start", "--no-agents", "--api-port", "0", "--state-dir"]


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(embedded_cloud, name) is not None for name in embedded_cloud.__all__)
    with pytest.raises(AttributeError, match="no attribute nothing"):
        _ = embedded_cloud.nothing


def test_endpoints_are_imported_without_anything_heavy() -> None:
    script = "import sys; from embedded_cloud import Endpoints, CloudConfig; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not any(f"'{name}'" in modules for name in ("moto", "boto3", "pulumi", "grpc", "docker"))


@pytest.mark.engine  # not because of the engine: whole processes are apart from the fast tests
def test_the_command_prints_its_environment_and_saves_its_state_when_it_is_stopped(tmp_path: Path) -> None:
    expected = {*Endpoints(api="", providers={}).aws_environment(), "PULUMI_DEBUG_PROVIDERS"}
    with subprocess.Popen([*START, str(tmp_path / "state")], stdout=subprocess.PIPE, text=True) as process:
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
