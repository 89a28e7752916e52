"""The life of a DB instance: its data, its state, its end."""

import pytest

from local.cloud.rds import RdsAgent
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import Start, client
from tests.local.cloud.databases import create, create_instance, delete_instance, instance, psql, wait_until_available
from tests.waiting import wait_until


@pytest.mark.containers
def test_data_survives_the_cloud_its_container_and_a_reboot(start: Start) -> None:
    cloud = start(RdsAgent)
    create(cloud)
    wait_until_available(cloud)
    psql(cloud, "CREATE TABLE kept AS SELECT 42 AS answer")
    client(cloud, "rds").reboot_db_instance(DBInstanceIdentifier="site")
    assert instance(cloud)["DBInstanceStatus"] == "rebooting"
    wait_until_available(cloud)
    cloud.stop()
    (container,) = cloud.context.docker.containers("database")
    container.remove(force=True)

    cloud = start(RdsAgent)
    wait_until(lambda: psql(cloud, "SELECT answer FROM kept") == "42")


@pytest.mark.containers
def test_a_new_instance_of_an_old_name_starts_empty(start: Start) -> None:
    cloud = start(RdsAgent)
    create(cloud)
    wait_until_available(cloud)
    psql(cloud, "CREATE TABLE gone AS SELECT 42 AS answer")
    delete_instance(cloud)
    create_instance(cloud)
    wait_until_available(cloud)
    assert "does not exist" in psql(cloud, "SELECT answer FROM gone")

    delete_instance(cloud)
    docker = cloud.context.docker
    wait_until(lambda: docker.containers("database") == [] and docker.volumes("database") == [])


def test_without_agents_an_instance_is_available_at_once(cloud: EmbeddedCloud) -> None:
    create(cloud)
    assert instance(cloud)["DBInstanceStatus"] == "available"


def test_two_instances_have_different_resource_identifiers(cloud: EmbeddedCloud) -> None:
    create(cloud)
    first = instance(cloud)["DbiResourceId"]
    client(cloud, "rds").delete_db_instance(DBInstanceIdentifier="site", SkipFinalSnapshot=True)
    create_instance(cloud)
    assert instance(cloud)["DbiResourceId"] != first
