"""VPC, security groups, load balancer, certificate."""

from tests.infra.controls.stack import Check, Stack, proves

ANYONE = {"0.0.0.0/0", "::/0"}

# EC2.19's list of ports that are never open to the world, and our own 8000.
NEVER_OPEN = (
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000),
    *(5432, 5500, 5601, 8000, 8080, 8088, 8888, 9200, 9300),
)


def open_ports(stack: Stack) -> set[int]:
    """Ports that are open to the world."""
    ports: set[int] = set()
    for rule in stack.some("vpc/securityGroupIngressRule"):
        if {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} & ANYONE:
            ports |= set(range(int(rule.inputs.get("fromPort", 0)), int(rule.inputs.get("toPort", 65535)) + 1))
    return ports


@proves("EC2.18")
def the_world_reaches_80_and_443_only(stack: Stack) -> None:
    assert open_ports(stack) == {80, 443}
    for group in stack.some("ec2/securityGroup"):
        # `open_ports` does not read rules inside a group.
        assert not group.inputs.get("ingress")
        assert not group.inputs.get("egress")


@proves("CKV_AWS_260")
def the_world_does_not_reach_port_80(stack: Stack) -> None:
    assert 80 not in open_ports(stack)


@proves("CKV_AWS_192")
def the_web_acl_blocks_log4j_lookups(stack: Stack) -> None:
    for acl in stack.some("wafv2/webAcl"):
        (rule,) = [rule for rule in acl.inputs["rules"] if rule["name"] == "AWSManagedRulesKnownBadInputsRuleSet"]
        assert rule["overrideAction"] == {"none": {}}


@proves("EC2.19")
def no_port_of_a_database_or_a_shell_is_open(stack: Stack) -> None:
    assert not open_ports(stack) & set(NEVER_OPEN)


@proves("EC2.6")
def flow_logs_are_on(stack: Stack) -> None:
    logged = {log.inputs["vpcId"] for log in stack.some("ec2/flowLog")}
    assert {f"{vpc.name}-id" for vpc in stack.some("ec2/vpc")} <= logged


def has_endpoint(service: str) -> Check:
    """A check for an interface endpoint of this service."""

    def check(stack: Stack) -> None:
        assert any(item.inputs["serviceName"].endswith(f".{service}") for item in stack.all("ec2/vpcEndpoint"))

    return check


for control, service in {"EC2.10": "ec2", "EC2.55": "ecr.api", "EC2.56": "ecr.dkr", "EC2.57": "ssm"}.items():
    proves(control)(has_endpoint(service))

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


@proves("ACM.1")
def the_certificate_renews_itself(stack: Stack) -> None:
    for certificate in stack.some("acm/certificate"):
        assert certificate.inputs["validationMethod"] == "DNS"
    records = {record.inputs["name"].rstrip(".") for record in stack.some("route53/record")}
    for validation in stack.some("acm/certificateValidation"):
        assert {name.rstrip(".") for name in validation.inputs["validationRecordFqdns"]} <= records
