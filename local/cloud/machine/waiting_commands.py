"""Commands of Systems Manager wait until an instance has carried them out; one that does not exist takes none."""

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ec2.models import ec2_backends
from moto.ssm.models import Command, SimpleSystemManagerBackend

from local.cloud.machine.view import RUNNING
from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]


def apply() -> None:
    """Patch moto's commands, which have succeeded before anyone looks at them. Idempotent."""
    replace_method(Command, "__init__", _waiting)
    replace_method(SimpleSystemManagerBackend, "send_command", _to_running_instances)


def _waiting(original: Method) -> Method:
    def init(self: Command, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.status = "Pending"
        self.completed_count = 0
        for invocation in self.invocations:
            invocation |= {"Status": "Pending", "StatusDetails": "Pending", "ResponseCode": -1}

    return init


def _to_running_instances(original: Method) -> Method:
    def send(self: SimpleSystemManagerBackend, **named: Any) -> Any:
        ec2 = ec2_backends[self.account_id][self.region_name]
        there = {
            one.id for reservation in ec2.all_reservations() for one in reservation.instances if one.state == RUNNING
        }
        if missing := sorted(set(named.get("instance_ids") or ()) - there):
            raise JsonRESTError("InvalidInstanceId", f"Instances [[{', '.join(missing)}]] not in a valid state")
        return original(self, **named)

    return send
