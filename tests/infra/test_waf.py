"""The web ACL: AWS's managed rules before the load balancer, without refusing honest uploads."""

import pytest

from infra.waf import WebAcl, WebAclArgs

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/1"


@pytest.fixture
def acl(engine):
    args = WebAclArgs(load_balancer_arn=BALANCER, key_arn="arn:aws:kms:us-east-1:1:key/k", retention_days=90)
    engine.run(lambda: WebAcl("waf", args).web_acl_arn)
    return engine.one("wafv2/webAcl:WebAcl")


def test_it_guards_the_load_balancer(engine, acl):
    association = engine.one("wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"] == BALANCER
    assert association["webAclArn"].endswith("webacl/waf-acl")
    assert acl["scope"] == "REGIONAL"


def test_what_no_rule_refuses_passes(acl):
    assert acl["defaultAction"] == {"allow": {}}


def test_known_bad_inputs_and_anonymous_sources_are_among_the_rules(acl):
    groups = {rule["statement"]["managedRuleGroupStatement"]["name"] for rule in acl["rules"]}
    assert {"AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAnonymousIpList"} <= groups


def test_rules_refuse_instead_of_counting(acl):
    assert all(rule["overrideAction"] == {"none": {}} for rule in acl["rules"])


def test_priorities_are_all_different(acl):
    assert len({rule["priority"] for rule in acl["rules"]}) == len(acl["rules"])


def test_a_picture_larger_than_8_kb_can_still_be_uploaded(acl):
    (common,) = [rule for rule in acl["rules"] if rule["name"] == "AWSManagedRulesCommonRuleSet"]
    assert common["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"] == [
        {"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}
    ]


def test_refused_requests_are_logged_without_their_credentials(engine, acl):
    logging = engine.one("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    redacted = {field["singleHeader"]["name"] for field in logging["redactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"


def test_waf_writes_to_groups_of_its_own_name_only(engine, acl):
    group = engine.one("cloudwatch/logGroup:LogGroup")
    assert group["namePrefix"] == "aws-waf-logs-"
    assert (group["retentionInDays"], group["kmsKeyId"]) == (90, "arn:aws:kms:us-east-1:1:key/k")
