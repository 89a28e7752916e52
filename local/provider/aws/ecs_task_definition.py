"""ECS task definitions: every change is a new revision, and what a container names must exist."""

import json
from collections.abc import Iterator
from typing import Any

from local.provider.aws.container_definitions import ContainerDefinitionsError, parse, same_containers
from local.provider.aws.references import ROLE, log_group_exists
from local.provider.aws.secretsmanager import SECRET
from local.provider.aws.tag_operations import ECS, by_state_arn, tagging
from local.provider.aws.wire import pick, report
from local.provider.call import Call
from local.provider.entry import Reference, ResourceType
from local.provider.failures import OperationError, is_missing
from local.provider.values import Values

_SHARED = (
    "family cpu memory networkMode requiresCompatibilities executionRoleArn taskRoleArn runtimePlatform "
    "ephemeralStorage ipcMode pidMode placementConstraints"
)


def active_definition(call: Call, name: str) -> dict[str, Any] | None:
    """The revision of this ARN, or the latest of this family, while it is ACTIVE; None when there is none."""
    try:
        definition = dict(call.aws("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"])
    except call.aws("ecs").exceptions.ClientException:
        # ECS's way to say that it knows none of this name.
        return None
    return definition if definition["status"] == "ACTIVE" else None


TASK_DEFINITION = Reference("active task definition", active_definition)


def _register(call: Call) -> str:
    containers = parse(call.inputs["containerDefinitions"])
    for container in containers:
        _refuse_dangling(call, container)
    definition = call.aws("ecs").register_task_definition(
        **pick(call.inputs, _SHARED),
        containerDefinitions=containers,
        volumes=[_volume(volume) for volume in call.inputs.get("volumes", [])],
    )["taskDefinition"]
    # Revisions share the family as their physical id, so the ARN is what tells them apart.
    call.state["arn"] = definition["taskDefinitionArn"]
    return str(definition["family"])


def _volume(volume: Values) -> Values:
    path = {"host": {"sourcePath": volume["hostPath"]}} if volume.get("hostPath") else {}
    return {**pick(volume, "name efsVolumeConfiguration dockerVolumeConfiguration"), **path}


def _refuse_dangling(call: Call, container: dict[str, Any]) -> None:
    for kind, name, value, exists in _named(call, container):
        if not exists:
            raise OperationError(
                f'containerDefinitions: container {container["name"]}: there is no {kind} "{value}"{name}'
            )


def _named(call: Call, container: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    for secret in container.get("secrets", []):
        value = secret["valueFrom"]
        if ":secretsmanager:" in value:
            # arn:aws:secretsmanager:region:account:secret:name, then key, stage and version.
            arn = ":".join(value.split(":")[:7])
            yield "secret", f" (variable {secret['name']})", arn, _exists(call, arn)
    group = (container.get("logConfiguration", {}).get("options") or {}).get("awslogs-group")
    if group:
        yield "log group", "", group, log_group_exists(call, group)


def _exists(call: Call, arn: str) -> bool:
    try:
        return bool(SECRET.exists(call, arn))
    except call.aws("secretsmanager").exceptions.ClientError as error:
        if is_missing(error):
            return False
        raise


def _read(call: Call) -> Values | None:
    definition = active_definition(call, call.state.get("arn") or call.id)
    if definition is None:
        return None
    arn = definition["taskDefinitionArn"]
    volumes = [
        report(volume, "name efsVolumeConfiguration dockerVolumeConfiguration") for volume in definition["volumes"]
    ]
    return {
        **report(definition, _SHARED + " revision"),
        "arn": arn,
        "arnWithoutRevision": arn.rpartition(":")[0],
        "volumes": volumes,
        "containerDefinitions": json.dumps(definition["containerDefinitions"], sort_keys=True),
    }


def _keep(_call: Call) -> None:
    """Only what decides about the end of a revision changes in place, and ECS is not told of that."""


def _deregister(call: Call) -> None:
    found = None if call.state.get("skipDestroy") else _read(call)
    if found:
        call.aws("ecs").deregister_task_definition(taskDefinition=found["arn"])


def _check(values: Values) -> list[tuple[str, str]]:
    if not isinstance(values.get("containerDefinitions"), str):
        return []
    try:
        parse(values["containerDefinitions"])
    except ContainerDefinitionsError as error:
        return [("containerDefinitions", str(error))]
    return []


RESOURCES = (
    ResourceType(
        "aws:ecs/taskDefinition:TaskDefinition",
        create=_register,
        read=_read,
        update=_keep,
        delete=_deregister,
        reported=f"{_SHARED} volumes containerDefinitions",
        unreported="skipDestroy trackLatest enableFaultInjection",
        replaces=f"{_SHARED} volumes containerDefinitions enableFaultInjection",
        tags=tagging("ecs", ECS, by_state_arn),
        references={"executionRoleArn": ROLE, "taskRoleArn": ROLE},
        unordered="requiresCompatibilities volumes",
        equal={"containerDefinitions": same_containers},
        check=_check,
    ),
)
