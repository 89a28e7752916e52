"""Creating what is there already: refused, repeated or overwritten as on AWS."""

from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, error_code, two_subnets

TRUST = '{"Version":"2012-10-17","Statement":[]}'
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
METRICS = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
IDENTITY = "https://token.actions.githubusercontent.com"
BUDGET = {"BudgetName": "b", "TimeUnit": "MONTHLY", "BudgetType": "COST", "BudgetLimit": {"Amount": "1", "Unit": "USD"}}
PARAMETERS = {"DBParameterGroupFamily": "postgres17", "Description": "x"}
SCALED = {"ServiceNamespace": "ecs", "ResourceId": "service/c/w", "ScalableDimension": "ecs:service:DesiredCount"}
DATABASE = {
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "AllocatedStorage": 20,
    "MasterUsername": "postgres",
    "MasterUserPassword": "a-long-password",
}


@dataclass(frozen=True)
class Case:
    """The same request twice; `change` is laid over the second one. Without a code, AWS takes it."""

    service: str
    operation: str
    request: dict[str, Any]
    code: str = ""
    change: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case("logs", "create_log_group", {"logGroupName": "g"}, "ResourceAlreadyExistsException"),
    Case("ssm", "put_parameter", {"Name": "/p", "Value": "v", "Type": "String"}, "ParameterAlreadyExists"),
    Case("ssm", "put_parameter", {"Name": "/o", "Value": "v", "Type": "String"}, change={"Overwrite": True}),
    Case("secretsmanager", "create_secret", {"Name": "s", "SecretString": "v"}, "ResourceExistsException"),
    Case("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}, "EntityAlreadyExists"),
    Case(
        "iam",
        "create_role",
        {"RoleName": "case", "AssumeRolePolicyDocument": TRUST},
        "EntityAlreadyExists",
        {"RoleName": "Case"},
    ),
    Case("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": POLICY}, "EntityAlreadyExists"),
    Case(
        "iam",
        "create_policy",
        {"PolicyName": "path", "PolicyDocument": POLICY},
        "EntityAlreadyExists",
        {"Path": "/other/"},
    ),
    Case("iam", "create_instance_profile", {"InstanceProfileName": "i"}, "EntityAlreadyExists"),
    Case(
        "iam",
        "create_open_id_connect_provider",
        {"Url": IDENTITY, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["a" * 40]},
        "EntityAlreadyExists",
    ),
    Case("rds", "create_db_instance", {"DBInstanceIdentifier": "d", **DATABASE}, "DBInstanceAlreadyExists"),
    Case(
        "rds",
        "create_db_instance",
        {"DBInstanceIdentifier": "case", **DATABASE},
        "DBInstanceAlreadyExists",
        {"DBInstanceIdentifier": "CASE"},
    ),
    Case(
        "rds",
        "create_db_parameter_group",
        {"DBParameterGroupName": "g", **PARAMETERS},
        "DBParameterGroupAlreadyExists",
    ),
    Case("ecs", "create_cluster", {"clusterName": "again"}),
    Case("ecr", "create_repository", {"repositoryName": "web"}, "RepositoryAlreadyExistsException"),
    Case("s3", "create_bucket", {"Bucket": "mine-and-mine"}),
    Case("budgets", "create_budget", {"AccountId": "123456789012", "Budget": BUDGET}, "DuplicateRecordException"),
    Case("sns", "create_topic", {"Name": "t", "Attributes": {"DisplayName": "a"}}),
    Case(
        "sns",
        "create_topic",
        {"Name": "other", "Attributes": {"DisplayName": "a"}},
        "InvalidParameter",
        {"Attributes": {"DisplayName": "b"}},
    ),
    Case("sns", "create_topic", {"Name": "tags"}, "InvalidParameter", {"Tags": [{"Key": "k", "Value": "v"}]}),
    Case(
        "wafv2",
        "create_web_acl",
        {"Name": "w", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": METRICS},
        "WAFDuplicateItemException",
    ),
    Case(
        "wafv2",
        "create_ip_set",
        {"Name": "i", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []},
        "WAFDuplicateItemException",
    ),
    Case("cloudwatch", "put_dashboard", {"DashboardName": "d", "DashboardBody": "{}"}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.operation} {case.code}".strip())
def test_a_second_request_is_answered_as_on_aws(running_api: EmbeddedCloud, case: Case) -> None:
    create = getattr(client(running_api, case.service), case.operation)
    create(**case.request)
    second = {**case.request, **case.change}
    if case.code:
        assert error_code(create, **second) == case.code
    else:
        create(**second)


def test_a_secret_that_is_scheduled_for_deletion_blocks_its_name(running_api: EmbeddedCloud) -> None:
    manager = client(running_api, "secretsmanager")
    manager.create_secret(Name="leaving", SecretString="v")
    manager.delete_secret(SecretId="leaving")
    with pytest.raises(ClientError, match="already scheduled for deletion") as refused:
        manager.create_secret(Name="leaving", SecretString="v")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_an_alias_of_kms_has_one_key_and_aws_keeps_a_prefix(running_api: EmbeddedCloud) -> None:
    kms = client(running_api, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/a", TargetKeyId=key)
    assert error_code(kms.create_alias, AliasName="alias/a", TargetKeyId=key) == "AlreadyExistsException"
    assert error_code(kms.create_alias, AliasName="alias/aws/a", TargetKeyId=key) == "NotAuthorizedException"


def test_a_bucket_of_another_account_is_refused(running_api: EmbeddedCloud) -> None:
    client(running_api, "s3").create_bucket(Bucket="somebody-elses")
    stranger: Any = boto3.Session("test", "test", region_name="us-east-1").client(
        "s3", endpoint_url=running_api.endpoint
    )
    stranger.meta.events.register(
        "before-sign.s3", lambda request, **_: request.headers.add_header("x-moto-account-id", "210987654321")
    )
    assert error_code(stranger.create_bucket, Bucket="somebody-elses") == "BucketAlreadyExists"


@dataclass(frozen=True)
class Network:
    ec2: Any
    vpc: str
    subnets: list[str]


@pytest.fixture(scope="module")
def network(running_api: EmbeddedCloud) -> Network:
    ec2 = client(running_api, "ec2")
    return Network(ec2, *two_subnets(ec2, "10.30"))


def test_names_and_ranges_are_unique_in_a_vpc(network: Network) -> None:
    ec2, vpc = network.ec2, network.vpc
    group = {"GroupName": "tasks", "Description": "x", "VpcId": vpc}
    identifier = ec2.create_security_group(**group)["GroupId"]
    assert error_code(ec2.create_security_group, **group) == "InvalidGroup.Duplicate"
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    for add in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
        add(GroupId=identifier, IpPermissions=[rule])
        assert error_code(add, GroupId=identifier, IpPermissions=[rule]) == "InvalidPermission.Duplicate"
    for block, code in (
        ("10.30.0.128/25", "InvalidSubnet.Conflict"),
        ("10.31.0.0/24", "InvalidSubnet.Range"),
        ("10.30.9.0/29", "InvalidSubnet.Range"),
    ):
        assert error_code(ec2.create_subnet, VpcId=vpc, CidrBlock=block) == code


def test_a_vpc_has_one_internet_gateway_and_a_subnet_one_route_table(network: Network) -> None:
    ec2, vpc = network.ec2, network.vpc
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2)]
    ec2.attach_internet_gateway(InternetGatewayId=gateways[0], VpcId=vpc)
    for gateway, code in zip(gateways, ("Resource.AlreadyAssociated", "InvalidParameterValue"), strict=True):
        assert error_code(ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == code
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    route = {"RouteTableId": tables[0], "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateways[0]}
    ec2.create_route(**route)
    assert error_code(ec2.create_route, **route) == "RouteAlreadyExists"
    ec2.associate_route_table(RouteTableId=tables[0], SubnetId=network.subnets[0])
    code = error_code(ec2.associate_route_table, RouteTableId=tables[1], SubnetId=network.subnets[0])
    assert code == "Resource.AlreadyAssociated"


def test_a_vpc_has_one_endpoint_for_a_service(network: Network) -> None:
    ec2, vpc = network.ec2, network.vpc
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for service, more, code in (
        ("s3", {"VpcEndpointType": "Gateway", "RouteTableIds": [table]}, "RouteAlreadyExists"),
        ("logs", {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True}, "InvalidParameter"),
    ):
        wanted = {"VpcId": vpc, "ServiceName": f"com.amazonaws.us-east-1.{service}", **more}
        ec2.create_vpc_endpoint(**wanted)
        assert error_code(ec2.create_vpc_endpoint, **wanted) == code


def test_an_account_has_five_elastic_addresses(cloud: EmbeddedCloud) -> None:
    ec2 = client(cloud, "ec2")
    addresses = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(5)]
    assert error_code(ec2.allocate_address, Domain="vpc") == "AddressLimitExceeded"
    ec2.release_address(AllocationId=addresses[0])
    ec2.allocate_address(Domain="vpc")


def test_a_name_of_a_load_balancer_stands_for_its_settings(cloud: EmbeddedCloud) -> None:
    elb, ec2 = client(cloud, "elbv2"), client(cloud, "ec2")
    vpc, subnets = two_subnets(ec2, "10.40")
    first = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    again = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    assert again == first
    code = error_code(elb.create_load_balancer, Name="front", Subnets=subnets, Scheme="internal")
    assert code == "DuplicateLoadBalancerName"
    group = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "ip"}
    target = elb.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
    assert error_code(elb.create_target_group, **{**group, "Port": 81}) == "DuplicateTargetGroupName"
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    listener = {"LoadBalancerArn": first, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
    arn = elb.create_listener(**listener)["Listeners"][0]["ListenerArn"]
    assert elb.create_listener(**listener)["Listeners"][0]["ListenerArn"] == arn
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    assert error_code(elb.create_listener, **{**listener, "DefaultActions": fixed}) == "DuplicateListener"
    paths = [{"Field": "path-pattern", "Values": ["/a"]}]
    rule = {"ListenerArn": arn, "Priority": 1, "Conditions": paths, "Actions": forward}
    elb.create_rule(**rule)
    assert error_code(elb.create_rule, **rule) == "PriorityInUse"


def test_databases_have_unique_groups_snapshots_and_subscriptions(cloud: EmbeddedCloud) -> None:
    rds = client(cloud, "rds")
    _, subnets = two_subnets(client(cloud, "ec2"), "10.50")
    group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "x", "SubnetIds": subnets}
    rds.create_db_subnet_group(**group)
    for name in ("g", "G"):
        code = error_code(rds.create_db_subnet_group, **{**group, "DBSubnetGroupName": name})
        assert code == "DBSubnetGroupAlreadyExists"
    one_zone = {**group, "DBSubnetGroupName": "one", "SubnetIds": subnets[:1]}
    assert error_code(rds.create_db_subnet_group, **one_zone) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    rds.create_db_instance(DBInstanceIdentifier="d", **DATABASE)
    snapshot = {"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "d"}
    rds.create_db_snapshot(**snapshot)
    assert error_code(rds.create_db_snapshot, **snapshot) == "DBSnapshotAlreadyExists"
    topic = client(cloud, "sns").create_topic(Name="t")["TopicArn"]
    rds.create_event_subscription(SubscriptionName="e", SnsTopicArn=topic)
    code = error_code(rds.create_event_subscription, SubscriptionName="e", SnsTopicArn=topic)
    assert code == "SubscriptionAlreadyExist"


def test_a_service_is_unique_and_its_scaling_is_overwritten(cloud: EmbeddedCloud) -> None:
    ecs, scaling = client(cloud, "ecs"), client(cloud, "application-autoscaling")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="w", containerDefinitions=[{"name": "w", "image": "w", "memory": 128}])
    service = {"cluster": "c", "serviceName": "w", "taskDefinition": "w", "desiredCount": 0}
    ecs.create_service(**service)
    assert error_code(ecs.create_service, **service) == "InvalidParameterException"
    for most in (2, 3):
        scaling.register_scalable_target(**SCALED, MinCapacity=1, MaxCapacity=most)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["MaxCapacity"] == 3
