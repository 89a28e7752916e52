"""Services that deployments call: IAM, Route 53, and those whose operations have the names of their actions."""

from collections.abc import Iterable, Mapping

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, request
from embedded_cloud.iam.operations.passed_roles import passed_by
from embedded_cloud.iam.operations.tagging import tags
from embedded_cloud.iam.resources import Resources

PREFIXES: Mapping[str, str] = {
    "acm": "acm",
    "application-autoscaling": "application-autoscaling",
    "budgets": "budgets",
    "dynamodb": "dynamodb",
    "ec2": "ec2",
    "elasticache": "elasticache",
    "elbv2": "elasticloadbalancing",
    "events": "events",
    "kinesis": "kinesis",
    "lambda": "lambda",
    "pipes": "pipes",
    "rds": "rds",
    "resourcegroupstaggingapi": "tag",
    "scheduler": "scheduler",
    "service-quotas": "servicequotas",
    "wafv2": "wafv2",
}
"""IAM's prefix of boto3's services."""
NAMES: Mapping[str, str] = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""IAM's name of an operation, where they differ (docs.aws.amazon.com/service-authorization/latest/reference)."""
_NAMED: Mapping[str, Mapping[str, str]] = {
    "dynamodb": {"TableName": "table/{}"},
    "ec2": {
        "AllocationId": "elastic-ip/{}",
        "GroupId": "security-group/{}",
        "InternetGatewayId": "internet-gateway/{}",
        "NatGatewayId": "natgateway/{}",
        "RouteTableId": "route-table/{}",
        "SubnetId": "subnet/{}",
        "VpcEndpointIds": "vpc-endpoint/{}",
        "VpcId": "vpc/{}",
    },
    "elasticache": {
        "ReplicationGroupId": "replicationgroup:{}",
        "UserGroupId": "usergroup:{}",
        "UserId": "user:{}",
        "CacheParameterGroupName": "parametergroup:{}",
        "CacheSubnetGroupName": "subnetgroup:{}",
    },
    "events": {"Rule": "rule/{}"},
    "kinesis": {"StreamName": "stream/{}"},
    "lambda": {"FunctionName": "function:{}"},
    "pipes": {"Name": "pipe/{}"},
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "DBSnapshotIdentifier": "snapshot:{}",
        "DBParameterGroupName": "pg:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "SubscriptionName": "es:{}",
    },
}
"""What a parameter's value is called in an ARN, by service."""
_BOUNDED = ("CreateRole", "PutRolePermissionsBoundary")


def general(call: Call, _: Resources) -> Iterable[Request]:
    """The action has the operation's name; the resources are the ARNs and the names in the parameters, else all.

    A request without a resource that is found here is allowed by statements about all resources only.
    """
    written = f"{PREFIXES[call.service]}:{call.operation}"
    action, context = NAMES.get(written, written), tags(call)
    arns = list(dict.fromkeys([*_named(call), *_arns(call)])) or ["*"]
    return [*(Request(action=action, resource=one, context=context) for one in arns), *passed_by(call)]


def _named(call: Call) -> list[str]:
    given = ((call.parameters.get(name), form) for name, form in _NAMED.get(call.service, {}).items())
    named = ((one, form) for value, form in given for one in (value if isinstance(value, list) else [value]) if one)
    return [call.arn(call.service, form.format(one)) for one, form in named]


def _arns(call: Call) -> list[str]:
    """ARNs of the service's own resources that a parameter holds."""
    values = [one for value in call.parameters.values() for one in (value if isinstance(value, list) else [value])]
    service = PREFIXES[call.service]
    return [one for one in values if isinstance(one, str) and one.startswith(f"arn:aws:{service}:")]


def iam(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html"""
    action = f"iam:{call.operation}"
    if call.text("RoleName"):
        arn, boundary = resources.role(call.text("RoleName"))
        if call.operation == "CreateRole":
            arn = f"arn:aws:iam::{call.account}:role{call.text('Path') or '/'}{call.text('RoleName')}"
        wanted = call.text("PermissionsBoundary") if call.operation in _BOUNDED else boundary
        policy = call.text("PolicyArn")
        context = {"iam:PermissionsBoundary": wanted, "iam:PolicyARN": policy, **tags(call)}
        return [Request(action=action, resource=arn, context={key: one for key, one in context.items() if one})]
    if service := call.text("AWSServiceName"):
        arn = f"arn:aws:iam::{call.account}:role/aws-service-role/{service}/*"
        return [Request(action=action, resource=arn, context={"iam:AWSServiceName": service})]
    if call.text("PolicyName"):
        return [
            request(action, f"arn:aws:iam::{call.account}:policy{call.text('Path') or '/'}{call.text('PolicyName')}")
        ]
    return [request(action, call.text("PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn") or "*")]


def route53(call: Call, _: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html"""
    action, zone = f"route53:{call.operation}", call.text("HostedZoneId", "Id", "ResourceId").rpartition("/")[2]
    if call.operation == "GetChange":
        return [request(action, f"arn:aws:route53:::change/{zone}")]
    arn = f"arn:aws:route53:::hostedzone/{zone}" if zone else "*"
    changes = (call.parameters.get("ChangeBatch") or {}).get("Changes") or ()
    if not changes:
        return [request(action, arn)]
    prefix = "route53:ChangeResourceRecordSets"
    records = [one["ResourceRecordSet"] for one in changes]
    context = {
        f"{prefix}NormalizedRecordNames": [_normalized(one["Name"]) for one in records],
        f"{prefix}RecordTypes": [one["Type"] for one in records],
        f"{prefix}Actions": [one["Action"] for one in changes],
    }
    return [Request(action=action, resource=arn, context=context)]


def _normalized(name: str) -> str:
    return name.lower().removesuffix(".").replace("*", "\\052")
