"""A command to the machine, as Systems Manager answers it."""

from typing import Any

import pytest

from infra.machine import remote
from infra.machine.remote import Remote
from infra.release.errors import ReleaseError
from tests.infra.stubs import StubbedAws

REMOTE = Remote(group="machine", document="deploy")
INSTANCE = "i-0123456789abcdef0"
COMMAND = "11111111-2222-3333-4444-555555555555"


class Aws(StubbedAws):
    """Systems Manager and Auto Scaling."""

    def __init__(self) -> None:
        super().__init__("ssm", "autoscaling")
        self.ssm, self.autoscaling = self.stubs["ssm"], self.stubs["autoscaling"]

    def has(self, *states: tuple[str, str, str]) -> None:
        """Instances of the group: id, life cycle, health."""
        instances = [
            {
                "InstanceId": name,
                "LifecycleState": life,
                "HealthStatus": health,
                "AvailabilityZone": "a",
                "ProtectedFromScaleIn": False,
            }
            for name, life, health in states
        ]
        group = {
            "AutoScalingGroupName": "machine",
            "MinSize": 1,
            "MaxSize": 2,
            "DesiredCapacity": 1,
            "DefaultCooldown": 0,
            "AvailabilityZones": ["a"],
            "HealthCheckType": "EC2",
            "CreatedTime": "2026-01-01T00:00:00Z",
            "Instances": instances,
        }
        self.autoscaling.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": [group]})

    def takes(self) -> None:
        expected = {
            "InstanceIds": [INSTANCE],
            "DocumentName": "deploy",
            "Parameters": {"command": ["deploy"], "release": ["releases/1.json"]},
            "TimeoutSeconds": 600,
            "Comment": "pulumi up: deploy",
        }
        self.ssm.add_response("send_command", {"Command": {"CommandId": COMMAND}}, expected)

    def says(self, status: str, output: str = "", error: str = "") -> None:
        answer = {"Status": status, "StandardOutputContent": output, "StandardErrorContent": error}
        self.ssm.add_response("get_command_invocation", answer)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(remote, "POLL_SECONDS", 0)
    return Aws()


def run(aws: Aws, **more: Any) -> str:
    return remote.run(aws.session, REMOTE, "deploy", "releases/1.json", **more)


def test_the_commands_output_comes_back_when_it_is_over(aws: Aws) -> None:
    aws.has((INSTANCE, "InService", "Healthy"))
    aws.takes()
    aws.ssm.add_client_error("get_command_invocation", "InvocationDoesNotExist")
    aws.says("InProgress")
    aws.says("Success", "green\n")
    assert run(aws) == "green"


def test_a_command_that_fails_says_what_the_machine_said(aws: Aws) -> None:
    aws.has((INSTANCE, "InService", "Healthy"))
    aws.takes()
    aws.says("Failed", "", "The migration failed: exit code 1\n")
    with pytest.raises(ReleaseError, match=f"deploy on instance {INSTANCE} failed:\nThe migration failed: exit code 1"):
        run(aws)


def test_a_machine_whose_agent_has_not_reported_yet_is_waited_for(aws: Aws) -> None:
    aws.has((INSTANCE, "InService", "Healthy"))
    aws.ssm.add_client_error("send_command", "InvalidInstanceId")
    aws.takes()
    aws.says("Success", "blue")
    assert run(aws) == "blue"


def test_a_refusal_is_not_waited_for(aws: Aws) -> None:
    aws.has((INSTANCE, "InService", "Healthy"))
    aws.ssm.add_client_error("send_command", "AccessDeniedException", "not you")
    with pytest.raises(ReleaseError, match=r"takes no commands.*not you"):
        run(aws)


def test_a_command_without_end_is_given_up(aws: Aws) -> None:
    aws.has((INSTANCE, "InService", "Healthy"))
    aws.ssm.add_response("send_command", {"Command": {"CommandId": COMMAND}})
    aws.says("InProgress")
    with pytest.raises(ReleaseError, match="is not done after -1 s"):
        run(aws, timeout_seconds=-1)


def test_the_newest_healthy_instance_is_asked(aws: Aws) -> None:
    aws.has(("i-old", "InService", "Unhealthy"), ("i-one", "InService", "Healthy"), (INSTANCE, "InService", "Healthy"))
    assert remote.instance_of(aws.session, "machine") == INSTANCE


def test_without_a_machine_the_group_is_named(aws: Aws) -> None:
    aws.has(("i-new", "Pending", "Healthy"))
    with pytest.raises(ReleaseError, match="auto scaling group machine has no instance in service"):
        run(aws)
