"""ECS: clusters and their capacity providers."""

from typing import Any

from embedded_cloud.providers.aws.tagging import ECS_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values


def active_cluster(call: Call, cluster: str) -> dict[str, Any] | None:
    """Describe a cluster by name or ARN; None when it is deleted."""
    include = ["SETTINGS", "CONFIGURATIONS"]
    found = call.aws("ecs").describe_clusters(clusters=[cluster], include=include)["clusters"]
    return found[0] if found and found[0]["status"] == "ACTIVE" else None


CLUSTER = Reference("ECS cluster", active_cluster)
_SHARED = "settings configuration serviceConnectDefaults"


def _create(call: Call) -> str:
    cluster = call.aws("ecs").create_cluster(**pick(call.inputs, _SHARED, name="clusterName"))["cluster"]
    return str(cluster["clusterArn"])


def _read(call: Call) -> Values | None:
    cluster = active_cluster(call, call.id)
    return cluster and report(cluster, _SHARED, name="clusterName", arn="clusterArn")


def _update(call: Call) -> None:
    call.aws("ecs").update_cluster(cluster=call.id, **pick(call.inputs, _SHARED))


def _put_providers(call: Call) -> str:
    name = str(call.inputs["clusterName"])
    call.aws("ecs").put_cluster_capacity_providers(
        cluster=name,
        capacityProviders=call.inputs.get("capacityProviders", []),
        defaultCapacityProviderStrategy=call.inputs.get("defaultCapacityProviderStrategies", []),
    )
    return name


def _read_providers(call: Call) -> Values | None:
    cluster = active_cluster(call, call.id)
    return cluster and report(
        cluster, "clusterName capacityProviders", defaultCapacityProviderStrategies="defaultCapacityProviderStrategy"
    )


def _delete_providers(call: Call) -> None:
    if active_cluster(call, call.id):
        call.aws("ecs").put_cluster_capacity_providers(
            cluster=call.id, capacityProviders=[], defaultCapacityProviderStrategy=[]
        )


RESOURCES = (
    ResourceType(
        "aws:ecs/cluster:Cluster",
        effect="services and tasks run in it",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ecs").delete_cluster(cluster=call.id),
        reported=f"name {_SHARED}",
        replaces="name",
        name=AutoName(max_length=255),
        tags=ECS_TAGS,
    ),
    ResourceType(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        create=_put_providers,
        read=_read_providers,
        update=_put_providers,
        delete=_delete_providers,
        reported="clusterName capacityProviders defaultCapacityProviderStrategies",
        replaces="clusterName",
        references={"clusterName": CLUSTER},
        unordered="capacityProviders",
    ),
)
