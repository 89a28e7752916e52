"""AWS Secrets Manager, Parameter Store, AWS KMS and AWS STS."""

from collections.abc import Iterable

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, UnknownOperationError, encrypted, request
from embedded_cloud.iam.resources import Resources, Stored

_WRITING = ("CreateSecret", "PutSecretValue", "UpdateSecret")
_KEY_OF_CIPHERTEXT = 36
"""Length of the key's id at the beginning of what moto encrypts."""


def secretsmanager(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    action = f"secretsmanager:{call.operation}"
    if call.operation in ("ListSecrets", "GetRandomPassword"):
        return [request(action)]
    if call.operation == "BatchGetSecretValue":
        raise UnknownOperationError(action)
    found = resources.secret(call.text("SecretId", "Name"))
    if call.operation == "GetSecretValue":
        return [request(action, found.arn), *_secret_key(call, found, "Decrypt")]
    if call.operation in _WRITING:
        key = call.text("KmsKeyId")
        written = Stored(found.arn, resources.key(key) if key else found.key_arn)
        return [request(action, found.arn), *_secret_key(call, written, "GenerateDataKey", "Decrypt")]
    return [request(action, found.arn)]


def _secret_key(call: Call, secret: Stored, *actions: str) -> list[Request]:
    return encrypted(secret.key_arn, call, "secretsmanager", *actions, context={"SecretARN": secret.arn})


def ssm(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html"""
    action = f"ssm:{call.operation}"
    names = [str(one) for one in call.parameters.get("Names") or [call.text("Name", "Path", "ResourceId")]]
    if call.operation == "StartSession":
        return [request(action, _target(call)), request(action, call.arn("ssm", f"document/{_document(call)}"))]
    if call.operation in ("ResumeSession", "TerminateSession"):
        return [request(action, call.arn("ssm", f"session/{call.text('SessionId')}"))]
    if not any(names) or call.operation.startswith("Describe"):
        return [request(action)]
    needed = []
    for name in names:
        found = resources.parameter(name)
        needed.append(request(action, found.arn))
        if call.operation == "PutParameter" and call.text("Type") == "SecureString":
            needed += _parameter_key(call, _given_key(call, resources, found), "Encrypt")
        elif call.operation.startswith("GetParameter") and call.parameters.get("WithDecryption"):
            needed += _parameter_key(call, found, "Decrypt")
    return needed


def _parameter_key(call: Call, parameter: Stored, action: str) -> list[Request]:
    return encrypted(parameter.key_arn, call, "ssm", action, context={"PARAMETER_ARN": parameter.arn})


def _given_key(call: Call, resources: Resources, parameter: Stored) -> Stored:
    key = call.text("KeyId")
    # AWS's own key needs no permission.
    return Stored(parameter.arn, resources.key(key) if key and "alias/aws/" not in key else "")


def _target(call: Call) -> str:
    """An ECS task is a target `ecs:cluster_task_runtime`."""
    target = call.text("Target")
    if not target.startswith("ecs:"):
        return call.arn("ec2", f"instance/{target}")
    cluster, task, _ = target.removeprefix("ecs:").rsplit("_", 2)
    return call.arn("ecs", f"task/{cluster}/{task}")


def _document(call: Call) -> str:
    return call.text("DocumentName") or "SSM-SessionManagerRunShell"


def kms(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html"""
    action = f"kms:{call.operation}"
    if call.operation in ("CreateKey", "GenerateRandom", "ListAliases", "ListKeys"):
        return [request(action)]
    if call.operation == "ReEncrypt":
        source = resources.key(call.text("SourceKeyId") or _key_of(call))
        target = resources.key(call.text("DestinationKeyId"))
        return [request("kms:ReEncryptFrom", source), request("kms:ReEncryptTo", target)]
    key = resources.key(call.text("KeyId", "TargetKeyId") or _key_of(call) or call.text("AliasName"))
    given = call.parameters.get("EncryptionContext") or {}
    context = {f"kms:EncryptionContext:{name}": str(value) for name, value in given.items()}
    needed = [Request(action=action, resource=key, context=context)]
    alias = call.text("AliasName")
    return [*needed, request(action, call.arn("kms", alias))] if alias else needed


def _key_of(call: Call) -> str:
    blob = call.parameters.get("CiphertextBlob") or b""
    return bytes(blob[:_KEY_OF_CIPHERTEXT]).decode("ascii", "replace")


def sts(call: Call, _: Resources) -> Iterable[Request]:
    """GetCallerIdentity needs no permission; the session of a role may not ask for others of its own."""
    if call.operation == "GetCallerIdentity":
        return []
    if call.operation == "AssumeRole":
        external = {"sts_ExternalId": call.text("ExternalId")} if call.text("ExternalId") else {}
        needed = [request("sts:AssumeRole", call.text("RoleArn"), **external)]
        return [*needed, request("sts:TagSession", call.text("RoleArn"))] if call.parameters.get("Tags") else needed
    raise UnknownOperationError(f"sts:{call.operation}")
