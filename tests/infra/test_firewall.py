"""The firewall: the world reaches 80 and 443 of the load balancer, and from there on only the next in line."""

import re

import pytest

from infra.firewall import Firewall, FirewallArgs
from tests.recorder import new_engine

INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
EGRESS = ["gateway", "public", "endpoints"]
WORLD = {"0.0.0.0/0", "::/0"}

LOAD_BALANCER, TASK, DATABASE, ENDPOINT = (
    f"firewall-{role}-id" for role in ("load-balancer", "task", "database", "endpoint")
)


def declare(engine, egress="gateway"):
    args = FirewallArgs(vpc_id="vpc-1", task_port=8443, database_port=5433, egress=egress, s3_prefix_list_id="pl-s3")
    engine.run(lambda: Firewall("firewall", args).task_group_id)


def rules(engine, token):
    """Each rule as (group, who is on the other side, port)."""
    found = set()
    for rule in engine.all(token):
        given = engine.plain(rule.inputs)
        assert given["ipProtocol"] == "tcp"
        assert given["fromPort"] == given["toPort"]
        sides = ("cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "prefixListId")
        (other,) = [given[key] for key in sides if given.get(key)]
        found.add((given["securityGroupId"], other, int(given["fromPort"])))
    return found


@pytest.mark.parametrize("egress", EGRESS)
def test_the_world_reaches_80_and_443_of_the_load_balancer_and_nothing_else(engine, egress):
    declare(engine, egress)
    from_world = {rule for rule in rules(engine, INGRESS) if rule[1] in WORLD}
    assert from_world == {(LOAD_BALANCER, source, port) for source in WORLD for port in (80, 443)}


@pytest.mark.parametrize("egress", EGRESS)
def test_only_the_load_balancer_reaches_the_tasks(engine, egress):
    declare(engine, egress)
    assert {rule for rule in rules(engine, INGRESS) if rule[0] == TASK} == {(TASK, LOAD_BALANCER, 8443)}


@pytest.mark.parametrize("egress", EGRESS)
def test_only_the_tasks_reach_the_database(engine, egress):
    declare(engine, egress)
    assert {rule for rule in rules(engine, INGRESS) if rule[0] == DATABASE} == {(DATABASE, TASK, 5433)}


@pytest.mark.parametrize("egress", EGRESS)
def test_the_load_balancer_reaches_the_tasks_and_nothing_else(engine, egress):
    declare(engine, egress)
    assert {rule for rule in rules(engine, EGRESS_RULE) if rule[0] == LOAD_BALANCER} == {(LOAD_BALANCER, TASK, 8443)}


@pytest.mark.parametrize("egress", EGRESS)
def test_the_database_starts_no_conversation(engine, egress):
    declare(engine, egress)
    assert not [rule for rule in rules(engine, EGRESS_RULE) if rule[0] in (DATABASE, ENDPOINT)]


@pytest.mark.parametrize("egress", ["gateway", "public"])
def test_tasks_leave_to_the_database_and_to_https(engine, egress):
    declare(engine, egress)
    leaving = {rule for rule in rules(engine, EGRESS_RULE) if rule[0] == TASK}
    assert leaving == {(TASK, DATABASE, 5433), (TASK, "0.0.0.0/0", 443)}


def test_with_endpoints_tasks_reach_awss_services_and_s3_but_not_the_world(engine):
    declare(engine, "endpoints")
    leaving = {rule for rule in rules(engine, EGRESS_RULE) if rule[0] == TASK}
    assert leaving == {(TASK, DATABASE, 5433), (TASK, ENDPOINT, 443), (TASK, "pl-s3", 443)}
    assert (ENDPOINT, TASK, 443) in rules(engine, INGRESS)


def test_ways_out_have_names_of_their_own_so_that_a_move_opens_one_before_it_closes_the_other(engine):
    names = {}
    for egress in EGRESS:
        engine = new_engine()
        declare(engine, egress)
        names[egress] = {rule.name for rule in engine.all(EGRESS_RULE)} - {"firewall-load-balancer-to-task"}
    assert names["gateway"] == names["public"]
    assert names["gateway"] & names["endpoints"] == {"firewall-task-to-database"}


def test_an_endpoint_comes_after_its_rules_and_goes_before_them():
    engine = new_engine()
    engine.run_program(egress="endpoints")
    dependencies = engine.options("ec2/vpcEndpoint:VpcEndpoint", "endpoints-logs").dependencies
    rules = [urn for urn in dependencies if urn.endswith("::firewall-task-to-endpoint")]
    assert len(rules) == 2


def test_only_endpoints_need_a_group_for_them(engine):
    declare(engine)
    assert "firewall-endpoint" not in {group.name for group in engine.all("ec2/securityGroup:SecurityGroup")}


def test_groups_hold_no_rules_of_their_own(engine):
    """Rules inside groups that name each other cannot be deleted in any order, and fight with rule resources."""
    declare(engine)
    for group in engine.all("ec2/securityGroup:SecurityGroup"):
        assert "ingress" not in group.inputs
        assert "egress" not in group.inputs


@pytest.mark.parametrize("egress", EGRESS)
def test_aws_takes_every_description(engine, egress):
    declare(engine, egress)
    legal = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
    for token in ("ec2/securityGroup:SecurityGroup", INGRESS, EGRESS_RULE):
        for resource in engine.all(token):
            assert legal.fullmatch(resource.inputs["description"]), resource.inputs["description"]
