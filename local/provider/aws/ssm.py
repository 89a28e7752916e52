"""Systems Manager: parameters."""

from local.provider.aws.references import KMS_KEY
from local.provider.aws.tag_operations import SSM, tagging
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, ResourceType
from local.provider.values import Values

_SHARED = "name type description tier dataType allowedPattern"


def _put(call: Call) -> str:
    value = call.inputs.get("value", call.inputs.get("insecureValue"))
    parameters = call.params(_SHARED, keyId="KeyId")
    call.aws("ssm").put_parameter(**parameters, Value=value, Overwrite=bool(call.id))
    return str(call.inputs["name"])


def _read(call: Call) -> Values:
    parameter = call.aws("ssm").get_parameter(Name=call.id, WithDecryption=True)["Parameter"]
    known = from_boto(parameter, "name type version dataType", arn="ARN")
    given = "insecureValue" if "insecureValue" in call.inputs else "value"
    return {**known, given: parameter["Value"]}


def _one_value(values: Values) -> list[tuple[str, str]]:
    given = [name for name in ("value", "insecureValue") if name in values]
    if len(given) == 1:
        return []
    return [("value", "exactly one of value and insecureValue must be set")]


RESOURCES = (
    ResourceType(
        "aws:ssm/parameter:Parameter",
        create=_put,
        read=_read,
        update=_put,
        delete=lambda call: call.aws("ssm").delete_parameter(Name=call.id),
        reported="name type value insecureValue",
        unreported="description tier dataType allowedPattern keyId",
        replaces="name type dataType",
        name=AutoName(max_length=1011),
        tags=tagging("ssm", SSM, lambda call: call.id, ResourceType="Parameter"),
        references={"keyId": KMS_KEY},
        secret_outputs="value",
        check=_one_value,
    ),
)
