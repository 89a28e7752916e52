"""S3: lifecycle and encryption rules, as Pulumi and as boto3 write them."""

from typing import Any

from embedded_cloud.providers.aws.tagging import as_map, pairs
from embedded_cloud.providers.call import from_boto, to_boto
from embedded_cloud.providers.values import Values

_LIFECYCLE = (
    "status abortIncompleteMultipartUpload expiration transitions "
    "noncurrentVersionExpiration noncurrentVersionTransitions"
)
_ENCRYPTION = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}


def to_lifecycle(rules: list[Values]) -> list[dict[str, Any]]:
    """Lifecycle rules for boto3."""
    return [
        {**to_boto(rule, _LIFECYCLE, id="ID"), "Filter": _to_filter(rule.get("filter") or {"prefix": ""})}
        for rule in rules
    ]


def from_lifecycle(rules: list[dict[str, Any]]) -> list[Values]:
    """Lifecycle rules for Pulumi."""
    return [
        {**from_boto(rule, _LIFECYCLE, id="ID"), "filter": _from_filter(rule.get("Filter") or {})} for rule in rules
    ]


def _to_filter(given: Values) -> dict[str, Any]:
    wanted = to_boto(given, "prefix objectSizeGreaterThan objectSizeLessThan tag")
    if given.get("and"):
        wanted["And"] = to_boto(given["and"], "prefix objectSizeGreaterThan objectSizeLessThan")
        if given["and"].get("tags"):
            wanted["And"]["Tags"] = pairs(given["and"]["tags"])
    return wanted


def _from_filter(reported: dict[str, Any]) -> Values:
    sizes = {name: int(reported[name]) for name in reported if name.startswith("ObjectSize")}
    known = from_boto({**reported, **sizes}, "prefix objectSizeGreaterThan objectSizeLessThan tag")
    both = reported.get("And")
    if both:
        known["and"] = from_boto(both, "prefix objectSizeGreaterThan objectSizeLessThan")
        if both.get("Tags"):
            known["and"]["tags"] = as_map(both["Tags"])
    return known


def to_encryption(rules: list[Values]) -> list[dict[str, Any]]:
    """Encryption rules for boto3."""
    return [
        {
            **to_boto(rule, "bucketKeyEnabled"),
            "ApplyServerSideEncryptionByDefault": to_boto(rule["applyServerSideEncryptionByDefault"], **_ENCRYPTION),
        }
        for rule in rules
    ]


def from_encryption(rules: list[dict[str, Any]]) -> list[Values]:
    """Encryption rules for Pulumi."""
    return [
        {
            **from_boto(rule, "bucketKeyEnabled"),
            "applyServerSideEncryptionByDefault": from_boto(
                rule.get("ApplyServerSideEncryptionByDefault", {}), **_ENCRYPTION
            ),
        }
        for rule in rules
    ]
