"""A machine in place of another, without a moment in which the address leads nowhere."""

import time
from collections.abc import Sequence
from typing import Any

import boto3

from infra.machine.instances import Instance, instances
from infra.machine.remote import Remote
from infra.machine.trouble import last_words, refuse_trouble
from infra.release.errors import ReleaseError
from infra.release.telling import Tell

BOOT_SECONDS = 900
"""Packages, images, the start of the site: minutes; a machine that needs longer has a fault."""
POLL_SECONDS = 5


def settle(session: boto3.Session, to: Remote, tell: Tell) -> str:
    """Id of the one machine, of the group's present template, that has the address. Raises ReleaseError.

    It is waited for while it boots. In place of one of an earlier template another one is started first, and what an
    update that was cut off left is brought to its end. When it does not come up, the one before it keeps the address.
    """
    found = instances(session, to.group)
    before = [one for one in found if one.outdated]
    if before and len(before) == len(found):
        _start_another(session, to, before, tell)
    try:
        serving = _wait_for_address(session, to, tell)
    except ReleaseError:
        _end(session, [one for one in instances(session, to.group) if before and not one.outdated])
        raise
    _end(session, [one for one in instances(session, to.group) if one.id != serving])
    return serving


def _start_another(session: boto3.Session, to: Remote, before: Sequence[Instance], tell: Tell) -> None:
    *spare, serving = before
    # The group takes two: the last one, which has the address if any has, and the one that is to take it.
    _end(session, spare)
    tell(f"A new machine starts beside {serving.id}; the address moves when its site answers")
    scaling: Any = session.client("autoscaling")
    scaling.set_desired_capacity(AutoScalingGroupName=to.group, DesiredCapacity=2)


def _end(session: boto3.Session, these: Sequence[Instance]) -> None:
    scaling: Any = session.client("autoscaling")
    for one in these:
        scaling.terminate_instance_in_auto_scaling_group(InstanceId=one.id, ShouldDecrementDesiredCapacity=True)


def _wait_for_address(session: boto3.Session, to: Remote, tell: Tell) -> str:
    deadline, told = time.monotonic() + BOOT_SECONDS, ""
    while True:
        there = [one for one in instances(session, to.group) if not one.outdated]
        # One that its group is about to replace may have the address for a moment more.
        serving = next((one.id for one in there if one.has_address and one.in_service), None)
        if serving:
            return serving
        if time.monotonic() > deadline:
            raise ReleaseError(_missing(session, to, [one.id for one in there]))
        for one in there:
            refuse_trouble(session, to, one.id)
        now = ", ".join(one.id for one in there) or "a new machine"
        if now != told:
            tell(f"Waiting for the site on {now}")
            told = now
        time.sleep(POLL_SECONDS)


def _missing(session: boto3.Session, to: Remote, ids: Sequence[str]) -> str:
    if not ids:
        return (
            f"auto scaling group {to.group} started no machine within {BOOT_SECONDS} s. Its reason: "
            f"aws autoscaling describe-scaling-activities --auto-scaling-group-name {to.group}"
        )
    return (
        f"the site did not come up on {', '.join(ids)} within {BOOT_SECONDS} s.\n{last_words(session, to, ids[-1])}\n"
        f"More of it: aws ssm start-session --target {ids[-1]}, then journalctl -u preqly and "
        "/var/log/cloud-init-output.log"
    )
