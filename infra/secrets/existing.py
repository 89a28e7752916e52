"""Look up the secrets of `existingSecrets`: their versions and keys, before any resource. No value is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from infra.problem import Problem, SettingsError, full_key
from infra.secrets.reference import PARAMETER_STORE, SecretReference
from infra.secrets.versions import describe_parameter, version_at_current

_DENIED = ("AccessDeniedException", "AccessDenied")
_KEY_PROBLEMS = {"Disabled": "is disabled", "PendingDeletion": "is scheduled for deletion"}


@dataclass(frozen=True, kw_only=True)
class ExistingSecret:
    """A secret or parameter of the account, as AWS describes it now."""

    reference: SecretReference
    version: str
    """Changes with its value."""
    key_arn: str | None
    """The customer managed key that encrypts it; AWS's own keys need no permission."""


class LookupFailedError(pulumi.RunError):
    """AWS did not answer; Pulumi prints the message without a traceback."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"AWS did not describe the secrets of existingSecrets: {error}\n"
            "No resource was touched. Check network and credentials; they must be able to describe secrets "
            "(secretsmanager:DescribeSecret, ssm:DescribeParameters) and their keys (kms:DescribeKey)."
        )


class _UnusableError(Exception):
    """Why a task could not read it, and the fix."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.rule, self.fix = rule, fix


def look_up(session: boto3.Session, project: str, wanted: Mapping[str, SecretReference]) -> dict[str, ExistingSecret]:
    """The secrets by variable. Raises SettingsError with every one that a task could not read."""
    described: dict[str, ExistingSecret | _UnusableError] = {}
    try:
        for reference in wanted.values():
            if reference.arn not in described:
                described[reference.arn] = _describe(session, reference)
    except (BotoCoreError, ClientError) as error:
        raise LookupFailedError(error) from None
    if problems := list(_problems(project, wanted, described)):
        raise SettingsError(problems)
    return {
        name: replace(found, reference=reference)
        for name, reference in wanted.items()
        if isinstance(found := described[reference.arn], ExistingSecret)
    }


def _problems(
    project: str, wanted: Mapping[str, SecretReference], described: Mapping[str, ExistingSecret | _UnusableError]
) -> Iterator[Problem]:
    for name, reference in wanted.items():
        found = described[reference.arn]
        if isinstance(found, _UnusableError):
            rule = f"{found.rule}: {reference.arn}"
            yield Problem(f"{full_key('existing_secrets', project)}.{name}", None, rule, found.fix)


def _describe(session: boto3.Session, reference: SecretReference) -> ExistingSecret | _UnusableError:
    describe = _described_parameter if reference.service == PARAMETER_STORE else _described_secret
    try:
        return describe(session, reference)
    except _UnusableError as unusable:
        return unusable


def _described_secret(session: boto3.Session, reference: SecretReference) -> ExistingSecret:
    arn, name = reference.arn, reference.arn.rpartition(":")[2]
    command = f"aws secretsmanager {{}} --region {reference.region}"
    client: Any = session.client("secretsmanager", region_name=reference.region)
    try:
        found = client.describe_secret(SecretId=arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _DENIED:
            rule = "these credentials may not describe the secret (secretsmanager:DescribeSecret)"
            fix = "allow it in their policy and, for a secret of another account, in the secret's resource policy"
            raise _UnusableError(rule, fix) from None
        if code != "ResourceNotFoundException":
            raise
        create = command.format("create-secret") + f" --name {name[:-7] or name} --secret-string file://<file>"
        raise _UnusableError("the secret does not exist", f"{create}, then set the ARN that it prints") from None
    if found["ARN"] != arn:
        raise _UnusableError("tasks need the whole ARN of the secret", f"set {found['ARN']}")
    if "DeletedDate" in found:
        raise _UnusableError(
            "the secret is scheduled for deletion", f"{command.format('restore-secret')} --secret-id {arn}"
        )
    version = version_at_current(found)
    if not version:
        put = command.format("put-secret-value") + f" --secret-id {arn} --secret-string file://<file>"
        raise _UnusableError("the secret has no value", put)
    return ExistingSecret(reference=reference, version=version, key_arn=_key(session, reference, found.get("KmsKeyId")))


def _described_parameter(session: boto3.Session, reference: SecretReference) -> ExistingSecret:
    found = describe_parameter(session, reference)
    if found is None:
        name = reference.arn.partition(":parameter")[2]
        put = f"aws ssm put-parameter --region {reference.region} --name {name} --type SecureString"
        fix = f"{put} --value file://<file>"
        raise _UnusableError("this account has no such parameter", fix)
    key = found.get("KeyId") if found["Type"] == "SecureString" else None
    return ExistingSecret(reference=reference, version=str(found["Version"]), key_arn=_key(session, reference, key))


def _key(session: boto3.Session, reference: SecretReference, key_id: str | None) -> str | None:
    """ARN of the key when it is customer managed. Secrets Manager names AWS's own key by leaving it out."""
    if not key_id or key_id.startswith("alias/aws/"):
        return None
    client: Any = session.client("kms", region_name=reference.region)
    try:
        found = client.describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in (*_DENIED, "NotFoundException"):
            raise
        rule = f"these credentials cannot describe the key {key_id} of it (kms:DescribeKey)"
        raise _UnusableError(rule, "allow it in their policy and in the key's policy") from None
    if problem := _KEY_PROBLEMS.get(found["KeyState"]):
        command = "cancel-key-deletion" if found["KeyState"] == "PendingDeletion" else "enable-key"
        fix = f"aws kms {command} --region {reference.region} --key-id {found['Arn']}"
        raise _UnusableError(f"the key {found['Arn']} of it {problem}", fix)
    return str(found["Arn"]) if found["KeyManager"] == "CUSTOMER" else None
