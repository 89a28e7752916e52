"""EC2: VPC endpoints."""

from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.documents import same_policy
from embedded_cloud.providers.aws.tagging import EC2_TAGS
from embedded_cloud.providers.call import Call, capitals, from_boto
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.values import Values

_LISTS = capitals("routeTableIds subnetIds securityGroupIds")


def _create(call: Call) -> str:
    wanted = call.params(
        f"vpcId serviceName vpcEndpointType privateDnsEnabled {' '.join(_LISTS)}", policy="PolicyDocument"
    )
    wanted.setdefault("VpcEndpointType", "Gateway")
    return str(call.aws("ec2").create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"])


def _read(call: Call) -> Values | None:
    found = call.aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[call.id])["VpcEndpoints"]
    if not found or found[0]["State"] in ("deleted", "deleting"):
        return None
    (endpoint,) = found
    prefix_list = _prefix_list(call, endpoint["ServiceName"]) if endpoint["VpcEndpointType"] == "Gateway" else {}
    return {
        **from_boto(endpoint, "vpcId serviceName vpcEndpointType state routeTableIds subnetIds networkInterfaceIds"),
        **from_boto(endpoint, "dnsEntries", policy="PolicyDocument"),
        "securityGroupIds": [group["GroupId"] for group in endpoint.get("Groups", [])],
        "arn": call.arn("ec2", f"vpc-endpoint/{call.id}"),
        "ownerId": call.account,
        "requesterManaged": False,
        "prefixListId": prefix_list.get("PrefixListId"),
        "cidrBlocks": prefix_list.get("Cidrs", []),
    }


def _prefix_list(call: Call, service_name: str) -> dict[str, Any]:
    """Prefix list of a service with a gateway endpoint. AWS describes it as such; moto has managed lists only."""
    named = [{"Name": "prefix-list-name", "Values": [service_name]}]
    ec2 = call.clients.of_aws.get("ec2", call.region)
    found: list[dict[str, Any]] = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    return found[0] if found else {}


def _update(call: Call) -> None:
    changes: dict[str, Any] = call.params(policy="PolicyDocument") if call.changed("policy") else {}
    for name, parameter in _LISTS.items():
        old, new = set(call.old_inputs.get(name, [])), set(call.inputs.get(name, []))
        if new - old:
            changes[f"Add{parameter}"] = sorted(new - old)
        if old - new:
            changes[f"Remove{parameter}"] = sorted(old - new)
    if call.changed("privateDnsEnabled"):
        changes["PrivateDnsEnabled"] = call.inputs.get("privateDnsEnabled", False)
    if changes:
        call.aws("ec2").modify_vpc_endpoint(VpcEndpointId=call.id, **changes)


RESOURCES = (
    ResourceType(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        effect="lets tasks reach its service (packet filter)",
        reported=f"vpcId serviceName vpcEndpointType policy {' '.join(_LISTS)}",
        # moto always reports true.
        unreported="privateDnsEnabled",
        replaces="vpcId serviceName vpcEndpointType",
        unordered=" ".join(_LISTS),
        equal={"policy": same_policy},
        tags=EC2_TAGS,
        references={
            "vpcId": references.VPC,
            "routeTableIds": references.ROUTE_TABLE,
            "subnetIds": references.SUBNET,
            "securityGroupIds": references.SECURITY_GROUP,
        },
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ec2").delete_vpc_endpoints(VpcEndpointIds=[call.id]),
    ),
)
