"""Buckets of the hosted stack that were made before their names had project and stack; infra keeps their names."""

import re

import pulumi
import pulumi_aws as aws

_NAME = re.compile(r"arn:aws:s3:::((access-logs-bucket|media-files)-[0-9a-f]{7})")
"""The logical name and what Pulumi appends to it."""


def earlier_buckets(project: str, stack: str) -> pulumi.Output[list[str]]:
    """Names of such buckets with the stack's tags (infra/tags.py) in the provider's region."""
    tags = [{"key": "Project", "values": [project]}, {"key": "Stack", "values": [stack]}]
    found = aws.resourcegroupstaggingapi.get_resources_output(resource_type_filters=["s3"], tag_filters=tags)
    names: pulumi.Output[list[str]] = found.resource_tag_mapping_lists.apply(
        lambda mappings: bucket_names([one.resource_arn for one in mappings])
    )
    return names


def bucket_names(arns: list[str]) -> list[str]:
    """Names of the buckets among these ARNs that have no prefix of a stack."""
    return sorted(match[1] for match in map(_NAME.fullmatch, arns) if match)
