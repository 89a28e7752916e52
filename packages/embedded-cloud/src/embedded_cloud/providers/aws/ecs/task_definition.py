"""ECS: task definitions. Every change registers a new revision."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from embedded_cloud.providers.aws.references import ROLE, log_group_exists
from embedded_cloud.providers.aws.tagging import ECS_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import Reference, ResourceType
from embedded_cloud.providers.failures import OperationError, is_missing
from embedded_cloud.providers.values import Values

_SETS = ("environment", "secrets", "ulimits", "systemControls", "mountPoints", "tmpfs")
"""Lists without an order in ECS."""
_DEFAULTS: dict[str, Any] = {"cpu": 0, "essential": True}
"""Defaults of RegisterTaskDefinition (ECS API reference)."""


class ContainerDefinitionsError(ValueError):
    """The document is not valid for RegisterTaskDefinition; the message names the container and the key."""


def parse(document: str) -> list[dict[str, Any]]:
    """Containers of a `containerDefinitions` property. Raises ContainerDefinitionsError."""
    try:
        containers = json.loads(document)
    except ValueError as error:
        raise ContainerDefinitionsError(f"must be JSON: {error}") from error
    if not isinstance(containers, list) or not all(isinstance(one, dict) for one in containers) or not containers:
        raise ContainerDefinitionsError("must be a JSON list with one object for each container")
    for number, container in enumerate(containers):
        for key in ("name", "image"):
            if not isinstance(container.get(key), str) or not container[key]:
                raise ContainerDefinitionsError(f"container {container.get('name', number)}: {key} is missing")
    return containers


def same_containers(one: Any, other: Any) -> bool:
    """Whether two `containerDefinitions` describe the same task; key order, defaults and order of sets do not count."""
    if one == other:
        return True
    try:
        return normalised(parse(one)) == normalised(parse(other))
    except (ContainerDefinitionsError, TypeError):
        return False


def normalised(containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in defaults, drop empty values, sort sets, and sort the containers by name."""
    return sorted((_container(one) for one in containers), key=lambda one: str(one["name"]))


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    filled = {**_DEFAULTS, **_pruned(container)}
    if "portMappings" in filled:
        filled["portMappings"] = sorted(map(_port, filled["portMappings"]), key=_text)
    return {key: _ordered(key, value) for key, value in filled.items()}


def _port(mapping: Mapping[str, Any]) -> dict[str, Any]:
    # With awsvpc, the host port equals the container port.
    return {"hostPort": mapping.get("containerPort"), "protocol": "tcp", **mapping}


def _ordered(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _ordered(inner, part) for inner, part in value.items()}
    return sorted(value, key=_text) if key in _SETS else value


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _pruned(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if not _is_default(key, part)}
    if isinstance(value, list):
        return [_pruned(part) for part in value]
    # The engine sends whole numbers as floats; as JSON text the two differ.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_default(key: str, value: Any) -> bool:
    # Every flag but `essential` is false by default.
    return value in (None, [], {}) or (value is False and key != "essential")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


_SHARED = (
    "family cpu memory networkMode requiresCompatibilities executionRoleArn taskRoleArn runtimePlatform "
    "ephemeralStorage ipcMode pidMode placementConstraints"
)


def active_definition(call: Call, name: str) -> dict[str, Any] | None:
    """The ACTIVE revision with this ARN, or the latest of this family; None when there is none."""
    try:
        definition = dict(call.aws("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"])
    except call.aws("ecs").exceptions.ClientException:
        # ECS raises it for an unknown name.
        return None
    return definition if definition["status"] == "ACTIVE" else None


TASK_DEFINITION = Reference("active task definition", active_definition)


def _register(call: Call) -> str:
    containers = parse(call.inputs["containerDefinitions"])
    for container in containers:
        _require_references(call, container)
    definition = call.aws("ecs").register_task_definition(
        **pick(call.inputs, _SHARED),
        containerDefinitions=containers,
        volumes=[_volume(volume) for volume in call.inputs.get("volumes", [])],
    )["taskDefinition"]
    # The physical id is the family, which all revisions share; the ARN identifies one.
    call.state["arn"] = definition["taskDefinitionArn"]
    return str(definition["family"])


def _volume(volume: Values) -> Values:
    path = {"host": {"sourcePath": volume["hostPath"]}} if volume.get("hostPath") else {}
    return {**pick(volume, "name efsVolumeConfiguration dockerVolumeConfiguration"), **path}


def _require_references(call: Call, container: dict[str, Any]) -> None:
    for kind, name, value, exists in _references(call, container):
        if not exists:
            raise OperationError(
                f'containerDefinitions: container {container["name"]}: there is no {kind} "{value}"{name}'
            )


def _references(call: Call, container: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
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
    # A task definition may name a secret of another region.
    manager = call.clients.get("secretsmanager", arn.split(":")[3])
    try:
        return "DeletedDate" not in manager.describe_secret(SecretId=arn)
    except manager.exceptions.ClientError as error:
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


def _store(_call: Call) -> None:
    """Store `skipDestroy` and its like; ECS has no parameter for them."""


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
        update=_store,
        delete=_deregister,
        reported=f"{_SHARED} volumes containerDefinitions",
        unreported="skipDestroy trackLatest enableFaultInjection",
        replaces=f"{_SHARED} volumes containerDefinitions enableFaultInjection",
        tags=ECS_TAGS,
        references={"executionRoleArn": ROLE, "taskRoleArn": ROLE},
        unordered="requiresCompatibilities volumes",
        equal={"containerDefinitions": same_containers},
        check=_check,
        effect="is started as containers by run_task and by services",
    ),
)
