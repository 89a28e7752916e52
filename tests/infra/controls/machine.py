"""The instance of `hosting: vm`: EC2, Auto Scaling, Systems Manager."""

import base64
import functools
import json

from tests.infra.controls import stack
from tests.infra.controls.stack import MACHINE_CHECKS, Stack, listed

proves = functools.partial(stack.proves, among=MACHINE_CHECKS)
# The agent of Systems Manager, metrics and the registry's token: AWS's service authorization reference lists no
# resource type for them.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "ssm:UpdateInstanceInformation",
}
CHANNELS = ("ssmmessages:", "ec2messages:")


@proves("EC2.8", "EC2.170", "AutoScaling.3", "AutoScaling.4")
def the_metadata_service_wants_a_token_and_answers_no_container(declared: Stack) -> None:
    for template in declared.some("ec2/launchTemplate"):
        options = template.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


@proves("EC2.3", "EC2.7", "EC2.181")
def disks_are_encrypted(declared: Stack) -> None:
    for template in declared.some("ec2/launchTemplate"):
        assert template.inputs["blockDeviceMappings"]
        assert all(device["ebs"]["encrypted"] == "true" for device in template.inputs["blockDeviceMappings"])


@proves("AutoScaling.9")
def instances_come_from_a_launch_template(declared: Stack) -> None:
    assert all(group.inputs["launchTemplate"]["version"] for group in declared.some("autoscaling/group"))


@proves("AutoScaling.2")
def an_instance_may_start_in_either_zone(declared: Stack) -> None:
    assert all(len(group.inputs["vpcZoneIdentifiers"]) == 2 for group in declared.some("autoscaling/group"))


@proves("AutoScaling.10")
def the_group_is_tagged(declared: Stack) -> None:
    assert all(group.inputs["tags"] for group in declared.some("autoscaling/group"))


@proves("EC2.24")
def the_instance_is_of_a_current_generation(declared: Stack) -> None:
    families = {one.inputs["instanceType"].partition(".")[0] for one in declared.some("ec2/launchTemplate")}
    assert families <= {"t4g", "t3", "t3a"}


@proves("EC2.13", "EC2.14")
def there_is_no_way_to_log_in_over_the_network(declared: Stack) -> None:
    assert not any(template.inputs.get("keyName") for template in declared.some("ec2/launchTemplate"))
    ports = {rule.inputs["fromPort"] for rule in declared.some("vpc/securityGroupIngressRule")}
    assert not ports & {22, 3389}


@proves("SSM.1")
def systems_manager_reaches_the_instance(declared: Stack) -> None:
    actions = {action for statement in declared.statements() for action in listed(statement["Action"])}
    assert {"ssm:UpdateInstanceInformation", "ssmmessages:OpenControlChannel"} <= actions


@proves("CKV_AWS_46")
def user_data_holds_no_secret(declared: Stack) -> None:
    for template in declared.some("ec2/launchTemplate"):
        script = base64.b64decode(template.inputs["userData"]).decode()
        assert "passwordsdatabasepasswords" not in script
        assert "SECRET" not in script


@proves("CKV_AWS_355", "CKV_AWS_288")
def every_right_of_the_machine_names_what_it_is_over(declared: Stack) -> None:
    for statement in declared.statements():
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"]):
            named = {one for one in listed(statement["Action"]) if not one.startswith(CHANNELS)}
            assert named <= WITHOUT_RESOURCE


@proves("SSM.4")
def the_command_is_no_shell(declared: Stack) -> None:
    for document in declared.some("ssm/document"):
        parameters = json.loads(document.inputs["content"])["parameters"]
        assert all("allowedValues" in one or "allowedPattern" in one for one in parameters.values())
