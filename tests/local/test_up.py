"""`make up` starts an embedded cloud whose state matches Pulumi's; where it cannot, both start over, empty."""

import json
from pathlib import Path

import pytest

from embedded_cloud.endpoints import Endpoints
from local import up
from local.project import LOCAL_STACK
from local.runtime import Ports, Runtime
from local.state import state_file

ENDPOINTS = Endpoints(api="http://127.0.0.1:1", providers={})


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def ensure(_: Runtime) -> Endpoints:
        done.append("start")
        return ENDPOINTS

    monkeypatch.setattr("local.daemon.ensure", ensure)
    monkeypatch.setattr("local.daemon.stop", lambda runtime: done.append("stop"))
    monkeypatch.setattr(up, "remove_all", lambda name: done.append(f"remove {name}"))
    return done


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    for name in ("cloud", "state", "program"):
        (tmp_path / name).mkdir()
    return Runtime(cloud="test", folder=tmp_path, ports=Ports())


def test_a_cloud_with_a_readable_snapshot_continues(runtime: Runtime, did: list[str]) -> None:
    assert up.running_cloud(runtime) == ENDPOINTS
    assert did == ["start"]
    assert (runtime.folder / "state").exists()


def test_a_cloud_with_an_unreadable_snapshot_starts_over_with_the_stack(runtime: Runtime, did: list[str]) -> None:
    (runtime.folder / "cloud" / "moto.snapshot.unreadable-20260101T000000").touch()
    assert up.running_cloud(runtime) == ENDPOINTS
    assert did == ["start", "stop", "remove test", "start"]
    assert [path.name for path in runtime.folder.iterdir()] == []


def crashed(runtime: Runtime, outputs: dict[str, str]) -> None:
    """The record of a background process that was killed, and a Pulumi state."""
    (runtime.folder / "daemon.json").write_text(json.dumps({"pid": 0, "api": "http://127.0.0.1:1", "providers": {}}))
    state = state_file(runtime.folder, LOCAL_STACK)
    state.parent.mkdir(parents=True)
    resources = [{"type": "pulumi:pulumi:Stack", "outputs": outputs}]
    state.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def test_a_crash_during_the_first_deployment_starts_over(runtime: Runtime, did: list[str]) -> None:
    crashed(runtime, outputs={})
    up.running_cloud(runtime)
    assert did == ["remove test", "start"]
    assert not (runtime.folder / "state").exists()


def test_a_crash_after_the_first_deployment_keeps_it(runtime: Runtime, did: list[str]) -> None:
    crashed(runtime, outputs={"url": "https://app.preqly.com"})
    up.running_cloud(runtime)
    assert did == ["start"]
    assert state_file(runtime.folder, LOCAL_STACK).exists()
