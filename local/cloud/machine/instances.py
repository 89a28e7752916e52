"""One container per instance: Debian with an engine of its own, booted with the instance's user data."""

import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from docker.errors import APIError
from docker.models.containers import Container

from local.cloud import ecr
from local.cloud.config import REGION
from local.cloud.containers import put_files, remove_container
from local.cloud.context import CloudContext
from local.cloud.machine.view import InstanceView

logger = logging.getLogger("preqly.cloud")

ROLE = "instance"
INSTANCE_LABEL = "preqly.instance"
LOOP_CONTROL = "/dev/loop-control"
LOOP_DEVICES: Mapping[str, Any] = MappingProxyType(
    {"devices": [f"{LOOP_CONTROL}:{LOOP_CONTROL}:rwm"], "device_cgroup_rules": ["b 7:* rwm"]}
)
"""For a disk of its own size: a file system in a file."""
SWAP_MIB = 1024
"""What user data makes of it, where the host has swap."""
CREDENTIAL_SECONDS = 6 * 3600
REFRESH = timedelta(hours=3)
FOLDER = "/etc/instance"
"""Where the first process of the image (local/images/machine/init.py) looks for what it is told."""


class Instances:
    """Makes and ends the containers of instances."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._told: dict[str, datetime] = {}

    def containers(self) -> dict[str, Container]:
        """The containers there are, by instance id."""
        return {one.labels[INSTANCE_LABEL]: one for one in self._context.docker.containers(ROLE)}

    def boot(self, instance: InstanceView) -> None:
        """Make and start the instance's container."""
        self._reach_registry()
        try:
            self._create(instance, LOOP_DEVICES).start()
        except APIError as error:
            if LOOP_CONTROL not in str(error):
                raise
            logger.warning("ec2: the disk of %s has no limit of its own: no %s here", instance.id, LOOP_CONTROL)
            self._create(instance, {}).start()

    def _create(self, instance: InstanceView, devices: Mapping[str, Any]) -> Container:
        docker, config = self._context.docker, self._context.config
        disk = docker.volume(_suffix(instance.id, "disk"), ROLE)
        container = docker.create(
            _suffix(instance.id, "machine"),
            config.images["machine"],
            ROLE,
            labels={INSTANCE_LABEL: instance.id},
            hostname=instance.id,
            environment={
                "AWS_ENDPOINT_URL": self._context.container_endpoint,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "false",
            },
            # What an engine inside needs; not `privileged`, which would hand over the host's devices as well.
            cap_add=["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            volumes={
                disk: {"bind": "/var/lib/instance", "mode": "rw"},
                "/sys/fs/cgroup": {"bind": "/sys/fs/cgroup", "mode": "rw"},
            },
            tmpfs={"/run": "mode=755,exec"},
            mem_limit=f"{instance.memory_mib}m",
            memswap_limit=f"{instance.memory_mib + SWAP_MIB}m",
            stop_signal="SIGTERM",
            **devices,
        )
        self._told.pop(instance.id, None)
        self.tell(instance, container)
        authority = self._context.certificates.certificate_path.read_text()
        put_files(container, FOLDER, {"authority.pem": (authority, 0o644)})
        return container

    def _reach_registry(self) -> None:
        """The registry is not on the VPC's network by itself: tasks are started by the host's engine."""
        with contextlib.suppress(APIError):
            self._context.docker.network().connect(self._context.config.object_name(ecr.SUFFIX))

    def tell(self, instance: InstanceView, container: Container) -> None:
        """What the metadata service says, with fresh credentials now and then."""
        now = datetime.now(UTC)
        if now - self._told.get(instance.id, datetime.min.replace(tzinfo=UTC)) < REFRESH:
            return
        document = {
            "instance_id": instance.id,
            "instance_type": instance.type,
            "region": REGION,
            "zone": instance.zone,
            "user_data": instance.user_data,
            "role": instance.role,
            "credentials": self._credentials(instance, now),
            "hops": instance.hops,
            "disk_gb": instance.disk_gb,
            "registry": {
                "port": self._context.config.registry_port,
                "host": self._context.config.object_name(ecr.SUFFIX),
            },
        }
        put_files(container, FOLDER, {"instance.json": (json.dumps(document), 0o600)})
        self._told[instance.id] = now

    def end(self, instance_id: str, container: Container) -> None:
        """Remove the container and its disk."""
        remove_container(container)
        self._context.docker.remove_volume(_suffix(instance_id, "disk"))
        self._told.pop(instance_id, None)

    def _credentials(self, instance: InstanceView, now: datetime) -> dict[str, Any]:
        if not instance.role_arn:
            return {}
        with self._context.lock:
            assumed = self._context.backend("sts", "aws").assume_role(
                region_name=REGION,
                role_session_name=instance.id,
                role_arn=instance.role_arn,
                policy=None,
                duration=CREDENTIAL_SECONDS,
                external_id=None,
            )
            self._context.touch()
        return {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AccessKeyId": assumed.access_key_id,
            "SecretAccessKey": assumed.secret_access_key,
            "Token": assumed.session_token,
            "Expiration": (now + timedelta(seconds=CREDENTIAL_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _suffix(instance_id: str, part: str) -> str:
    return f"{instance_id}-{part}"
