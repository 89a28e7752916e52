"""What set-up does about Docker on each kind of machine, and that it stops only what it started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import docker_engine
from local.setup.step import SetupError


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = Runtime(cloud="test", folder=tmp_path / "cloud", ports=Ports())
    runtime.prepare()
    return runtime


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "answers", lambda: False)
    monkeypatch.setattr("local.setup.docker_engine.shutil.which", lambda name: None)


def test_an_engine_that_answers_is_used_as_it_is(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "answers", lambda: True)
    assert docker_engine.DockerEngine(runtime).missing() is None


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
@pytest.mark.usefixtures("no_docker")
def test_a_desktop_is_asked_to_start_its_own(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: system)
    with pytest.raises(SetupError, match=r"No Docker engine answers\. Start Docker Desktop"):
        docker_engine.DockerEngine(runtime).missing()


@pytest.mark.usefixtures("no_docker")
def test_debian_as_root_gets_packages(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: "Linux")
    monkeypatch.setattr(docker_engine, "_is_root", lambda: True)
    monkeypatch.setattr("local.setup.docker_engine.apt.usable", lambda: True)
    need = docker_engine.DockerEngine(runtime).missing()
    assert need is not None
    assert "apt-get install docker.io iptables" in need.how


@pytest.mark.usefixtures("no_docker")
def test_an_unknown_linux_is_told_what_to_do(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.docker_engine.platform.system", lambda: "Linux")
    monkeypatch.setattr("local.setup.docker_engine.apt.usable", lambda: False)
    with pytest.raises(SetupError, match="Install and start one"):
        docker_engine.DockerEngine(runtime).missing()


def test_an_engine_of_somebody_else_is_never_stopped(runtime: Runtime) -> None:
    assert docker_engine.stop_if_ours(runtime) is False


def test_a_process_number_that_went_to_another_program_is_spared(runtime: Runtime) -> None:
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
def test_the_client_is_installed_where_it_is_a_package_of_its_own(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, client_included: bool
) -> None:
    installed: list[str] = []
    there = {"docker-cli": {"docker"}, "docker.io": {"dockerd", "docker"} if client_included else {"dockerd"}}
    monkeypatch.setattr("local.setup.apt.install", lambda packages, log: installed.extend(packages))
    monkeypatch.setattr(
        "local.setup.docker_engine.shutil.which",
        lambda name: name if any(name in there.get(package, ()) for package in installed) else None,
    )
    monkeypatch.setattr(docker_engine, "answers", lambda: True)
    docker_engine.DockerEngine(runtime).make(lambda _: None)
    assert installed == ["docker.io", "iptables"] + ([] if client_included else ["docker-cli"])
