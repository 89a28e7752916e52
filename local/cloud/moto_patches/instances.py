"""Instances of auto scaling groups: which version of the template they are of, their address's end, their console."""

from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.responses.general import General
from moto.ec2.utils import Base64EncodedString

from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]

CONSOLE = "console_text"
"""Attribute of an instance that the agent keeps: the end of what its machine has written to the console."""
VERSION_TAG = "aws:ec2launchtemplate:version"


def apply() -> None:
    """Patch EC2 and its groups. Idempotent."""
    replace_method(FakeAutoScalingGroup, "replace_autoscaling_group_instances", _launch)
    replace_method(Instance, "terminate", _terminate)
    replace_method(General, "get_console_output", lambda _: _console_output)
    # moto wraps the user data of a template's first version only, and refuses that of the others.
    setattr(LaunchTemplateVersion, "user_data", property(_user_data))  # noqa: B010 - mypy knows it as read-only


def _launch(original: Method) -> Method:
    """moto launches what the group's version says, and calls it by the number of the template's default version."""

    def launch(self: FakeAutoScalingGroup, *arguments: Any, **named: Any) -> None:
        before = {state.instance.id for state in self.instance_states}
        original(self, *arguments, **named)
        for state in self.instance_states:
            if state.instance.id not in before and self.ec2_launch_template is not None:
                version = self.ec2_launch_template.get_version(self.launch_template_version)
                state.instance.add_tags({VERSION_TAG: str(version.number)})

    return launch


def _terminate(original: Method) -> Method:
    """With an instance goes its association with an Elastic IP."""

    def terminate(self: Instance) -> Any:
        for address in self.ec2_backend.addresses:
            if address.instance is self:
                self.ec2_backend.disassociate_address(address=address.public_ip)
        return original(self)

    return terminate


def _user_data(self: LaunchTemplateVersion) -> Base64EncodedString | None:
    text = self.data.get("UserData")
    return Base64EncodedString(text) if isinstance(text, str) else text


def _console_output(self: General) -> ActionResult:
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    text = Base64EncodedString.from_raw_string(getattr(instance, CONSOLE, ""))
    return ActionResult({"InstanceId": instance.id, "Output": text})
