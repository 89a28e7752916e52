"""The agent of RDS: one PostgreSQL container with a volume for every DB instance."""

import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from docker.errors import DockerException
from docker.models.containers import Container

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.log_shipping import LogFollower
from embedded_cloud.agents.rds import configuration, postgres
from embedded_cloud.agents.rds.instance import Instance, read_instance
from embedded_cloud.agents.rds.snapshots import Snapshots, restore_backup
from embedded_cloud.agents.rds.write_ahead_log import WriteAheadLogs, recovery_conf
from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.containers.docker_host import put_files, remove_container

logger = logging.getLogger(__name__)

ROLE = "database"
RESOURCE_LABEL = "embedded-cloud.db-resource"
SPECIFICATION_LABEL = "embedded-cloud.db-specification"
RESTART_SECONDS = 5.0
"""Least time between two starts of a server that stops by itself."""


class RdsAgent:
    """Runs every `postgres` DB instance under the name of its endpoint on the cloud's network."""

    name = "rds"
    patience = 4

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._logs: dict[str, LogFollower] = {}
        self._snapshots = Snapshots(context)
        self._write_ahead_logs = WriteAheadLogs(context)
        self._applied: dict[str, str] = {}
        self._started_at: dict[str, float] = {}

    def reconcile(self) -> None:
        self._write_ahead_logs.expire()
        self._snapshots.reconcile()
        instances = self._instances()
        containers = {c.labels[RESOURCE_LABEL]: c for c in self._context.docker.containers(ROLE)}
        self._remove_orphans(containers, {instance.resource_id for instance in instances})
        self._write_ahead_logs.remove_orphans(instances)
        problems = []
        for instance in instances:
            try:
                self._reconcile_instance(instance, containers.get(instance.resource_id))
            except postgres.DatabaseNotReadyError:
                continue
            except (DockerException, RuntimeError, KeyError) as error:
                problems.append(f"{instance.identifier}: {error}")
        if problems:
            raise RuntimeError("; ".join(problems))

    def _instances(self) -> list[Instance]:
        with self._context.lock:
            databases = self._context.backend("rds").databases.values()
            return [read_instance(database) for database in databases if database.engine == "postgres"]

    def _reconcile_instance(self, instance: Instance, container: Container | None) -> None:
        if instance.status == "deleting" and not self._snapshots.is_pending(instance):
            if self._write_ahead_logs.finish(instance, container):
                self._delete(instance, container)
            return
        key = reading.database_key(instance.resource_id)
        network = interfaces.connect(self._context, key, aliases=[instance.address])
        specification = self._specification(instance, network)
        if container is not None and container.labels.get(SPECIFICATION_LABEL) != specification:
            remove_container(container)
            container = None
        if container is None:
            container = self._create(instance, specification, network)
        if instance.status == "rebooting":
            container.restart(timeout=10)
            self._applied.pop(container.id, None)
        elif container.status != "running":
            self._start(instance, container)
        if self._applied.get(container.id) != instance.settings_digest:
            postgres.configure(instance, container, self._archive_conf(instance))
            self._applied[container.id] = instance.settings_digest
        self._snapshots.take(instance, container)
        self._write_ahead_logs.follow(instance, container)
        if instance.status not in ("available", "deleting"):
            self._set_available(instance)
        self._ship_logs(instance, container)

    def _specification(self, instance: Instance, network: Mapping[str, Any]) -> str:
        """Digest of the container's options. Another digest means another container on the same volume."""
        image, interface = self._context.config.images["postgres"], network.get("network_mode", "")
        parts = (image, instance.address, instance.port, configuration.START_SCRIPT, interface)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _create(self, instance: Instance, specification: str, network: Mapping[str, Any]) -> Container:
        docker = self._context.docker
        return docker.create(
            instance.suffix,
            self._context.config.images["postgres"],
            ROLE,
            labels={RESOURCE_LABEL: instance.resource_id, SPECIFICATION_LABEL: specification},
            entrypoint=["/bin/sh", f"{configuration.FOLDER}/start.sh"],
            command=[],
            user="root",
            **network,
            volumes={
                docker.volume(instance.suffix, ROLE): {"bind": configuration.DATA_FOLDER, "mode": "rw"},
                **self._write_ahead_logs.volumes(instance),
            },
            cap_drop=["ALL"],
            cap_add=["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            shm_size="128m",
            stop_signal="SIGINT",
        )

    def _start(self, instance: Instance, container: Container) -> None:
        now = time.monotonic()
        if now - self._started_at.get(container.id, now - RESTART_SECONDS) < RESTART_SECONDS:
            raise postgres.DatabaseNotReadyError
        if container.id in self._started_at:
            logger.warning("rds: %s ended: %s", instance.identifier, container.logs(tail=5).decode(errors="replace"))
        self._started_at[container.id] = now
        if instance.restored_from and container.status == "created":
            restore_backup(container, self._snapshots.path(instance.restored_from))
        certificate = self._context.certificates.issue([instance.address])
        recovery = recovery_conf(instance)
        put_files(
            container,
            configuration.FOLDER,
            {
                "start.sh": (configuration.START_SCRIPT, 0o755),
                "server.pem": (certificate.certificate_pem, 0o644),
                "server.key": (certificate.key_pem, 0o600),
                "postgresql.conf": (configuration.postgresql_conf(instance.port, recovery), 0o644),
                "archive.conf": (self._archive_conf(instance), 0o644),
                "pg_hba.conf": (configuration.pg_hba_conf(instance.force_ssl), 0o644),
                **({"recovery.signal": ("", 0o644)} if recovery else {}),
            },
        )
        container.start()
        self._applied.pop(container.id, None)

    def _archive_conf(self, instance: Instance) -> str:
        return configuration.archive_conf(instance.backup_days, self._write_ahead_logs.archive_timeout)

    def _ship_logs(self, instance: Instance, container: Container) -> None:
        """Ship PostgreSQL's log if the instance exports it."""
        if "postgresql" not in instance.exported_logs:
            return
        group, stream = f"/aws/rds/instance/{instance.identifier}/postgresql", f"{instance.identifier}.0"
        follower = self._logs.get(instance.resource_id)
        if follower is None or not follower.is_alive:
            with self._context.lock:
                logs = self._context.backend("logs")
                if group not in logs.groups:
                    logs.create_log_group(group, {}, kmsKeyId=None)
                if stream not in logs.groups[group].streams:
                    logs.create_log_stream(group, stream)
            if follower is not None:
                follower.ship()
            follower = self._logs[instance.resource_id] = LogFollower(self._context, str(container.id), group, stream)
        follower.ship()

    def _set_available(self, instance: Instance) -> None:
        with self._context.lock:
            database = self._context.backend("rds").databases.get(instance.identifier)
            # A request that arrived meanwhile is left to the next pass.
            if database is not None and read_instance(database) == instance:
                database.status = "available"
                self._context.touch()

    def _delete(self, instance: Instance, container: Container | None) -> None:
        if container is not None:
            remove_container(container)
        with self._context.lock:
            databases = self._context.backend("rds").databases
            if read_instance(databases[instance.identifier]) == instance:
                del databases[instance.identifier]
                self._context.touch()

    def _remove_orphans(self, containers: Mapping[str, Container], known: set[str]) -> None:
        for resource_id, container in containers.items():
            if resource_id not in known:
                remove_container(container)
        kept = {self._context.config.object_name(resource_id.lower()) for resource_id in known}
        for volume in self._context.docker.volumes(ROLE):
            if volume.name not in kept:
                volume.remove(force=True)
