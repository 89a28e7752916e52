"""The agent of Elastic Load Balancing: targets are checked, and an HAProxy is what the site's load balancer says."""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from docker.models.containers import Container

from local.cloud import elb_socket, elb_targets, public_ports
from local.cloud.context import CloudContext
from local.cloud.elb_checks import TargetChecks
from local.cloud.elb_config import CERTIFICATE_FOLDER, backend_name, certificate_files, render
from local.cloud.elb_rules import Ports
from local.cloud.elb_slots import DRAIN, READY, Slot, Slots, assign, capacity, commands, parse_servers_state
from local.cloud.elb_targets import DRAINING, HEALTHY, UNHEALTHY, observed
from local.cloud.elb_view import LoadBalancer, load_balancers
from local.cloud.public_ports import CONFIGURATION, PublicPorts

logger = logging.getLogger("preqly.cloud")

VERIFY_SECONDS = 15.0
"""How often HAProxy is asked what it really has, in case someone else changed it."""


class ElbAgent:
    """Makes load balancers answer, and their target groups' health true."""

    name = "elb"

    def __init__(self, context: CloudContext) -> None:
        elb_targets.apply()
        self._context = context
        self._checks = TargetChecks(context)
        self._proxy = _HaProxy(context)

    def reconcile(self) -> None:
        """One pass: check targets, then bring HAProxy to what moto says of the load balancer that visitors reach."""
        with self._context.lock:
            balancers = load_balancers(self._context.backend("elbv2"), self._context.backend("acm"))
        self._checks.step({group.arn for balancer in balancers for group in balancer.target_groups})
        with self._context.public_ports:
            self._proxy.reconcile(balancers)
        # Only now do drained targets get no more requests.
        self._checks.settle_drained()

    def close(self) -> None:
        """Begin no further check."""
        self._checks.close()


class _HaProxy:
    """The published HAProxy, while a load balancer has it."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._ports = PublicPorts(context)
        self._may_exist = True
        self._container = ""
        self._configuration = ""
        self._slots: dict[str, Slots] | None = None
        self._verified_at = 0.0

    def reconcile(self, balancers: Sequence[LoadBalancer]) -> None:
        """Bring the container to what the load balancer that has the ports says; leave it to an Elastic IP."""
        if not balancers and not self._may_exist:
            return
        with self._context.lock:
            has_ports = public_ports.holder(self._context)
        balancer = next((one for one in balancers if one.arn == has_ports), None)
        if balancer is not None:
            self._may_exist = True
            if balancer.listeners:
                self._serve(balancer, self._ports.container())
            return
        # An Elastic IP's agent loads it with something else: what it runs with is not known when it comes back.
        self._container = ""
        if not has_ports:
            self._ports.remove()
        self._may_exist = False

    def _serve(self, balancer: LoadBalancer, container: Container) -> None:
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
            try:
                self._slots = dict(parse_servers_state(elb_socket.ask(container, "show servers state")))
            except elb_socket.AdminSocketError:
                if self._configuration:
                    raise
                # Adopted while it passes an Elastic IP's connections on: it knows no target.
                return {}
            self._verified_at = time.monotonic()
        return self._slots

    def _wanted(self, balancer: LoadBalancer) -> dict[str, dict[str, str]]:
        """State by address of the targets that HAProxy is to know, by back end."""
        with self._context.lock:
            groups = self._context.backend("elbv2").target_groups
            return {backend_name(g): wanted_states(groups[g.arn]) for g in balancer.target_groups if g.arn in groups}

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
        running = container.status == "running"
        public_ports.load(container, files, private=[CERTIFICATE_FOLDER])
        if running:
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
