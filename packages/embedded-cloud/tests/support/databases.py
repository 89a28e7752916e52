"""A DB instance, and a client on its network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedded_cloud.agents.rds.agent import RdsAgent
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import Clocks
from embedded_cloud.testing.polling import wait_until
from support.clouds import FAST, client, running_cloud, two_subnets

PASSWORD = "first-Password1"
PARAMETERS = {
    "rds.force_ssl": "1",
    "log_min_duration_statement": "500",
    "max_connections": "77",
    "shared_preload_libraries": "pg_stat_statements,pg_cron",
    "not_a_setting": "3",
}


@contextmanager
def available(folder: Path, clocks: Clocks = FAST) -> Iterator[EmbeddedCloud]:
    """Run a cloud of its own with a database that is available."""
    with running_cloud(folder, RdsAgent, clocks=clocks) as cloud:
        create(cloud)
        wait_until_available(cloud)
        yield cloud


def create(cloud: EmbeddedCloud) -> None:
    ec2, rds = client(cloud, "ec2"), client(cloud, "rds")
    _, ids = two_subnets(ec2, "10.0")
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
        MasterUsername="example",
        MasterUserPassword=PASSWORD,
        DBName="example",
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
    rds = client(cloud, "rds")
    rds.delete_db_instance(DBInstanceIdentifier=identifier, **(how or {"SkipFinalSnapshot": True}))
    wait_until(
        lambda: identifier not in {one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]},
        60,
    )


def psql(
    cloud: EmbeddedCloud, sql: str, password: str = PASSWORD, mode: str = "verify-full", identifier: str = "site"
) -> str:
    """Return the rows that a client on the network gets, or the error."""
    endpoint = instance(cloud, identifier)["Endpoint"]
    address = f"host={endpoint['Address']} port={endpoint['Port']} user=example dbname=example"
    _, output = run_client(
        cloud,
        ["psql", "-XAt", f"{address} sslmode={mode} sslrootcert=/ca.pem", "-c", sql],
        environment={"PGPASSWORD": password},
    )
    return output


def run_client(cloud: EmbeddedCloud, command: list[str], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a command in a container on the network that has PostgreSQL's programs. Return exit code and output."""
    authority = cloud.context.certificates.certificate_path
    container = cloud.context.docker.container("client") or cloud.context.docker.run(
        "client",
        cloud.config.images["postgres"],
        "client",
        entrypoint=["sleep", "infinity"],
        command=[],
        volumes={str(authority): {"bind": "/ca.pem", "mode": "ro"}},
        init=True,
    )
    code, output = container.exec_run(command, environment=environment)
    return code, str(output.decode().strip())
