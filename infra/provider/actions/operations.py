"""Roles, DNS, mail, logs, alarms, schedules, budget."""

from functools import partial

from infra.provider.actions.model import Actions, Reach

_TAG = "TagResource UntagResource ListTagsForResource"
_Iam = partial(Actions, service="iam", reach=Reach.ROLES)
_Ses = partial(Actions, service="ses")
_Sns = partial(Actions, service="sns")

OPERATIONS = {
    "aws:budgets/budget:Budget": Actions(
        service="budgets",
        # ModifyBudget allows CreateBudget, UpdateBudget, DeleteBudget and their notifications
        # (docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html).
        source="budgets/budget.go",
        reach=Reach.ACCOUNT,
        read="ViewBudget",
        create="ModifyBudget",
        tag=_TAG,
    ),
    "aws:cloudwatch/dashboard:Dashboard": Actions(
        service="cloudwatch",
        source="cloudwatch/dashboard.go",
        read="GetDashboard",
        create="PutDashboard",
        delete="DeleteDashboards",
    ),
    "aws:cloudwatch/eventRule:EventRule": Actions(
        service="events",
        source="events/rule.go",
        read="DescribeRule",
        create="PutRule",
        delete="DeleteRule",
        tag=_TAG,
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Actions(
        service="events",
        source="events/target.go",
        read="ListTargetsByRule",
        create="PutTargets",
        delete="RemoveTargets",
    ),
    "aws:cloudwatch/logGroup:LogGroup": Actions(
        service="logs",
        source="logs/group.go",
        read="DescribeLogGroups",
        create="CreateLogGroup PutRetentionPolicy",
        update="AssociateKmsKey DisassociateKmsKey DeleteRetentionPolicy",
        delete="DeleteLogGroup",
        tag=_TAG,
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Actions(
        service="cloudwatch",
        source="cloudwatch/metric_alarm.go",
        read="DescribeAlarms",
        create="PutMetricAlarm",
        delete="DeleteAlarms",
        tag=_TAG,
    ),
    "aws:iam/role:Role": _Iam(
        source="iam/role.go",
        read="GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies",
        create="CreateRole",
        # DeleteRolePermissionsBoundary is called when a stack leaves the pipelines.
        update="PutRolePermissionsBoundary UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
        delete="DeleteRole DeleteRolePolicy DetachRolePolicy ListInstanceProfilesForRole",
        tag="TagRole UntagRole",
        withheld="DeleteRolePermissionsBoundary",
    ),
    "aws:iam/rolePolicy:RolePolicy": _Iam(
        source="iam/role_policy.go", read="GetRolePolicy", create="PutRolePolicy", delete="DeleteRolePolicy"
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _Iam(
        source="iam/role_policy_attachment.go",
        read="ListAttachedRolePolicies",
        create="AttachRolePolicy",
        delete="DetachRolePolicy",
    ),
    "aws:pipes/pipe:Pipe": Actions(
        service="pipes",
        source="pipes/pipe.go",
        read="DescribePipe",
        create="CreatePipe",
        update="UpdatePipe",
        delete="DeletePipe",
        tag=_TAG,
        passes_role_to=("pipes",),
    ),
    "aws:route53/record:Record": Actions(
        service="route53",
        source="route53/record.go",
        reach=Reach.RECORDS,
        read="GetHostedZone ListResourceRecordSets GetChange",
        create="ChangeResourceRecordSets",
    ),
    "aws:route53/zone:Zone": Actions(
        service="route53",
        source="route53/zone.go",
        reach=Reach.ACCOUNT,
        read="GetHostedZone ListResourceRecordSets GetChange",
        create="CreateHostedZone",
        update="UpdateHostedZoneComment",
        tag="ChangeTagsForResource ListTagsForResource",
        # A person takes a zone down, with all records in it.
        withheld="DeleteHostedZone GetDNSSEC DisableHostedZoneDNSSEC",
    ),
    "aws:scheduler/schedule:Schedule": Actions(
        service="scheduler",
        source="scheduler/schedule.go",
        read="GetSchedule",
        create="CreateSchedule",
        update="UpdateSchedule",
        delete="DeleteSchedule",
        passes_role_to=("scheduler",),
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Actions(
        service="scheduler",
        source="scheduler/schedule_group.go",
        read="GetScheduleGroup",
        create="CreateScheduleGroup",
        delete="DeleteScheduleGroup",
        tag=_TAG,
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": _Ses(
        source="sesv2/configuration_set.go",
        read="GetConfigurationSet",
        create="CreateConfigurationSet",
        update="PutConfigurationSetDeliveryOptions PutConfigurationSetReputationOptions "
        "PutConfigurationSetSendingOptions PutConfigurationSetSuppressionOptions",
        delete="DeleteConfigurationSet",
        tag=_TAG,
    ),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": _Ses(
        source="sesv2/configuration_set_event_destination.go",
        read="GetConfigurationSetEventDestinations",
        create="CreateConfigurationSetEventDestination",
        update="UpdateConfigurationSetEventDestination",
        delete="DeleteConfigurationSetEventDestination",
    ),
    "aws:sesv2/emailIdentity:EmailIdentity": _Ses(
        source="sesv2/email_identity.go",
        read="GetEmailIdentity",
        create="CreateEmailIdentity",
        update="PutEmailIdentityConfigurationSetAttributes PutEmailIdentityDkimSigningAttributes",
        delete="DeleteEmailIdentity",
        tag=_TAG,
    ),
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": _Ses(
        source="sesv2/email_identity_mail_from_attributes.go",
        read="GetEmailIdentity",
        create="PutEmailIdentityMailFromAttributes",
    ),
    "aws:sns/topic:Topic": _Sns(
        source="sns/topic.go",
        read="GetTopicAttributes",
        create="CreateTopic SetTopicAttributes",
        delete="DeleteTopic",
        tag=_TAG,
    ),
    "aws:sns/topicPolicy:TopicPolicy": _Sns(
        source="sns/topic_policy.go", read="GetTopicAttributes", create="SetTopicAttributes"
    ),
    "aws:sns/topicSubscription:TopicSubscription": _Sns(
        source="sns/topic_subscription.go",
        read="GetSubscriptionAttributes ListSubscriptionsByTopic",
        create="Subscribe",
        update="SetSubscriptionAttributes",
        delete="Unsubscribe",
    ),
    "aws:sqs/queue:Queue": Actions(
        service="sqs",
        source="sqs/queue.go",
        read="GetQueueAttributes",
        create="CreateQueue",
        update="SetQueueAttributes",
        delete="DeleteQueue",
        tag="TagQueue UntagQueue ListQueueTags",
    ),
}
