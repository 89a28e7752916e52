"""Everything that an account holds, read from each service: a resource without an owner shows up here."""

from collections.abc import Callable, Iterator
from typing import Any

Client = Callable[[str], Any]

LISTS: tuple[tuple[str, str, str, str], ...] = (
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("budgets", "describe_budgets", "Budgets", "BudgetName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ecr", "describe_repositories", "repositories", "repositoryArn"),
    ("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName"),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    ("elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    ("elasticache", "describe_user_groups", "UserGroups", "UserGroupId"),
    ("elasticache", "describe_users", "Users", "UserId"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("pipes", "list_pipes", "Pipes", "Name"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("route53", "list_hosted_zones", "HostedZones", "Id"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
    ("ssm", "list_documents", "DocumentIdentifiers", "Name"),
)
"""Service, operation, key of the list in its answer, key of the identifier.

Task definitions are left out: they stay registered for a rollback, and cost nothing."""

DELETED = {"deleted", "deleting"}


def inventory(client: Client) -> set[str]:
    """`<service>: <identifier>` of everything that exists, without what AWS creates by itself."""
    return {f"{service}: {name}" for service, name in _everything(client)}


def missing_from(state: dict[str, Any], existing: set[str]) -> set[str]:
    """Entries of an inventory that no resource in the engine's state names."""
    names: set[str] = set()
    for one in state["resources"]:
        names.add(one.get("id", ""))
        names |= {value for value in one.get("outputs", {}).values() if isinstance(value, str)}
    return {one for one in existing if one.partition(": ")[2] not in names}


def _everything(client: Client) -> Iterator[tuple[str, str]]:
    for service, operation, key, identifier in LISTS:
        arguments = {"AccountId": "123456789012"} if service == "budgets" else {}
        for entry in getattr(client(service), operation)(**arguments).get(key, []):
            if entry[identifier] != "default" and not _is_of_aws(entry) and not _is_deleted(client, service, entry):
                yield service, entry[identifier]
    for balancer in client("elbv2").describe_load_balancers()["LoadBalancers"]:
        for listener in client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            yield "elbv2", listener["ListenerArn"]
    yield from (("sqs", url) for url in client("sqs").list_queues().get("QueueUrls", []))
    yield from (("ecs", arn) for arn in _ecs(client("ecs")))


def _ecs(ecs: Any) -> Iterator[str]:
    """Clusters and services; AWS lists deleted ones as INACTIVE."""
    for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]:
        if cluster["status"] == "ACTIVE":
            yield cluster["clusterArn"]
            names = ecs.list_services(cluster=cluster["clusterArn"])["serviceArns"]
            services = ecs.describe_services(cluster=cluster["clusterArn"], services=names)["services"] if names else []
            yield from (service["serviceArn"] for service in services if service["status"] == "ACTIVE")


def _is_of_aws(entry: dict[str, Any]) -> bool:
    main = any(association.get("Main") for association in entry.get("Associations") or [])
    by_scaling = entry.get("AlarmName", "").startswith("TargetTracking-")
    of_rds = entry.get("SnapshotType") == "automated"
    linked = entry.get("Path", "").startswith("/aws-service-role/")
    return main or by_scaling or of_rds or linked or entry.get("GroupName") == "default"


def _is_deleted(client: Client, service: str, entry: dict[str, Any]) -> bool:
    if service == "kms" and "KeyId" in entry:
        key = client("kms").describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
        # AWS creates a key of its own for the first encrypted resource without one.
        of_aws = key["Description"].startswith("Default master key that protects")
        return bool(of_aws or key["KeyState"] == "PendingDeletion")
    return isinstance(entry.get("State"), str) and entry["State"] in DELETED
