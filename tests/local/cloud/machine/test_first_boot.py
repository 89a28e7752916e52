"""A first boot that fails for want of what it fetches: the machine powers off, and the next one has another try."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.models.containers import Container

from infra.machine.archive import program_archive
from infra.machine.user_data import Boot, render_user_data
from local.cloud.cleanup import remove_all
from local.cloud.config import STANDIN_IMAGES, CloudConfig
from local.cloud.machine.agent import MachineAgent
from local.cloud.server import EmbeddedCloud
from local.images import images
from tests.local.cloud.clouds import free_port
from tests.local.cloud.machine import site as sites
from tests.local.cloud.machine.site import BUCKET, Site
from tests.waiting import wait_until

pytestmark = pytest.mark.containers


def impatient(boot: Boot) -> str:
    """The same user data, with seconds for minutes."""
    script = render_user_data(boot)
    for patience, less in (("5 15 45 90", "1"), ("sleep 300", "sleep 3")):
        assert patience in script
        script = script.replace(patience, less)
    return script


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(sites, "render_user_data", impatient)
    config = CloudConfig(
        name=f"test-vm-{free_port()}",
        state_dir=tmp_path,
        api_port=0,
        registry_port=free_port(),
        images={**STANDIN_IMAGES, "machine": images.ensure_machine(print)},
    )
    cloud = EmbeddedCloud(config, agents=[MachineAgent])
    cloud.start()
    try:
        made = Site(cloud)
        made.create({})
        yield made
    finally:
        cloud.stop()
        remove_all(config.name)


def machines(site: Site) -> list[Container]:
    return list(site.cloud.context.docker.containers("instance"))


def console(site: Site) -> str:
    """What the one machine has said; nothing while there is none."""
    return "".join(one.logs().decode() for one in machines(site))


def test_a_machine_that_cannot_fetch_its_program_makes_room_for_one_that_can(site: Site) -> None:
    s3, program = site.aws("s3"), program_archive()
    s3.delete_object(Bucket=BUCKET, Key=program.key)
    site.launch()
    first = site.instance_id()
    wait_until(lambda: "this machine powers off" in console(site), 120)
    assert "again in 1 s: fetch_program" in console(site)
    s3.put_object(Bucket=BUCKET, Key=program.key, Body=program.content)
    wait_until(lambda: site.instance_id() != first, 60)
    wait_until(lambda: "user data ended with 0" in console(site), 120)
    (second,) = machines(site)
    code, reads = second.exec_run(["apt-config", "dump"])
    assert code == 0
    assert 'Unattended-Upgrade::Automatic-Reboot "true";' in reads.decode()
    assert 'APT::Periodic::Unattended-Upgrade "1";' in reads.decode()
