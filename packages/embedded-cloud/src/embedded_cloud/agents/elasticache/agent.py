"""The agent of ElastiCache: one Valkey container for every replication group."""

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import DockerException
from docker.models.containers import Container

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.elasticache import valkey
from embedded_cloud.agents.elasticache.valkey import CacheUser
from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.api.moto_patches import elasticache_groups
from embedded_cloud.containers.docker_host import put_files, remove_container

logger = logging.getLogger(__name__)

ROLE = "cache"
ADDRESS_LABEL = "embedded-cloud.cache-address"
SPECIFICATION_LABEL = "embedded-cloud.cache-specification"
RESTART_SECONDS = 5.0
"""Least time between two starts of a server that stops by itself."""


@dataclass(frozen=True)
class Cache:
    """One replication group, copied so that the lock is not held while Docker works."""

    name: str
    address: str
    """Of its primary endpoint; no two groups share one, so a group that reuses a name starts empty."""
    port: int
    status: str
    tls: bool
    users: tuple[CacheUser, ...]
    user_groups: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]

    @property
    def settings(self) -> tuple[object, ...]:
        """What is applied to the running server."""
        return self.users, self.parameters


class ElastiCacheAgent:
    """Runs the primary node of every replication group under the name of its endpoint on the cloud's network."""

    name = "elasticache"
    patience = 4

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._applied: dict[str, tuple[object, ...]] = {}
        self._started_at: dict[str, float] = {}

    def reconcile(self) -> None:
        with self._context.lock:
            caches = self._caches()
        containers = {one.labels[ADDRESS_LABEL]: one for one in self._context.docker.containers(ROLE)}
        for address, container in containers.items():
            if address not in {cache.address for cache in caches}:
                remove_container(container)
        problems = []
        for cache in caches:
            try:
                self._reconcile_cache(cache, containers.get(cache.address))
            except valkey.CacheNotReadyError:
                continue
            except (DockerException, RuntimeError) as error:
                problems.append(f"{cache.name}: {error}")
        if problems:
            raise RuntimeError("; ".join(problems))

    def _caches(self) -> list[Cache]:
        backend = self._context.backend("elasticache")
        return [_read(backend, group) for group in backend.replication_groups.values()]

    def _reconcile_cache(self, cache: Cache, container: Container | None) -> None:
        if cache.status == "deleting":
            self._delete(cache, container)
            return
        key = reading.cache_key(cache.address)
        network = interfaces.connect(self._context, key, aliases=[cache.address])
        specification = self._specification(cache, network)
        if container is not None and container.labels.get(SPECIFICATION_LABEL) != specification:
            remove_container(container)
            container = None
        if container is None:
            container = self._create(cache, specification, network)
        if container.status != "running":
            self._start(cache, container)
        if self._applied.get(container.id) != cache.settings:
            self._configure(cache, container)
        self._set_available(cache)

    def _specification(self, cache: Cache, network: Mapping[str, Any]) -> str:
        """Digest of the container's options. Another digest means another container, without the data."""
        image, interface = self._context.config.images["valkey"], network.get("network_mode", "")
        parts = (image, cache.address, valkey.configuration(cache.port, tls=cache.tls), interface)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _create(self, cache: Cache, specification: str, network: Mapping[str, Any]) -> Container:
        return self._context.docker.create(
            f"cache-{hashlib.sha256(cache.address.encode()).hexdigest()[:10]}",
            self._context.config.images["valkey"],
            ROLE,
            labels={ADDRESS_LABEL: cache.address, SPECIFICATION_LABEL: specification},
            entrypoint=["valkey-server", f"{valkey.FOLDER}/valkey.conf"],
            command=[],
            user="root",
            **network,
            tmpfs={"/tmp": ""},  # noqa: S108 - in the container
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
        )

    def _start(self, cache: Cache, container: Container) -> None:
        now = time.monotonic()
        if now - self._started_at.get(container.id, now - RESTART_SECONDS) < RESTART_SECONDS:
            raise valkey.CacheNotReadyError
        if container.id in self._started_at:
            logger.warning("elasticache: %s ended: %s", cache.name, container.logs(tail=5).decode(errors="replace"))
        self._started_at[container.id] = now
        certificate = self._context.certificates.issue([cache.address])
        administrator = secrets.token_hex(32)
        put_files(
            container,
            valkey.FOLDER,
            {
                "server.pem": (certificate.certificate_pem, 0o644),
                "server.key": (certificate.key_pem, 0o600),
                "valkey.conf": (valkey.configuration(cache.port, tls=cache.tls), 0o644),
                "administrator": (administrator, 0o600),
                "users.acl": (valkey.users_acl(cache.users, administrator), 0o600),
            },
        )
        container.start()
        self._applied.pop(container.id, None)

    def _configure(self, cache: Cache, container: Container) -> None:
        code, output = container.exec_run(["cat", f"{valkey.FOLDER}/administrator"])
        if code != 0:
            raise valkey.CacheNotReadyError
        users = valkey.users_acl(cache.users, output.decode())
        put_files(container, valkey.FOLDER, {"users.acl": (users, 0o600)})
        valkey.load_users(container)
        if refused := valkey.set_parameters(container, dict(cache.parameters)):
            logger.warning("elasticache: %s: Valkey refuses %s", cache.name, "; ".join(refused))
        self._applied[container.id] = cache.settings

    def _set_available(self, cache: Cache) -> None:
        with self._context.lock:
            backend = self._context.backend("elasticache")
            group = backend.replication_groups.get(cache.name)
            # A request that arrived meanwhile is left to the next pass.
            if group is None or _read(backend, group) != cache:
                return
            known = elasticache_groups.groups(backend, elasticache_groups.USER_GROUPS)
            changing = [known[name] for name in cache.user_groups if known[name]["Status"] != "active"]
            if cache.status == "available" and not changing:
                return
            group.status = "available"
            for one in changing:
                one["Status"] = "active"
            self._context.touch()

    def _delete(self, cache: Cache, container: Container | None) -> None:
        if container is not None:
            remove_container(container)
        with self._context.lock:
            backend = self._context.backend("elasticache")
            backend.replication_groups.pop(cache.name, None)
            known = elasticache_groups.groups(backend, elasticache_groups.USER_GROUPS)
            # A change of users that no server takes any more is done.
            for name in cache.user_groups:
                if name in known and not elasticache_groups.attached(backend, name):
                    known[name]["Status"] = "active"
            self._context.touch()


def _read(backend: Any, group: Any) -> Cache:
    """Read a replication group from moto. Hold the cloud's lock."""
    parameters: Mapping[str, Any] = elasticache_groups.groups(backend, elasticache_groups.PARAMETER_GROUPS).get(
        group.cache_parameter_group_name, {}
    )
    users = [
        CacheUser(user.name, user.access_string, tuple(user.passwords))
        for user in elasticache_groups.users_of(backend, group)
        if user.passwords or user.no_password_required
    ]
    return Cache(
        name=group.replication_group_id,
        address=group.node_groups[0]["primary_endpoint_address"],
        port=int(group.port),
        status=group.status,
        tls=bool(group.transit_encryption_enabled),
        users=tuple(users),
        user_groups=tuple(group.user_group_ids),
        parameters=tuple(sorted(parameters.get("Parameters", {}).items())),
    )
