"""The agent of EC2: instances of auto scaling groups run, are replaced when they die, and have their Elastic IP."""

import logging
import time
from typing import Any

from docker.models.containers import Container

from local.cloud import public_ports
from local.cloud.alarms import Alarms
from local.cloud.context import CloudContext
from local.cloud.machine import waiting_commands
from local.cloud.machine.address import ElasticIp
from local.cloud.machine.commands import CommandRunner
from local.cloud.machine.instances import Instances
from local.cloud.machine.status_checks import StatusChecks
from local.cloud.machine.view import InstanceView, addresses, instances
from local.cloud.moto_patches import ending_instances
from local.cloud.moto_patches import instances as moto_instances

logger = logging.getLogger("preqly.cloud")

CONSOLE_SECONDS, CONSOLE_LINES = 5.0, 60


class MachineAgent:
    """Makes instances true on Docker."""

    name = "ec2"

    def __init__(self, context: CloudContext) -> None:
        waiting_commands.apply()
        moto_instances.apply()
        ending_instances.apply()
        self._context = context
        self._instances = Instances(context)
        self._commands = CommandRunner(context)
        self._address = ElasticIp(context)
        self._alarms = Alarms(context)
        self._checks = StatusChecks(context.config.network_name)
        self._noted_at = 0.0
        self._may_exist = True

    def reconcile(self) -> None:
        """One pass: replace what died, boot what is new, end what nobody wants, run commands, lead the address."""
        if self._idle():
            return
        containers = self._instances.containers()
        impaired = self._checks.impaired(containers)
        with self._context.lock:
            if self._replace(impaired):
                self._context.touch()
            wanted = {
                one.id: one for one in instances(self._context.backend("ec2"), self._context.backend("iam", "aws"))
            }
        for instance_id in set(containers) - set(wanted):
            logger.info("ec2: ending instance %s", instance_id)
            self._instances.end(instance_id, containers.pop(instance_id))
        for instance_id, instance in wanted.items():
            self._keep(instance, containers.get(instance_id))
        self._commands.take(containers)
        with self._context.public_ports:
            self._lead(containers)
        self._note_consoles(containers)
        self._alarms.step()
        # A group's address may outlive its machines.
        self._may_exist = bool(wanted) or self._address.leads

    def _idle(self) -> bool:
        """Whether there is no group of instances, and nothing left of an earlier one: most accounts have none."""
        with self._context.lock:
            return not self._may_exist and not self._context.backend("autoscaling").autoscaling_groups

    def close(self) -> None:
        """End the threads of commands and checks."""
        self._commands.close()
        self._checks.close()

    def _keep(self, instance: InstanceView, container: Container | None) -> None:
        if container is None:
            logger.info("ec2: booting instance %s (%s)", instance.id, instance.type)
            self._instances.boot(instance)
        elif container.status == "created":
            container.start()
        else:
            self._instances.tell(instance, container)

    def _replace(self, impaired: set[str]) -> bool:
        """What a group does about instances that fail EC2's status checks, or are said to be unhealthy."""
        groups: dict[str, Any] = self._context.backend("autoscaling").autoscaling_groups
        changed = False
        for group in groups.values():
            for state in list(group.instance_states):
                fails = state.instance.id in impaired
                if not fails and state.health_status == "Healthy" and state.instance.state == "running":
                    continue
                why = "its status checks fail" if fails else f"it is {state.health_status}, {state.instance.state}"
                logger.info("ec2: group %s replaces instance %s: %s", group.name, state.instance.id, why)
                group.instance_states.remove(state)
                group.ec2_backend.terminate_instances([state.instance.id])
                changed = True
            if len(group.instance_states) < (group.desired_capacity or 0):
                group.set_desired_capacity(group.desired_capacity)
                changed = True
        return changed

    def _note_consoles(self, containers: dict[str, Container]) -> None:
        """What machines that do not serve yet have written: GetConsoleOutput answers from it."""
        now = time.monotonic()
        if now - self._noted_at < CONSOLE_SECONDS:
            return
        self._noted_at = now
        with self._context.lock:
            ec2 = self._context.backend("ec2")
            serving = set(addresses(ec2).values())
        for instance_id in set(containers) - serving:
            text = containers[instance_id].logs(tail=CONSOLE_LINES).decode(errors="replace")
            with self._context.lock:
                setattr(ec2.get_instance(instance_id), moto_instances.CONSOLE, text)

    def _lead(self, containers: dict[str, Container]) -> None:
        """While a machine is replaced the address leads nowhere, as AWS's does: it keeps what it was given last."""
        with self._context.lock:
            has_ports = public_ports.holder(self._context)
            led_to = addresses(self._context.backend("ec2"))
        if not has_ports:
            self._address.release()
            return
        if has_ports not in led_to:
            self._address.lose()
            return
        container = containers.get(led_to[has_ports])
        if container is None or container.status != "running":
            return
        network = container.attrs["NetworkSettings"]["Networks"][self._context.config.network_name]
        self._address.lead_to(network["IPAddress"])
