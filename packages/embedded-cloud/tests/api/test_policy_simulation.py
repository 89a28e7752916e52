"""IAM says what a role or a user may do, as its policy simulator does."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
HERE = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": ["us-east-1"]}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(iam: Any) -> str:
    """A role that reads queues in one region, and sends to all but one."""
    region = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    reads = {"Effect": "Allow", "Action": "sqs:Get*", "Resource": "*", "Condition": region}
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    never = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:sqs:us-east-1:123456789012:audit"}
    arn: str = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=document(reads, never))
    policy = iam.create_policy(PolicyName="sends", PolicyDocument=document(sends))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    return arn


def decisions(iam: Any, arn: str, actions: list[str], **arguments: Any) -> list[str]:
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **arguments)
    return [one["EvalDecision"] for one in answer["EvaluationResults"]]


def test_a_role_may_do_what_its_policies_allow_in_the_given_context(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    arn, asked = role(iam), ["sqs:GetQueueUrl", "sqs:SendMessage", "sqs:DeleteQueue"]
    assert decisions(iam, arn, asked, ContextEntries=[HERE]) == ["allowed", "allowed", "implicitDeny"]
    assert decisions(iam, arn, asked) == ["implicitDeny", "allowed", "implicitDeny"]
    audit = "arn:aws:sqs:us-east-1:123456789012:audit"
    assert decisions(iam, arn, asked[:2], ResourceArns=[audit], ContextEntries=[HERE]) == ["explicitDeny"] * 2


def test_a_user_may_do_what_its_policies_allow(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    allowed = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    iam.put_user_policy(UserName="ann", PolicyName="inline", PolicyDocument=allowed)
    assert decisions(iam, arn, ["s3:GetObject", "sqs:SendMessage"]) == ["allowed", "implicitDeny"]


def test_whoever_has_no_credentials_of_the_cloud_is_its_administrator(cloud: EmbeddedCloud) -> None:
    caller = client(cloud, "sts").get_caller_identity()["Arn"]
    assert decisions(client(cloud, "iam"), caller, ["ec2:CreateVpc", "iam:CreateRole"]) == ["allowed"] * 2


def test_results_come_in_pages(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    caller = client(cloud, "sts").get_caller_identity()["Arn"]
    asked = [f"ec2:Action{number}" for number in range(250)]
    paginator = iam.get_paginator("simulate_principal_policy")
    pages = list(paginator.paginate(PolicySourceArn=caller, ActionNames=asked))
    found = [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]]
    assert (len(pages), found) == (3, asked)


def test_a_role_that_is_not_there_cannot_be_simulated(cloud: EmbeddedCloud) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        decisions(client(cloud, "iam"), "arn:aws:iam::123456789012:role/nobody", ["s3:GetObject"])


def test_a_policy_that_cannot_be_evaluated_is_said(cloud: EmbeddedCloud) -> None:
    iam = client(cloud, "iam")
    arn = iam.create_role(RoleName="odd", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    odd = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:username}/*"})
    iam.put_role_policy(RoleName="odd", PolicyName="inline", PolicyDocument=odd)
    with pytest.raises(ClientError, match="PolicyEvaluation"):
        decisions(iam, arn, ["s3:GetObject"])
