"""Who reaches whom, over all components together."""

import pytest

from tests.program.resources import children, parent_of
from tests.program.shapes import shaped

WORLD = {"0.0.0.0/0", "::/0"}


def test_the_world_reaches_80_and_443_and_nothing_else(program):
    open_ports = {
        (rule.inputs["securityGroupId"], int(rule.inputs["fromPort"]), int(rule.inputs["toPort"]))
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} & WORLD
    }
    assert open_ports == {("firewall-load-balancer-id", port, port) for port in (80, 443)}


def test_no_rule_names_addresses_but_those_of_the_world_on_443(program):
    """Everything inside is allowed by group, so that no address has to be trusted."""
    for token in ("Ingress", "Egress"):
        for rule in program.all(f"vpc/securityGroup{token}Rule:SecurityGroup{token}Rule"):
            addresses = {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} - {None}
            assert addresses <= WORLD


def test_the_firewall_is_the_only_place_with_security_groups(program):
    for resource in children(program):
        if "ecurityGroup" in resource.typ and "Default" not in resource.typ:
            assert parent_of(program, resource) == ("preqly:infra:Firewall", "firewall")


def test_every_port_on_the_way_to_a_task_is_the_same(on_fargate):
    port = on_fargate.one("lb/targetGroup:TargetGroup")["port"]
    (balancer,) = on_fargate.one("ecs/service:Service")["loadBalancers"]
    (rule,) = [
        rule.inputs
        for rule in on_fargate.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-task-id"
    ]
    assert port == balancer["containerPort"] == rule["fromPort"] == rule["toPort"]


def test_the_databases_port_is_the_one_the_firewall_opens(program):
    (rule,) = [
        rule.inputs
        for rule in program.all("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "firewall-database-id"
    ]
    assert rule["fromPort"] == program.one("rds/instance:Instance")["port"]


@pytest.mark.parametrize(("egress", "public"), [("gateway", False), ("public", True), ("endpoints", False)])
def test_tasks_get_public_addresses_only_with_egress_public(egress, public):
    network = shaped(egress=egress).one("ecs/service:Service")["networkConfiguration"]
    assert network["assignPublicIp"] is public
    assert all(("public" in subnet) is public for subnet in network["subnets"])
