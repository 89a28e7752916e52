"""Checks of the load balancer and its certificate."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from infra.ecs.tls import TLS_POLICY
from ops.checks.check import PROTECT, REPAIR, Check, check
from ops.stack import Stack

AREA = "Load balancer"
SOON_DAYS = 30
"""ACM renews 60 days before the end (docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html)."""
ATTRIBUTES = (
    ("Requests with invalid headers are dropped", "routing.http.drop_invalid_header_fields.enabled", "ELB.4", REPAIR),
    ("Access logs are kept", "access_logs.s3.enabled", "ELB.5", REPAIR),
    ("It cannot be deleted by mistake", "deletion_protection.enabled", "ELB.6", PROTECT),
)


def checks(stack: Stack) -> Iterator[Check]:
    """Attributes, zones, listeners and certificates."""
    elb: Any = stack.session.client("elbv2")
    arns = stack.arns("elasticloadbalancing:loadbalancer")
    for balancer in elb.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"] if arns else []:
        arn = balancer["LoadBalancerArn"]
        answer = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        attributes = {one["Key"]: one["Value"] for one in answer}
        for rule, key, control, fix in ATTRIBUTES:
            yield check(AREA, rule, attributes.get(key) == "true", fix=fix, control=control)
        mode = attributes.get("routing.http.desync_mitigation_mode", "")
        rule = "It protects the application from request smuggling"
        yield check(AREA, rule, mode in {"defensive", "strictest"}, found=mode, fix=REPAIR, control="ELB.12")
        zones = [one["ZoneName"] for one in balancer["AvailabilityZones"]]
        rule = "It stands in two zones"
        yield check(AREA, rule, len(zones) > 1, found=", ".join(zones), fix=REPAIR, control="ELB.13")
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            yield from _listener(stack, listener)


def _listener(stack: Stack, listener: dict[str, Any]) -> Iterator[Check]:
    if listener["Protocol"] == "HTTP":
        (action,) = listener["DefaultActions"]
        redirects = action.get("RedirectConfig", {}).get("Protocol") == "HTTPS"
        yield check(AREA, "Plain HTTP only redirects to HTTPS", redirects, fix=REPAIR, control="ELB.1")
        return
    policy = listener.get("SslPolicy", "")
    rule = "HTTPS has a policy that AWS recommends"
    yield check(AREA, rule, policy == TLS_POLICY, found=policy, fix=REPAIR, control="ELB.17")
    acm: Any = stack.session.client("acm")
    for one in listener.get("Certificates", []):
        found = acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"]
        yield _certificate(found)


def _certificate(found: dict[str, Any]) -> Check:
    status, ends = found["Status"], found.get("NotAfter")
    days = (ends - datetime.now(UTC)).days if ends else 0
    renews = found.get("RenewalEligibility") == "ELIGIBLE" or found.get("Type") == "AMAZON_ISSUED"
    return check(
        AREA,
        "The certificate is valid for a month",
        status == "ISSUED" and days >= SOON_DAYS,
        found=f"{found['DomainName']}, {status}, {days} days left{', renewed by ACM' if renews else ''}",
        fix="check its validation records in ACM's console"
        if renews
        else "import its successor: aws acm import-certificate",
        control="ACM.1",
    )
