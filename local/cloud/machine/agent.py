"""The agent of EC2: instances of auto scaling groups run, are replaced when they die, and have their Elastic IP."""

import logging
from typing import Any

from docker.models.containers import Container

from local.cloud import elb
from local.cloud.context import CloudContext
from local.cloud.machine import waiting_commands
from local.cloud.machine.address import ElasticIp
from local.cloud.machine.commands import CommandRunner
from local.cloud.machine.instances import Instances
from local.cloud.machine.view import InstanceView, addresses, instances

logger = logging.getLogger("preqly.cloud")


class MachineAgent:
    """Makes instances true on Docker."""

    name = "ec2"

    def __init__(self, context: CloudContext) -> None:
        waiting_commands.apply()
        self._context = context
        self._instances = Instances(context)
        self._commands = CommandRunner(context)
        self._address = ElasticIp(context)

    def reconcile(self) -> None:
        """One pass: replace what died, boot what is new, end what nobody wants, run commands, lead the address."""
        containers = self._instances.containers()
        with self._context.lock:
            if self._replace_dead(containers):
                self._context.touch()
            wanted = {
                one.id: one for one in instances(self._context.backend("ec2"), self._context.backend("iam", "aws"))
            }
            leads = addresses(self._context.backend("ec2"))
        for instance_id in set(containers) - set(wanted):
            logger.info("ec2: ending instance %s", instance_id)
            self._instances.end(instance_id, containers.pop(instance_id))
        for instance_id, instance in wanted.items():
            self._keep(instance, containers.get(instance_id))
        self._commands.take(containers)
        self._lead(next(iter(leads.values()), None), containers)

    def close(self) -> None:
        """End the threads of commands."""
        self._commands.close()

    def _keep(self, instance: InstanceView, container: Container | None) -> None:
        if container is None:
            logger.info("ec2: booting instance %s (%s)", instance.id, instance.type)
            self._instances.boot(instance)
        elif container.status == "created":
            container.start()
        else:
            self._instances.tell(instance, container)

    def _replace_dead(self, containers: dict[str, Container]) -> bool:
        """What a group does about instances that fail EC2's status checks, or are said to be unhealthy."""
        groups: dict[str, Any] = self._context.backend("autoscaling").autoscaling_groups
        changed = False
        for group in groups.values():
            for state in list(group.instance_states):
                container = containers.get(state.instance.id)
                dead = container is not None and container.status in ("exited", "dead")
                if not dead and state.health_status == "Healthy" and state.instance.state == "running":
                    continue
                logger.info("ec2: group %s replaces instance %s", group.name, state.instance.id)
                group.instance_states.remove(state)
                group.ec2_backend.terminate_instances([state.instance.id])
                changed = True
            if len(group.instance_states) < (group.desired_capacity or 0):
                group.set_desired_capacity(group.desired_capacity)
                changed = True
        return changed

    def _lead(self, instance_id: str | None, containers: dict[str, Container]) -> None:
        container = containers.get(instance_id or "")
        if container is None or container.status != "running":
            # While a machine is replaced the address leads nowhere, as AWS's does; only without an address it goes.
            if instance_id is None:
                self._address.lead_to(None)
            return
        if self._context.docker.containers(elb.ROLE):
            # The load balancer of the other kind of hosting has this machine's ports until it is deleted.
            return
        container.reload()
        network = container.attrs["NetworkSettings"]["Networks"][self._context.config.network_name]
        self._address.lead_to(network["IPAddress"])
