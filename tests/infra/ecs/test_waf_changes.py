"""A rule group that stops blocking, on the real engine: preview and update say so, with the commands against it."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pulumi_aws as aws

from embedded_cloud.testing.engine_stack import engine_stack, needs_engine
from infra.ecs import waf_rules
from infra.ecs.waf import WebAcl, WebAclArgs
from infra.ecs.waf_rules import RULE_GROUPS

pytestmark = needs_engine

GROUPS = [group.name for group in RULE_GROUPS]
REPUTATION, ANONYMOUS, COMMON, *_ = GROUPS


def web_acl(*blocks: str) -> Callable[[], None]:
    """A program with the web ACL."""

    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.20.0.0/16")
        subnets = [
            aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=f"10.20.{index}.0/24", availability_zone=zone)
            for index, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        balancer = aws.lb.LoadBalancer("balancer", subnets=[subnet.id for subnet in subnets])
        key = aws.kms.Key("key").arn
        args = WebAclArgs(
            load_balancer_arn=balancer.arn, key_arn=key, retention_days=90, blocks=blocks, upload_paths=()
        )
        WebAcl("waf", args)

    return program


def test_what_stops_blocking_is_named_before_and_during_the_update(tmp_path: Path) -> None:
    with engine_stack(tmp_path, "preqly") as stack:
        stack.up(web_acl(*GROUPS))
        stack.stack.workspace.program = web_acl(ANONYMOUS, COMMON)
        stopped = [name for name in GROUPS if name not in (ANONYMOUS, COMMON)]
        for output in (stack.stack.preview().stdout, stack.stack.up().stdout):
            (warning,) = [line for line in output.splitlines() if line.strip().startswith("warning: AWSManaged")]
            named, _, commands = warning.partition(". To keep them blocking: ")
            assert [name for name in GROUPS if name in named] == stopped
            wanted = [shlex.split(command)[-2:] for command in commands.split("; ")]
            assert wanted == [[f"wafBlocks[{index}]", name] for index, name in enumerate(stopped, 2)]
        # What begins to block, or stays as it is, is no news.
        stack.stack.workspace.program = web_acl(ANONYMOUS, COMMON, REPUTATION)
        assert not re.search("warning: AWSManaged", stack.stack.up().stdout)


def test_a_web_acl_of_an_earlier_version_blocks_with_all_of_its_groups() -> None:
    """It had no group that counts, and no rule but managed groups."""
    earlier = [
        {"name": name, "overrideAction": {"none": {}}, "statement": {"managedRuleGroupStatement": {"name": name}}}
        for name in GROUPS
    ]
    counting = [{**rule, "overrideAction": {"count": {}}} for rule in earlier]
    assert waf_rules.no_longer_blocking(earlier, counting) == GROUPS
    assert waf_rules.no_longer_blocking(earlier, []) == GROUPS
    assert waf_rules.no_longer_blocking(counting, earlier) == []
