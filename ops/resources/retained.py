"""What `pulumi destroy` leaves in the account on purpose. It is never offered for deletion."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import boto3

from infra.naming import RETAINED_TAG
from infra.release.reporting import short

KEY, LOG_GROUP, SECRET = "kms:key", "logs:log-group", "secretsmanager:secret"
"""Kinds as in `kinds.KINDS`."""


def is_retained(kind: str, arn: str, tags: Mapping[str, str], keys_of_snapshots: Callable[[], Collection[str]]) -> bool:
    """Whether a resource stays on purpose: by the program's tag, or because a snapshot is unreadable without it.

    `keys_of_snapshots` is called for a key without the tag only.
    """
    if tags.get(RETAINED_TAG) == "true":
        return True
    return kind == KEY and not {arn, short(arn)}.isdisjoint(keys_of_snapshots())


def is_deleted(session: boto3.Session, kind: str, arn: str) -> bool:
    """Whether it only waits for the end of its recovery window; AWS still lists its tags."""
    if kind == KEY:
        return str(session.client("kms").describe_key(KeyId=arn)["KeyMetadata"].get("KeyState")) == "PendingDeletion"
    return kind == SECRET and "DeletedDate" in session.client("secretsmanager").describe_secret(SecretId=arn)


def created_at(session: boto3.Session, kind: str, arn: str) -> datetime | None:
    """When a retained resource was created; None for kinds that are never retained."""
    if kind == KEY:
        created: datetime = session.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["CreationDate"]
        return created
    if kind == LOG_GROUP:
        name = arn.split(":", 6)[6].removesuffix(":*")
        groups = session.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        found = next((one["creationTime"] for one in groups if one.get("logGroupName") == name), None)
        return datetime.fromtimestamp(found / 1000, UTC) if found else None
    return None


def start_of(state: Mapping[str, Any]) -> datetime | None:
    """When this stack was created, after the last one of its name was destroyed; None when Pulumi does not say."""
    stacks = [one for one in state.get("resources") or [] if one["type"] == "pulumi:pulumi:Stack"]
    # Pulumi writes nanoseconds, which Python does not read.
    return datetime.fromisoformat(f"{stacks[0]['created'][:19]}+00:00") if stacks and stacks[0].get("created") else None


def keys_of_snapshots(session: boto3.Session) -> set[str]:
    """The keys that encrypt snapshots of the account's databases and caches: ARNs, or IDs as ElastiCache documents."""
    databases: Any = session.client("rds").get_paginator("describe_db_snapshots").paginate()
    caches: Any = session.client("elasticache").get_paginator("describe_snapshots").paginate()
    snapshots = chain(
        chain.from_iterable(page["DBSnapshots"] for page in databases),
        chain.from_iterable(page["Snapshots"] for page in caches),
    )
    return {one["KmsKeyId"] for one in snapshots if one.get("KmsKeyId")}
