"""Security controls that concern the machine, and those that both kinds of hosting share."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.controls import database, machine, network, stores
from tests.infra.controls.stack import CHECKS, MACHINE_CHECKS, Resource, Stack, listed
from tests.infra.controls.weakened import sets
from tests.infra.test_controls import WAIVED
from tests.recorder import new_engine

OF_TASKS = {
    "CKV_AWS_249": "a task definition",
    "CKV_AWS_288": "MACHINE_CHECKS has it for the machine's policies",
    "CKV_AWS_355": "MACHINE_CHECKS has it for the machine's policies",
    "SecretsManager.3": "the certificate's secret is read by the machine, not by a task",
}
SHARED = {
    control: check
    for control, check in CHECKS.items()
    if check.__module__ in {module.__name__ for module in (database, network, stores)}
    and control not in WAIVED
    and control not in OF_TASKS
}
Edit = Callable[[Stack], None]


@pytest.fixture(scope="module")
def declared() -> Stack:
    """Production's choices, on a machine."""
    recorder = new_engine()
    recorder.run_program(
        hosting="vm", vmInstanceType="t4g.medium", taskMemory="1024", databaseMultiAz="true", emailUrl="ses://"
    )
    return Stack.recorded(recorder)


@pytest.mark.parametrize("control", sorted({**SHARED, **MACHINE_CHECKS}))
def test_a_machine_meets_the_control(declared: Stack, control: str) -> None:
    {**SHARED, **MACHINE_CHECKS}[control](declared)


def opens(port: int) -> Edit:
    def edit(stack: Stack) -> None:
        inputs = {"fromPort": port, "toPort": port, "cidrIpv4": "0.0.0.0/0"}
        stack.resources.append(Resource("vpc/securityGroupIngressRule", "added", inputs))

    return edit


def tells(text: str) -> Edit:
    """Write it into user data."""

    def edit(stack: Stack) -> None:
        for template in stack.some("ec2/launchTemplate"):
            script = base64.b64decode(template.inputs["userData"]).decode() + text
            template.inputs["userData"] = base64.b64encode(script.encode()).decode()

    return edit


def allows(action: str) -> Edit:
    """To every role, over everything."""

    def edit(stack: Stack) -> None:
        for policy in stack.some("iam/rolePolicy"):
            document = json.loads(policy.inputs["policy"])
            document["Statement"].append({"Effect": "Allow", "Action": action, "Resource": "*"})
            policy.inputs["policy"] = json.dumps(document)

    return edit


def loses(action: str) -> Edit:
    """From every role."""

    def edit(stack: Stack) -> None:
        for policy in stack.some("iam/rolePolicy"):
            document = json.loads(policy.inputs["policy"])
            for statement in document["Statement"]:
                statement["Action"] = [one for one in listed(statement["Action"]) if one != action]
            policy.inputs["policy"] = json.dumps(document)

    return edit


def takes_any_command(stack: Stack) -> None:
    for document in stack.some("ssm/document"):
        content: dict[str, Any] = json.loads(document.inputs["content"])
        content["parameters"]["commands"] = {"type": "StringList"}
        document.inputs["content"] = json.dumps(content)


EDITS: list[tuple[str, Edit]] = [
    ("EC2.8", sets("ec2/launchTemplate", "metadataOptions.httpTokens", "optional")),
    ("EC2.8", sets("ec2/launchTemplate", "metadataOptions.httpPutResponseHopLimit", 2)),
    ("EC2.3", sets("ec2/launchTemplate", "blockDeviceMappings.0.ebs.encrypted", "false")),
    ("AutoScaling.9", sets("autoscaling/group", "launchTemplate.version", "")),
    ("AutoScaling.2", sets("autoscaling/group", "vpcZoneIdentifiers", ["subnet-a"])),
    ("AutoScaling.10", sets("autoscaling/group", "tags", [])),
    ("EC2.24", sets("ec2/launchTemplate", "instanceType", "t2.small")),
    ("EC2.13", sets("ec2/launchTemplate", "keyName", "laptop")),
    ("EC2.13", opens(22)),
    ("SSM.1", loses("ssmmessages:OpenControlChannel")),
    ("CKV_AWS_46", tells("export SECRET_KEY=1")),
    ("CKV_AWS_355", allows("s3:GetObject")),
    ("SSM.4", takes_any_command),
]


@pytest.mark.parametrize(("control", "edit"), EDITS, ids=[f"{n}-{control}" for n, (control, _) in enumerate(EDITS)])
def test_a_careless_edit_of_the_machine_is_caught(declared: Stack, control: str, edit: Edit) -> None:
    weakened = declared.copy()
    edit(weakened)
    with pytest.raises(AssertionError):
        MACHINE_CHECKS[control](weakened)


def test_every_check_has_an_edit_that_it_catches() -> None:
    assert set(MACHINE_CHECKS.values()) == {MACHINE_CHECKS[control] for control, _ in EDITS}


def test_every_check_of_tasks_that_is_left_out_exists() -> None:
    assert set(OF_TASKS) <= set(CHECKS)
    assert machine.WITHOUT_RESOURCE
