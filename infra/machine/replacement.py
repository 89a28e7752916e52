"""A machine in place of another, without a moment in which the address leads nowhere."""

import time
from typing import Any

import boto3

from infra.release.errors import ReleaseError
from infra.release.telling import Tell

BOOT_SECONDS = 900
"""Packages, images, the start of the site: minutes; a machine that needs longer has a fault."""
POLL_SECONDS = 5


def wait_until_it_serves(session: boto3.Session, group: str, allocation: str) -> str:
    """The group's instance that has taken the address, which each does as its last step. Raises ReleaseError."""
    return _wait_for_address(session, group, allocation, not_on=())


def replace(session: boto3.Session, group: str, allocation: str, tell: Tell) -> str:
    """Start a machine of the group's present template, wait until it has the address, end the others.

    Returns its id. Raises ReleaseError when it does not come up: the one before it still has the address then.
    """
    scaling: Any = session.client("autoscaling")
    before = _instances(session, group)
    tell(f"A new machine starts beside {', '.join(before)}; the address moves when its site answers")
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=len(before) + 1, HonorCooldown=False)
    try:
        serving = _wait_for_address(session, group, allocation, not_on=before)
    except ReleaseError:
        for instance in set(_instances(session, group)) - set(before):
            _end(scaling, instance)
        raise
    for instance in before:
        _end(scaling, instance)
    return serving


def _end(scaling: Any, instance: str) -> None:
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=instance, ShouldDecrementDesiredCapacity=True)


def _wait_for_address(session: boto3.Session, group: str, allocation: str, not_on: Any) -> str:
    ec2: Any = session.client("ec2")
    deadline = time.monotonic() + BOOT_SECONDS
    while True:
        (address,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
        instance = address.get("InstanceId", "")
        if instance and instance not in not_on and instance in _instances(session, group):
            return str(instance)
        if time.monotonic() > deadline:
            waiting = [one for one in _instances(session, group) if one not in not_on]
            raise ReleaseError(_missing(group, waiting))
        time.sleep(POLL_SECONDS)


def _instances(session: boto3.Session, group: str) -> list[str]:
    scaling: Any = session.client("autoscaling")
    (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    return [str(one["InstanceId"]) for one in found["Instances"]]


def _missing(group: str, instances: list[str]) -> str:
    if not instances:
        return (
            f"auto scaling group {group} started no machine within {BOOT_SECONDS} s. Its reason: "
            f"aws autoscaling describe-scaling-activities --auto-scaling-group-name {group}"
        )
    return (
        f"the site did not come up on {', '.join(instances)} within {BOOT_SECONDS} s. What the machine says: "
        f"aws ssm start-session --target {instances[-1]}, then journalctl -u preqly and /var/log/cloud-init-output.log"
    )
