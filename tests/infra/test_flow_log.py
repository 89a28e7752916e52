"""The record of refused traffic, and a role that can do nothing else."""

import json

import pulumi

from infra.flow_log import record_refused_traffic

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:flow"


class Parent(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("preqly:infra:Parent", "network")


def declare(engine):
    engine.run(lambda: record_refused_traffic("network-refused", "vpc-1", GROUP, Parent()))


def test_refused_traffic_of_the_vpc_is_logged(engine):
    declare(engine)
    log = engine.one("ec2/flowLog:FlowLog")
    assert (log["vpcId"], log["trafficType"], log["logDestination"]) == ("vpc-1", "REJECT", GROUP)
    assert log["logDestinationType"] == "cloud-watch-logs"
    assert log["iamRoleArn"] == "arn:aws:iam::123456789012:role/network-refused-writer"


def test_the_role_is_lent_to_flow_logs_of_this_account_only(engine):
    declare(engine)
    (statement,) = json.loads(engine.one("iam/role:Role")["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_role_writes_to_that_group_and_nowhere_else(engine):
    declare(engine)
    (statement,) = json.loads(engine.one("iam/rolePolicy:RolePolicy")["policy"])["Statement"]
    assert statement["Resource"] == f"{GROUP}:*"
    assert all(action.startswith("logs:") and "*" not in action for action in statement["Action"])


def test_logging_starts_once_the_role_may_write(engine):
    declare(engine)
    dependencies = engine.options("ec2/flowLog:FlowLog", "network-refused").dependencies
    assert any("RolePolicy" in urn for urn in dependencies)
