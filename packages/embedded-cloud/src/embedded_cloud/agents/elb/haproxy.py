"""The HAProxy container that publishes a load balancer on this machine's ports."""

import hashlib
import logging
import time
from collections.abc import Mapping, Set
from typing import Any

from docker.models.containers import Container

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.elb import haproxy_runtime
from embedded_cloud.agents.elb.haproxy_config import CERTIFICATE_FOLDER, backend_name, certificate_files, render
from embedded_cloud.agents.elb.haproxy_runtime import (
    DRAIN,
    MAINTENANCE,
    MASTER_PORT,
    READY,
    Slot,
    Slots,
    assign,
    capacity,
    commands,
    parse_servers_state,
)
from embedded_cloud.agents.elb.listener_rules import Ports
from embedded_cloud.agents.elb.load_balancers import LoadBalancer
from embedded_cloud.agents.elb.target_health import DRAINING, HEALTHY, UNHEALTHY, observed
from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.agents.waf import haproxy as waf
from embedded_cloud.containers.docker_host import put_files, remove_container

logger = logging.getLogger(__name__)

ROLE = "load-balancer"
SPECIFICATION_LABEL = "embedded-cloud.load-balancer"
CONFIGURATION = "/usr/local/etc/haproxy/haproxy.cfg"
COMMAND = ("-W", "-S", f"ipv4@127.0.0.1:{MASTER_PORT}", "-f", CONFIGURATION)
MEMORY = "512m"
VERIFY_SECONDS = 15.0
"""Interval at which the servers that HAProxy really has are read again."""
RELOAD_SECONDS = 0.3
"""Time after a reload until the new worker answers the Runtime API."""


class HaProxy:
    """Runs the container and keeps it at a load balancer's state. A reload keeps every open connection."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._may_exist = True
        self._inspector = ""
        self._container = ""
        self._configuration = ""
        self._slots: dict[str, Slots] | None = None
        self._verified_at = 0.0

    def serve(self, balancer: LoadBalancer, inspector: str = "") -> None:
        """Bring the container to the load balancer's listeners, rules and targets.

        `inspector`: `host:port` of the one that inspects requests with a web ACL; empty without one.
        """
        self._may_exist, self._inspector = True, inspector
        container = self._current_container()
        if container.status != "running" or container.id != self._container:
            self._adopt(container)
        wanted = self._wanted(balancer)
        present = self._present(container)
        slots = {name: assign(present.get(name, {}), states, capacity(len(states))) for name, states in wanted.items()}
        files = self._files(balancer, {name: dict.fromkeys(slot, Slot()) for name, slot in slots.items()})
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        if container.status != "running" or self._configuration != digest:
            self._load(container, self._files(balancer, slots))
            self._configuration, self._slots = digest, None
        else:
            self._update_servers(container, present, slots)

    def remove(self) -> None:
        if self._may_exist:
            for container in self._context.docker.containers(ROLE):
                remove_container(container)
            self._may_exist = False

    def with_requests(self, targets: set[str]) -> set[str]:
        """Return which of the targets (`ip:port`) have a request in flight."""
        for container in self._context.docker.containers(ROLE):
            if container.status == "running":
                return targets & haproxy_runtime.targets_with_requests(container)
        return set()

    def end_sessions(self, targets: Set[tuple[str, str]]) -> None:
        """Close the connections to targets (back end and `ip:port`) that are still open."""
        for container in self._context.docker.containers(ROLE):
            if container.status == "running":
                haproxy_runtime.end_sessions(container, targets)

    def _current_container(self) -> Container:
        """Return the container in any state; it is created again when its image or ports have changed."""
        config = self._context.config
        ports = {"80/tcp": ("127.0.0.1", config.http_port), "443/tcp": ("127.0.0.1", config.https_port)}
        network = interfaces.connect(self._context, reading.LOAD_BALANCER_KEY, ports=ports)
        specification = self._specification(network.get("network_mode", ""))
        for container in self._context.docker.containers(ROLE):
            if container.labels.get(SPECIFICATION_LABEL) == specification:
                return container
            remove_container(container)
        return self._context.docker.create(
            ROLE,
            config.images["haproxy"],
            ROLE,
            labels={SPECIFICATION_LABEL: specification},
            entrypoint=["haproxy"],
            command=list(COMMAND),
            user="root",
            **network,
            cap_drop=["ALL"],
            # The master process signals its workers, which run as another user.
            cap_add=["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            mem_limit=MEMORY,
        )

    def _specification(self, interface: str) -> str:
        config = self._context.config
        parts = (config.images["haproxy"], config.http_port, config.https_port, COMMAND, MEMORY, interface)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _adopt(self, container: Container) -> None:
        """Take over a container with an unknown configuration: from an earlier process, or after it has exited."""
        if container.status == "exited":
            state = self._context.docker.client.api.inspect_container(container.id)["State"]
            logger.warning(
                "elb: %s ended with exit code %s: %s",
                container.name,
                state["ExitCode"],
                container.logs(tail=5).decode(errors="replace").strip(),
            )
        self._container, self._configuration, self._slots = str(container.id), "", None

    def _update_servers(
        self, container: Container, present: dict[str, Slots], slots: dict[str, dict[int, Slot]]
    ) -> None:
        changes = [line for name, wanted in slots.items() for line in commands(name, present.get(name, {}), wanted)]
        if changes:
            self._slots = None
            haproxy_runtime.execute(container, changes)
        self._slots = dict(slots)

    def _present(self, container: Container) -> dict[str, Slots]:
        if container.status != "running":
            return {}
        if self._slots is None or time.monotonic() - self._verified_at > VERIFY_SECONDS:
            self._slots = dict(parse_servers_state(haproxy_runtime.ask(container, "show servers state")))
            self._verified_at = time.monotonic()
        return self._slots

    def _wanted(self, balancer: LoadBalancer) -> dict[str, dict[str, str]]:
        """State by address of the targets that HAProxy has to know, by back end."""
        with self._context.lock:
            groups = self._context.backend("elbv2").target_groups
            return {backend_name(g): wanted_states(groups[g.arn]) for g in balancer.target_groups if g.arn in groups}

    def _files(self, balancer: LoadBalancer, slots: dict[str, dict[int, Slot]]) -> dict[str, str]:
        config = self._context.config
        ports = Ports({80: config.http_port, 443: config.https_port})
        files = {CONFIGURATION: render(balancer, slots, ports, self._inspector), waf.FILE: waf.ENGINE_FILE}
        for listener in balancer.listeners:
            for path, one in zip(certificate_files(listener), listener.certificates, strict=True):
                files[path] = self._context.certificates.issue(one.names, one.key_algorithm).bundle_pem
        return files

    @staticmethod
    def _load(container: Container, files: Mapping[str, str]) -> None:
        """Start HAProxy with these files (path to text), or reload them. Raises RuntimeError when it refuses them."""
        for path, text in files.items():
            folder, _, name = path.rpartition("/")
            put_files(container, folder, {name: (text, 0o600 if folder == CERTIFICATE_FOLDER else 0o644)})
        if container.status != "running":
            container.start()
            return
        code, output = container.exec_run(["haproxy", "-c", "-f", CONFIGURATION])
        if code != 0:
            raise RuntimeError(f"HAProxy refuses its configuration: {output.decode(errors='replace').strip()}")
        container.kill(signal="SIGUSR2")
        time.sleep(RELOAD_SECONDS)


def wanted_states(group: Any) -> dict[str, str]:
    """Return the slot state of a group's targets by address. Without a healthy target, unhealthy ones are served.

    With stickiness a draining target is in maintenance: HAProxy's drain state still takes requests with the server's
    cookie. What is in flight goes on in either state.
    """
    states = observed(group)
    targets = {
        f"{address}:{target['Port']}": states[address].state
        for address, target in group.targets.items()
        if address in states
    }
    sticky = group.attributes.get("stickiness.enabled") == "true"
    draining = {
        f"{address}:{target['Port']}": MAINTENANCE if sticky else DRAIN
        for address, target in group.deregistered_targets.items()
        if address in states and states[address].state == DRAINING
    }
    served = HEALTHY if HEALTHY in targets.values() else UNHEALTHY
    return {**draining, **{address: READY for address, state in targets.items() if state == served}}
