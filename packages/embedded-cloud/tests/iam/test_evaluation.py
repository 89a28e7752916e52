"""What IAM decides: policies of a role, its boundary, conditions, and who may take it."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from embedded_cloud.iam import roles
from embedded_cloud.iam.conditions import UnknownPolicyError, arn_like
from embedded_cloud.iam.evaluation import Policies, Request, effects, refusal

BUCKET = "arn:aws:s3:::media"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(**more: Any) -> dict[str, Any]:
    return {**allow(), "Effect": "Deny", **more}


def refused(*statements: dict[str, Any], resource: str = f"{BUCKET}/a/b", **context: Any) -> str:
    """Why `s3:GetObject` is refused, with condition keys such as aws_SourceIp."""
    keys = {name.replace("_", ":", 1): value for name, value in context.items()}
    request = Request(action="s3:GetObject", resource=resource, context=keys)
    return refusal(request, Policies(identity=(document(*statements),)))


def test_what_no_policy_allows_is_refused_in_awss_words() -> None:
    reason = "because no identity-based policy allows the s3:GetObject action"
    assert refused() == refused(allow("s3:PutObject")) == refused(allow(resource=BUCKET)) == reason


def test_an_explicit_deny_wins() -> None:
    assert refused(allow(), deny()) == "with an explicit deny in an identity-based policy"


def test_a_boundary_limits_and_allows_nothing_by_itself() -> None:
    request = Request(action="s3:GetObject", resource=BUCKET)
    everything, nothing = document(allow()), document(allow("sqs:*"))
    assert refusal(request, Policies(identity=(everything,), boundary=(everything,))) == ""
    reason = "because no permissions boundary allows the s3:GetObject action"
    assert refusal(request, Policies(identity=(everything,), boundary=(nothing,))) == reason
    assert "identity-based" in refusal(request, Policies(boundary=(everything,)))
    assert "permissions boundary" in refusal(request, Policies(identity=(everything,), boundary=(document(deny()),)))


@pytest.mark.parametrize("action", ["s3:GetObject", "S3:getobject", "s3:Get*", "s3:?etObject", ["sqs:*", "s3:*"], "*"])
def test_actions_match_in_any_case_and_with_wildcards(action: Any) -> None:
    assert refused(allow(action)) == ""


@pytest.mark.parametrize(
    ("pattern", "reached"),
    [
        (f"{BUCKET}/*", True),
        (f"{BUCKET}/a/?", True),
        ("arn:aws:s3:*:*:media/*", True),
        ("arn:aws:s3:::Media/*", False),
        (f"{BUCKET}/a", False),
        # Of a resource, not of a condition, a wildcard reaches over colons.
        ("arn:aws:*media/a/b", True),
    ],
)
def test_resources_match_with_wildcards(pattern: str, reached: bool) -> None:
    assert (refused(allow(resource=pattern)) == "") is reached


def test_a_wildcard_of_a_condition_does_not_reach_over_a_colon() -> None:
    group = "arn:aws:logs:us-east-1:1:log-group:site"
    assert arn_like("arn:aws:logs:*:*:log-group:s*", group)
    assert not arn_like("arn:aws:logs:*:log-group:site", group)


def test_the_elements_that_begin_with_not_cover_everything_else() -> None:
    assert refused({"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*"}) == ""
    assert refused({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"})
    assert refused({"Effect": "Allow", "Action": "*", "NotResource": BUCKET}) == ""
    assert refused({"Effect": "Allow", "Action": "*", "NotResource": f"{BUCKET}/*"})


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "b", "b", True),
        ("StringEquals", ["a", "b"], "B", False),
        ("StringEqualsIgnoreCase", "b", "B", True),
        ("StringEquals", "b", None, False),
        ("StringEqualsIfExists", "b", None, True),
        ("StringEqualsIfExists", "b", "c", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "a*", "abc", True),
        ("StringNotLike", "a*", "abc", False),
        ("ArnLike", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:eu:1:task/x/y", True),
        ("ArnEquals", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:eu:2:task/x/y", False),
        ("ArnNotLike", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:eu:2:task/x", True),
        ("Bool", "false", "false", True),
        ("Bool", True, "false", False),
        ("Null", "true", None, True),
        ("Null", "true", "x", False),
        ("NumericLessThanEquals", "10", "9.5", True),
        ("NumericGreaterThan", 10, "9", False),
        ("DateLessThan", "2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00", True),
        ("DateLessThan", "2026-01-02", "2026-01-01T00:00:00+00:00", True),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
        ("ForAnyValue:StringEqualsIfExists", ["a"], None, False),
    ],
)
def test_conditions_hold_as_in_awss_documentation(operator: str, wanted: Any, given: Any, holds: bool) -> None:
    context = {} if given is None else {"aws_key": given}
    statement = allow(Condition={operator: {"AWS:Key": wanted}})
    assert (refused(statement, **context) == "") is holds


@pytest.mark.parametrize(
    "unknown",
    [
        allow(Condition={"BinaryEquals": {"aws:key": "QQ=="}}),
        allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        allow(Condition={"Some:StringEquals": {"aws:key": "a"}}),
        allow(Condition={"StringEquals": {"aws:key": "${aws:username}"}}),
        allow(resource=f"{BUCKET}/${{aws:username}}"),
        allow(Effects="Allow"),
    ],
)
def test_what_is_not_known_decides_nothing(unknown: dict[str, Any]) -> None:
    with pytest.raises(UnknownPolicyError):
        refused(unknown, aws_key="a")


def test_a_trust_policy_names_who_may_take_the_role() -> None:
    trust = document({"Effect": "Allow", "Principal": {"Service": ["a.amazonaws.com"]}, "Action": "sts:AssumeRole"})
    request = Request(action="sts:AssumeRole")
    assert effects(request, [trust], {"Service": "a.amazonaws.com"}) == {"Allow"}
    assert effects(request, [trust], {"Service": "b.amazonaws.com"}) == set()
    assert effects(request, [trust], {"Federated": "a.amazonaws.com"}) == set()
    for other in ({"AWS": "arn:aws:iam::1:root"}, {"Service": "a.amazonaws.com"}):
        bucket = document({**allow("sts:*"), "Principal": other})
        with pytest.raises(UnknownPolicyError):
            effects(request, [bucket], {"Service": "a.amazonaws.com"})


def test_a_roles_policies_are_its_own_and_the_default_versions_of_its_managed_ones() -> None:
    with mock_aws():
        iam: Any = boto3.client("iam", region_name="us-east-1")
        trust = json.dumps(document({"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "sts:AssumeRole"}))
        arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="r", PolicyName="own", PolicyDocument=json.dumps(document(allow("sqs:*"))))
        old, new = (json.dumps(document(allow(one))) for one in ("s3:Put*", "s3:Get*"))
        managed = iam.create_policy(PolicyName="m", PolicyDocument=old)["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=managed, PolicyDocument=new, SetAsDefault=True)
        iam.attach_role_policy(RoleName="r", PolicyArn=managed)
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        role = roles.find(backend, arn)
        assert role is not None
        found = roles.policies(role, backend)
    for action, allowed in (("sqs:SendMessage", True), ("s3:GetObject", True), ("s3:PutObject", False)):
        assert (refusal(Request(action=action), found) == "") is allowed
