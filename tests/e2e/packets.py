"""Which connections the plan allows between the parts of a stack, and which ones pass in truth."""

import ipaddress
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.e2e.checkout import Checkout
from tests.e2e.running import docker, service

SECONDS = 3
"""How long a probe waits. What is dropped gets no answer; a closed port that packets reach refuses at once."""
_PROBE = f"""
for peer in "$@"; do (
    timeout {SECONDS} bash -c "exec 3<>/dev/tcp/${{peer%:*}}/${{peer#*:}}" 2>/dev/null
    [ $? = 124 ] || echo "$peer"
) & done; wait
"""


@dataclass(frozen=True)
class Part:
    """A part of the stack with a network interface."""

    name: str
    address: str
    groups: frozenset[str]
    container: str
    """The one that holds its network, from inside which it is probed."""


def parts(checkout: Checkout) -> list[Part]:
    """Tasks of the web service, the database and the load balancer."""
    containers = _containers(checkout)
    database = checkout.aws("rds").describe_db_instances()["DBInstances"][0]
    balancer = checkout.aws("elbv2").describe_load_balancers()["LoadBalancers"][0]
    groups = frozenset(one["VpcSecurityGroupId"] for one in database["VpcSecurityGroups"])
    return [
        *_tasks(checkout, containers),
        Part("database", *_at(containers, f"database/{database['DbiResourceId']}", groups)),
        Part("load balancer", *_at(containers, "load-balancer/serving", frozenset(balancer["SecurityGroups"]))),
    ]


def _tasks(checkout: Checkout, containers: dict[str, tuple[str, str]]) -> list[Part]:
    ecs, ec2, found = checkout.aws("ecs"), checkout.aws("ec2"), service(checkout)
    arns = ecs.list_tasks(cluster=found["clusterArn"], serviceName=found["serviceName"])["taskArns"]
    made = []
    for task in ecs.describe_tasks(cluster=found["clusterArn"], tasks=arns)["tasks"]:
        if task["lastStatus"] != "RUNNING":
            continue
        details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
        (interface,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])[
            "NetworkInterfaces"
        ]
        groups = frozenset(one["GroupId"] for one in interface["Groups"])
        identifier = task["taskArn"].rpartition("/")[2]
        made.append(Part(f"task {identifier[:8]}", *_at(containers, identifier, groups)))
        assert interface["PrivateIpAddress"] == made[-1].address
    return made


def _at(containers: dict[str, tuple[str, str]], key: str, groups: frozenset[str]) -> tuple[str, frozenset[str], str]:
    address, container = containers[key]
    return address, groups, container


def _containers(checkout: Checkout) -> dict[str, tuple[str, str]]:
    """Address and id of the containers that hold a network, by the task or the interface."""
    label = f"label=embedded-cloud.name={checkout.runtime.cloud}"
    found = {}
    for one in json.loads(docker("inspect", *docker("ps", "--quiet", "--filter", label).split())):
        labels = one["Config"]["Labels"]
        key = labels.get("embedded-cloud.interface")
        if labels.get("embedded-cloud.container") == "~pause":
            key = labels["embedded-cloud.task"]
        if key:
            (network,) = one["NetworkSettings"]["Networks"].values()
            found[key] = (network["IPAddress"], one["Id"])
    return found


class Rules:
    """The rules of all security groups, read like those of any account."""

    def __init__(self, checkout: Checkout) -> None:
        self._rules = checkout.aws("ec2").describe_security_group_rules()["SecurityGroupRules"]

    @property
    def ports(self) -> list[int]:
        """Every port that a rule names."""
        return sorted({one["FromPort"] for one in self._rules if one["IpProtocol"] == "tcp"})

    def allow(self, source: Part, target: Part, port: int) -> bool:
        """Whether a connection is let out and in."""
        out = self._some(source.groups, port, target.address, target.groups, egress=True)
        return out and self._some(target.groups, port, source.address, source.groups, egress=False)

    def let_out(self, source: Part, address: str, port: int) -> bool:
        return self._some(source.groups, port, address, frozenset(), egress=True)

    def _some(self, own: Iterable[str], port: int, address: str, groups: frozenset[str], *, egress: bool) -> bool:
        return any(
            one["GroupId"] in own
            and one["IsEgress"] is egress
            and (one["IpProtocol"] == "-1" or one["FromPort"] <= port <= one["ToPort"])
            and (one.get("ReferencedGroupInfo", {}).get("GroupId") in groups or _contains(one, address))
            for one in self._rules
        )


def _contains(rule: dict[str, Any], address: str) -> bool:
    block = rule.get("CidrIpv4", "")
    return block != "" and ipaddress.ip_address(address) in ipaddress.ip_network(block)


def reached(source: Part, peers: Sequence[str]) -> set[str]:
    """Which of the peers (`address:port`) packets of this part reach, whether or not a program listens there."""
    said = docker("exec", "--user", "65534", source.container, "bash", "-c", _PROBE, "probe", *peers)
    return set(said.split())


def probe(sources: Sequence[Part], peers: Sequence[str]) -> dict[Part, set[str]]:
    """The same for several parts at a time."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(sources, pool.map(lambda one: reached(one, peers), sources), strict=True))
