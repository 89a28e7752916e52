"""Which of AWS's services an interface reaches, and what Fargate says of a task that lacks one. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from embedded_cloud.agents.vpc.network import Interface, Network, reaches_internet, reaches_service
from embedded_cloud.config import REGION

_ENDPOINTS = {
    "cloudwatch": "monitoring",
    "ecr": "ecr.api",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "ses": "email",
    "sesv2": "email",
    "stepfunctions": "states",
}
"""Names of endpoints that differ from moto's names of services
(docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""
SESSIONS = "ssmmessages"

_AUTHORIZATION = (
    "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
    "Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. "
    'RequestError: send request failed caused by: Post "https://api.ecr.{region}.amazonaws.com/": dial tcp: i/o timeout'
)
_PULL = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {image}: failed "
    "to do request: Head: dial tcp: i/o timeout"
)
_STORE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from {store}: "
    "There is a connection issue between the task and {service}. Check your task network configuration. "
    "RequestCanceled: request context canceled caused by: context deadline exceeded"
)
_LOGS = (
    "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group "
    "defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your "
    "network configuration: RequestError: send request failed caused by: Post "
    '"https://logs.{region}.amazonaws.com/": dial tcp: i/o timeout'
)
_STORES = {"secretsmanager": ("asm", "AWS Secrets Manager"), "ssm": ("ssm", "AWS Systems Manager Parameter Store")}


def endpoint_name(service: str) -> str:
    """Name of a service's endpoint, by moto's name of the service."""
    return _ENDPOINTS.get(service, service)


def answers(network: Network, address: str, service: str) -> bool:
    """Whether AWS's API answers a caller at this address. `service` is moto's name."""
    source = network.at(address)
    return source is None or reaches_service(network, source, endpoint_name(service))


def stop_reason(network: Network, task: Interface, definitions: Sequence[Mapping[str, Any]], registry: str) -> str:
    """Return why Fargate cannot start a task in its network; empty if it can.

    `registry` is host and port of ECR's images. The sentences are those of
    docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
    """
    images = [str(one["image"]) for one in definitions]
    own = [image for image in images if image.startswith(f"{registry}/")]
    if own and not reaches_service(network, task, "ecr.api"):
        return _AUTHORIZATION.format(region=REGION)
    for image in images:
        # The layers of ECR's images come from S3.
        ways = (
            [reaches_service(network, task, one) for one in ("ecr.dkr", "s3")]
            if image in own
            else [reaches_internet(network, task, 443)]
        )
        if not all(ways):
            return _PULL.format(image=image)
    for service in _needed_stores(definitions):
        if not reaches_service(network, task, service):
            store, name = _STORES[service]
            return _STORE.format(store=store, service=name)
    drivers = {(one.get("logConfiguration") or {}).get("logDriver") for one in definitions}
    if "awslogs" in drivers and not reaches_service(network, task, "logs"):
        return _LOGS.format(region=REGION)
    return ""


def _needed_stores(definitions: Sequence[Mapping[str, Any]]) -> list[str]:
    values = [str(entry["valueFrom"]) for one in definitions for entry in one.get("secrets") or ()]
    return sorted({"secretsmanager" if ":secretsmanager:" in value else "ssm" for value in values})
