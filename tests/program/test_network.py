"""Connections between components: security groups, ports, addresses, and what the service waits for."""

import pytest

from tests.program.shapes import SHAPES, children, parent_of
from tests.recorder import declared_with


def test_one_component_declares_all_security_groups(program):
    """tests/infra/foundation/test_security_groups.py asserts its rules, for each choice of egress."""
    for resource in children(program):
        if "ecurityGroup" in resource.typ and "Default" not in resource.typ:
            assert parent_of(program, resource) == ("preqly:infra:Firewall", "firewall")


def test_load_balancer_security_group_and_service_use_one_port(program):
    port = program.one("lb/targetGroup:TargetGroup")["port"]
    (balancer,) = program.one("ecs/service:Service")["loadBalancers"]
    (rule,) = [
        rule.inputs
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-task-id"
    ]
    assert port == balancer["containerPort"] == rule["fromPort"] == rule["toPort"]


def test_the_security_group_opens_the_databases_port(program):
    (rule,) = [
        rule.inputs
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-database-id"
    ]
    assert rule["fromPort"] == program.one("rds/instance:Instance")["port"]


def test_tasks_may_call_the_ports_that_the_settings_name():
    rules = declared_with(**SHAPES["public"]).all("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    out = {(rule.inputs.get("cidrIpv4"), rule.inputs["fromPort"]) for rule in rules}
    assert {("0.0.0.0/0", 443), ("0.0.0.0/0", 8883)} <= out


@pytest.mark.parametrize(("shape", "public"), [("defaults", False), ("public", True), ("endpoints", False)])
def test_tasks_get_public_addresses_only_with_egress_public(shape, public):
    network = declared_with(**SHAPES[shape]).one("ecs/service:Service")["networkConfiguration"]
    assert network["assignPublicIp"] is public
    assert all(("public" in subnet) is public for subnet in network["subnets"])


def test_the_service_waits_for_the_listener_the_routes_and_its_permissions(program):
    """Without them ECS refuses the target group, or the first tasks cannot pull their images."""
    waits_for = program.options("ecs/service:Service", "web-service").dependencies
    egress_rules = "::firewall-task-to-world", "::firewall-task-to-s3"
    s3_endpoints = "::network-s3-task", "::network-s3-public"
    for needed in (("::front-https",), ("::task-execution-policy",), egress_rules, s3_endpoints):
        assert any(urn.endswith(needed) for urn in waits_for), needed


def test_images_and_tasks_have_one_architecture(program):
    platforms = {image.inputs["build"]["platform"] for image in program.all("docker:index/image:Image")}
    architectures = {
        task.inputs["runtimePlatform"]["cpuArchitecture"] for task in program.all("ecs/taskDefinition:TaskDefinition")
    }
    assert (platforms, architectures) in (({"linux/arm64"}, {"ARM64"}), ({"linux/amd64"}, {"X86_64"}))
