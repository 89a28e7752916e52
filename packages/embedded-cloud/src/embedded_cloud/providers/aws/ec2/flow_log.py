"""EC2: flow logs."""

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.tagging import EC2_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import ALL, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_WATCHED = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


def _create_flow_log(call: Call) -> str:
    name, kind = next((name, kind) for name, kind in _WATCHED.items() if name in call.inputs)
    answer = call.aws("ec2").create_flow_logs(
        ResourceType=kind,
        ResourceIds=[call.inputs[name]],
        **call.params(
            "trafficType logDestinationType logDestination logFormat maxAggregationInterval",
            iamRoleArn="DeliverLogsPermissionArn",
        ),
    )
    if answer.get("Unsuccessful"):
        raise OperationError(f"CreateFlowLogs: {answer['Unsuccessful'][0]['Error']['Message']}")
    return str(answer["FlowLogIds"][0])


def _read_flow_log(call: Call) -> Values | None:
    logs = call.aws("ec2").describe_flow_logs(FlowLogIds=[call.id])["FlowLogs"]
    if not logs:
        return None
    watched = next((name for name in _WATCHED if name in call.state), "vpcId")
    return {
        **from_boto(logs[0], "trafficType logDestinationType logDestination logFormat maxAggregationInterval"),
        **from_boto(logs[0], iamRoleArn="DeliverLogsPermissionArn"),
        watched: logs[0]["ResourceId"],
        "arn": call.arn("ec2", f"vpc-flow-log/{call.id}"),
    }


RESOURCES = (
    ResourceType(
        "aws:ec2/flowLog:FlowLog",
        reported="vpcId subnetId eniId trafficType logDestinationType logDestination logFormat "
        "maxAggregationInterval iamRoleArn",
        replaces=ALL,
        tags=EC2_TAGS,
        references={"vpcId": references.VPC, "iamRoleArn": references.ROLE, "logDestination": references.LOG_TARGET},
        # AWS refuses a second flow log of a network with the same destination.
        delete_before_replace=True,
        check=lambda inputs: (
            [] if any(name in inputs for name in _WATCHED) else [("vpcId", "one of vpcId, subnetId, eniId is required")]
        ),
        create=_create_flow_log,
        read=_read_flow_log,
        delete=lambda call: call.aws("ec2").delete_flow_logs(FlowLogIds=[call.id]),
    ),
)
