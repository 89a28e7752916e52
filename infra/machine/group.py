"""The auto scaling group of one, and the template its instances are started from."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.machine.user_data import Boot, render_user_data
from infra.naming import tags

DEBIAN = "resolve:ssm:/aws/service/debian/release/13/latest/{}"
"""Debian's own image, looked up whenever a machine starts: one that is replaced in a year is not a year behind."""
DEBIAN_ARCHITECTURES = {"arm64": "arm64", "x86_64": "amd64"}
DISK_GB = 20
HARDENED: dict[str, Any] = {
    # Containers are two hops away, and have credentials of their own.
    "metadata_options": {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
    "block_device_mappings": [
        {
            "device_name": "/dev/xvda",
            "ebs": {"volume_type": "gp3", "volume_size": DISK_GB, "encrypted": "true", "delete_on_termination": "true"},
        }
    ],
    # A machine of these types starts without credits. With `standard` its first boot, and with it the site's return,
    # would have a fifth of each CPU (t4g.small). What a busy day costs above that rings an alarm (watch.py).
    "credit_specification": {"cpu_credits": "unlimited"},
}
GRACE_SECONDS = 600
"""How long a new machine may say nothing of its health: packages, images, the start of the site."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What an instance is, where it stands, as whom, and what it is told at its first boot."""

    architecture: str
    instance_type: str
    profile_arn: pulumi.Input[str]
    security_group_ids: Sequence[pulumi.Input[str]]
    subnet_ids: pulumi.Input[Sequence[str]]
    boot: pulumi.Output[Boot]


def group_of_one(
    name: str,
    group_name: str,
    described: Described,
    of_template: pulumi.ResourceOptions,
    of_group: pulumi.ResourceOptions,
) -> aws.autoscaling.Group:
    """One instance that is replaced when it fails; a second one is there while it takes the place of the first."""
    template = _template(name, described, of_template)
    patient = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="20m", update="30m", delete="15m"))
    return aws.autoscaling.Group(
        f"{name}-group",
        name=group_name,
        min_size=1,
        max_size=2,
        desired_capacity=1,
        health_check_type="EC2",
        health_check_grace_period=GRACE_SECONDS,
        vpc_zone_identifiers=described.subnet_ids,
        launch_template={
            "id": template.id,
            "version": template.latest_version.apply(lambda version: str(int(version))),
        },
        opts=pulumi.ResourceOptions.merge(of_group, patient),
    )


def _template(name: str, described: Described, opts: pulumi.ResourceOptions) -> aws.ec2.LaunchTemplate:
    named = tags(pulumi.get_project(), pulumi.get_stack(), name)
    return aws.ec2.LaunchTemplate(
        f"{name}-template",
        image_id=DEBIAN.format(DEBIAN_ARCHITECTURES[described.architecture]),
        instance_type=described.instance_type,
        iam_instance_profile={"arn": described.profile_arn},
        # Until it takes the Elastic IP, its last step, a machine has this address to fetch what it needs.
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": "true",
                "security_groups": list(described.security_group_ids),
                "delete_on_termination": "true",
            }
        ],
        user_data=described.boot.apply(lambda boot: base64.b64encode(render_user_data(boot).encode()).decode()),
        update_default_version=True,
        tag_specifications=[{"resource_type": kind, "tags": named} for kind in ("instance", "volume")],
        **HARDENED,
        opts=opts,
    )
