"""Resolve the `secrets` of a container definition to their values."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException

from embedded_cloud.config import REGION

Backend = Callable[[str, str], Any]
"""moto's backend of a service in a region."""

RETRIEVAL = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
)
ASM = f"{RETRIEVAL}unable to retrieve secret from asm: service call has been retried 1 time(s): "
SSM = f"{RETRIEVAL}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
"""How ECS's stop reasons begin."""


class SecretError(Exception):
    """The secret does not exist. The message is ECS's stop reason and never contains a value."""


@dataclass(frozen=True)
class SecretReference:
    """`arn:aws:secretsmanager:region:account:secret:name`, then optionally `:json-key:version-stage:version-id`."""

    secret_arn: str
    json_key: str = ""
    version_stage: str = ""
    version_id: str = ""


def parse(value_from: str) -> SecretReference:
    parts = value_from.split(":")
    return SecretReference(":".join(parts[:7]), *parts[7:10])


def resolve(definition: Mapping[str, Any], backend: Backend) -> dict[str, str]:
    """Return the value of every secret by variable name. Hold the cloud's lock. Raises SecretError."""
    return {entry["name"]: _value(entry["valueFrom"], backend) for entry in definition.get("secrets") or ()}


def _value(value_from: str, backend: Backend) -> str:
    # An ARN may name a secret of another region; a parameter's bare name is one of this region.
    region = value_from.split(":")[3] if value_from.startswith("arn:") else REGION
    if ":secretsmanager:" not in value_from:
        return _parameter(value_from, backend("ssm", region))
    reference = parse(value_from)
    text = _secret_string(reference, backend("secretsmanager", region))
    if not reference.json_key:
        return text
    try:
        value = json.loads(text)[reference.json_key]
    except (ValueError, TypeError, KeyError):
        # Not chained: the cause contains the secret's text.
        raise SecretError(
            f"{ASM}retrieved secret from Secrets Manager did not contain json key {reference.json_key}"
        ) from None
    return value if isinstance(value, str) else json.dumps(value)


def _secret_string(reference: SecretReference, secrets: Any) -> str:
    try:
        found = secrets.get_secret_value(
            reference.secret_arn, reference.version_id or None, reference.version_stage or None
        )
    except (JsonRESTError, ServiceException, KeyError) as error:
        kind, message = getattr(error, "error_type", type(error).__name__), getattr(error, "message", error)
        raise SecretError(
            f"{ASM}failed to fetch secret {reference.secret_arn} from secrets manager: {kind}: {message}"
        ) from None
    return str(found.get("SecretString", ""))


def _parameter(value_from: str, parameters: Any) -> str:
    name = value_from.partition(":parameter")[2] or value_from
    found = parameters.get_parameter(name) or parameters.get_parameter(name.lstrip("/"))
    if found is None:
        raise SecretError(f"{SSM}invalid parameters: {name}")
    return str(found.response_object(decrypt=True)["Value"])
