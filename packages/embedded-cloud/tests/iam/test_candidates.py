"""A policy that is reduced to what can name an action decides about it as the whole policy does."""

import pytest

from embedded_cloud.iam.candidates import candidates
from embedded_cloud.iam.evaluation import Request, effects

POLICY = {
    "Statement": [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:Get*", "s3:GetObject"], "Resource": "*"},
        {"Effect": "Allow", "NotAction": ["iam:*", "sqs:DeleteQueue"], "Resource": "arn:aws:sqs:*"},
        {"Effect": "Deny", "Action": "SQS:sendmessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:audit"},
    ]
}


@pytest.mark.parametrize("resource", ["*", "arn:aws:sqs:us-east-1:123456789012:audit", "arn:aws:s3:::files"])
@pytest.mark.parametrize("action", ["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:DeleteQueue", "s3:GetObject", "ec2:Run"])
def test_it_decides_as_the_whole_policy(action: str, resource: str) -> None:
    request = Request(action=action, resource=resource)
    assert effects(request, [candidates([POLICY], action)]) == effects(request, [POLICY])


def test_other_actions_are_left_out() -> None:
    (allowed, _) = candidates([POLICY], "s3:GetObject")["Statement"]
    assert allowed["Action"] == ["sqs:Get*", "s3:GetObject"]
