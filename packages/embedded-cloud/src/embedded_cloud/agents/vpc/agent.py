"""The agent of the VPC: keeps the rules of every interface at what security groups and routes say."""

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.containers.docker_host import remove_container


class VpcAgent:
    name = "vpc"

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def reconcile(self) -> None:
        """Run one pass. What an earlier process left with another setting of the packet filter is removed.

        A task without its network fails, and its service starts another one.
        """
        present = self._context.docker.containers(interfaces.ROLE)
        mode = "on" if self._context.config.packet_filter else "off"
        for container in self._context.docker.containers():
            if interfaces.is_pause(container.labels) and container.labels.get(interfaces.FILTER_LABEL, "off") != mode:
                remove_container(container)
        if self._context.config.packet_filter:
            self._context.filter_packets()
        with self._context.lock:
            known = reading.known_keys(self._context) if self._context.config.packet_filter else set()
        for container in present:
            if container.labels[interfaces.KEY_LABEL] not in known:
                remove_container(container)
