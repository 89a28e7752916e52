"""The configuration of Pulumi's AWS provider, read for boto3. Pure: no Pulumi, no request."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

FOLLOWED = frozenset(
    (
        "accessKey",
        "assumeRoleWithWebIdentity",
        "assumeRoles",
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "endpoints",
        "httpProxy",
        "httpsProxy",
        "insecure",
        "profile",
        "region",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "stsRegion",
        "token",
        "useDualstackEndpoint",
        "useFipsEndpoint",
    )
)
"""Keys that decide where a request goes and in whose name; the session has the same."""
WITHOUT_EFFECT = frozenset(
    (
        "allowedAccountIds",
        "defaultTags",
        "forbiddenAccountIds",
        "ignoreTags",
        "maxRetries",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "userAgents",
    )
)
"""Keys that change neither. The account ids are compared by `refuse_account`."""
INSTEAD = {"noProxy": "export NO_PROXY, which provider and boto3 both read"}
"""The way to say the same where boto3 has no setting of a session."""
SINGLE_FILES = {"sharedConfigFiles": "config_file", "sharedCredentialsFiles": "credentials_file"}
"""Lists of which boto3 reads one file only, with botocore's name for it."""
ROLE_ARGUMENTS = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "policyArns": "PolicyArns",
    "sessionName": "RoleSessionName",
    "sourceIdentity": "SourceIdentity",
    "tags": "Tags",
    "transitiveTagKeys": "TransitiveTagKeys",
}
"""Keys of a role to assume, and the parameters of STS that they become; `duration` and `roleArn` are apart."""
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class ProviderSettingsError(Exception):
    """boto3 cannot log in with these keys `aws:*`, or they exclude the account. The message never has a value."""


def parsed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Values by key without `aws:`, as YAML would have them.

    Raises ProviderSettingsError for keys that boto3 has no setting for.
    """
    values = {key: _value(value) for key, value in settings.items()}
    values = {key: value for key, value in values.items() if value not in (None, "", [], False)}
    problems = [
        f"  aws:{key}: {INSTEAD.get(key, 'is not a key that this version knows')}"
        for key in sorted(values)
        if key not in FOLLOWED | WITHOUT_EFFECT
    ]
    problems += [
        f"  aws:{key}: boto3 reads one file; merge them" for key in SINGLE_FILES if len(values.get(key, [])) > 1
    ]
    if problems:
        raise ProviderSettingsError(
            "The AWS provider is configured in a way that the release hooks and `python -m ops` cannot follow, so they "
            "might reach another account. No resource was touched.\n" + "\n".join(problems)
        )
    return values


def role_arguments(role: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of AssumeRole besides the ARN. Raises ProviderSettingsError for a key that STS does not have."""
    unknown = sorted(set(role) - {*ROLE_ARGUMENTS, "duration", "roleArn", "webIdentityToken", "webIdentityTokenFile"})
    if unknown:
        raise ProviderSettingsError(f"aws:assumeRoles has the key {unknown[0]}, which this version does not know.")
    given = {parameter: role[key] for key, parameter in ROLE_ARGUMENTS.items() if role.get(key)}
    if "PolicyArns" in given:
        given["PolicyArns"] = [{"arn": arn} for arn in given["PolicyArns"]]
    if "Tags" in given:
        given["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(given["Tags"].items())]
    if role.get("duration"):
        given["DurationSeconds"] = _seconds(str(role["duration"]))
    return given


def refuse_account(settings: Mapping[str, Any], account: str) -> None:
    """Raise ProviderSettingsError when `aws:allowedAccountIds` or `aws:forbiddenAccountIds` exclude the account."""
    values = parsed(settings)
    allowed, forbidden = _ids(values.get("allowedAccountIds")), _ids(values.get("forbiddenAccountIds"))
    if account in forbidden or (allowed and account not in allowed):
        key = "forbiddenAccountIds" if account in forbidden else "allowedAccountIds"
        raise ProviderSettingsError(
            f"These credentials belong to account {account}, which aws:{key} excludes. Use credentials of "
            f"{' or '.join(sorted(allowed)) or 'another account'}."
        )


def _ids(value: Collection[Any] | None) -> set[str]:
    # YAML reads an unquoted account id as a number, which loses its leading zeros.
    return {str(one).zfill(12) for one in value or ()}


def _value(value: Any) -> Any:
    """Pulumi passes lists and objects as JSON, booleans as words."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    if not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _seconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    if not match or not duration:
        raise ProviderSettingsError(
            f"aws:assumeRoles has the duration {duration}: write hours, minutes, seconds (1h30m)"
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
