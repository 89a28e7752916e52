"""The agent of the VPC: keeps the rules of every interface at what security groups and routes say."""

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.vpc import interfaces, reading
from embedded_cloud.containers.docker_host import remove_container


class VpcAgent:
    name = "vpc"

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def reconcile(self) -> None:
        """Run one pass. Without the packet filter it removes interfaces that an earlier process left."""
        present = self._context.docker.containers(interfaces.ROLE)
        if self._context.config.packet_filter:
            self._context.filter_packets()
        with self._context.lock:
            known = reading.known_keys(self._context) if self._context.config.packet_filter else set()
        for container in present:
            if container.labels[interfaces.KEY_LABEL] not in known:
                remove_container(container)
