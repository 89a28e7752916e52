"""CloudWatch alarms and RDS events, published to one SNS topic."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.observability.alarm_rules import Alarm

PUBLISHERS = (
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    policies.EVENTBRIDGE,
    "events.rds.amazonaws.com",
    "ses.amazonaws.com",
)
"""AWS services that publish to the topic."""
DATABASE_EVENTS = (
    "availability",
    "configuration change",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "notification",
)
"""Event categories. `notification` has RDS-EVENT-0225: the storage has reached four fifths of databaseMaxStorageGb.

Source: Amazon RDS user guide, "Amazon RDS event categories and event messages".
"""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """Arguments of the alarms."""

    alarms: Sequence[Alarm]
    database: pulumi.Input[str]
    """Identifier of the RDS instance, for its event subscription."""
    key_arn: pulumi.Input[str]
    """Key that encrypts the topic; its policy allows PUBLISHERS to use it."""
    email: str
    """Subscriber of the topic; empty for none."""


class Alarms(pulumi.ComponentResource):
    """One SNS topic that gets every alarm, its recovery, and the database's events."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Alarms", name, None, opts)
        self._name = name
        self.topic_arn = self._topic(name, args.email, args.key_arn)
        for alarm in args.alarms:
            self.declare(alarm)
        aws.rds.EventSubscription(
            f"{name}-database-events",
            sns_topic=self.topic_arn,
            source_type="db-instance",
            source_ids=[args.database],
            event_categories=list(DATABASE_EVENTS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def _topic(self, name: str, email: str, key_arn: pulumi.Input[str]) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=key_arn, opts=child)
        policy = aws.sns.TopicPolicy(
            f"{name}-publishers",
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: policies.topic_publishers(arn, PUBLISHERS)),
            opts=child,
        )
        if email:
            aws.sns.TopicSubscription(f"{name}-email", topic=topic.arn, protocol="email", endpoint=email, opts=child)
        # Taken from the policy: RDS and Budgets publish a test message when they get the topic.
        arn: pulumi.Output[str] = policy.arn
        return arn

    def declare(self, alarm: Alarm) -> None:
        """Declare one more alarm, of what is made after the topic."""
        metric = alarm.metric
        percentile = metric.statistic.startswith("p")
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{alarm.role}",
            alarm_description=alarm.advice,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dict(metric.dimensions),
            statistic=None if percentile else metric.statistic,
            extended_statistic=metric.statistic if percentile else None,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.datapoints,
            treat_missing_data=alarm.missing,
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
