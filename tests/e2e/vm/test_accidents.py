"""Parts of the machine that die, fill up or restart: the site returns by itself, and how soon is shown at the end."""

import json
import subprocess
import time

import httpx
import pytest

from tests.e2e.canaries import log_events
from tests.e2e.checkout import Checkout
from tests.e2e.containers import docker
from tests.e2e.good_releases import CHANGED
from tests.e2e.load import Load, assert_nobody_noticed, constant_load
from tests.e2e.measured import Measured
from tests.e2e.refusals import rotation_fails
from tests.e2e.serving import headlines, serving
from tests.e2e.sources import Sources
from tests.e2e.vm.certificates import orders, shown
from tests.e2e.vm.instance import Instance
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

RESTARTED_SECONDS = 30
"""A container's restart, on a machine that others use too."""
REPLACED_SECONDS = 240
FULL = "/var/lib/docker/full"
REPORTED_SECONDS = 70
"""The keeper reports once a minute."""
HELD = 2
"""Seconds a request may have been under way when what answered it died."""


def returned(load: Load, accident: float, within: float) -> float:
    """Seconds for which visitors were lost; those before the accident were not."""
    assert [visit for visit in load.lost if visit.at < accident - HELD] == []
    away = load.away(accident)
    assert away < within
    return away


@pytest.mark.parametrize("service", ["web", "proxy"])
def test_a_killed_container_is_restarted(
    deployed: Checkout, instance: Instance, measured: Measured, service: str
) -> None:
    before = instance.started()
    with constant_load(deployed.runtime) as load:
        time.sleep(1)
        instance.kill(service)
        killed = time.monotonic()
        wait_until(lambda: instance.started()[service] != before[service] and instance.answers(), RESTARTED_SECONDS)
        load.wait_for_enough()
    measured(f"away after {service} was killed", returned(load, killed, RESTARTED_SECONDS))
    others = {name for name, at in instance.started().items() if at == before[name]}
    assert others == set(before) - {service}, "nothing else was restarted"


def test_the_containers_outlive_a_killed_engine(deployed: Checkout, instance: Instance, measured: Measured) -> None:
    before, pid = instance.started(), instance.shell("cat /var/run/docker.pid")
    with constant_load(deployed.runtime) as load:
        time.sleep(1)
        instance.shell(f"kill -9 {pid}")
        killed = time.monotonic()
        wait_until(lambda: engine_answers(instance), RESTARTED_SECONDS)
        measured("the engine was back after", time.monotonic() - killed)
        load.wait_for_enough()
    # The engine writes its rules of the firewall anew: what begins a connection to the database just then may fail.
    measured("away after the engine was killed", returned(load, killed, RESTARTED_SECONDS))
    assert len(load.lost) < len(load.visits) / 20
    assert instance.started() == before


def engine_answers(instance: Instance) -> bool:
    try:
        return bool(instance.inside("docker", "ps", "--quiet"))
    except subprocess.CalledProcessError:
        return False


def test_nobody_notices_that_the_keeper_is_killed(deployed: Checkout, instance: Instance, measured: Measured) -> None:
    # The brackets keep it from finding the shell that asks.
    find = "pgrep --full '[p]rogram keep' || true"
    before = instance.shell(find).strip()
    with constant_load(deployed.runtime) as load:
        instance.shell(f"kill -9 {before}")
        killed = time.monotonic()
        wait_until(lambda: instance.shell(find).strip() not in ("", before), RESTARTED_SECONDS)
        measured("the keeper was back after", time.monotonic() - killed)
        load.wait_for_enough()
    assert_nobody_noticed(load)


def test_a_request_that_exhausts_the_memory_hurts_its_container_alone(
    deployed: Checkout, instance: Instance, measured: Measured
) -> None:
    before = instance.started()
    with constant_load(deployed.runtime) as load:
        time.sleep(1)
        asked = time.monotonic()
        with deployed.browser() as browser:
            answer = browser.get("/exhaust/", timeout=60)
        wait_until(instance.answers, RESTARTED_SECONDS)
        load.wait_for_enough()
    assert answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    measured("away after a request exhausted the memory", returned(load, asked, RESTARTED_SECONDS))
    others = {name for name, at in instance.started().items() if at == before[name]}
    assert others >= {"proxy", "network"}
    wait_until(lambda: said_by_nginx(deployed, "/exhaust/") >= {answer.status_code}, 30)
    wait_until(lambda: rings(deployed, "MemoryKills"), REPORTED_SECONDS)


def said_by_nginx(checkout: Checkout, path: str) -> set[int]:
    """The statuses of this path in the log that the alarm on errors counts."""
    written = [line for line in log_events(checkout).splitlines() if path in line and '"nginx"' in line]
    return {int(json.loads(line)["status"]) for line in written}


def test_a_full_disk_fails_the_deploy_and_not_the_site(
    deployed: Checkout, sources: Sources, instance: Instance
) -> None:
    sources.headline("There is no room for this.")
    # Reserved, not written: the host has no such disk to spare.
    instance.shell(f"fallocate --length 100G {FULL} || cat /dev/zero > {FULL} || true")
    before = serving(deployed)
    try:
        with constant_load(deployed.runtime) as load:
            # The keeper reports when it starts, then once a minute.
            instance.inside("systemctl", "restart", "preqly")
            result = deployed.up()
            wait_until(lambda: rings(deployed, "DiskUsed"), REPORTED_SECONDS)
    finally:
        instance.inside("rm", FULL)
    assert result.returncode == 1
    assert "no space left on device" in result.stderr
    assert_nobody_noticed(load)
    assert serving(deployed) == before


def rings(checkout: Checkout, metric: str) -> bool:
    """Whether the machine has reported a number above which the team is told."""
    alarms = checkout.aws("cloudwatch").describe_alarms()["MetricAlarms"]
    (alarm,) = (one for one in alarms if one["MetricName"] == metric)
    now = time.time()
    found = checkout.aws("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=metric,
        Dimensions=alarm["Dimensions"],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=60,
        Statistics=[alarm["Statistic"]],
    )["Datapoints"]
    return max((float(one[alarm["Statistic"]]) for one in found), default=0.0) > float(alarm["Threshold"])


def test_with_room_again_the_next_up_goes_through(deployed: Checkout) -> None:
    result = deployed.up()
    assert result.returncode == 0, result.stderr
    assert headlines(deployed) == {CHANGED}


def test_a_reboot_in_the_middle_of_a_deploy_brings_the_release_before_back(
    deployed: Checkout, sources: Sources, instance: Instance, measured: Measured
) -> None:
    sources.headline("Cut off by a reboot.")
    before, container = serving(deployed), instance.container
    moments = []

    def reboot() -> None:
        # Not before the command is there: one that waits is carried out after the reboot.
        wait_until(lambda: instance.shell("cat /run/preqly/lock").startswith("deploy"), RESTARTED_SECONDS)
        moments.append(time.monotonic())
        docker("restart", "--time", "1", container)

    with constant_load(deployed.runtime) as load:
        result = deployed.run_until("Nothing to migrate", reboot)
        wait_until(instance.answers, REPLACED_SECONDS)
        load.wait_for_enough()
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    measured("away after a reboot in the middle of a deploy", returned(load, moments[0], REPLACED_SECONDS))
    assert serving(deployed) == before
    assert headlines(deployed) == {CHANGED}


def test_a_reboot_after_a_rotation_that_failed_brings_the_site_back(
    deployed: Checkout, sources: Sources, instance: Instance, measured: Measured
) -> None:
    rotation_fails(deployed, sources)
    before = serving(deployed)
    with constant_load(deployed.runtime) as load:
        docker("restart", "--time", "1", instance.container)
        rebooted = time.monotonic()
        wait_until(instance.answers, REPLACED_SECONDS)
        load.wait_for_enough()
    measured("away after a reboot between two passwords of the owner", returned(load, rebooted, REPLACED_SECONDS))
    assert serving(deployed) == before
    assert headlines(deployed) == {CHANGED}
    result = deployed.up()
    assert result.returncode == 0, result.stderr


def test_a_machine_that_dies_is_replaced_and_asks_for_no_certificate(
    deployed: Checkout, instance: Instance, measured: Measured
) -> None:
    before, certificate, asked = instance.id, shown(deployed, "app.preqly.com").serial, orders(deployed)
    with constant_load(deployed.runtime) as load:
        time.sleep(1)
        docker("kill", instance.container)
        killed = time.monotonic()
        wait_until(lambda: instance.id not in ("", before) and instance.answers(), REPLACED_SECONDS)
        load.wait_for_enough()
    measured("away after the machine was killed", returned(load, killed, REPLACED_SECONDS))
    assert headlines(deployed) == {CHANGED}
    assert shown(deployed, "app.preqly.com").serial == certificate
    assert orders(deployed) == asked, "a machine more is no certificate more"
