"""Load balancers, listeners and web ACLs, through the provider protocol."""

from typing import Any

import pytest

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGETS = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
LISTENER_CERTIFICATE = "aws:lb/listenerCertificate:ListenerCertificate"
CERTIFICATE = "aws:acm/certificate:Certificate"
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
HEADERS = {
    "routingHttpResponseStrictTransportSecurityHeaderValue": "max-age=31536000",
    "routingHttpResponseXContentTypeOptionsHeaderValue": "nosniff",
    "routingHttpResponseServerEnabled": False,
}
HEALTH = {
    "protocol": "HTTPS",
    "path": "/healthz",
    "port": "traffic-port",
    "matcher": "200",
    "interval": 5,
    "timeout": 4,
}


@pytest.fixture(scope="module")
def network(emulation: Any) -> dict[str, Any]:
    vpc = emulation.resource("aws:ec2/vpc:Vpc", "front", cidrBlock="10.30.0.0/16")
    subnets = [
        emulation.resource(
            "aws:ec2/subnet:Subnet",
            zone,
            vpcId=vpc.id,
            cidrBlock=f"10.30.{number}.0/24",
            availabilityZone=f"us-east-1{zone}",
        ).id
        for number, zone in enumerate("abc")
    ]
    group = emulation.resource("aws:ec2/securityGroup:SecurityGroup", "front", vpcId=vpc.id)
    return {"vpc": vpc.id, "subnets": subnets, "group": group.id}


@pytest.fixture(scope="module")
def balancer(emulation: Any, network: dict[str, Any]) -> Any:
    bucket = emulation.resource("aws:s3/bucket:Bucket", "access-logs", forceDestroy=True)
    return emulation.resource(
        BALANCER,
        "front",
        subnets=network["subnets"][:2],
        securityGroups=[network["group"]],
        ipAddressType="dualstack",
        dropInvalidHeaderFields=True,
        desyncMitigationMode="strictest",
        accessLogs={"bucket": bucket.id, "enabled": True},
        tags={"Name": "front"},
    )


@pytest.fixture(scope="module")
def targets(emulation: Any, network: dict[str, Any]) -> Any:
    return emulation.resource(
        TARGETS,
        "tasks",
        vpcId=network["vpc"],
        protocol="HTTPS",
        port=8443,
        targetType="ip",
        deregistrationDelay=10,
        loadBalancingAlgorithmType="least_outstanding_requests",
        healthCheck={**HEALTH, "healthyThreshold": 2, "unhealthyThreshold": 2},
    )


@pytest.fixture(scope="module")
def certificate(emulation: Any) -> Any:
    return emulation.resource(
        CERTIFICATE,
        "site",
        domainName="app.example.com",
        subjectAlternativeNames=["www.example.com"],
        validationMethod="DNS",
    )


def test_a_load_balancer_keeps_its_attributes_and_shows_drift(emulation: Any, balancer: Any) -> None:
    balancer.assert_unchanged()
    assert balancer.state["arnSuffix"].startswith("app/front-")
    elb = emulation.client("elbv2")
    off = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.id, Attributes=off)
    assert balancer.drift() == {"dropInvalidHeaderFields": (True, False)}
    on = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.id, Attributes=on)


def test_an_attribute_that_the_program_drops_is_reset_to_the_default(emulation: Any, balancer: Any) -> None:
    inputs = balancer.given
    balancer.up(**{name: value for name, value in inputs.items() if name != "desyncMitigationMode"})
    attributes = emulation.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer.id)["Attributes"]
    assert {"Key": "routing.http.desync_mitigation_mode", "Value": "defensive"} in attributes
    balancer.up(**inputs)


def test_the_order_of_subnets_is_no_change_and_another_one_no_replacement(balancer: Any, network: Any) -> None:
    inputs = balancer.given
    assert balancer.diff(**{**inputs, "subnets": network["subnets"][1::-1]}) == (set(), set())
    assert balancer.diff(**{**inputs, "subnets": network["subnets"][1:]}) == ({"subnets"}, set())
    assert balancer.diff(**{**inputs, "internal": True})[1] == {"internal"}


def test_a_protected_load_balancer_is_not_deleted(emulation: Any, network: Any, refusal: Any) -> None:
    wanted = {"subnets": network["subnets"][:2], "securityGroups": [network["group"]]}
    guarded = emulation.resource(BALANCER, "guarded", **wanted, enableDeletionProtection=True)
    assert "enableDeletionProtection is true" in refusal(guarded.delete)
    guarded.up(**wanted)
    guarded.assert_deletable()


def test_a_target_group_changes_its_health_check_in_place_and_its_port_by_replacement(targets: Any) -> None:
    inputs = targets.given
    targets.assert_unchanged()
    slower = {**inputs, "healthCheck": {**inputs["healthCheck"], "interval": 10}, "deregistrationDelay": 20}
    assert targets.diff(**slower) == ({"healthCheck", "deregistrationDelay"}, set())
    targets.up(**slower)
    assert (targets.state["healthCheck"]["interval"], targets.state["deregistrationDelay"]) == (10, 20)
    assert targets.drift() == {}
    assert targets.diff(**{**slower, "port": 8444})[1] == {"port"}


def test_a_listener_redirects(emulation: Any, balancer: Any) -> None:
    redirect = {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
    inputs = {"loadBalancerArn": balancer.id, "protocol": "HTTP", "port": 80, "defaultActions": [redirect]}
    listener = emulation.resource(LISTENER, "http", **inputs)
    listener.assert_unchanged()
    (known,) = emulation.client("elbv2").describe_listeners(ListenerArns=[listener.id])["Listeners"]
    assert known["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    listener.assert_deletable()


def test_a_listener_sets_response_headers_and_takes_rules_and_certificates(
    emulation: Any, balancer: Any, targets: Any, certificate: Any
) -> None:
    forward = {"type": "forward", "targetGroupArn": targets.id}
    inputs = {
        "loadBalancerArn": balancer.id,
        "protocol": "HTTPS",
        "port": 443,
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "certificateArn": certificate.id,
        "defaultActions": [forward],
        **HEADERS,
    }
    listener = emulation.resource(LISTENER, "https", **inputs)
    listener.assert_unchanged()
    attributes = emulation.client("elbv2").describe_listener_attributes(ListenerArn=listener.id)["Attributes"]
    assert {"Key": "routing.http.response.x_content_type_options.header_value", "Value": "nosniff"} in attributes
    assert {"Key": "routing.http.response.server.enabled", "Value": "false"} in attributes

    conditions = [{"pathPattern": {"values": ["/x/*"]}}, {"hostHeader": {"values": ["a.example.org"]}}]
    answer = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}
    rule_inputs = {"listenerArn": listener.id, "priority": 5, "conditions": conditions, "actions": [answer]}
    rule = emulation.resource(LISTENER_RULE, "x", **rule_inputs)
    rule.assert_unchanged()
    rule.up(**{**rule_inputs, "priority": 6, "actions": [forward]})
    assert rule.drift() == {}
    more = emulation.resource(CERTIFICATE, "more", domainName="more.example.com", validationMethod="DNS")
    further = emulation.resource(LISTENER_CERTIFICATE, "more", listenerArn=listener.id, certificateArn=more.id)
    assert further.drift() == {}
    for resource in (further, rule, listener):
        resource.assert_deletable()


def test_a_web_acl_keeps_its_rules_and_is_associated_with_a_load_balancer(emulation: Any, balancer: Any) -> None:
    visible = {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True, "metricName": "m"}
    managed = {
        "vendorName": "AWS",
        "name": "AWSManagedRulesCommonRuleSet",
        "ruleActionOverrides": [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}],
    }
    rule = {
        "name": "common",
        "priority": 0,
        "overrideAction": {"none": {}},
        "statement": {"managedRuleGroupStatement": managed},
        "visibilityConfig": visible,
    }
    inputs = {"scope": "REGIONAL", "defaultAction": {"allow": {}}, "rules": [rule], "visibilityConfig": visible}
    acl = emulation.resource(WEB_ACL, "acl", **inputs)
    acl.assert_unchanged()
    acl.up(**{**inputs, "rules": [{**rule, "priority": 1}]})
    assert acl.state["rules"][0]["priority"] == 1
    place = {"webAclArn": acl.state["arn"], "resourceArn": balancer.id}
    association = emulation.resource("aws:wafv2/webAclAssociation:WebAclAssociation", "front", **place)
    association.assert_unchanged()
    for resource in (association, acl):
        resource.assert_deletable()
