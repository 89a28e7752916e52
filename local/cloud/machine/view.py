"""Instances, groups and addresses as the agent reads them from moto: plain values."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RUNNING = "running"
DISK_GB = 8
"""Of an instance whose template names no disk: as large as Debian's own image."""
MEMORY_MIB = {"nano": 512, "micro": 1024, "small": 2048, "medium": 4096, "large": 8192, "xlarge": 16384}
"""Of burstable instances by size (t3, t3a, t4g); others get as much as a large one."""


@dataclass(frozen=True, kw_only=True)
class InstanceView:
    """One instance of an auto scaling group that should run."""

    id: str
    type: str
    zone: str
    user_data: str
    role: str
    """Name of the role in its instance profile; empty without one."""
    role_arn: str
    hops: int
    """How far the metadata service's answers go."""

    disk_gb: int
    """Of its first volume."""

    @property
    def memory_mib(self) -> int:
        """Of its type."""
        return MEMORY_MIB.get(self.type.rpartition(".")[2], MEMORY_MIB["large"])


def instances(ec2: Any, iam: Any) -> Iterator[InstanceView]:
    """Every running instance that an auto scaling group has launched. Hold the lock."""
    for reservation in ec2.all_reservations():
        for instance in reservation.instances:
            if instance.state == RUNNING and getattr(instance, "autoscaling_group", None) is not None:
                yield _view(instance, iam)


def addresses(ec2: Any) -> dict[str, str]:
    """Elastic IPs that lead to an instance: address to instance id. Hold the lock."""
    return {eip.public_ip: eip.instance.id for eip in ec2.addresses if eip.instance is not None}


def _view(instance: Any, iam: Any) -> InstanceView:
    template = instance.autoscaling_group.ec2_launch_template
    data = template.get_version(instance.autoscaling_group.launch_template_version).data if template else {}
    options = data.get("MetadataOptions") or {}
    role = _role(data.get("IamInstanceProfile") or {}, iam)
    return InstanceView(
        id=instance.id,
        type=instance.instance_type,
        zone=instance.availability_zone,
        user_data=_decoded(instance.user_data),
        role=role.name if role else "",
        role_arn=role.arn if role else "",
        disk_gb=_disk_gb(data.get("BlockDeviceMappings") or ()),
        hops=int(options.get("HttpPutResponseHopLimit") or 1),
    )


def _disk_gb(mappings: Iterable[Mapping[str, Any]]) -> int:
    return next((int(one["Ebs"]["VolumeSize"]) for one in mappings if "VolumeSize" in (one.get("Ebs") or {})), DISK_GB)


def _role(profile: dict[str, str], iam: Any) -> Any:
    wanted = profile.get("Arn") or profile.get("Name")
    for one in iam.instance_profiles.values():
        if wanted in (one.arn, one.name) and one.roles:
            return one.roles[0]
    return None


def _decoded(user_data: Any) -> str:
    text = str(user_data or "")
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text
