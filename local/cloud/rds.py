"""The agent of RDS: one PostgreSQL container, with its own volume, for every DB instance in moto."""

import hashlib
import logging
import time
from collections.abc import Mapping

from docker.errors import APIError, DockerException
from docker.models.containers import Container
from docker.types import EndpointConfig

from local.cloud.containers import put_files, remove_container
from local.cloud.context import CloudContext
from local.cloud.postgres import files
from local.cloud.rds_instance import Instance, copy_of

logger = logging.getLogger("preqly.cloud")

ROLE = "database"
RESOURCE_LABEL = "preqly.db.resource"
SPECIFICATION_LABEL = "preqly.db.specification"
RESTART_SECONDS = 5.0
"""A server that ends right after its start is started again no sooner."""

CONFLICT = 409
"""Docker's answer to what a container cannot do in its state."""
CANNOT_CONNECT = 2
"""psql's exit code when no server takes the connection."""


class DatabaseNotReadyError(Exception):
    """PostgreSQL does not answer yet."""


class RdsAgent:
    """Makes every `postgres` DB instance answer under its endpoint's name on the cloud's network."""

    name = "rds"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._applied: dict[str, str] = {}
        self._started_at: dict[str, float] = {}

    def reconcile(self) -> None:
        """One pass over all instances."""
        instances = self._instances()
        containers = {c.labels[RESOURCE_LABEL]: c for c in self._context.docker.containers(ROLE)}
        self._remove_unknown(containers, {instance.resource_id for instance in instances})
        problems = []
        for instance in instances:
            try:
                self._reconcile_instance(instance, containers.get(instance.resource_id))
            except DatabaseNotReadyError:
                continue
            except (DockerException, RuntimeError, KeyError) as error:
                problems.append(f"{instance.identifier}: {error}")
        if problems:
            raise RuntimeError("; ".join(problems))

    def _instances(self) -> list[Instance]:
        with self._context.lock:
            databases = self._context.backend("rds").databases.values()
            return [copy_of(database) for database in databases if database.engine == "postgres"]

    def _reconcile_instance(self, instance: Instance, container: Container | None) -> None:
        specification = self._specification(instance)
        if container is not None and container.labels.get(SPECIFICATION_LABEL) != specification:
            remove_container(container)
            container = None
        if container is None:
            container = self._create(instance, specification)
        if instance.status == "rebooting":
            container.restart(timeout=10)
            self._applied.pop(container.id, None)
        elif container.status != "running":
            self._start(instance, container)
        if self._applied.get(container.id) != instance.wish:
            self._configure(instance, container)
            self._applied[container.id] = instance.wish
        if instance.status != "available":
            self._set_available(instance)

    def _specification(self, instance: Instance) -> str:
        """Of a container: another one means another container on the same volume."""
        parts = (self._context.config.images["postgres"], instance.address, instance.port, files.START_SCRIPT)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _create(self, instance: Instance, specification: str) -> Container:
        docker = self._context.docker
        network = docker.network().name
        alias = EndpointConfig(version=docker.client.api._version, aliases=[instance.address])
        return docker.create(
            instance.suffix,
            self._context.config.images["postgres"],
            ROLE,
            labels={RESOURCE_LABEL: instance.resource_id, SPECIFICATION_LABEL: specification},
            entrypoint=["/bin/sh", f"{files.FOLDER}/start.sh"],
            command=[],
            user="root",
            network=network,
            networking_config={network: alias},
            volumes={docker.volume(instance.suffix, ROLE): {"bind": files.DATA_FOLDER, "mode": "rw"}},
            cap_drop=["ALL"],
            cap_add=["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            shm_size="128m",
            stop_signal="SIGINT",
        )

    def _start(self, instance: Instance, container: Container) -> None:
        now = time.monotonic()
        if now - self._started_at.get(container.id, now - RESTART_SECONDS) < RESTART_SECONDS:
            raise DatabaseNotReadyError
        if container.id in self._started_at:
            logger.warning("rds: %s ended: %s", instance.identifier, container.logs(tail=5).decode(errors="replace"))
        self._started_at[container.id] = now
        certificate = self._context.certificates.issue([instance.address])
        put_files(
            container,
            files.FOLDER,
            {
                "start.sh": (files.START_SCRIPT, 0o755),
                "server.pem": (certificate.certificate_pem, 0o644),
                "server.key": (certificate.key_pem, 0o600),
                "postgresql.conf": (files.postgresql_conf(instance.port), 0o644),
                "pg_hba.conf": (files.pg_hba_conf(instance.force_ssl), 0o644),
            },
        )
        container.start()
        self._applied.pop(container.id, None)

    def _configure(self, instance: Instance, container: Container) -> None:
        """Roles, first database and settings, told to the server that runs. Repeatable."""
        verifier = files.scram_verifier(instance.password)
        put_files(
            container,
            files.FOLDER,
            {
                "roles.sql": (files.roles_sql(instance.master, verifier, instance.database), 0o644),
                "pg_hba.conf": (files.pg_hba_conf(instance.force_ssl), 0o644),
            },
        )
        self._psql(instance, container, f"--file={files.FOLDER}/roles.sql")
        settings = self._known_settings(instance, container)
        put_files(container, files.FOLDER, {"parameters.conf": (files.parameters_conf(settings), 0o644)})
        wrong = self._psql(
            instance,
            container,
            "--command=SELECT coalesce(name, ''), error FROM pg_file_settings"
            " WHERE error IS NOT NULL AND error <> 'setting could not be applied'",
        )
        if wrong:
            put_files(container, files.FOLDER, {"parameters.conf": ("", 0o644)})
            logger.warning("rds: %s: PostgreSQL refuses the parameter group: %s", instance.identifier, wrong)
        pending = self._psql(
            instance,
            container,
            "--command=SELECT pg_reload_conf()",
            "--command=SELECT count(*) FROM pg_file_settings WHERE error = 'setting could not be applied'",
        )
        # Settings that need a restart hold from an instance's first minute; later ones wait for a reboot, as on RDS.
        if pending.splitlines()[-1] != "0" and instance.status == "creating":
            container.restart(timeout=10)

    def _known_settings(self, instance: Instance, container: Container) -> dict[str, str]:
        known = set(self._psql(instance, container, "--command=SELECT name FROM pg_settings").splitlines())
        # A name with a dot belongs to an extension: PostgreSQL keeps it until that is loaded.
        return {name: value for name, value in instance.parameters.items() if name in known or "." in name}

    def _psql(self, instance: Instance, container: Container, *arguments: str) -> str:
        try:
            code, output = container.exec_run(
                list(files.psql_command(instance.port, *arguments)),
                user="postgres",
                environment={"PATH": "/usr/lib/postgresql/17/bin:/usr/bin:/bin"},
            )
        except APIError as error:
            if error.status_code == CONFLICT:
                raise DatabaseNotReadyError from error  # the container is not running
            raise
        if code == CANNOT_CONNECT:
            raise DatabaseNotReadyError
        if code != 0:
            raise RuntimeError(f"psql: {output.decode(errors='replace').strip()}")
        return str(output.decode().strip())

    def _set_available(self, instance: Instance) -> None:
        with self._context.lock:
            database = self._context.backend("rds").databases.get(instance.identifier)
            # Asked for anew while we worked: the next pass takes it up.
            if database is not None and copy_of(database) == instance:
                database.status = "available"
                self._context.touch()

    def _remove_unknown(self, containers: Mapping[str, Container], known: set[str]) -> None:
        for resource_id, container in containers.items():
            if resource_id not in known:
                remove_container(container)
        docker = self._context.docker
        for volume in docker.volumes(ROLE):
            if volume.name not in {self._context.config.object_name(identifier.lower()) for identifier in known}:
                volume.remove(force=True)
