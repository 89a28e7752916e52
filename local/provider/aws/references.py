"""What properties of AWS resources point at, and how to ask whether it exists."""

from collections.abc import Callable
from typing import Any

from local.provider.call import Call
from local.provider.entry import Reference


def ec2(label: str, describe: str, parameter: str) -> Reference:
    """A thing of EC2 that `describe` finds by id; EC2 answers an error for an id that does not exist."""
    return Reference(label, lambda call, value: getattr(call.aws("ec2"), describe)(**{parameter: [value]}))


def _asked(service: str, operation: str, parameter: str) -> Callable[[Call, str], Any]:
    return lambda call, value: getattr(call.aws(service), operation)(**{parameter: value})


VPC = ec2("VPC", "describe_vpcs", "VpcIds")
SUBNET = ec2("subnet", "describe_subnets", "SubnetIds")
SECURITY_GROUP = ec2("security group", "describe_security_groups", "GroupIds")
INTERNET_GATEWAY = ec2("internet gateway", "describe_internet_gateways", "InternetGatewayIds")
NAT_GATEWAY = Reference(
    "NAT gateway", lambda call, value: call.aws("ec2").describe_nat_gateways(NatGatewayIds=[value])["NatGateways"]
)
ROUTE_TABLE = ec2("route table", "describe_route_tables", "RouteTableIds")
VPC_ENDPOINT = ec2("VPC endpoint", "describe_vpc_endpoints", "VpcEndpointIds")
ELASTIC_IP = ec2("Elastic IP", "describe_addresses", "AllocationIds")
PREFIX_LIST = Reference(
    "prefix list",
    lambda call, value: (
        call.aws("ec2").describe_managed_prefix_lists(PrefixListIds=[value])["PrefixLists"]
        or call.aws("ec2").describe_prefix_lists(PrefixListIds=[value])["PrefixLists"]
    ),
)
KMS_KEY = Reference("KMS key", _asked("kms", "describe_key", "KeyId"))
BUCKET = Reference("bucket", _asked("s3", "head_bucket", "Bucket"))
ZONE = Reference("hosted zone", _asked("route53", "get_hosted_zone", "Id"))
CERTIFICATE = Reference("certificate", _asked("acm", "describe_certificate", "CertificateArn"))
ROLE = Reference("role", lambda call, arn: call.aws("iam").get_role(RoleName=arn.rsplit("/", 1)[-1]))
LOAD_BALANCER = Reference(
    "load balancer", lambda call, arn: call.aws("elbv2").describe_load_balancers(LoadBalancerArns=[arn])
)
TARGET_GROUP = Reference(
    "target group", lambda call, arn: call.aws("elbv2").describe_target_groups(TargetGroupArns=[arn])
)
LISTENER = Reference("listener", lambda call, arn: call.aws("elbv2").describe_listeners(ListenerArns=[arn]))


def log_group_exists(call: Call, arn: str) -> bool:
    """Whether a log group of this ARN exists; CloudWatch reports it with and without a final `:*`."""
    name = arn.removesuffix(":*").split(":log-group:", 1)[-1]
    groups = call.aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


LOG_GROUP = Reference("log group", log_group_exists)
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
    # Routes name VPC endpoints and virtual private gateways in the same property.
    lambda call, value: INTERNET_GATEWAY.exists(call, value) if value.startswith("igw-") else True,
)
POLICY = Reference("policy", _asked("iam", "get_policy", "PolicyArn"))
