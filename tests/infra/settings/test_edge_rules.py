"""HSTS and AWS WAF: values that browsers or AWS refuse, or that have no effect."""

import pytest
import yaml

from local.runtime import ROOT
from tests.infra.settings_helpers import DECLARED, load, only_problem


def test_by_default_only_the_sites_own_names_are_claimed() -> None:
    """The domain may be the apex of a zone in which other sites live."""
    assert DECLARED["hsts"]["default"] == "max-age=31536000"


@pytest.mark.parametrize(
    "value", ["max-age=0", "max-age=300; includeSubDomains", "max-age=63072000; includeSubDomains; preload"]
)
def test_a_value_that_browsers_accept_is_kept(value: str) -> None:
    assert load(hsts=value).hsts == value


@pytest.mark.parametrize(
    "value", ["", "31536000", "max-age=01", "max-age=1;includeSubDomains", "max-age=1; preload; includeSubDomains", "x"]
)
def test_anything_else_is_refused(value: str) -> None:
    problem = only_problem(hsts=value)
    assert problem.rule.startswith("must be max-age=<seconds>")
    assert problem.fix == "pulumi config set hsts 'max-age=31536000'"


@pytest.mark.parametrize("value", ["max-age=31536000; preload", "max-age=300; includeSubDomains; preload"])
def test_preload_needs_subdomains_and_a_year(value: str) -> None:
    assert "preload needs includeSubDomains" in only_problem(hsts=value).rule


def test_a_rule_group_is_named_as_aws_names_it() -> None:
    problem = only_problem(waf="true", wafBlocks='["CommonRuleSet"]')
    assert "AWSManagedRulesCommonRuleSet" in problem.rule
    assert load(waf="true", wafBlocks='["AWSManagedRulesSQLiRuleSet"]').waf_blocks == ("AWSManagedRulesSQLiRuleSet",)


def test_blocking_without_a_web_acl_is_refused() -> None:
    problem = only_problem(wafBlocks='["AWSManagedRulesSQLiRuleSet"]')
    assert (problem.rule, problem.fix) == ("blocks nothing while waf is false", "pulumi config set waf true")


def test_compose_claims_no_more_than_the_load_balancer() -> None:
    environment = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]["proxy"]["environment"]
    assert environment["STRICT_TRANSPORT_SECURITY"] == f"${{STRICT_TRANSPORT_SECURITY-{DECLARED['hsts']['default']}}}"
