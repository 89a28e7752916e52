"""Elastic Load Balancing: load balancers."""

from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.elb.properties import Attribute, flattened, from_attributes, nested, to_attributes
from embedded_cloud.providers.aws.tagging import ELB_TAGS, pairs
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, ResourceType, all_tags
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

ATTRIBUTES = {
    "accessLogs.enabled": Attribute("access_logs.s3.enabled", bool, "false"),
    "accessLogs.bucket": Attribute("access_logs.s3.bucket", str),
    "accessLogs.prefix": Attribute("access_logs.s3.prefix", str),
    "connectionLogs.enabled": Attribute("connection_logs.s3.enabled", bool, "false"),
    "connectionLogs.bucket": Attribute("connection_logs.s3.bucket", str),
    "connectionLogs.prefix": Attribute("connection_logs.s3.prefix", str),
    "clientKeepAlive": Attribute("client_keep_alive.seconds", int, "3600"),
    "desyncMitigationMode": Attribute("routing.http.desync_mitigation_mode", str, "defensive"),
    "dropInvalidHeaderFields": Attribute("routing.http.drop_invalid_header_fields.enabled", bool, "false"),
    "enableCrossZoneLoadBalancing": Attribute("load_balancing.cross_zone.enabled", bool, "false"),
    "enableDeletionProtection": Attribute("deletion_protection.enabled", bool, "false"),
    "enableHttp2": Attribute("routing.http2.enabled", bool, "true"),
    "enableTlsVersionAndCipherSuiteHeaders": Attribute(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", bool, "false"
    ),
    "enableWafFailOpen": Attribute("waf.fail_open.enabled", bool, "false"),
    "enableXffClientPort": Attribute("routing.http.xff_client_port.enabled", bool, "false"),
    "idleTimeout": Attribute("idle_timeout.timeout_seconds", int, "60"),
    "preserveHostHeader": Attribute("routing.http.preserve_host_header.enabled", bool, "false"),
    "xffHeaderProcessingMode": Attribute("routing.http.xff_header_processing.mode", str, "append"),
}
"""Keys and defaults from the ELB API reference, LoadBalancerAttribute."""
_OBJECTS = ("accessLogs", "connectionLogs")
_PROPERTIES = " ".join(dict.fromkeys(name.split(".")[0] for name in ATTRIBUTES))


def _create(call: Call) -> str:
    # CreateLoadBalancer is idempotent; the official provider looks first.
    balancers = call.aws("elbv2").get_paginator("describe_load_balancers").paginate()
    if any(one["LoadBalancerName"] == call.inputs["name"] for page in balancers for one in page["LoadBalancers"]):
        raise OperationError(f'name: a load balancer "{call.inputs["name"]}" exists already')
    wanted = call.params("name subnets securityGroups ipAddressType", loadBalancerType="Type")
    wanted["Scheme"] = "internal" if call.inputs.get("internal") else "internet-facing"
    if tags := all_tags(call.inputs):
        # Its attributes are set next, which a policy may allow by tag only.
        wanted["Tags"] = pairs(tags)
    return str(call.aws("elbv2").create_load_balancer(**wanted)["LoadBalancers"][0]["LoadBalancerArn"])


def _describe(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = call.aws("elbv2").describe_load_balancers(LoadBalancerArns=[call.id])["LoadBalancers"][0]
    return found


def _set_attributes(call: Call) -> None:
    new, old = flattened(call.inputs, *_OBJECTS), flattened(call.old_inputs, *_OBJECTS)
    attributes = to_attributes(call, ATTRIBUTES, new, old)
    if attributes:
        call.aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=call.id, Attributes=attributes)
    call.wait_for(lambda: _describe(call)["State"]["Code"] == "active", f"load balancer {call.name} to be active")


def _read(call: Call) -> Values:
    balancer = _describe(call)
    attributes = call.aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=call.id)["Attributes"]
    return {
        **nested(from_attributes(attributes, ATTRIBUTES), *_OBJECTS),
        **from_boto(balancer, "vpcId securityGroups ipAddressType", name="LoadBalancerName", dnsName="DNSName"),
        **from_boto(balancer, arn="LoadBalancerArn", loadBalancerType="Type", zoneId="CanonicalHostedZoneId"),
        "internal": balancer["Scheme"] == "internal",
        "subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]],
        "arnSuffix": call.id.split(":loadbalancer/", 1)[1],
    }


def _update(call: Call) -> None:
    elb = call.aws("elbv2")
    if call.changed("subnets"):
        elb.set_subnets(LoadBalancerArn=call.id, Subnets=call.inputs["subnets"])
    if call.changed("securityGroups"):
        elb.set_security_groups(LoadBalancerArn=call.id, SecurityGroups=call.inputs.get("securityGroups", []))
    if call.changed("ipAddressType"):
        elb.set_ip_address_type(LoadBalancerArn=call.id, IpAddressType=call.inputs.get("ipAddressType", "ipv4"))


def _delete(call: Call) -> None:
    attributes = call.aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=call.id)["Attributes"]
    if from_attributes(attributes, ATTRIBUTES).get("enableDeletionProtection"):
        raise OperationError("enableDeletionProtection is true: set it to false, run `pulumi up`, then delete")
    call.aws("elbv2").delete_load_balancer(LoadBalancerArn=call.id)


RESOURCES = (
    ResourceType(
        "aws:lb/loadBalancer:LoadBalancer",
        reported=f"name subnets securityGroups ipAddressType loadBalancerType internal {_PROPERTIES}",
        replaces="name loadBalancerType internal",
        name=AutoName(max_length=32),
        effect="runs as an HAProxy container",
        tags=ELB_TAGS,
        unordered="subnets securityGroups",
        references={
            "subnets": references.SUBNET,
            "securityGroups": references.SECURITY_GROUP,
            "accessLogs.bucket": references.BUCKET,
            "connectionLogs.bucket": references.BUCKET,
        },
        create=_create,
        ready=_set_attributes,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
