"""Kinds of resources that properties refer to, each with the request that finds one."""

from collections.abc import Callable
from typing import Any

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import Reference


def ec2(label: str, describe: str, parameter: str) -> Reference:
    """EC2 resource that `describe` finds by id; EC2 answers an unknown id with an error."""
    return Reference(label, lambda call, value: getattr(call.aws("ec2"), describe)(**{parameter: [value]}))


def _by(service: str, operation: str, parameter: str) -> Callable[[Call, str], Any]:
    return lambda call, value: getattr(call.aws(service), operation)(**{parameter: value})


VPC = ec2("VPC", "describe_vpcs", "VpcIds")
SUBNET = ec2("subnet", "describe_subnets", "SubnetIds")
SECURITY_GROUP = ec2("security group", "describe_security_groups", "GroupIds")
INTERNET_GATEWAY = ec2("internet gateway", "describe_internet_gateways", "InternetGatewayIds")
NAT_GATEWAY = Reference(
    "NAT gateway", lambda call, value: call.aws("ec2").describe_nat_gateways(NatGatewayIds=[value])["NatGateways"]
)
ROUTE_TABLE = ec2("route table", "describe_route_tables", "RouteTableIds")
ELASTIC_IP = ec2("Elastic IP", "describe_addresses", "AllocationIds")
PREFIX_LIST = Reference(
    "prefix list",
    lambda call, value: (
        call.aws("ec2").describe_managed_prefix_lists(PrefixListIds=[value])["PrefixLists"]
        or call.aws("ec2").describe_prefix_lists(PrefixListIds=[value])["PrefixLists"]
    ),
)
KMS_KEY = Reference("KMS key", _by("kms", "describe_key", "KeyId"))
BUCKET = Reference("bucket", _by("s3", "head_bucket", "Bucket"))
ZONE = Reference("hosted zone", _by("route53", "get_hosted_zone", "Id"))
CERTIFICATE = Reference("certificate", _by("acm", "describe_certificate", "CertificateArn"))
ROLE = Reference("role", lambda call, arn: call.aws("iam").get_role(RoleName=arn.rsplit("/", 1)[-1]))
LOAD_BALANCER = Reference(
    "load balancer", lambda call, arn: call.aws("elbv2").describe_load_balancers(LoadBalancerArns=[arn])
)
TARGET_GROUP = Reference(
    "target group", lambda call, arn: call.aws("elbv2").describe_target_groups(TargetGroupArns=[arn])
)
LISTENER = Reference("listener", lambda call, arn: call.aws("elbv2").describe_listeners(ListenerArns=[arn]))


def log_group_exists(call: Call, arn: str) -> bool:
    """Whether a log group with this ARN exists, with or without the final `:*`."""
    name = arn.removesuffix(":*").split(":log-group:", 1)[-1]
    groups = call.aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


LOG_TARGET = Reference(
    "log group or bucket",
    lambda call, arn: (
        call.aws("s3").head_bucket(Bucket=arn.split(":::", 1)[-1].split("/", 1)[0])
        if arn.startswith("arn:aws:s3:")
        else log_group_exists(call, arn)
    ),
)
GATEWAY = Reference(
    "gateway",
    # Routes also name VPC endpoints and virtual private gateways in this property.
    lambda call, value: INTERNET_GATEWAY.exists(call, value) if value.startswith("igw-") else True,
)
POLICY = Reference("policy", _by("iam", "get_policy", "PolicyArn"))
