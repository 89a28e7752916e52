"""The front door: HTTPS for every name, 301 from port 80, and TLS up to the tasks."""

import pytest

from infra.front_door import FrontDoor, FrontDoorArgs


def declare(engine, protect=True):
    args = FrontDoorArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_id="sg-balancer",
        certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/1",
        target_port=8443,
        access_log_bucket="logs",
        protect=protect,
    )
    engine.run(lambda: FrontDoor("front", args).target_group_arn)


@pytest.fixture
def balancer(engine):
    declare(engine)
    return engine.one("lb/loadBalancer:LoadBalancer")


@pytest.fixture
def targets(engine):
    declare(engine)
    return engine.one("lb/targetGroup:TargetGroup")


def listener(engine, role):
    declare(engine)
    return engine.one("lb/listener:Listener", f"front-{role}")


def test_it_faces_the_world_in_two_zones_over_ipv4_and_ipv6(balancer):
    assert balancer["internal"] is False
    assert balancer["ipAddressType"] == "dualstack"
    assert balancer["subnets"] == ["subnet-a", "subnet-b"]
    assert balancer["securityGroups"] == ["sg-balancer"]


def test_requests_made_to_confuse_are_refused(balancer):
    assert balancer["dropInvalidHeaderFields"] is True
    assert balancer["desyncMitigationMode"] == "strictest"


def test_who_came_is_written_down(balancer):
    assert balancer["accessLogs"] == {"bucket": "logs", "enabled": True}


def test_a_protected_stack_does_not_lose_its_address(engine, balancer):
    assert balancer["enableDeletionProtection"] is True
    assert engine.options("lb/loadBalancer:LoadBalancer", "front-balancer").protect


def test_an_unprotected_stack_can_be_torn_down_in_one_step(engine):
    declare(engine, protect=False)
    assert engine.one("lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is False
    assert not engine.options("lb/loadBalancer:LoadBalancer", "front-balancer").protect


def test_port_80_only_ever_answers_301_to_https(engine):
    http = listener(engine, "http")
    (action,) = http["defaultActions"]
    assert (http["port"], http["protocol"]) == (80, "HTTP")
    assert action == {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}


def test_port_443_speaks_modern_tls_only(engine):
    https = listener(engine, "https")
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert https["certificateArn"].endswith("certificate/1")


def test_port_443_forwards_to_the_tasks(engine):
    (action,) = listener(engine, "https")["defaultActions"]
    assert action["type"] == "forward"
    assert ":targetgroup/front-tasks/" in action["targetGroupArn"]


def test_there_is_no_third_listener(engine):
    declare(engine)
    assert {listener.inputs["port"] for listener in engine.all("lb/listener:Listener")} == {80, 443}


def test_error_pages_of_the_load_balancer_carry_the_headers_too(engine):
    https = listener(engine, "https")
    headers = {
        key.removeprefix("routingHttpResponse"): value
        for key, value in https.items()
        if key.startswith("routingHttpResponse")
    }
    assert headers == {
        "StrictTransportSecurityHeaderValue": "max-age=31536000; includeSubDomains; preload",
        "XContentTypeOptionsHeaderValue": "nosniff",
        "XFrameOptionsHeaderValue": "DENY",
        "ServerEnabled": False,
    }


def test_requests_travel_on_to_the_tasks_over_tls(targets):
    assert (targets["protocol"], targets["port"], targets["targetType"]) == ("HTTPS", 8443, "ip")
    assert targets["healthCheck"]["protocol"] == "HTTPS"


def test_a_new_task_takes_requests_ten_seconds_after_it_answers(targets):
    check = targets["healthCheck"]
    assert check["path"] == "/healthz"
    assert check["matcher"] == "200"
    assert check["interval"] * check["healthyThreshold"] == 10
    assert check["timeout"] < check["interval"]
    assert targets["deregistrationDelay"] == 10


def test_physical_names_are_free_so_that_a_replacement_can_stand_beside_the_old_one(engine, balancer):
    assert "name" not in balancer
    assert "name" not in engine.one("lb/targetGroup:TargetGroup")


def test_awss_limit_of_32_characters_leaves_room_for_the_random_part(engine):
    declare(engine)
    for token in ("lb/loadBalancer:LoadBalancer", "lb/targetGroup:TargetGroup"):
        (resource,) = engine.all(token)
        assert len(resource.name) + len("-1234567") <= 32
