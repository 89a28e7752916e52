"""Refused resources and their messages."""

from collections.abc import Callable
from typing import Any

import pytest

from support.clouds import two_subnets

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LISTENER = "aws:lb/listener:Listener"
SERVICE = "aws:ecs/service:Service"
SECRET = "aws:secretsmanager/secret:Secret"
IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
NO_TOPIC = "arn:aws:sns:us-east-1:123456789012:nothing"
NO_CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/nowhere"
NO_TASK = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:999"

Refusal = Callable[[Callable[[], object]], str]


def test_an_unknown_property_is_refused_with_the_closest_one(emulation: Any, refusal: Refusal) -> None:
    message = refusal(lambda: emulation.resource(VPC, cidrBlok="10.0.0.0/16"))
    assert 'cidrBlok: aws:ec2/vpc:Vpc has no property "cidrBlok". Did you mean "cidrBlock"?' in message


def test_an_unsupported_property_of_the_sdk_is_refused(emulation: Any, refusal: Refusal) -> None:
    message = refusal(lambda: emulation.resource(VPC, cidrBlock="10.0.0.0/16", ipv4NetmaskLength=20))
    assert 'the embedded cloud does not support "ipv4NetmaskLength"' in message


def test_a_missing_property_is_refused(emulation: Any, refusal: Refusal) -> None:
    assert 'requires "vpcId"' in refusal(lambda: emulation.resource(SUBNET, cidrBlock="10.0.0.0/24"))


def test_a_type_without_an_entry_is_refused(emulation: Any, refusal: Refusal) -> None:
    message = refusal(lambda: emulation.resource("aws:redshift/cluster:Cluster", nodeType="x"))
    assert "the embedded cloud does not support the resource type aws:redshift/cluster:Cluster" in message


def test_a_function_without_an_entry_is_refused(emulation: Any, refusal: Refusal) -> None:
    assert "does not support the function aws:ec2/getAmi:getAmi" in refusal(
        lambda: emulation.call("aws:ec2/getAmi:getAmi")
    )


@pytest.mark.parametrize(
    ("token", "inputs", "words"),
    [
        (SUBNET, {"vpcId": "vpc-0", "cidrBlock": "10.0.0.0/24"}, 'vpcId: there is no VPC "vpc-0"'),
        (
            RULE,
            {"securityGroupId": "sg-0", "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8"},
            'securityGroupId: there is no security group "sg-0"',
        ),
        (
            LISTENER,
            {"loadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/x/1", "defaultActions": []},
            "loadBalancerArn: there is no load balancer",
        ),
        (
            "aws:route53/record:Record",
            {"zoneId": "Z0", "name": "a", "type": "A", "records": ["10.0.0.1"], "ttl": 60},
            'zoneId: there is no hosted zone "Z0"',
        ),
        (
            "aws:s3/bucketPolicy:BucketPolicy",
            {"bucket": "no-such-bucket", "policy": "{}"},
            'bucket: there is no bucket "no-such-bucket"',
        ),
        ("aws:kms/alias:Alias", {"targetKeyId": "nothing"}, 'targetKeyId: there is no KMS key "nothing"'),
        (
            "aws:acm/certificateValidation:CertificateValidation",
            {"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/none"},
            "certificateArn: there is no certificate",
        ),
        (
            "aws:wafv2/webAclAssociation:WebAclAssociation",
            {"webAclArn": "arn:aws:wafv2:us-east-1:1:regional/webacl/x/1", "resourceArn": "x"},
            "webAclArn: there is no web ACL",
        ),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "alarmActions": [NO_TOPIC]},
            f'alarmActions: there is no SNS topic "{NO_TOPIC}"',
        ),
        (
            "aws:rds/eventSubscription:EventSubscription",
            {"snsTopic": NO_TOPIC},
            f'snsTopic: there is no SNS topic "{NO_TOPIC}"',
        ),
        (
            "aws:rds/instance:Instance",
            {"instanceClass": "db.t4g.micro", "dbSubnetGroupName": "nowhere"},
            'dbSubnetGroupName: there is no DB subnet group "nowhere"',
        ),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "nobody", "policy": "{}"}, 'role: there is no role "nobody"'),
        (SERVICE, {"cluster": NO_CLUSTER}, f'cluster: there is no ECS cluster "{NO_CLUSTER}"'),
        (SERVICE, {"taskDefinition": NO_TASK}, f'taskDefinition: there is no active task definition "{NO_TASK}"'),
        (
            SERVICE,
            {"networkConfiguration": {"subnets": ["subnet-0000"]}},
            'networkConfiguration.subnets: there is no subnet "subnet-0000"',
        ),
        (
            IDENTITY,
            {"emailIdentity": "app.example.com", "configurationSetName": "none"},
            'configurationSetName: there is no configuration set "none"',
        ),
        (
            "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
            {"emailIdentity": "none.example.com"},
            'emailIdentity: there is no e-mail identity "none.example.com"',
        ),
    ],
)
def test_a_reference_to_nothing_is_refused_by_property(
    emulation: Any, refusal: Refusal, token: str, inputs: dict[str, Any], words: str
) -> None:
    assert words in refusal(lambda: emulation.resource(token, **inputs))


@pytest.mark.parametrize(
    ("token", "inputs", "words"),
    [
        (RULE, {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 1}, "exactly one of cidrIpv4"),
        (RULE, {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"}, "fromPort: is required"),
        (LISTENER, {"loadBalancerArn": "x", "defaultActions": [], "protocol": "HTTPS"}, "certificateArn: is required"),
        ("aws:route53/record:Record", {"zoneId": "Z", "name": "a", "type": "A"}, "exactly one of records and aliases"),
        ("aws:ec2/route:Route", {"routeTableId": "r", "destinationCidrBlock": "::/0"}, "exactly one of gatewayId"),
        ("aws:iam/policy:Policy", {"policy": "{"}, "policy: must be JSON"),
        (SECRET, {"recoveryWindowInDays": 1}, "must be 0, or from 7 to 30"),
        (SECRET, {"recoveryWindowInDays": 31}, "must be 0, or from 7 to 30"),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {"family": "web", "containerDefinitions": '[{"name": "web"}]'},
            "containerDefinitions: container web: image is missing",
        ),
    ],
)
def test_combinations_that_aws_refuses_are_refused_before_creation(
    emulation: Any, refusal: Refusal, token: str, inputs: dict[str, Any], words: str
) -> None:
    assert words in refusal(lambda: emulation.resource(token).check(**inputs))


def test_a_bucket_that_exists_is_not_taken_over(emulation: Any, refusal: Refusal) -> None:
    """CreateBucket succeeds for an own bucket in us-east-1; the official provider refuses."""
    emulation.client("s3").create_bucket(Bucket="made-by-hand")
    message = refusal(lambda: emulation.resource("aws:s3/bucket:Bucket", bucket="made-by-hand"))
    assert 'bucket: "made-by-hand" exists already in this account' in message


def test_a_load_balancer_that_exists_is_not_taken_over(emulation: Any, refusal: Refusal) -> None:
    ec2, elb = emulation.client("ec2"), emulation.client("elbv2")
    _, subnets = two_subnets(ec2, "10.77")
    elb.create_load_balancer(Name="by-hand", Subnets=subnets)
    message = refusal(lambda: emulation.resource("aws:lb/loadBalancer:LoadBalancer", name="by-hand", subnets=subnets))
    assert 'name: a load balancer "by-hand" exists already' in message


def test_a_refused_request_is_shown_in_one_line(emulation: Any, refusal: Refusal) -> None:
    message = refusal(lambda: emulation.resource("aws:sns/topic:Topic", name="alarms of the site"))
    assert message.startswith("CreateTopic: 1 validation error detected: Value 'alarms of the site' at 'name' failed")
    assert "\n" not in message
