"""Docker on each kind of machine; set-up stops only an engine that it started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import docker_engine
from local.setup.steps import SetupError


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return runtime


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "is_running", lambda: False)
    monkeypatch.setattr("local.setup.docker_engine.shutil.which", lambda name: None)


def test_a_running_engine_is_used(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "is_running", lambda: True)
    assert docker_engine.DockerEngine(runtime).missing() is None


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
@pytest.mark.usefixtures("no_docker")
def test_on_a_desktop_the_error_says_to_start_docker(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: system)
    with pytest.raises(SetupError, match=r"No Docker engine answers\. Start Docker Desktop"):
        docker_engine.DockerEngine(runtime).missing()


@pytest.mark.usefixtures("no_docker")
def test_on_debian_as_root_packages_are_installed(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: "Linux")
    monkeypatch.setattr(docker_engine, "_is_root", lambda: True)
    monkeypatch.setattr("local.setup.docker_engine.apt.usable", lambda: True)
    need = docker_engine.DockerEngine(runtime).missing()
    assert need is not None
    assert "apt-get install docker.io iptables" in need.how


@pytest.mark.usefixtures("no_docker")
def test_on_another_linux_the_message_names_the_fix(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: "Linux")
    monkeypatch.setattr("local.setup.docker_engine.apt.usable", lambda: False)
    with pytest.raises(SetupError, match="Install and start one"):
        docker_engine.DockerEngine(runtime).missing()


def test_an_engine_that_set_up_did_not_start_is_never_stopped(runtime: Runtime) -> None:
    assert docker_engine.stop_if_ours(runtime) is False


def test_a_process_id_that_belongs_to_another_program_now_is_left_alone(runtime: Runtime) -> None:
    docker_engine.pid_file(runtime).write_text(str(os.getpid()))
    assert docker_engine.stop_if_ours(runtime) is False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_engine_that_set_up_started_is_stopped(runtime: Runtime, tmp_path: Path) -> None:
    binary = tmp_path / "dockerd"
    binary.symlink_to("/bin/sleep")
    with subprocess.Popen([str(binary), "60"]) as process:
        docker_engine.pid_file(runtime).write_text(str(process.pid))
        assert docker_engine.stop_if_ours(runtime) is True
        assert process.wait(timeout=5) < 0


@pytest.mark.parametrize("client_included", [True, False])
def test_the_client_is_installed_where_it_has_its_own_package(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, client_included: bool
) -> None:
    installed: list[str] = []
    there = {"docker-cli": {"docker"}, "docker.io": {"dockerd", "docker"} if client_included else {"dockerd"}}
    monkeypatch.setattr("local.setup.apt.install", lambda packages, log: installed.extend(packages))
    monkeypatch.setattr(
        "local.setup.docker_engine.shutil.which",
        lambda name: name if any(name in there.get(package, ()) for package in installed) else None,
    )
    monkeypatch.setattr(docker_engine, "is_running", lambda: True)
    docker_engine.DockerEngine(runtime).make(lambda _: None)
    assert installed == ["docker.io", "iptables"] + ([] if client_included else ["docker-cli"])
