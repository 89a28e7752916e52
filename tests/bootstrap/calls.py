"""What the sources call: resource types of the AWS provider, and operations of boto3's clients."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pulumi_aws
from botocore import xform_name

from local.runtime import ROOT

PREFIXES = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
}
"""IAM's prefix of boto3's services, where they differ."""
NAMES = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
}
"""IAM's name of an operation, where they differ
(docs.aws.amazon.com/service-authorization/latest/reference)."""
_WORDS = ("get_paginator", "get_waiter")
_WAITS_BY = {"db_snapshot_available": "describe_db_snapshots"}


def resource_types(folder: str) -> set[str]:
    """Type tokens of every class of a resource that the sources name, whatever the settings."""
    found = set()
    for _, tree in _sources(folder):
        for node in ast.walk(tree):
            kind = _attribute(node)
            token = getattr(kind, "pulumi_type", None)
            # Types of inputs have no token.
            if isinstance(token, str) and token.startswith("aws:"):
                found.add(token)
    return found


def _attribute(node: ast.AST) -> Any:
    """The class behind `aws.module.Class`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        root = node.value.value
        if isinstance(root, ast.Name) and root.id == "aws":
            return getattr(getattr(pulumi_aws, node.value.attr, None), node.attr, None)
    return None


def requests(folder: str) -> Iterator[tuple[str, set[str]]]:
    """File and candidates, of which one is called: a method's name may belong to several services of the file."""
    everywhere = {service for _, tree in _sources(folder) for service in _services(tree)}
    for path, tree in _sources(folder):
        near = _services(tree)
        for method in _methods(tree):
            # A client may come from another file; then a plain word such as `encrypt` means something else.
            candidates = _actions(method, near) or _actions(method, everywhere if "_" in method else set())
            if candidates:
                yield path, candidates


def _services(tree: ast.AST) -> set[str]:
    """Services of the clients that a file makes: `session.client("ecs")`."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if getattr(call.func, "attr", "") == "client" and call.args and isinstance(call.args[0], ast.Constant)
    }


def _methods(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _WORDS:
            name = str(getattr(node.args[0], "value", "")) if node.args else ""
            found.add(_WAITS_BY.get(name, name))
    return found


def _actions(method: str, services: set[str]) -> set[str]:
    actions = set()
    for service in services:
        if operation := operations(service).get(method):
            action = f"{PREFIXES.get(service, service)}:{operation}"
            actions.add(NAMES.get(action, action))
    return actions


@cache
def operations(service: str) -> dict[str, str]:
    """Operations of a service by the name of boto3's method."""
    session = botocore.session.get_session()
    return {xform_name(name): name for name in session.get_service_model(service).operation_names}


@cache
def _sources(folder: str) -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted(Path(ROOT, folder).rglob("*.py"))
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths)
