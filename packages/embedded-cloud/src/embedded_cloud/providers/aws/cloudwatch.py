"""CloudWatch: alarms and dashboards."""

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import checked_documents, same_document
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.tagging import ALARM_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

_SHARED = (
    "actionsEnabled alarmActions insufficientDataActions alarmDescription comparisonOperator datapointsToAlarm "
    "evaluationPeriods extendedStatistic metricName namespace period statistic threshold treatMissingData unit"
)
_RENAMED = {"name": "AlarmName", "okActions": "OKActions"}


def _action_exists(call: Call, arn: str) -> object:
    return TOPIC.exists(call, arn) if ":sns:" in arn else True


_ACTION = Reference("SNS topic", _action_exists)


def _put_alarm(call: Call) -> str:
    parameters = call.params(_SHARED, **_RENAMED)
    dimensions = sorted((call.inputs.get("dimensions") or {}).items())
    call.aws("cloudwatch").put_metric_alarm(
        **parameters, Dimensions=[{"Name": name, "Value": value} for name, value in dimensions]
    )
    return str(call.inputs["name"])


def _read_alarm(call: Call) -> Values | None:
    alarms = call.aws("cloudwatch").describe_alarms(AlarmNames=[call.id])["MetricAlarms"]
    if not alarms:
        return None
    known = from_boto(alarms[0], _SHARED, **_RENAMED, arn="AlarmArn")
    dimensions = {one["Name"]: one["Value"] for one in alarms[0].get("Dimensions", [])}
    # Without dimensions, an empty map stays an empty map and none stays none.
    return {**known, **({"dimensions": dimensions} if dimensions or "dimensions" in call.state else {})}


def _put_dashboard(call: Call) -> str:
    name = str(call.inputs["dashboardName"])
    call.aws("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=call.inputs["dashboardBody"])
    return name


def _read_dashboard(call: Call) -> Values:
    answer = call.aws("cloudwatch").get_dashboard(DashboardName=call.id)
    return from_boto(answer, "dashboardName dashboardBody dashboardArn")


EMULATION = Emulation(
    service="Amazon CloudWatch",
    types="aws:cloudwatch/dashboard aws:cloudwatch/metricAlarm",
    acts=(
        "metrics of the application, and those that scaling, the load balancer and WAF need, once a minute or sooner",
    ),
    stored=("every other metric of AWS: alarms do not change state",),
)

RESOURCES = (
    ResourceType(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        create=_put_alarm,
        read=_read_alarm,
        update=_put_alarm,
        delete=lambda call: call.aws("cloudwatch").delete_alarms(AlarmNames=[call.id]),
        reported=f"name okActions dimensions {_SHARED}",
        replaces="name",
        name=AutoName(max_length=255),
        tags=ALARM_TAGS,
        references={"alarmActions": _ACTION, "okActions": _ACTION, "insufficientDataActions": _ACTION},
        unordered="alarmActions okActions insufficientDataActions",
    ),
    ResourceType(
        "aws:cloudwatch/dashboard:Dashboard",
        create=_put_dashboard,
        read=_read_dashboard,
        update=_put_dashboard,
        delete=lambda call: call.aws("cloudwatch").delete_dashboards(DashboardNames=[call.id]),
        reported="dashboardName dashboardBody",
        replaces="dashboardName",
        equal={"dashboardBody": same_document},
        check=checked_documents("dashboardBody"),
        delete_before_replace=True,
    ),
)
