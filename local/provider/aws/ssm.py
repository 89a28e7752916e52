"""Systems Manager: parameters, and all of those under a path."""

from collections.abc import Iterator
from typing import Any

from local.provider.aws.references import KMS_KEY
from local.provider.aws.tag_operations import SSM, tagging
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, Function, ResourceType
from local.provider.failures import OperationError
from local.provider.values import Values

_VALUES = ("value", "insecureValue", "valueWo")
_DESCRIBED = "description tier allowedPattern keyId dataType"
_TAGS = {"tags", "tagsAll"}


def _create(call: Call) -> str:
    _put(call, overwrite=bool(call.inputs.get("overwrite")))
    return str(call.inputs["name"])


def _update(call: Call) -> None:
    names = {name for name in {*call.inputs, *call.old_inputs} if call.changed(name)}
    if call.old_inputs.get("tier") == "Advanced" and call.inputs.get("tier") == "Standard":
        raise OperationError("tier: AWS makes no Standard parameter of an Advanced one; give it another name")
    # As the official provider: every other change writes the value that Pulumi knows, tags write none.
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
        yield "valueWoVersion", "valueWo and valueWoVersion go together: raising the version writes the value"
    if values.get("type") == "SecureString" and "insecureValue" in values:
        yield "insecureValue", "a SecureString takes its value in value, which is stored encrypted"
    name = values.get("name")
    if isinstance(name, str) and "/" in name and not name.startswith("/"):
        yield "name", f'"{name}" has a path, so it must begin with /'


def _by_path(call: Call) -> Values:
    """Parameters under a path, without those deeper down unless `recursive`. None at all is no error."""
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


def _parameter(call: Call) -> Values:
    """One parameter; fails when there is none."""
    decrypt = bool(call.inputs.get("withDecryption", True))
    found = call.aws("ssm").get_parameter(Name=call.inputs["name"], WithDecryption=decrypt)["Parameter"]
    known = from_boto(found, "name type value version", arn="ARN")
    plain = {} if found["Type"] == "SecureString" else {"insecureValue": found["Value"]}
    return {**call.inputs, **known, **plain, "id": call.inputs["name"], "region": call.region}


RESOURCES = (
    ResourceType(
        "aws:ssm/parameter:Parameter",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ssm").delete_parameter(Name=call.id),
        reported=f"name type value insecureValue arn {_DESCRIBED}",
        unreported="overwrite valueWo valueWoVersion",
        replaces="name type dataType",
        name=AutoName(max_length=1011),
        tags=tagging("ssm", SSM, lambda call: call.id, ResourceType="Parameter"),
        references={"keyId": KMS_KEY},
        # What is only written is written again when its version is raised.
        equal={"valueWo": lambda _one, _other: True},
        secret_outputs="value valueWo",
        volatile="version",
        check=_check,
    ),
)
FUNCTIONS = (
    Function("aws:ssm/getParameter:getParameter", _parameter),
    Function("aws:ssm/getParametersByPath:getParametersByPath", _by_path),
)
