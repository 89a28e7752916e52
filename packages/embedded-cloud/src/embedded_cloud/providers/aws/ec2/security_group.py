"""EC2: security groups, their rules, and the default group of a VPC."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import EC2_TAGS
from embedded_cloud.providers.call import Call, capitals, from_boto
from embedded_cloud.providers.entry import ALL, AutoName, ResourceType
from embedded_cloud.providers.values import Values

_SOURCES = capitals("cidrIpv4 cidrIpv6 prefixListId")
_ONE_OF = (*_SOURCES, "referencedSecurityGroupId")
MANAGED = "Managed by Pulumi"
"""Description that pulumi-aws gives a group without one."""


def _group(call: Call, group_id: str) -> dict[str, Any]:
    found: dict[str, Any] = call.aws("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    return found


def _create_group(call: Call) -> str:
    ec2 = call.aws("ec2")
    wanted = call.params("vpcId", name="GroupName")
    description = call.inputs.get("description", MANAGED)
    call.id = str(ec2.create_security_group(Description=description, **wanted)["GroupId"])
    # A new group allows all egress. pulumi-aws revokes that, so that only the program's rules apply.
    everywhere = _group(call, call.id)["IpPermissionsEgress"]
    if everywhere:
        ec2.revoke_security_group_egress(GroupId=call.id, IpPermissions=everywhere)
    return call.id


def _read_group(call: Call) -> Values:
    group = _group(call, call.id)
    return {
        **from_boto(group, "description vpcId ownerId", name="GroupName"),
        "arn": call.arn("ec2", f"security-group/{call.id}"),
    }


def _adopt_default_group(call: Call) -> str:
    filters = [{"Name": "group-name", "Values": ["default"]}, {"Name": "vpc-id", "Values": [call.inputs["vpcId"]]}]
    (group,) = call.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return str(group["GroupId"])


def _empty_group(call: Call) -> None:
    ec2, group = call.aws("ec2"), _group(call, call.id)
    if group["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=call.id, IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=call.id, IpPermissions=group["IpPermissionsEgress"])


def _read_default_group(call: Call) -> Values:
    group = _group(call, call.id)
    return {
        **_read_group(call),
        "ingress": [_described(rule) for rule in group["IpPermissions"]],
        "egress": [_described(rule) for rule in group["IpPermissionsEgress"]],
    }


def _described(permission: dict[str, Any]) -> Values:
    return {
        "protocol": permission["IpProtocol"],
        "fromPort": permission.get("FromPort", 0),
        "toPort": permission.get("ToPort", 0),
        "cidrBlocks": [block["CidrIp"] for block in permission.get("IpRanges", [])],
        "ipv6CidrBlocks": [block["CidrIpv6"] for block in permission.get("Ipv6Ranges", [])],
        "securityGroups": [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", [])],
    }


def _check_default_group(inputs: Values) -> list[tuple[str, str]]:
    return [
        (name, "the embedded cloud keeps the default group empty; declare a security group of your own")
        for name in ("ingress", "egress")
        if inputs.get(name)
    ]


def _permission(values: Values) -> dict[str, Any]:
    """Rule in the form of the authorize operations."""
    described = {"Description": values["description"]} if values.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": values["ipProtocol"]}
    if values.get("fromPort") is not None:
        permission |= {"FromPort": values["fromPort"], "ToPort": values.get("toPort", values["fromPort"])}
    if values.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": values["cidrIpv4"], **described}]
    if values.get("cidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": values["cidrIpv6"], **described}]
    if values.get("prefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": values["prefixListId"], **described}]
    if values.get("referencedSecurityGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": values["referencedSecurityGroupId"], **described}]
    return permission


def _rule(call: Call) -> dict[str, Any] | None:
    rules = call.aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[call.id])["SecurityGroupRules"]
    return next((rule for rule in rules if rule["SecurityGroupRuleId"] == call.id), None)


def _read_rule(call: Call) -> Values | None:
    rule = _rule(call)
    if rule is None:
        return None
    known = from_boto(rule, "ipProtocol description", securityGroupId="GroupId", **_SOURCES)
    if "cidrIpv4" not in known and "cidrIpv6" not in known:
        # moto stores descriptions of address blocks only.
        known["description"] = call.state.get("description")
    if rule["IpProtocol"] != "-1":
        known |= from_boto(rule, "fromPort toPort")
    return {
        **known,
        "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
        "securityGroupRuleId": call.id,
        "arn": call.arn("ec2", f"security-group-rule/{call.id}"),
    }


def _rule_type(direction: str, kind: str) -> ResourceType:
    def create(call: Call) -> str:
        authorize = getattr(call.aws("ec2"), f"authorize_security_group_{direction}")
        answer = authorize(GroupId=call.inputs["securityGroupId"], IpPermissions=[_permission(call.inputs)])
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def delete(call: Call) -> None:
        if _rule(call) is not None:
            revoke = getattr(call.aws("ec2"), f"revoke_security_group_{direction}")
            revoke(GroupId=call.state["securityGroupId"], SecurityGroupRuleIds=[call.id])

    return ResourceType(
        f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule",
        effect="lets packets pass (packet filter)",
        reported=f"securityGroupId ipProtocol fromPort toPort description {' '.join(_ONE_OF)}",
        replaces=ALL,
        tags=EC2_TAGS,
        references={
            "securityGroupId": references.SECURITY_GROUP,
            "referencedSecurityGroupId": references.SECURITY_GROUP,
            "prefixListId": references.PREFIX_LIST,
        },
        check=_check_rule,
        # AWS refuses a duplicate rule.
        delete_before_replace=True,
        create=create,
        read=_read_rule,
        delete=delete,
    )


def _check_rule(inputs: Values) -> list[tuple[str, str]]:
    failures = []
    if sum(name in inputs for name in _ONE_OF) != 1:
        failures.append((_ONE_OF[0], f"exactly one of {', '.join(_ONE_OF)} is required"))
    if inputs.get("ipProtocol") in ("tcp", "udp"):
        failures += [
            (name, f"is required for {inputs['ipProtocol']}") for name in ("fromPort", "toPort") if name not in inputs
        ]
    return failures


EMULATION = Emulation(
    service="Security groups",
    types="aws:ec2/securityGroup aws:ec2/defaultSecurityGroup aws:vpc/",
    acts=(
        "what interfaces send and get, unless the packet filter is off (`EMBEDDED_CLOUD_PACKET_FILTER=off`)",
        "rules name groups, CIDR blocks or prefix lists, protocols and ports",
        "a change acts within a second on new connections, open ones stay; what is not allowed is dropped",
    ),
    stored=("rules for IPv6, which Docker's network does not have",),
    refused=("references to groups that do not exist",),
)

RESOURCES = (
    ResourceType(
        "aws:ec2/securityGroup:SecurityGroup",
        effect="lets pass what its rules allow (packet filter)",
        reported="name description vpcId",
        unreported="revokeRulesOnDelete",
        replaces="name description vpcId",
        name=AutoName(),
        tags=EC2_TAGS,
        references={"vpcId": references.VPC},
        create=_create_group,
        read=_read_group,
        update=lambda _call: None,
        delete=lambda call: call.aws("ec2").delete_security_group(GroupId=call.id),
    ),
    ResourceType(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        effect="lets nothing pass (packet filter)",
        reported="vpcId ingress egress",
        replaces="vpcId",
        tags=EC2_TAGS,
        references={"vpcId": references.VPC},
        check=_check_default_group,
        create=_adopt_default_group,
        ready=_empty_group,
        read=_read_default_group,
        update=lambda _call: None,
        # AWS deletes it with its VPC only.
        delete=lambda _call: None,
    ),
    _rule_type("ingress", "Ingress"),
    _rule_type("egress", "Egress"),
)
