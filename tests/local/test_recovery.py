"""A cloud whose saved state cannot be read is started anew together with the stack that describes it."""

from pathlib import Path

import pytest

from local import recovery
from local.endpoints import Endpoints
from local.runtime import Ports, Runtime

ENDPOINTS = Endpoints(api="http://127.0.0.1:1", providers={})


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def ensure(_: Runtime) -> Endpoints:
        done.append("start")
        return ENDPOINTS

    monkeypatch.setattr("local.daemon.ensure", ensure)
    monkeypatch.setattr("local.daemon.stop", lambda runtime: done.append("stop"))
    monkeypatch.setattr(recovery, "remove_all", lambda name: done.append(f"remove {name}"))
    return done


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    for name in ("cloud", "state", "program"):
        (tmp_path / name).mkdir()
    return Runtime(cloud="test", folder=tmp_path, ports=Ports())


def test_a_cloud_that_found_its_state_goes_on(runtime: Runtime, did: list[str]) -> None:
    assert recovery.running_cloud(runtime) == ENDPOINTS
    assert did == ["start"]
    assert (runtime.folder / "state").exists()


def test_a_cloud_that_lost_its_state_starts_over_with_the_stack(runtime: Runtime, did: list[str]) -> None:
    (runtime.folder / "cloud" / "moto.snapshot.unreadable-20260101T000000").touch()
    assert recovery.running_cloud(runtime) == ENDPOINTS
    assert did == ["start", "stop", "remove test", "start"]
    assert [path.name for path in runtime.folder.iterdir()] == []
