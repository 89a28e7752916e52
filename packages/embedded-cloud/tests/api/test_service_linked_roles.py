"""Service-linked roles: made with the first resource of a service, kept, and changed by AWS only."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from embedded_cloud.api.moto_patches.service_linked_roles import ROLES
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, error_code, two_subnets

ECS = "ecs.amazonaws.com"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def cluster(cloud: EmbeddedCloud) -> None:
    client(cloud, "ecs").create_cluster(clusterName="cluster")


def load_balancer(cloud: EmbeddedCloud) -> None:
    _, subnets = two_subnets(client(cloud, "ec2"), "10.20")
    client(cloud, "elbv2").create_load_balancer(Name="front", Subnets=subnets)


def database(cloud: EmbeddedCloud) -> None:
    client(cloud, "rds").create_db_instance(
        DBInstanceIdentifier="main",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="postgres",
        MasterUserPassword="a-long-password",
    )


def scaling(cloud: EmbeddedCloud) -> None:
    cluster(cloud)
    ecs = client(cloud, "ecs")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}])
    ecs.create_service(cluster="cluster", serviceName="web", taskDefinition="web", desiredCount=0)
    client(cloud, "application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/cluster/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=2,
    )


FIRST: tuple[tuple[Callable[[EmbeddedCloud], None], str], ...] = (
    (cluster, ECS),
    (load_balancer, "elasticloadbalancing.amazonaws.com"),
    (database, "rds.amazonaws.com"),
    (scaling, "ecs.application-autoscaling.amazonaws.com"),
)


def linked_roles(cloud: EmbeddedCloud) -> dict[str, dict[str, Any]]:
    roles = client(cloud, "iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    return {role["RoleName"]: role for role in roles}


@pytest.mark.parametrize(("first", "principal"), FIRST, ids=[make.__name__ for make, _ in FIRST])
def test_the_first_resource_makes_the_role_of_its_service(
    cloud: EmbeddedCloud, caplog: pytest.LogCaptureFixture, first: Callable[[EmbeddedCloud], None], principal: str
) -> None:
    assert linked_roles(cloud) == {}
    with caplog.at_level(logging.INFO, "embedded_cloud"):
        first(cloud)
    name = ROLES[principal].name
    role = linked_roles(cloud)[name]
    assert role["Path"] == f"/aws-service-role/{principal}/"
    assert role["Arn"] == f"arn:aws:iam::123456789012:role/aws-service-role/{principal}/{name}"
    attached = client(cloud, "iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == [ROLES[principal].policy]
    assert f"on AWS the caller needs iam:CreateServiceLinkedRole for {principal}" in caplog.text


@pytest.mark.parametrize(("first", "principal"), FIRST, ids=[make.__name__ for make, _ in FIRST])
def test_a_role_that_exists_is_used(
    cloud: EmbeddedCloud, first: Callable[[EmbeddedCloud], None], principal: str
) -> None:
    for service in ROLES:
        client(cloud, "iam").create_service_linked_role(AWSServiceName=service)
    before = linked_roles(cloud)
    first(cloud)
    assert linked_roles(cloud) == before
    assert len(before) == len(ROLES)


def test_a_service_has_one_role(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    cluster(cloud)
    assert error_code(iam.create_service_linked_role, AWSServiceName=ECS) == "InvalidInput"


def test_only_aws_changes_the_role(cloud: EmbeddedCloud) -> None:
    cluster(cloud)
    iam, name = client(cloud, "iam"), ROLES[ECS].name
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    for change, arguments in (
        (iam.delete_role, {}),
        (iam.attach_role_policy, {"PolicyArn": policy}),
        (iam.put_role_policy, {"PolicyName": "more", "PolicyDocument": TRUST}),
        (iam.update_assume_role_policy, {"PolicyDocument": TRUST}),
    ):
        assert error_code(change, RoleName=name, **arguments) == "UnmodifiableEntity"


def test_a_deleted_role_is_made_again(cloud: EmbeddedCloud) -> None:
    iam, ecs = client(cloud, "iam"), client(cloud, "ecs")
    cluster(cloud)
    ecs.delete_cluster(cluster="cluster")
    iam.delete_service_linked_role(RoleName=ROLES[ECS].name)
    assert linked_roles(cloud) == {}
    cluster(cloud)
    assert list(linked_roles(cloud)) == [ROLES[ECS].name]


def test_a_role_in_use_is_not_deleted(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    cluster(cloud)
    task = iam.delete_service_linked_role(RoleName=ROLES[ECS].name)["DeletionTaskId"]
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    (usage,) = status["Reason"]["RoleUsageList"]
    assert (status["Status"], usage["Resources"]) == ("FAILED", ["arn:aws:ecs:us-east-1:123456789012:cluster/cluster"])
    assert list(linked_roles(cloud)) == [ROLES[ECS].name]


def test_the_role_has_no_tags_by_which_a_stack_would_own_it(cloud: EmbeddedCloud) -> None:
    client(cloud, "ecs").create_cluster(clusterName="cluster", tags=[{"key": "Stack", "value": "prod"}])
    assert client(cloud, "iam").list_role_tags(RoleName=ROLES[ECS].name)["Tags"] == []
