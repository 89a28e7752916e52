"""DB instances: data, status and resource identifiers."""

import pytest

from embedded_cloud.agents.rds.agent import RdsAgent
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import Start, client
from support.databases import create, create_instance, instance, psql, wait_until_available


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


def test_without_agents_an_instance_is_available_at_once(cloud: EmbeddedCloud) -> None:
    create(cloud)
    assert instance(cloud)["DBInstanceStatus"] == "available"


def test_two_instances_have_different_resource_identifiers(cloud: EmbeddedCloud) -> None:
    create(cloud)
    first = instance(cloud)["DbiResourceId"]
    client(cloud, "rds").delete_db_instance(DBInstanceIdentifier="site", SkipFinalSnapshot=True)
    create_instance(cloud)
    assert instance(cloud)["DbiResourceId"] != first
