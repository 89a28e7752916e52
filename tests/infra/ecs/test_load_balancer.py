"""The load balancer: HTTPS for every name, a 301 from port 80, TLS to the tasks."""

import pytest

from infra.ecs.load_balancer import LoadBalancer, LoadBalancerArgs
from tests.recorder import new_engine

LOAD_BALANCER, TARGET_GROUP, LISTENER = (
    "lb/loadBalancer:LoadBalancer",
    "lb/targetGroup:TargetGroup",
    "lb/listener:Listener",
)
HSTS = "max-age=300; includeSubDomains"


def declare(protect=True):
    engine = new_engine()
    args = LoadBalancerArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_id="sg-balancer",
        certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/1",
        target_port=8443,
        access_log_bucket="logs",
        idle_timeout=75,
        deregistration_delay=50,
        hsts=HSTS,
        protect=protect,
    )
    engine.run(lambda: LoadBalancer("front", args).target_group_arn)
    return engine


@pytest.fixture(scope="module")
def recorded():
    """The load balancer of a protected stack."""
    return declare()


def test_it_is_public_in_two_zones_over_ipv4_and_ipv6(recorded):
    balancer = recorded.one(LOAD_BALANCER)
    assert balancer["internal"] is False
    assert balancer["ipAddressType"] == "dualstack"
    assert balancer["subnets"] == ["subnet-a", "subnet-b"]
    assert balancer["securityGroups"] == ["sg-balancer"]
    assert balancer["accessLogs"]["bucket"] == "logs"
    assert balancer["idleTimeout"] == 75


@pytest.mark.parametrize("protect", [True, False])
def test_it_is_protected_with_the_stack(protect):
    engine = declare(protect)
    assert engine.one(LOAD_BALANCER)["enableDeletionProtection"] is protect
    assert engine.options(LOAD_BALANCER, "front-balancer").protect is protect


def test_there_are_two_listeners_and_port_80_answers_301_to_https(recorded):
    assert {listener.inputs["port"] for listener in recorded.all(LISTENER)} == {80, 443}
    http = recorded.one(LISTENER, "front-http")
    (action,) = http["defaultActions"]
    assert (http["port"], http["protocol"]) == (80, "HTTP")
    assert action == {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}


def test_port_443_speaks_modern_tls_and_forwards_to_the_tasks(recorded):
    https = recorded.one(LISTENER, "front-https")
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert https["certificateArn"].endswith("certificate/1")
    (action,) = https["defaultActions"]
    assert action["type"] == "forward"
    assert ":targetgroup/front-tasks/" in action["targetGroupArn"]


def test_error_pages_of_the_load_balancer_have_the_security_headers_too(recorded):
    https = recorded.one(LISTENER, "front-https")
    headers = {
        key.removeprefix("routingHttpResponse"): value
        for key, value in https.items()
        if key.startswith("routingHttpResponse")
    }
    assert headers == {
        "StrictTransportSecurityHeaderValue": HSTS,
        "XContentTypeOptionsHeaderValue": "nosniff",
        "XFrameOptionsHeaderValue": "DENY",
        "ServerEnabled": False,
    }


def test_requests_reach_the_tasks_over_tls_ten_seconds_after_they_respond(recorded):
    targets = recorded.one(TARGET_GROUP)
    assert (targets["protocol"], targets["port"], targets["targetType"]) == ("HTTPS", 8443, "ip")
    check = targets["healthCheck"]
    assert (check["protocol"], check["path"], check["matcher"]) == ("HTTPS", "/healthz", "200")
    assert check["interval"] * check["healthyThreshold"] == 10
    assert check["timeout"] < check["interval"]
    assert targets["deregistrationDelay"] == 50


def test_physical_names_are_automatic_and_short_enough(recorded):
    """A replacement then has another name than the old one; AWS's limit is 32 characters."""
    for token in (LOAD_BALANCER, TARGET_GROUP):
        (resource,) = recorded.all(token)
        assert "name" not in resource.inputs
        assert len(resource.name) + len("-1234567") <= 32
