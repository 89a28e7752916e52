"""Versions of secrets and parameters as AWS has them now. No value is read. No Pulumi here: `ops` uses it too."""

from collections.abc import Mapping
from typing import Any

import boto3

from infra.secrets.reference import PARAMETER_STORE, SecretReference

CURRENT = "AWSCURRENT"
"""Stage of the version that a reader gets who names none."""


def current_version(session: boto3.Session, reference: SecretReference) -> tuple[str, Any]:
    """The version that a task would read now, and when the secret changed; an empty one when there is none."""
    if reference.service == PARAMETER_STORE:
        found = describe_parameter(session, reference)
        return (str(found["Version"]), found.get("LastModifiedDate")) if found else ("", None)
    secret: Any = session.client("secretsmanager", region_name=reference.region)
    try:
        described = secret.describe_secret(SecretId=reference.arn)
    except secret.exceptions.ResourceNotFoundException:
        return "", None
    return version_at_current(described), described.get("LastChangedDate")


def describe_parameter(session: boto3.Session, reference: SecretReference) -> dict[str, Any] | None:
    """The parameter without its value, in the account of the session."""
    client: Any = session.client("ssm", region_name=reference.region)
    path = reference.arn.partition(":parameter/")[2]
    # The answer has no account: a parameter of this name in this account is another one.
    if session.client("sts").get_caller_identity()["Account"] != reference.account:
        return None
    pages = client.get_paginator("describe_parameters").paginate(
        # `parameter/a` is the ARN of a parameter with the name a, or /a.
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [f"/{path}", *([] if "/" in path else [path])]}]
    )
    return next((one for page in pages for one in page["Parameters"]), None)


def version_at_current(described: Mapping[str, Any]) -> str:
    """The version with the stage AWSCURRENT in an answer of DescribeSecret; empty for a secret without a value."""
    stages: Mapping[str, list[str]] = described.get("VersionIdsToStages") or {}
    return next((version for version, names in stages.items() if CURRENT in names), "")
