"""Who receives the stack's alarms: the subscriptions of the topics that its alarms publish to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

UNCONFIRMED = "PendingConfirmation"
"""In place of the ARN, until the receiver follows the link in the mail (docs.aws.amazon.com/sns/latest/api/
API_ListSubscriptionsByTopic.html). The link is valid for two days."""
DELETED = "Deleted"


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One receiver."""

    endpoint: str
    protocol: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic that alarms publish to."""

    arn: str
    exists: bool = True
    subscriptions: Sequence[Subscription] = ()

    def problems(self, *, needed: bool) -> Iterator[str]:
        """A topic or receiver that is missing or not confirmed. `needed`: whether a topic without receivers is one."""
        if not self.exists:
            yield f"The alarms publish to {self.arn}, which does not exist: `pulumi up --refresh` creates it again."
        elif needed and not self.subscriptions:
            yield (
                "Nobody receives the alarms: their topic has no subscription. `pulumi config set alarmEmail "
                "you@example.com`, then `pulumi up --refresh`."
            )
        for one in self.subscriptions:
            if not one.confirmed:
                again = f"--topic-arn {self.arn} --protocol {one.protocol} --notification-endpoint {one.endpoint}"
                yield (
                    f"{one.endpoint} has not confirmed its subscription, so it receives no alarm: follow the link in "
                    f"the mail from AWS Notifications. `aws sns subscribe {again}` sends it again."
                )


def read_topic(session: boto3.Session, arn: str) -> Topic:
    """The topic with its subscriptions."""
    sns: Any = session.client("sns", region_name=arn.split(":")[3])
    try:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        found = [one for page in pages for one in page["Subscriptions"] if one["SubscriptionArn"] != DELETED]
    except sns.exceptions.NotFoundException:
        return Topic(arn=arn, exists=False)
    return Topic(
        arn=arn,
        subscriptions=[
            Subscription(
                endpoint=one["Endpoint"],
                protocol=one["Protocol"],
                confirmed=one["SubscriptionArn"] != UNCONFIRMED,
            )
            for one in found
        ],
    )
