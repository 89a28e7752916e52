"""Load balancer, certificate and DNS."""

from tests.infra.controls.stack import Stack, proves

# The policies that ELB.17 accepts for application load balancers.
TLS_POLICIES = {
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
}


@proves("ELB.1")
def plain_http_is_only_ever_redirected(stack: Stack) -> None:
    plain = [listener for listener in stack.some("lb/listener") if listener.inputs["protocol"] == "HTTP"]
    for listener in plain:
        (action,) = listener.inputs["defaultActions"]
        assert action["type"] == "redirect"
        assert (action["redirect"]["protocol"], action["redirect"]["statusCode"]) == ("HTTPS", "HTTP_301")


@proves("ELB.4")
def malformed_headers_are_dropped(stack: Stack) -> None:
    assert all(balancer.inputs["dropInvalidHeaderFields"] is True for balancer in stack.some("lb/loadBalancer"))


@proves("ELB.5")
def requests_are_logged(stack: Stack) -> None:
    assert all(balancer.inputs["accessLogs"]["enabled"] is True for balancer in stack.some("lb/loadBalancer"))


@proves("ELB.6")
def the_load_balancer_is_not_deleted_by_mistake(stack: Stack) -> None:
    assert all(balancer.inputs["enableDeletionProtection"] is True for balancer in stack.some("lb/loadBalancer"))


@proves("ELB.12")
def request_smuggling_is_mitigated(stack: Stack) -> None:
    for balancer in stack.some("lb/loadBalancer"):
        assert balancer.inputs["desyncMitigationMode"] in ("defensive", "strictest")


@proves("ELB.13")
def the_load_balancer_has_two_zones(stack: Stack) -> None:
    zones = {f"{subnet.name}-id": subnet.inputs["availabilityZone"] for subnet in stack.some("ec2/subnet")}
    for balancer in stack.some("lb/loadBalancer"):
        assert len({zones[subnet] for subnet in balancer.inputs["subnets"]}) >= 2


@proves("ELB.16")
def a_web_acl_protects_the_load_balancer(stack: Stack) -> None:
    assert stack.some("wafv2/webAclAssociation")
    assert stack.some("wafv2/webAclLoggingConfiguration")
    for acl in stack.some("wafv2/webAcl"):
        statements = [rule["statement"].get("managedRuleGroupStatement", {}) for rule in acl.inputs["rules"]]
        groups = {statement.get("name") for statement in statements}
        assert {"AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAnonymousIpList"} <= groups


@proves("ELB.17")
def tls_is_modern(stack: Stack) -> None:
    encrypted = [listener for listener in stack.some("lb/listener") if listener.inputs["protocol"] == "HTTPS"]
    assert encrypted
    assert all(listener.inputs["sslPolicy"] in TLS_POLICIES for listener in encrypted)


@proves("ELB.18")
def every_listener_uses_tls(stack: Stack) -> None:
    assert {listener.inputs["protocol"] for listener in stack.some("lb/listener")} == {"HTTPS"}


@proves("ELB.21", "ELB.22")
def traffic_and_health_checks_are_encrypted_up_to_the_task(stack: Stack) -> None:
    for group in stack.some("lb/targetGroup"):
        assert group.inputs["protocol"] == group.inputs["healthCheck"]["protocol"] == "HTTPS"


@proves("ACM.1")
def the_certificate_renews_itself(stack: Stack) -> None:
    for certificate in stack.some("acm/certificate"):
        assert certificate.inputs["validationMethod"] == "DNS"
    records = {record.inputs["name"].rstrip(".") for record in stack.some("route53/record")}
    for validation in stack.some("acm/certificateValidation"):
        assert {name.rstrip(".") for name in validation.inputs["validationRecordFqdns"]} <= records


@proves("ACM.2")
def the_certificates_key_is_strong(stack: Stack) -> None:
    # ACM's default is RSA 2048.
    for certificate in stack.some("acm/certificate"):
        assert certificate.inputs.get("keyAlgorithm", "RSA_2048") not in ("RSA_1024",)


@proves("Route53.2", "CKV2_AWS_38", "CKV2_AWS_39")
def the_stack_creates_no_zone(stack: Stack) -> None:
    assert not stack.all("route53/zone")
