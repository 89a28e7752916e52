"""The instances of the auto scaling group of one: which serves, which came after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from infra.release.errors import ReleaseError

VERSION_TAG = "aws:ec2launchtemplate:version"
"""EC2's own tag of an instance: the version of the template that it was started from."""
LEAVING = ("Terminating", "Terminated", "Detaching", "Detached")
"""Beginnings of the lifecycle states of what the group has done with and still lists, for a minute or more."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One instance of the group."""

    id: str
    in_service: bool
    outdated: bool
    """Whether it was started from another version of the template than the group has now."""
    has_address: bool
    """Whether it has an Elastic IP."""


def instances(session: boto3.Session, group: str) -> Sequence[Instance]:
    """All that are not on their way out, the one with the address last. Raises ReleaseError when the group is gone."""
    scaling: Any = session.client("autoscaling")
    answer = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    if not answer:
        raise ReleaseError(f"Auto scaling group {group} is gone. `pulumi up --refresh` makes it again.")
    there = [one for one in answer[0]["Instances"] if not one["LifecycleState"].startswith(LEAVING)]
    wanted = str((answer[0].get("LaunchTemplate") or {}).get("Version", ""))
    ids = [str(one["InstanceId"]) for one in there]
    addressed, versions = _with_address(session, ids), _versions(session, ids)
    found = [
        Instance(
            id=one["InstanceId"],
            in_service=one["LifecycleState"] == "InService" and one["HealthStatus"] == "Healthy",
            outdated=wanted.isdigit() and versions.get(one["InstanceId"], wanted) != wanted,
            has_address=one["InstanceId"] in addressed,
        )
        for one in there
    ]
    return sorted(found, key=lambda one: one.has_address)


def serving_instance(session: boto3.Session, group: str) -> str:
    """Id of the instance that commands go to: in service, with the address if one has it, else the newest.

    Raises ReleaseError when there is none.
    """
    found = [one.id for one in instances(session, group) if one.in_service]
    if not found:
        raise ReleaseError(
            f"auto scaling group {group} has no instance in service. It starts one by itself; see its activity: "
            f"aws autoscaling describe-scaling-activities --auto-scaling-group-name {group}"
        )
    return found[-1]


def _with_address(session: boto3.Session, ids: Sequence[str]) -> set[str]:
    ec2: Any = session.client("ec2")
    chosen = [{"Name": "instance-id", "Values": list(ids)}]
    answer = ec2.describe_addresses(Filters=chosen)["Addresses"] if ids else []
    return {str(one["InstanceId"]) for one in answer}


def _versions(session: boto3.Session, ids: Sequence[str]) -> dict[str, str]:
    ec2: Any = session.client("ec2")
    chosen = [{"Name": "resource-id", "Values": list(ids)}, {"Name": "key", "Values": [VERSION_TAG]}]
    answer = ec2.describe_tags(Filters=chosen)["Tags"] if ids else []
    return {str(one["ResourceId"]): str(one["Value"]) for one in answer}
