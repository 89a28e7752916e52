"""Checks of the account's quotas against what the settings need."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.checks.check import Check, check

AREA = "Quotas"


class Quota(NamedTuple):
    """A quota of the region, by its code in Service Quotas (docs.aws.amazon.com/general/latest/gr/
    aws-service-information.html names each)."""

    what: str
    service: str
    code: str
    used: Callable[[boto3.Session], float]
    needed: Callable[[Mapping[str, Any]], float]
    """What the stack has at most at a time, from its settings."""


def _count(service: str, operation: str, key: str) -> Callable[[boto3.Session], float]:
    def count(session: boto3.Session) -> float:
        client: Any = session.client(service)  # type: ignore[call-overload]
        if not client.can_paginate(operation):
            return len(getattr(client, operation)()[key])
        return sum(len(page[key]) for page in client.get_paginator(operation).paginate())

    return count


def _gateways(settings: Mapping[str, Any]) -> float:
    return {"gateway": 1, "gateway-per-zone": 2}.get(settings["egress"], 0)


def _vcpus(settings: Mapping[str, Any]) -> float:
    # A rollout doubles the tasks.
    return 2 * float(settings["maxTasks"]) * float(settings["taskCpu"]) / 1024


QUOTAS = (
    Quota("vCPUs of Fargate tasks", "fargate", "L-3032A538", lambda _: 0, _vcpus),
    Quota("VPCs", "vpc", "L-F678F1CE", _count("ec2", "describe_vpcs", "Vpcs"), lambda _: 1),
    Quota("Elastic IP addresses", "ec2", "L-0263D0A3", _count("ec2", "describe_addresses", "Addresses"), _gateways),
    Quota(
        "Application Load Balancers",
        "elasticloadbalancing",
        "L-53DA6B97",
        _count("elbv2", "describe_load_balancers", "LoadBalancers"),
        lambda _: 1,
    ),
    Quota(
        "database instances", "rds", "L-7B6409FD", _count("rds", "describe_db_instances", "DBInstances"), lambda _: 1
    ),
)


def checks(session: boto3.Session, settings: Mapping[str, Any], *, deployed: bool) -> Iterator[Check]:
    """Each quota, with what is used and what the stack adds; a deployed stack is in what is used."""
    for quota in QUOTAS:
        needed = 0 if deployed and quota.service != "fargate" else quota.needed(settings)
        limit = _limit(session, quota)
        request = f"aws service-quotas get-service-quota --service-code {quota.service} --quota-code {quota.code}"
        rule = f"There is room for the stack's {quota.what}"
        if limit is None:
            yield Check(area=AREA, rule=rule, state="unknown", found="Service Quotas does not say", fix=request)
            continue
        used = quota.used(session)
        raise_it = request.replace("get-service-quota", "request-service-quota-increase")
        yield check(
            AREA,
            rule,
            used + needed <= limit,
            found=f"{used:g} used, {needed:g} to add, {limit:g} allowed",
            fix=f"{raise_it} --desired-value {used + needed:g}",
        )


def _limit(session: boto3.Session, quota: Quota) -> float | None:
    """The account's value, else AWS's default; None when Service Quotas tells neither."""
    client: Any = session.client("service-quotas")
    try:
        return float(client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)["Quota"]["Value"])
    except (BotoCoreError, ClientError):
        pass
    try:
        pages = client.get_paginator("list_aws_default_service_quotas").paginate(ServiceCode=quota.service)
        found = {one["QuotaCode"]: float(one["Value"]) for page in pages for one in page["Quotas"]}
    except (BotoCoreError, ClientError):
        return None
    return found.get(quota.code)
