"""Who is told when something breaks: one topic, a handful of alarms, and the database's own events."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.alarm_rules import Alarm

PUBLISHERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "ses.amazonaws.com")
DATABASE_EVENTS = (
    "availability",
    "configuration change",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
)


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """What is watched and who hears of it."""

    alarms: Sequence[Alarm]
    database: pulumi.Input[str]
    """Identifier of the RDS instance, whose own events are told too."""
    email: str
    """Empty: the topic exists and nobody is subscribed."""


class Alarms(pulumi.ComponentResource):
    """Every alarm rings, and says when it is over, on one SNS topic."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Alarms", name, None, opts)
        self.topic_arn = self._topic(name, args.email)
        for alarm in args.alarms:
            self._alarm(f"{name}-{alarm.role}", alarm)
        aws.rds.EventSubscription(
            f"{name}-database-events",
            sns_topic=self.topic_arn,
            source_type="db-instance",
            source_ids=[args.database],
            event_categories=list(DATABASE_EVENTS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"topic_arn": self.topic_arn})

    def _topic(self, name: str, email: str) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        # Not encrypted with a key: alarms carry names and numbers, and with AWS's own key CloudWatch could not publish.
        topic = aws.sns.Topic(f"{name}-topic", opts=child)
        policy = aws.sns.TopicPolicy(
            f"{name}-publishers",
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: policies.publish_to(arn, PUBLISHERS)),
            opts=child,
        )
        if email:
            aws.sns.TopicSubscription(f"{name}-email", topic=topic.arn, protocol="email", endpoint=email, opts=child)
        # Through the policy: RDS and Budgets try the topic when they are told of it.
        arn: pulumi.Output[str] = policy.arn
        return arn

    def _alarm(self, name: str, alarm: Alarm) -> None:
        metric = alarm.metric
        percentile = metric.statistic.startswith("p")
        aws.cloudwatch.MetricAlarm(
            name,
            alarm_description=alarm.advice,
            namespace=metric.namespace,
            metric_name=metric.name,
            # CloudWatch knows no empty ones: a refresh would call them drift.
            dimensions=dict(metric.dimensions) or None,
            statistic=None if percentile else metric.statistic,
            extended_statistic=metric.statistic if percentile else None,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period,
            evaluation_periods=alarm.minutes * 60 // alarm.period,
            treat_missing_data=alarm.missing,
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
