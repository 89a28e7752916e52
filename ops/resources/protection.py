"""What blocks `pulumi destroy`, how to remove the block, and what remains after it. Reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.console import Console

from infra.release.record import ReleaseRecord
from infra.release.reporting import short
from ops.resources.pulumi_state import Resource, resources
from ops.stack import Stack, tagged

UNPROTECT = "pulumi config set protect false && pulumi up"
DATABASE, BUCKET, REPOSITORY = "aws:rds/instance:Instance", "aws:s3/bucket:Bucket", "aws:ecr/repository:Repository"
SECRET, KEY = "aws:secretsmanager/secret:Secret", "aws:kms/key:Key"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An effect of `pulumi destroy` on one resource."""

    what: str
    why: str
    blocks: bool
    """Whether `pulumi destroy` stops at the resource. Otherwise `why` says what happens to it."""
    command: str
    """Removes the block, or saves what would be lost; may be empty."""


def read_protection(stack: Stack) -> list[Finding]:
    """Findings that block, then those about what is deleted and what remains."""
    release = stack.history()[-1]
    state = resources(stack.name)
    found = [
        *_protected_by_pulumi(stack, state),
        *_database(stack.session, release, state or []),
        *_caches(state or []),
        *_load_balancers(stack),
        *_buckets(stack, state or []),
        *_repositories(stack.session, release, state or []),
        *_after_destroy(stack, state or []),
    ]
    return sorted(found, key=lambda one: not one.blocks)


def print_protection(found: Sequence[Finding], console: Console) -> None:
    """Print findings that block, then the rest, with each command on its own line."""
    blocking = [one for one in found if one.blocks]
    if blocking:
        _print("These block `pulumi destroy`", blocking, console)
    else:
        console.print("[bold]Nothing blocks `pulumi destroy`.[/]")
    console.print()
    _print("What it deletes, and what remains", [one for one in found if not one.blocks], console)


def _print(title: str, found: Sequence[Finding], console: Console) -> None:
    console.print(f"[bold]{title}[/]")
    # One command may remove several blocks.
    for command in dict.fromkeys(one.command for one in found):
        for one in found:
            if one.command == command:
                console.print(f"  {one.what}: {one.why}", markup=False, soft_wrap=True)
        if command:
            console.print(f"      {command}", style="green", markup=False, soft_wrap=True)


def _protected_by_pulumi(stack: Stack, state: list[Resource] | None) -> Iterator[Finding]:
    if state is None:
        yield Finding(
            what="Pulumi's state",
            why="cannot be read, so protected resources are not listed",
            blocks=False,
            command=f"pulumi login && pulumi stack select {stack.name}",
        )
    for one in state or []:
        if one.protect:
            yield Finding(what=one.name, why="`protect` in Pulumi", blocks=True, command=UNPROTECT)


def _database(session: boto3.Session, release: ReleaseRecord, state: list[Resource]) -> Iterator[Finding]:
    rds: Any = session.client("rds")
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=release.database)["DBInstances"]
    except ClientError:
        return
    name = f"database {release.database}"
    if found.get("DeletionProtection"):
        yield Finding(what=name, why="RDS deletion protection", blocks=True, command=UNPROTECT)
    inputs = next((one.inputs for one in state if one.type == DATABASE), {})
    if inputs.get("skipFinalSnapshot"):
        yield Finding(
            what=name,
            why="its data is deleted without a final snapshot",
            blocks=False,
            command="pulumi config set databaseFinalSnapshot true && pulumi up",
        )
    elif inputs:
        snapshot = inputs.get("finalSnapshotIdentifier")
        yield Finding(what=name, why=f"its final snapshot {snapshot} remains", blocks=False, command="")


def _caches(state: list[Resource]) -> Iterator[Finding]:
    for group in (one.identifier for one in state if one.type == CACHE):
        why = "its keys are deleted with its automatic snapshots, also jobs and sessions"
        command = f"aws elasticache create-snapshot --replication-group-id {group} --snapshot-name last-of-{group}"
        yield Finding(what=f"cache {group}", why=why, blocks=False, command=command)


def _load_balancers(stack: Stack) -> Iterator[Finding]:
    elb: Any = stack.session.client("elbv2")
    for arn in tagged(stack.session, stack.project, stack.name, "elasticloadbalancing:loadbalancer"):
        attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
            name = arn.split("/")[-2]
            yield Finding(what=f"load balancer {name}", why="deletion protection", blocks=True, command=UNPROTECT)


def _buckets(stack: Stack, state: list[Resource]) -> Iterator[Finding]:
    s3: Any = stack.session.client("s3")
    for arn in tagged(stack.session, stack.project, stack.name, "s3"):
        bucket = arn.rpartition(":")[2]
        versions = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
        if versions.get("Versions") or versions.get("DeleteMarkers"):
            yield _content(f"bucket {bucket}", "files", _inputs(state, BUCKET, bucket).get("forceDestroy"))


def _repositories(session: boto3.Session, release: ReleaseRecord, state: list[Resource]) -> Iterator[Finding]:
    ecr: Any = session.client("ecr")
    for image in (release.web_image, release.proxy_image):
        repository = image.partition("@")[0].partition("/")[2]
        try:
            images = ecr.list_images(repositoryName=repository, maxResults=1)["imageIds"]
        except ecr.exceptions.RepositoryNotFoundException:
            continue
        if images:
            forced = _inputs(state, REPOSITORY, repository).get("forceDelete")
            yield _content(f"repository {repository}", "images", forced)


def _content(what: str, content: str, forced: Any) -> Finding:
    if forced:
        return Finding(what=what, why=f"its {content} are deleted with it", blocks=False, command="")
    return Finding(what=what, why=f"it contains {content}", blocks=True, command=UNPROTECT)


def _after_destroy(stack: Stack, state: list[Resource]) -> Iterator[Finding]:
    for one in state:
        if one.type == SECRET:
            days = int(one.inputs.get("recoveryWindowInDays", 30))
            why = f"can be restored for {days} days" if days else "is deleted at once"
            command = f"aws secretsmanager restore-secret --secret-id {one.identifier}" if days else ""
            yield Finding(what=f"secret {one.name}", why=why, blocks=False, command=command)
        if one.type == KEY:
            days = int(one.inputs.get("deletionWindowInDays", 30))
            why = (
                "remains, for the snapshots it encrypts"
                if one.stays
                else f"is deleted {days} days later, and its snapshots become unreadable"
            )
            command = "" if one.stays else f"aws kms cancel-key-deletion --key-id {short(one.identifier)}"
            yield Finding(what=f"key {one.name}", why=why, blocks=False, command=command)
        if one.type == LOG_GROUP and one.stays:
            command = f"aws logs delete-log-group --log-group-name {one.identifier}"
            yield Finding(what=f"log group {one.name}", why="remains with its lines", blocks=False, command=command)
    for name in sorted({one.snapshot for one in stack.history() if one.snapshot}):
        yield Finding(
            what=f"snapshot {name}",
            why="remains and costs money",
            blocks=False,
            command=f"aws rds delete-db-snapshot --db-snapshot-identifier {name}",
        )


def _inputs(state: list[Resource], kind: str, identifier: str) -> dict[str, Any]:
    return next((one.inputs for one in state if one.type == kind and one.identifier == identifier), {})
