"""WAF's API: what it refuses, and which web ACL a resource has."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/1"


def web_acl(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    visible = {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": True, "MetricName": name}
    made = [{**one, "VisibilityConfig": visible} for one in rules]
    return {
        "Name": name,
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": visible,
        "Rules": made,
    }


def rule(pattern: str) -> dict[str, Any]:
    where = {"FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}
    inside = {"RegexMatchStatement": {"RegexString": pattern, **where}}
    statement = {"NotStatement": {"Statement": inside}}
    return {"Name": "own", "Priority": 0, "Statement": statement, "Action": {"Block": {}}}


@pytest.mark.parametrize("pattern", ["(unclosed", "[a-", "a)", "*a", "[z-a]", "a{3,2}"])
def test_a_pattern_that_is_none_is_refused_wherever_it_stands(cloud: EmbeddedCloud, pattern: str) -> None:
    waf = client(cloud, "wafv2")
    expected = "WAFInvalidParameterException.*The parameter contains formatting that is not valid"
    with pytest.raises(ClientError, match=f"{expected}.*field: STATEMENT"):
        waf.create_web_acl(**web_acl("front", rule(pattern)))
    patterns = [{"RegexString": "fine"}, {"RegexString": pattern}]
    with pytest.raises(ClientError, match=f"{expected}.*field: REGEX_PATTERN_SET"):
        waf.create_regex_pattern_set(Name="own", Scope="REGIONAL", RegularExpressionList=patterns)
    known = waf.create_web_acl(**web_acl("front", rule("^/fine$")))["Summary"]
    with pytest.raises(ClientError, match=expected):
        waf.update_web_acl(**web_acl("front", rule(pattern)), Id=known["Id"], LockToken=known["LockToken"])


@pytest.mark.parametrize("pattern", ["^(/a|b)$", r"a\h+\z", "(*UTF8)^a{1,100}$", "[[:alpha:]]", "a(?i)b", "a++"])
def test_what_pcre_reads_is_taken(cloud: EmbeddedCloud, pattern: str) -> None:
    waf = client(cloud, "wafv2")
    waf.create_web_acl(**web_acl("front", rule(pattern)))
    waf.create_regex_pattern_set(Name="own", Scope="REGIONAL", RegularExpressionList=[{"RegexString": pattern}])


@pytest.mark.parametrize("address", ["192.0.2.44", "192.0.2.300/32", "office", "2001:db8::/129"])
def test_an_address_that_is_no_range_is_refused(cloud: EmbeddedCloud, address: str) -> None:
    waf, own = client(cloud, "wafv2"), {"Name": "own", "Scope": "REGIONAL"}
    with pytest.raises(ClientError, match=r"WAFInvalidParameterException.*field: IP_ADDRESS"):
        waf.create_ip_set(**own, IPAddressVersion="IPV4", Addresses=["192.0.2.0/24", address])
    made = waf.create_ip_set(**own, IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"])["Summary"]
    known = {"Id": made["Id"], "LockToken": made["LockToken"]}
    with pytest.raises(ClientError, match=r"WAFInvalidParameterException.*field: IP_ADDRESS"):
        waf.update_ip_set(**own, **known, Addresses=[address])
    changed = waf.update_ip_set(**own, **known, Addresses=["2001:db8::/32"])
    waf.delete_ip_set(**own, Id=made["Id"], LockToken=changed["NextLockToken"])


def test_another_web_acl_replaces_that_of_a_load_balancer(cloud: EmbeddedCloud) -> None:
    waf = client(cloud, "wafv2")
    for name in ("first", "first", "second"):
        known = {one["Name"]: one["ARN"] for one in waf.list_web_acls(Scope="REGIONAL")["WebACLs"]}
        arn = known.get(name) or waf.create_web_acl(**web_acl(name))["Summary"]["ARN"]
        waf.associate_web_acl(WebACLArn=arn, ResourceArn=BALANCER)
        assert waf.get_web_acl_for_resource(ResourceArn=BALANCER)["WebACL"]["Name"] == name
    waf.disassociate_web_acl(ResourceArn=BALANCER)
    assert waf.get_web_acl_for_resource(ResourceArn=BALANCER).get("WebACL") is None
