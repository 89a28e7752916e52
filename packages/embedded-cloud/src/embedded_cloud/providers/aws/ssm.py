"""Systems Manager: parameters, and a lookup by path."""

from collections.abc import Iterator
from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import PARAMETER_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, Function, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_VALUES = ("value", "insecureValue", "valueWo")
_DESCRIBED = "description tier allowedPattern keyId dataType"
_TAGS = {"tags", "tagsAll"}


def _create(call: Call) -> str:
    _put(call, overwrite=bool(call.inputs.get("overwrite")))
    return str(call.inputs["name"])


def _update(call: Call) -> None:
    names = {name for name in {*call.inputs, *call.old_inputs} if call.changed(name)}
    if call.old_inputs.get("tier") == "Advanced" and call.inputs.get("tier") == "Standard":
        raise OperationError("tier: AWS cannot change an Advanced parameter to Standard; give it another name")
    # As in the official provider: a change of tags does not write the value, every other change does.
    if names - _TAGS - {"overwrite"}:
        _put(call, overwrite=bool(call.inputs.get("overwrite", True)))


def _put(call: Call, *, overwrite: bool) -> None:
    value = next(call.inputs[name] for name in _VALUES if name in call.inputs)
    parameters = call.params("name type description tier dataType allowedPattern", keyId="KeyId")
    call.aws("ssm").put_parameter(**parameters, Value=value, Overwrite=overwrite)


def _read(call: Call) -> Values:
    parameter = call.aws("ssm").get_parameter(Name=call.id, WithDecryption=True)["Parameter"]
    known = from_boto(parameter, "name type version dataType", arn="ARN")
    given = next((name for name in _VALUES if name in call.state), "value")
    if given == "valueWo":
        return {**known, **_description(call), "hasValueWo": True}
    return {**known, **_description(call), given: parameter["Value"]}


def _description(call: Call) -> Values:
    pages = call.aws("ssm").get_paginator("describe_parameters")
    found = pages.paginate(ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [call.id]}])
    return next((from_boto(one, _DESCRIBED) for page in found for one in page["Parameters"]), {})


def _check(values: Values) -> Iterator[tuple[str, str]]:
    given = [name for name in _VALUES if name in values]
    if len(given) != 1:
        yield "value", f"exactly one of {', '.join(_VALUES)} must be set, not {' and '.join(given) or 'none'}"
    if ("valueWo" in values) != ("valueWoVersion" in values):
        yield "valueWoVersion", "valueWo and valueWoVersion are required together: a higher version writes the value"
    if values.get("type") == "SecureString" and "insecureValue" in values:
        yield "insecureValue", "is stored in plain text; set value for a SecureString"
    name = values.get("name")
    if isinstance(name, str) and "/" in name and not name.startswith("/"):
        yield "name", f'"{name}" contains a path, so it must begin with /'


def _by_path(call: Call) -> Values:
    """Find the parameters directly under a path, or with `recursive` all below it; there may be none."""
    asked: dict[str, Any] = {
        "Path": call.inputs["path"],
        "Recursive": bool(call.inputs.get("recursive")),
        "WithDecryption": bool(call.inputs.get("withDecryption", True)),
    }
    pages = call.aws("ssm").get_paginator("get_parameters_by_path").paginate(**asked)
    found = [parameter for page in pages for parameter in page["Parameters"]]
    return {
        "withDecryption": True,
        **call.inputs,
        "id": call.inputs["path"],
        "region": call.region,
        "arns": [parameter["ARN"] for parameter in found],
        "names": [parameter["Name"] for parameter in found],
        "types": [parameter["Type"] for parameter in found],
        "values": [parameter["Value"] for parameter in found],
    }


EMULATION = Emulation(
    service="Parameter Store and Session Manager",
    types="aws:ssm/",
    acts=(
        "parameters are read and written",
        "sessions speak Session Manager's protocol, for ECS Exec and port forwarding; commands run as root",
    ),
    refused=("standard parameters above 4 KB",),
)

RESOURCES = (
    ResourceType(
        "aws:ssm/parameter:Parameter",
        effect="is passed to containers",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ssm").delete_parameter(Name=call.id),
        reported=f"name type value insecureValue arn {_DESCRIBED}",
        unreported="overwrite valueWo valueWoVersion",
        replaces="name type dataType",
        name=AutoName(max_length=1011),
        tags=PARAMETER_TAGS,
        references={"keyId": KMS_KEY},
        # A write-only value is written again when valueWoVersion changes.
        equal={"valueWo": lambda _one, _other: True},
        secret_outputs="value valueWo",
        volatile="version",
        check=_check,
    ),
)
FUNCTIONS = (Function("aws:ssm/getParametersByPath:getParametersByPath", _by_path),)
