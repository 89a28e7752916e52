"""The web ACL: what counts, what blocks, and which honest requests it must let through."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import naming
from infra.application.manifest import Manifest
from infra.application.manifest_file import read_manifest
from infra.application.proxy import Proxy, ProxyPath
from infra.composition.load_balancer import upload_paths
from infra.ecs import waf_rules
from infra.ecs.waf import WebAcl, WebAclArgs
from infra.ecs.waf_rules import BODY_RULE, CAPACITY, RULE_GROUPS, rules, upload_regex
from infra.problem import SettingsError
from local.runtime import ROOT
from tests.infra.settings_helpers import DECLARED
from tests.recorder import Recorder, new_engine

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/1"
GROUPS = [group.name for group in RULE_GROUPS]
UPLOADS = ("/account/profile/", "/films/*")


def declare(*blocks: str) -> Recorder:
    """The web ACL of a load balancer."""
    engine = new_engine()
    key = "arn:aws:kms:us-east-1:1:key/k"
    args = WebAclArgs(load_balancer_arn=ARN, key_arn=key, retention_days=90, blocks=blocks, upload_paths=UPLOADS)
    engine.run(lambda: WebAcl("waf", args).urn)
    return engine


@pytest.fixture(scope="module")
def counting() -> Recorder:
    """A web ACL of which no group blocks."""
    return declare()


def by_name(blocks: list[str]) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in rules(blocks, UPLOADS)}


def counted(rule: dict[str, Any]) -> set[str]:
    """Rules of a managed group that only count."""
    group = rule["statement"]["managed_rule_group_statement"]
    overrides = group["rule_action_overrides"]
    assert all(override["action_to_use"] == {"count": {}} for override in overrides)
    return {override["name"] for override in overrides}


def test_the_web_acl_guards_the_load_balancer_and_allows_what_no_rule_blocks(counting: Recorder) -> None:
    acl = counting.one("wafv2/webAcl:WebAcl")
    association = counting.one("wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"] == ARN
    assert association["webAclArn"].endswith("webacl/waf-acl")
    assert acl["scope"] == "REGIONAL"
    assert acl["defaultAction"] == {"allow": {}}


def test_a_new_web_acl_counts_and_turns_no_visitor_away(counting: Recorder) -> None:
    found = counting.one("wafv2/webAcl:WebAcl")["rules"]
    assert [rule["name"] for rule in found] == GROUPS
    assert all(rule["overrideAction"] == {"count": {}} for rule in found)
    assert not any("action" in rule for rule in found)
    assert DECLARED["wafBlocks"]["default"] == []


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_blocks_when_the_setting_names_it_and_the_others_still_count(name: str) -> None:
    for other, rule in by_name([name]).items():
        if other != BODY_RULE:
            assert rule["override_action"] == ({"none": {}} if other == name else {"count": {}})


def test_hosting_providers_are_never_blocked() -> None:
    """Webhooks, monitors and CI come from there."""
    assert counted(by_name(GROUPS)["AWSManagedRulesAnonymousIpList"]) == {"HostingProviderIPList"}


def test_no_rule_of_a_managed_group_blocks_by_the_body() -> None:
    found = by_name(GROUPS)
    assert counted(found["AWSManagedRulesCommonRuleSet"]) == {
        *("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY"),
        "EC2MetaDataSSRF_BODY",
    }
    assert counted(found["AWSManagedRulesKnownBadInputsRuleSet"]) == {
        *("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"),
    }
    assert counted(found["AWSManagedRulesSQLiRuleSet"]) == {"SQLi_BODY", "SQLiExtendedPatterns_BODY"}


def test_what_a_blocking_group_finds_in_a_body_blocks_outside_the_upload_paths_only() -> None:
    found = by_name(["AWSManagedRulesSQLiRuleSet"])
    *_, last = found
    assert last == BODY_RULE
    assert found[BODY_RULE]["action"] == {"block": {}}
    labelled, elsewhere = found[BODY_RULE]["statement"]["and_statement"]["statements"]
    labels = [item["label_match_statement"]["key"] for item in labelled["or_statement"]["statements"]]
    namespace = "awswaf:managed:aws:sql-database"
    assert labels == [f"{namespace}:SQLi_Body", f"{namespace}:SQLiExtendedPatterns_Body"]
    path = elsewhere["not_statement"]["statement"]["regex_match_statement"]
    assert path["regex_string"] == "^(/account/profile/|/films/.*)$"
    assert [item["type"] for item in path["text_transformations"]] == ["URL_DECODE", "NORMALIZE_PATH"]


def test_without_upload_paths_bodies_are_blocked_everywhere() -> None:
    *_, last = rules(["AWSManagedRulesSQLiRuleSet"], ())
    assert last["statement"].keys() == {"or_statement"}


def test_groups_without_body_rules_need_no_rule_for_bodies() -> None:
    assert BODY_RULE not in by_name(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesAnonymousIpList"])


@given(st.sets(st.sampled_from(GROUPS)))
def test_priorities_differ_and_the_price_of_the_web_acl_includes_the_capacity(blocks: set[str]) -> None:
    found = rules(blocks, UPLOADS)
    assert [rule["priority"] for rule in found] == list(range(len(found)))
    # A label match costs 1, the regular expression 3 and each of its two transformations 10.
    labels = sum(len(group.body_rules) for group in RULE_GROUPS if group.name in blocks)
    assert sum(group.capacity for group in RULE_GROUPS) + labels + 3 + 2 * 10 <= CAPACITY


@pytest.mark.parametrize("path", ["/account/profile/", "/films/", "/films/7/poster"])
def test_an_upload_path_matches_as_a_whole_or_by_its_beginning(path: str) -> None:
    assert re.search(upload_regex(UPLOADS), path)


@pytest.mark.parametrize("path", ["/account/profile", "/account/profile/x", "/x/account/profile/", "/film/", "/filmsy"])
def test_other_paths_are_no_upload_paths(path: str) -> None:
    assert not re.search(upload_regex(UPLOADS), path)


def test_every_path_that_the_application_lets_send_a_file_is_an_upload_path() -> None:
    demo, problems = read_manifest(ROOT / "app")
    assert problems == []
    assert upload_paths(demo) == ("/account/profile/",)


@pytest.mark.parametrize(("own", "files"), [(None, False), (9, False), (10, True), (50, True)])
def test_a_path_takes_files_when_it_has_a_body_size_of_its_own_no_smaller_than_the_rest(
    own: int | None, files: bool
) -> None:
    proxy = Proxy(body_mib=10, paths=(ProxyPath(path="/films/*", body_mib=own),))
    assert upload_paths(Manifest(proxy=proxy)) == ("/films/*",) * files


def test_upload_paths_of_the_application_fit_into_one_rule() -> None:
    paths = tuple(ProxyPath(path=f"/films/{number}/poster/", body_mib=50) for number in range(40))
    with pytest.raises(SettingsError, match="one that ends in"):
        upload_paths(Manifest(proxy=Proxy(paths=paths)))


def test_matched_requests_are_logged_without_their_credentials(counting: Recorder) -> None:
    logging = counting.one("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    redacted = {field["singleHeader"]["name"] for field in logging["redactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    (kept,) = logging["loggingFilter"]["filters"]
    assert {one["actionCondition"]["action"] for one in kept["conditions"]} == {"BLOCK", "COUNT"}
    group = counting.one("cloudwatch/logGroup:LogGroup")
    # WAF accepts no other prefix.
    assert group["namePrefix"] == "aws-waf-logs-"
    assert (group["retentionInDays"], group["kmsKeyId"]) == (90, "arn:aws:kms:us-east-1:1:key/k")


def test_the_metrics_have_the_stacks_name_so_that_two_stacks_do_not_share_them(counting: Recorder) -> None:
    acl = counting.one("wafv2/webAcl:WebAcl")
    assert acl["visibilityConfig"]["metricName"] == naming.web_acl_metric("preqly", "test")
    assert {rule["visibilityConfig"]["metricName"] for rule in acl["rules"]} == set(GROUPS)
    assert waf_rules.visibility("x")["cloudwatch_metrics_enabled"] is True
