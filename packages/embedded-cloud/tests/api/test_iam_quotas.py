"""IAM refuses policies that are too long, and too many of them on a role."""

import json
from collections.abc import Mapping

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.api.moto_patches.iam import POLICIES_PER_ROLE, POLICY_SIZE, ROLE_POLICIES_SIZE, TRUST_SIZE
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(size: int, statement: Mapping[str, object] | None = None) -> str:
    """A policy of this many characters that count; white space does not."""
    given = statement or {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "", **given}]}, indent=8)
    missing = size - len("".join(text.split()))
    return text.replace('"Sid": ""', f'"Sid": "{"a" * missing}"')


def role(cloud: EmbeddedCloud, name: str = "role") -> None:
    client(cloud, "iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(500, TRUST))


def test_a_managed_policy_has_at_most_6144_characters(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    arn = iam.create_policy(PolicyName="fits", PolicyDocument=document(POLICY_SIZE))["Policy"]["Arn"]
    for call in (
        lambda: iam.create_policy(PolicyName="long", PolicyDocument=document(POLICY_SIZE + 1)),
        lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(POLICY_SIZE + 1)),
    ):
        with pytest.raises(ClientError, match=r"LimitExceeded.*Cannot exceed quota for PolicySize: 6144"):
            call()


def test_a_trust_policy_has_at_most_2048_characters(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    role(cloud)
    long = document(TRUST_SIZE + 1, TRUST)
    for call in (
        lambda: iam.create_role(RoleName="long", AssumeRolePolicyDocument=long),
        lambda: iam.update_assume_role_policy(RoleName="role", PolicyDocument=long),
    ):
        with pytest.raises(ClientError, match="Cannot exceed quota for ACLSizePerRole: 2048"):
            call()


def test_the_inline_policies_of_a_role_have_a_common_limit(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    role(cloud)
    iam.put_role_policy(RoleName="role", PolicyName="one", PolicyDocument=document(6000))
    # The same name replaces it.
    iam.put_role_policy(RoleName="role", PolicyName="one", PolicyDocument=document(6000))
    with pytest.raises(ClientError, match="Maximum policy size of 10240 bytes exceeded for role role"):
        iam.put_role_policy(RoleName="role", PolicyName="two", PolicyDocument=document(ROLE_POLICIES_SIZE - 6000 + 1))


def test_a_role_has_at_most_ten_managed_policies(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    role(cloud)
    made = [
        iam.create_policy(PolicyName=f"policy-{number}", PolicyDocument=document(500))["Policy"]["Arn"]
        for number in range(POLICIES_PER_ROLE + 1)
    ]
    for arn in [*made[:-1], made[0]]:
        iam.attach_role_policy(RoleName="role", PolicyArn=arn)
    with pytest.raises(ClientError, match="Cannot exceed quota for PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName="role", PolicyArn=made[-1])
