"""Security groups: the internet reaches 80 and 443 of the load balancer, then each part only the next one."""

import functools
import re

import pulumi_aws as aws
import pytest

from infra.foundation.security_groups import SecurityGroups, SecurityGroupsArgs
from tests.recorder import Recorder, new_engine

INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP = "ec2/securityGroup:SecurityGroup"
EGRESS = ["gateway", "public", "endpoints"]
WORLD = {"0.0.0.0/0", "::/0"}

LOAD_BALANCER, TASK, DATABASE, ENDPOINT = (
    f"firewall-{role}-id" for role in ("load-balancer", "task", "database", "endpoint")
)


@functools.cache
def declare(egress: str, *internet_ports: int, cache_port: int | None = None) -> Recorder:
    """The recorded security groups for this choice of egress."""
    engine = new_engine()
    args = SecurityGroupsArgs(
        vpc_id="vpc-1",
        task_port=8443,
        database_port=5433,
        cache_port=cache_port,
        egress=egress,
        internet_ports=internet_ports,
        s3_prefix_list_id="pl-s3",
    )

    def program():
        groups = SecurityGroups("firewall", args)
        if groups.endpoint_group_id:
            aws.ec2.VpcEndpoint("endpoint", vpc_id="vpc-1", security_group_ids=[groups.endpoint_group_id])
        return groups.task_group_id

    engine.run(program)
    return engine


def rules(egress: str, token: str, *internet_ports: int) -> set[tuple[str, str, int]]:
    """Each rule as (group, other side, port)."""
    found = set()
    for rule in declare(egress, *internet_ports).all(token):
        given = Recorder.plain(rule.inputs)
        assert given["ipProtocol"] == "tcp"
        assert given["fromPort"] == given["toPort"]
        sides = ("cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "prefixListId")
        (other,) = [given[key] for key in sides if given.get(key)]
        found.add((given["securityGroupId"], other, int(given["fromPort"])))
    return found


@pytest.mark.parametrize("egress", EGRESS)
def test_the_internet_reaches_the_load_balancer_that_the_tasks_and_those_the_database(egress):
    ingress = {rule for rule in rules(egress, INGRESS) if rule[0] != ENDPOINT}
    assert ingress == {
        *((LOAD_BALANCER, source, port) for source in WORLD for port in (80, 443)),
        (TASK, LOAD_BALANCER, 8443),
        (DATABASE, TASK, 5433),
    }


OUT = {(LOAD_BALANCER, TASK, 8443), (TASK, DATABASE, 5433)}


# Only tasks in the public subnets have an address of IPv6.
FAMILIES = {"gateway": {"0.0.0.0/0"}, "gateway-per-zone": {"0.0.0.0/0"}, "public": WORLD}


@pytest.mark.parametrize("egress", FAMILIES)
def test_the_load_balancer_connects_to_the_tasks_and_those_to_the_database_and_to_https(egress):
    assert rules(egress, EGRESS_RULE) == {*OUT, *((TASK, block, 443) for block in FAMILIES[egress])}
    assert "firewall-endpoint" not in {group.name for group in declare(egress).all(GROUP)}


@pytest.mark.parametrize("egress", FAMILIES)
def test_tasks_call_each_named_port_on_the_internet_once_and_the_internet_calls_none(egress):
    opened = {(TASK, block, port) for block in FAMILIES[egress] for port in (443, 587, 8883)}
    assert rules(egress, EGRESS_RULE, 8883, 587, 443, 587) == {*OUT, *opened}
    assert rules(egress, INGRESS, 8883, 587, 443, 587) == rules(egress, INGRESS)


def test_a_rule_keeps_its_name_when_other_ports_come_and_go():
    names = [{rule.name for rule in declare("public", *ports).all(EGRESS_RULE)} for ports in ((), (587,), (25, 587))]
    assert names[0] < names[1] < names[2]
    assert names[2] - names[0] == {
        f"firewall-task-to-world-{port}{family}" for port in (25, 587) for family in ("", "-ipv6")
    }


def test_with_endpoints_tasks_connect_to_aws_services_and_s3_but_not_to_the_internet():
    assert rules("endpoints", EGRESS_RULE, 587) == {*OUT, (TASK, ENDPOINT, 443), (TASK, "pl-s3", 443)}
    assert {rule for rule in rules("endpoints", INGRESS) if rule[0] == ENDPOINT} == {(ENDPOINT, TASK, 443)}


def test_each_egress_rule_has_a_name_of_its_own_so_that_a_change_creates_one_before_it_deletes_the_other():
    names = {
        egress: {rule.name for rule in declare(egress).all(EGRESS_RULE)} - {"firewall-load-balancer-to-task"}
        for egress in EGRESS
    }
    assert names["gateway"] < names["public"]
    assert names["public"] & names["endpoints"] == {"firewall-task-to-database"}


def test_an_endpoint_is_created_after_its_rules():
    dependencies = declare("endpoints").options("ec2/vpcEndpoint:VpcEndpoint", "endpoint").dependencies
    assert len([urn for urn in dependencies if urn.endswith("::firewall-task-to-endpoint")]) == 2


@pytest.mark.parametrize("egress", EGRESS)
def test_groups_have_no_inline_rules_and_every_description_is_legal(egress):
    """Groups with inline rules that reference each other cannot be deleted, and conflict with rule resources."""
    engine = declare(egress)
    legal = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
    for group in engine.all(GROUP):
        assert not {"ingress", "egress"} & group.inputs.keys()
    for token in (GROUP, INGRESS, EGRESS_RULE):
        for resource in engine.all(token):
            assert legal.fullmatch(resource.inputs["description"]), resource.inputs["description"]


def test_only_tasks_reach_the_cache() -> None:
    engine = declare("gateway", cache_port=6379)
    reached = [Recorder.plain(one.inputs) for one in engine.all(INGRESS)]
    (rule,) = [one for one in reached if one["securityGroupId"] == "firewall-cache-id"]
    assert (rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) == (TASK, 6379, 6379)
    assert "firewall-cache" not in {group.name for group in declare("gateway").all(GROUP)}
