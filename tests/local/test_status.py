"""What `make up` says about itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from local.endpoints import Endpoints
from local.status import _machines, what_is_emulated
from tests.local.cloud.machine.site import Site

OFFICIAL = {"python": "python:3.13-slim-trixie", "nginx": "nginx:1.28-trixie"}
STANDIN = {"python": "preqly-standin/python:trixie", "nginx": "nginx:1.28-trixie"}


def test_what_is_emulated_is_said_plainly() -> None:
    said = what_is_emulated(OFFICIAL)
    assert "Emulated: AWS's API (moto) and Pulumi's aws, random and docker providers." in said
    assert "stand in" not in said


def test_what_is_real_is_said_of_either_kind_of_hosting() -> None:
    assert "load balancer, tasks, PostgreSQL" in what_is_emulated(OFFICIAL)
    assert "the EC2 instance with a Docker engine of its own" in what_is_emulated(OFFICIAL, "vm")


def test_official_providers_are_not_called_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "official")
    assert "Emulated: AWS's API (moto)." in what_is_emulated(OFFICIAL)


def test_each_stand_in_is_named_and_nothing_else() -> None:
    assert what_is_emulated(STANDIN).endswith("Debian's packages stand in for: preqly-standin/python:trixie.")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    cloud = EmbeddedCloud(CloudConfig(state_dir=tmp_path, api_port=0), agents=False)
    cloud.start()
    made = Site(cloud)
    made.create({})
    made.launch()
    yield made
    cloud.stop()


def test_a_machine_is_shown_with_its_health_and_its_address(site: Site) -> None:
    endpoints = Endpoints(api=site.cloud.endpoint, providers={})
    name = site.instance_id()
    shown = f"{name}: t3.small of machine, InService, Healthy"
    assert list(_machines(endpoints)) == [("Machine", f"{shown}, without the address")]
    site.aws("ec2").associate_address(AllocationId=site.allocation, InstanceId=name)
    ((_, words),) = _machines(endpoints)
    assert words.startswith(f"{shown}, address ")
