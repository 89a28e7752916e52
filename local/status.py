"""`make status` and `make env`: what runs, and how to reach it."""

import argparse
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from embedded_cloud.config import PACKET_FILTER_VARIABLE
from embedded_cloud.endpoints import Endpoints
from embedded_cloud.images.images import is_standin
from local import daemon, site
from local.project import LOCAL_STACK
from local.runtime import OperatorError, Runtime, venv_python
from local.setup import session_manager_plugin
from local.setup.docker_engine import pid_file
from local.setup.pulumi_engine import find_engine
from local.setup.steps import report
from local.stack import engine_environment, official_providers


def what_is_emulated(images: Mapping[str, str]) -> str:
    """The statement that `make up` prints once. `images` maps a role to its base image."""
    providers = "" if official_providers() else " and Pulumi's aws, random and docker providers"
    lines = [
        f"Emulated: AWS's API (moto){providers}.",
        "Real: the Pulumi engine, the program, the images, every container (load balancer, tasks, PostgreSQL, Valkey).",
    ]
    standins = sorted({reference for reference in images.values() if is_standin(reference)})
    if standins:
        lines.append(f"No image registry answers, so Debian's packages stand in for: {', '.join(standins)}.")
    return "\n".join(lines)


def print_addresses(runtime: Runtime, console: Console) -> None:
    """The last output of `make up`: where the site, its logs and the commands are."""
    rows = (
        ("Site", site.url(runtime)),
        ("", f"{site.plain_url(runtime)} redirects there"),
        ("", f"certificate authority: {site.authority(runtime)}"),
        ("State", "make status"),
        ("Commands", 'eval "$(make -s env)"; then: python -m ops status, pulumi stack output, aws ...'),
        ("Logs", f"python -m ops logs; the cloud's own: {daemon.log_file(runtime)}"),
        ("Remove", "make down"),
    )
    _print(console, rows)


def status(_: argparse.Namespace, runtime: Runtime) -> int:
    """Print what runs, as AWS reports it. Exit code 1 if the cloud does not run."""
    endpoints = daemon.find(runtime)
    if endpoints is None:
        report("The embedded cloud is not running. Start it with: make up")
        return 1
    console = Console()
    _print(console, [("Cloud", f"{runtime.cloud}: {endpoints.api}, log {daemon.log_file(runtime)}")])
    if not daemon.filters_packets(runtime):
        _print(console, [("Packets", f"not filtered: security groups are only stored ({PACKET_FILTER_VARIABLE}=off)")])
    if pid_file(runtime).exists():
        _print(console, [("Docker", "engine started by set-up, stopped by make down")])
    try:
        for rows in (_services, _schedules, _databases, _caches, _targets):
            _print(console, rows(endpoints))
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(f"The embedded cloud does not answer: {error}") from error
    return 0


def environment(_: argparse.Namespace, runtime: Runtime) -> int:
    """Print export lines. Raises OperatorError if the cloud does not run."""
    endpoints = daemon.find(runtime)
    engine = find_engine()
    if endpoints is None or engine is None:
        raise OperatorError("The embedded cloud is not running. Start it with: make up")
    values = engine_environment(runtime.folder, endpoints)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    lines += [
        f"export PULUMI_STACK={shlex.quote(LOCAL_STACK)}",
        # Settings that the commands of ops/ read (ops/project.py).
        f"export PULUMI_SETTINGS_DIR={shlex.quote(str(runtime.folder / 'program'))}",
        # What the database runs on has the clients of its version (ops/backup/postgres_client.py).
        f"export POSTGRES_IMAGE={shlex.quote(daemon.chosen_images(runtime)['postgres'])}",
        "unset PULUMI_CONFIG_PASSPHRASE AWS_PROFILE AWS_SESSION_TOKEN",
    ]
    # The engine, the Python with the requirements of ops/, and, after the operator's own, the Session Manager plugin.
    first = f"{shlex.quote(str(engine.parent))}:{shlex.quote(str(venv_python().parent))}"
    lines.append(f'export PATH={first}:"$PATH":{shlex.quote(str(session_manager_plugin.folder()))}')
    print("\n".join(lines))  # noqa: T201
    return 0


def client(endpoints: Endpoints, service: str) -> Any:
    """A boto3 client of the embedded cloud; AWS variables of the environment do not count."""
    values = endpoints.aws_environment()
    session = boto3.session.Session(
        aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
        region_name=values["AWS_REGION"],
    )
    make: Any = session.client
    return make(service, endpoint_url=endpoints.api)


def _print(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    """Never wrap: the lines are there to be copied."""
    for label, text in rows:
        console.print(f"{label:<15} {text}", highlight=False, markup=False, soft_wrap=True)


def _services(endpoints: Endpoints) -> Iterator[tuple[str, str]]:
    ecs = client(endpoints, "ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        names = ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=names)["services"] if names else ():
            (primary,) = [d for d in service["deployments"] if d["status"] == "PRIMARY"] or [{}]
            counts = f"{service['runningCount']} of {service['desiredCount']} tasks"
            release = service["taskDefinition"].rpartition("/")[2]
            yield "Service", f"{service['serviceName']}: {counts}, {release}, {primary.get('rolloutState', 'unknown')}"


def _schedules(endpoints: Endpoints) -> Iterator[tuple[str, str]]:
    scheduler = client(endpoints, "scheduler")
    for one in scheduler.list_schedules()["Schedules"]:
        found = scheduler.get_schedule(GroupName=one["GroupName"], Name=one["Name"])
        when = f"{found['ScheduleExpression']} {found['ScheduleExpressionTimezone']}"
        yield "Schedule", f"{one['Name']}: {one['State']}, {when}"


def _databases(endpoints: Endpoints) -> Iterator[tuple[str, str]]:
    for database in client(endpoints, "rds").describe_db_instances()["DBInstances"]:
        where = database.get("Endpoint", {})
        address = f"{where.get('Address')}:{where.get('Port')}"
        yield "Database", f"{database['DBInstanceIdentifier']}: {database['DBInstanceStatus']}, {address}"


def _caches(endpoints: Endpoints) -> Iterator[tuple[str, str]]:
    for cache in client(endpoints, "elasticache").describe_replication_groups()["ReplicationGroups"]:
        where = (cache.get("NodeGroups") or [{}])[0].get("PrimaryEndpoint", {})
        address = f"{where.get('Address')}:{where.get('Port')}"
        yield "Cache", f"{cache['ReplicationGroupId']}: {cache['Status']}, {address}"


def _targets(endpoints: Endpoints) -> Iterator[tuple[str, str]]:
    elb = client(endpoints, "elbv2")
    for group in elb.describe_target_groups()["TargetGroups"]:
        health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        for target in health:
            yield "Target", f"{target['Target']['Id']}:{target['Target']['Port']} {target['TargetHealth']['State']}"
