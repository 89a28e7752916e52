"""The local stack's VPC has the range of its cloud's Docker network, so that its proxies believe the load balancer."""

from pathlib import Path

import pytest

from embedded_cloud.containers.docker_host import DockerHost
from local import project, vpc
from local.project import LOCAL_STACK
from local.runtime import Ports, Runtime

DEFAULT = project.default_setting("vpcCidr")
OTHER = "172.21.0.0/16"


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(cloud="test", folder=tmp_path, ports=Ports())


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(vpc, "report", lines.append)
    return lines


def deployed(runtime: Runtime, **settings: str) -> None:
    """Leave the settings of an earlier `make up`."""
    keys = {f"preqly:{key}": value for key, value in settings.items()}
    project.write_work_dir(runtime.folder / "program", LOCAL_STACK, {"preqly:protect": False, **keys})


def setting(runtime: Runtime, network: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The setting when Docker's network has this range."""
    monkeypatch.setattr(DockerHost, "address_range", network)
    return vpc.setting(runtime)


def test_the_first_cloud_of_a_machine_has_the_default(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    assert setting(runtime, DEFAULT, monkeypatch) == {}
    assert vpc.wanted_range(runtime.folder) == DEFAULT
    assert reported == []


def test_a_further_clouds_vpc_has_the_range_that_docker_chose_and_keeps_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, reported: list[str]
) -> None:
    assert setting(runtime, OTHER, monkeypatch) == {"preqly:vpcCidr": OTHER}
    deployed(runtime, vpcCidr=OTHER)
    assert setting(runtime, OTHER, monkeypatch) == {"preqly:vpcCidr": OTHER}
    # A network that is made anew asks for it.
    assert vpc.wanted_range(runtime.folder) == OTHER
    assert reported == []


@pytest.mark.parametrize(
    ("earlier", "network", "kept", "fix"),
    [
        ({}, OTHER, DEFAULT, "make down && make up"),
        ({"vpcCidr": OTHER}, DEFAULT, OTHER, "make down && make up"),
        (None, "192.168.5.0/24", DEFAULT, "Give Docker other address pools: a VPC's range must be from /16 to /22"),
    ],
    ids=["deployed with the default", "deployed with another", "a network too small for a VPC"],
)
def test_a_vpc_with_another_range_than_the_network_is_reported_with_the_way_out(
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    reported: list[str],
    earlier: dict[str, str] | None,
    network: str,
    kept: str,
    fix: str,
) -> None:
    """A deployed VPC cannot move: its database would be replaced."""
    if earlier is not None:
        deployed(runtime, **earlier)
    assert setting(runtime, network, monkeypatch).get("preqly:vpcCidr", DEFAULT) == kept
    (line,) = reported
    assert kept in line
    assert network in line
    assert fix in line
