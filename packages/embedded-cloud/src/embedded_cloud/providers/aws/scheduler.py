"""EventBridge Scheduler: groups, and schedules that start ECS tasks."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.ecs.cluster import CLUSTER
from embedded_cloud.providers.aws.references import ROLE
from embedded_cloud.providers.aws.sqs import QUEUE
from embedded_cloud.providers.aws.tagging import TagOperations, by_state_arn, tagging
from embedded_cloud.providers.call import Call, from_boto, pick, report
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

GROUP = Reference("schedule group", lambda call, name: call.aws("scheduler").get_schedule_group(Name=name))
GROUP_TAGS = tagging(TagOperations(service="scheduler"), by_state_arn)

_SHARED = "name groupName description scheduleExpression scheduleExpressionTimezone state flexibleTimeWindow"
_TASK = {
    "taskDefinitionArn": "TaskDefinitionArn",
    "taskCount": "TaskCount",
    "launchType": "LaunchType",
    "platformVersion": "PlatformVersion",
    "group": "Group",
    "propagateTags": "PropagateTags",
    "enableEcsManagedTags": "EnableECSManagedTags",
    "enableExecuteCommand": "EnableExecuteCommand",
}


def _create(call: Call) -> str:
    call.aws("scheduler").create_schedule(**_parameters(call))
    return f"{call.inputs.get('groupName', 'default')}/{call.inputs['name']}"


def _parameters(call: Call) -> dict[str, Any]:
    target = call.inputs["target"]
    task = target["ecsParameters"]
    network = task["networkConfiguration"]
    return {
        **call.params(_SHARED),
        "Target": {
            "Arn": target["arn"],
            "RoleArn": target["roleArn"],
            **({"Input": target["input"]} if target.get("input") else {}),
            **({"DeadLetterConfig": {"Arn": dead["arn"]}} if (dead := target.get("deadLetterConfig")) else {}),
            **({"RetryPolicy": _retry(policy)} if (policy := target.get("retryPolicy")) else {}),
            "EcsParameters": {
                **pick(task, **_TASK),
                "NetworkConfiguration": {
                    "awsvpcConfiguration": {
                        "Subnets": network["subnets"],
                        "SecurityGroups": network.get("securityGroups", []),
                        "AssignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
                    }
                },
            },
        },
    }


def _retry(policy: Values) -> dict[str, int]:
    return pick(
        policy,
        maximumEventAgeInSeconds="MaximumEventAgeInSeconds",
        maximumRetryAttempts="MaximumRetryAttempts",
    )


def _read(call: Call) -> Values:
    group, _, name = call.id.rpartition("/")
    found = call.aws("scheduler").get_schedule(GroupName=group, Name=name)
    known = from_boto(found, f"{_SHARED} arn")
    return {**known, "target": _target(found["Target"], call.inputs.get("target") or {})}


def _target(target: dict[str, Any], given: Values) -> Values:
    task = target["EcsParameters"]
    network = task["NetworkConfiguration"]["awsvpcConfiguration"]
    dead, policy = target.get("DeadLetterConfig"), target["RetryPolicy"]
    return {
        "arn": target["Arn"],
        "roleArn": target["RoleArn"],
        **report(target, input="Input"),
        **({"deadLetterConfig": {"arn": dead["Arn"]}} if dead else {}),
        # AWS has a policy for every schedule; the official provider hides the default one.
        **({"retryPolicy": from_boto(policy, " ".join(_names(policy)))} if given.get("retryPolicy") else {}),
        "ecsParameters": {
            **report(task, **_TASK),
            "networkConfiguration": {
                "subnets": network["Subnets"],
                **report(network, securityGroups="SecurityGroups"),
                "assignPublicIp": network.get("AssignPublicIp") == "ENABLED",
            },
        },
    }


def _names(policy: dict[str, Any]) -> list[str]:
    return [name[0].lower() + name[1:] for name in policy]


def _delete(call: Call) -> None:
    group, _, name = call.id.rpartition("/")
    call.aws("scheduler").delete_schedule(GroupName=group, Name=name)


def _create_group(call: Call) -> str:
    call.aws("scheduler").create_schedule_group(Name=call.inputs["name"], Tags=[])
    return str(call.inputs["name"])


EMULATION = Emulation(
    service="EventBridge Scheduler",
    types="aws:scheduler/",
    acts=(
        "starts the ECS task of a schedule that is due, if the role allows it",
        "retries, and gives up to the dead-letter queue",
    ),
    refused=("expressions that AWS refuses",),
)

RESOURCES = (
    ResourceType(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        create=_create_group,
        read=lambda call: from_boto(call.aws("scheduler").get_schedule_group(Name=call.id), "name arn state"),
        delete=lambda call: call.aws("scheduler").delete_schedule_group(Name=call.id),
        reported="name",
        replaces="name",
        name=AutoName(max_length=64),
        tags=GROUP_TAGS,
    ),
    ResourceType(
        "aws:scheduler/schedule:Schedule",
        create=_create,
        read=_read,
        update=lambda call: call.aws("scheduler").update_schedule(**_parameters(call)),
        delete=_delete,
        reported=f"{_SHARED} target",
        replaces="name groupName",
        name=AutoName(max_length=64),
        references={
            "groupName": GROUP,
            "target.arn": CLUSTER,
            "target.roleArn": ROLE,
            "target.deadLetterConfig.arn": QUEUE,
        },
        unordered="target.ecsParameters.networkConfiguration.subnets",
        effect="The agent starts the ECS task at its time; a failed start is retried, then it goes to the queue.",
    ),
)
