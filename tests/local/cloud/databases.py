"""A DB instance for tests, and a client that connects to it as the application would."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.rds import RdsAgent
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client, free_port
from tests.waiting import wait_until

PASSWORD = "first-Password1"
PARAMETERS = {
    "rds.force_ssl": "1",
    "log_min_duration_statement": "500",
    "max_connections": "77",
    "shared_preload_libraries": "pg_stat_statements,pg_cron",
    "not_a_setting": "3",
}


@contextmanager
def available(folder: Path) -> Iterator[EmbeddedCloud]:
    """A cloud of its own, with a database that is available."""
    name = f"test-rds-{uuid.uuid4().hex[:6]}"
    config = CloudConfig(name=name, state_dir=folder, api_port=0, registry_port=free_port())
    cloud = EmbeddedCloud(config, agents=[RdsAgent])
    cloud.start()
    try:
        create(cloud)
        wait_until_available(cloud)
        yield cloud
    finally:
        cloud.stop()
        remove_all(name)


def create(cloud: EmbeddedCloud) -> None:
    ec2, rds = client(cloud, "ec2"), client(cloud, "rds")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for i, zone in enumerate("ab")
    ]
    ids = [subnet["SubnetId"] for subnet in subnets]
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=ids)
    rds.create_db_parameter_group(
        DBParameterGroupName="settings", DBParameterGroupFamily="postgres17", Description="settings"
    )
    set_parameters(cloud, PARAMETERS)
    create_instance(cloud)


def create_instance(cloud: EmbeddedCloud) -> None:
    client(cloud, "rds").create_db_instance(
        DBInstanceIdentifier="site",
        Engine="postgres",
        EngineVersion="17",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="preqly",
        MasterUserPassword=PASSWORD,
        DBName="preqly",
        Port=5433,
        DBSubnetGroupName="private",
        DBParameterGroupName="settings",
        EnableCloudwatchLogsExports=["postgresql"],
    )


def set_parameters(cloud: EmbeddedCloud, parameters: dict[str, str]) -> None:
    entries = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
        for name, value in parameters.items()
    ]
    client(cloud, "rds").modify_db_parameter_group(DBParameterGroupName="settings", Parameters=entries)


def instance(cloud: EmbeddedCloud, identifier: str = "site") -> dict[str, Any]:
    (found,) = client(cloud, "rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    return dict(found)


def wait_until_available(cloud: EmbeddedCloud, identifier: str = "site") -> None:
    wait_until(lambda: instance(cloud, identifier)["DBInstanceStatus"] == "available", 60)


def delete_instance(cloud: EmbeddedCloud, identifier: str = "site", **how: Any) -> None:
    """Delete, and wait until it is gone."""
    rds = client(cloud, "rds")
    rds.delete_db_instance(DBInstanceIdentifier=identifier, **(how or {"SkipFinalSnapshot": True}))
    wait_until(
        lambda: identifier not in {one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]},
        60,
    )


def psql(
    cloud: EmbeddedCloud, sql: str, password: str = PASSWORD, mode: str = "verify-full", identifier: str = "site"
) -> str:
    """What a client on the network is told: rows, or the error."""
    endpoint = instance(cloud, identifier)["Endpoint"]
    address = f"host={endpoint['Address']} port={endpoint['Port']} user=preqly dbname=preqly"
    authority = cloud.context.certificates.certificate_path
    container = cloud.context.docker.run(
        f"client-{uuid.uuid4().hex[:8]}",
        cloud.config.images["postgres"],
        "client",
        entrypoint=["psql", "-XAt", f"{address} sslmode={mode} sslrootcert=/ca.pem", "-c", sql],
        command=[],
        environment={"PGPASSWORD": password},
        volumes={str(authority): {"bind": "/ca.pem", "mode": "ro"}},
    )
    container.wait(timeout=30)
    told = str(container.logs().decode().strip())
    container.remove()
    return told
