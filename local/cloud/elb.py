"""The agent of Elastic Load Balancing: an HAProxy container for every application load balancer in moto."""

import hashlib
import logging
import time
from typing import Any

from docker.models.containers import Container

from local.cloud import elb_socket, elb_targets
from local.cloud.containers import put_files, remove_container
from local.cloud.context import CloudContext
from local.cloud.elb_checks import TargetChecks
from local.cloud.elb_config import CERTIFICATE_FOLDER, backend_name, certificate_files, render
from local.cloud.elb_rules import Ports
from local.cloud.elb_slots import DRAIN, READY, Slot, Slots, assign, capacity, commands, parse_servers_state
from local.cloud.elb_targets import DRAINING, HEALTHY, UNHEALTHY, observed
from local.cloud.elb_view import LoadBalancer, load_balancers

logger = logging.getLogger("preqly.cloud")

ROLE = "load-balancer"
ARN_LABEL = "preqly.load-balancer"
SPECIFICATION_LABEL = "preqly.load-balancer.specification"
CONFIGURATION = "/usr/local/etc/haproxy/haproxy.cfg"
VERIFY_SECONDS = 15.0
"""How often HAProxy is asked what it really has, in case someone else changed it."""


class ElbAgent:
    """Makes load balancers answer, and their target groups' health true."""

    name = "elb"

    def __init__(self, context: CloudContext) -> None:
        elb_targets.apply()
        self._context = context
        self._checks = TargetChecks(context)
        self._running: dict[str, _HaProxy] = {}

    def reconcile(self) -> None:
        """One pass: check targets, then bring every HAProxy to what moto says."""
        with self._context.lock:
            balancers = load_balancers(self._context.backend("elbv2"), self._context.backend("acm"))
        self._checks.step({group.arn for balancer in balancers for group in balancer.target_groups})
        containers = {c.labels[ARN_LABEL]: c for c in self._context.docker.containers(ROLE)}
        for arn in set(containers) - {balancer.arn for balancer in balancers}:
            remove_container(containers[arn])
            self._running.pop(arn, None)
        problems = []
        for index, balancer in enumerate(balancers):
            proxy = self._running.setdefault(balancer.arn, _HaProxy(self._context))
            try:
                proxy.reconcile(balancer, containers.get(balancer.arn), published=index == 0)
            except Exception as error:  # noqa: BLE001 - one load balancer's trouble is not another's
                problems.append(f"{balancer.name}: {error}")
        if problems:
            raise RuntimeError("; ".join(problems))
        # Only now do drained targets get no more requests.
        self._checks.settle_drained()

    def close(self) -> None:
        """Begin no further check."""
        self._checks.close()


class _HaProxy:
    """One load balancer's container."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._container: str = ""
        self._configuration = ""
        self._slots: dict[str, Slots] | None = None
        self._verified_at = 0.0

    def reconcile(self, balancer: LoadBalancer, container: Container | None, *, published: bool) -> None:
        """Bring the container to what the load balancer says."""
        if not balancer.listeners:
            return
        specification = self._specification(published=published)
        if container is not None and container.labels.get(SPECIFICATION_LABEL) != specification:
            remove_container(container)
            container = None
        if container is None:
            container = self._create(balancer, specification, published=published)
        wanted = self._wanted(balancer)
        if container.status != "running" or container.id != self._container:
            self._adopt(container)
        present = self._present(container)
        slots = {name: assign(present.get(name, {}), states, capacity(len(states))) for name, states in wanted.items()}
        files = self._files(balancer, {name: dict.fromkeys(slot, Slot()) for name, slot in slots.items()})
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        if container.status != "running" or self._configuration != digest:
            self._load(container, self._files(balancer, slots))
            self._configuration, self._slots = digest, None
            return
        self._tell(container, present, slots)

    def _tell(self, container: Container, present: dict[str, Slots], slots: dict[str, dict[int, Slot]]) -> None:
        changes = [line for name, wanted in slots.items() for line in commands(name, present.get(name, {}), wanted)]
        if changes:
            self._slots = None
            elb_socket.tell(container, changes)
        self._slots = dict(slots)

    def _adopt(self, container: Container) -> None:
        """A container that an earlier process made, or that ended: what it runs with is not known, so load it anew."""
        if container.status == "exited":
            state = self._context.docker.client.api.inspect_container(container.id)["State"]
            logger.warning(
                "elb: %s ended with exit code %s: %s",
                container.name,
                state["ExitCode"],
                container.logs(tail=5).decode(errors="replace").strip(),
            )
        self._container, self._configuration, self._slots = str(container.id), "", None

    def _present(self, container: Container) -> dict[str, Slots]:
        if container.status != "running":
            return {}
        if self._slots is None or time.monotonic() - self._verified_at > VERIFY_SECONDS:
            self._slots = dict(parse_servers_state(elb_socket.ask(container, "show servers state")))
            self._verified_at = time.monotonic()
        return self._slots

    def _wanted(self, balancer: LoadBalancer) -> dict[str, dict[str, str]]:
        """State by address of the targets that HAProxy is to know, by back end."""
        with self._context.lock:
            groups = self._context.backend("elbv2").target_groups
            return {backend_name(g): wanted_states(groups[g.arn]) for g in balancer.target_groups if g.arn in groups}

    def _create(self, balancer: LoadBalancer, specification: str, *, published: bool) -> Container:
        config = self._context.config
        addresses = {"80/tcp": config.http_port, "443/tcp": config.https_port} if published else {}
        return self._context.docker.create(
            f"load-balancer-{balancer.name}",
            config.images["haproxy"],
            ROLE,
            labels={ARN_LABEL: balancer.arn, SPECIFICATION_LABEL: specification},
            entrypoint=["haproxy"],
            command=["-W", "-f", CONFIGURATION],
            user="root",
            ports={port: ("127.0.0.1", number) for port, number in addresses.items()},
            cap_drop=["ALL"],
            # The master drops its workers to another user, and signals them.
            cap_add=["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            mem_limit="256m",
        )

    def _specification(self, *, published: bool) -> str:
        config = self._context.config
        parts = (config.images["haproxy"], config.http_port, config.https_port, published)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _files(self, balancer: LoadBalancer, slots: dict[str, dict[int, Slot]]) -> dict[str, str]:
        config = self._context.config
        ports = Ports({80: config.http_port, 443: config.https_port})
        files = {CONFIGURATION: render(balancer, slots, ports)}
        for listener in balancer.listeners:
            for path, names in zip(certificate_files(listener), listener.certificates, strict=True):
                files[path] = self._context.certificates.issue(names).bundle_pem
        return files

    def _load(self, container: Container, files: dict[str, str]) -> None:
        """Give HAProxy its files and let it read them: a reload keeps every connection."""
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
        # The new worker answers the admin socket a moment later.
        time.sleep(0.3)


def wanted_states(group: Any) -> dict[str, str]:
    """Slot state by address of a group's targets. When none is healthy, the unhealthy ones get the requests."""
    states = observed(group)
    targets = {
        f"{address}:{target['Port']}": states[address].state
        for address, target in group.targets.items()
        if address in states
    }
    draining = {
        f"{address}:{target['Port']}": DRAIN
        for address, target in group.deregistered_targets.items()
        if address in states and states[address].state == DRAINING
    }
    served = HEALTHY if HEALTHY in targets.values() else UNHEALTHY
    return {**draining, **{address: READY for address, state in targets.items() if state == served}}
