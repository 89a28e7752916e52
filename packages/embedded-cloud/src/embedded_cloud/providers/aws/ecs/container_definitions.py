"""Container definitions in a canonical form, so that only real changes make a new revision."""

import json
from collections.abc import Mapping
from typing import Any

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
