"""IAM's decisions during the life of a stack, after the modules before: nothing was refused, and no grant is idle."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from embedded_cloud.iam.conditions import like
from embedded_cloud.iam.record import Decision, read
from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.containers

WEB, EXECUTION, MIGRATION, SCHEDULER = "task-application", "task-execution", "task-preparation", "schedules-scheduler"
_IN_PARTS = "an upload in parts that fails; no file of this life is that large"
_DATA_MIGRATION = "a data migration reads uploads; those of this life change tables"
_DEAD_LETTER = "each task of a schedule starts here"
UNUSED = {
    (EXECUTION, "ecr:BatchCheckLayerAvailability"): "AWS's documents ask for it; a pull here asks for the other three",
    (MIGRATION, "s3:AbortMultipartUpload"): _IN_PARTS,
    (MIGRATION, "s3:GetObject"): _DATA_MIGRATION,
    (MIGRATION, "kms:Decrypt"): _DATA_MIGRATION,
    (WEB, "s3:AbortMultipartUpload"): _IN_PARTS,
    (WEB, "s3:DeleteObject"): "nobody replaces a picture here",
    (WEB, "ses:SendEmail"): "Django sends raw mail; the application's own calls may send the other kind",
    (SCHEDULER, "sqs:SendMessage"): _DEAD_LETTER,
    (SCHEDULER, "kms:Decrypt"): _DEAD_LETTER,
    (SCHEDULER, "kms:GenerateDataKey"): _DEAD_LETTER,
}
"""Grants that no recorded call of this life uses, with the reason."""
UNUSED_ROLES = {
    "network-refused-writer": "nothing writes flow logs here",
    "task-schedule": "a command of the application may do what the web tasks do, and these need little of it",
}
"""Roles whose grants are idle for one reason."""


class Grant(NamedTuple):
    """An action on the resources of one pattern, which a role may do."""

    role: str
    """Logical name."""
    action: str
    resource: str


@pytest.fixture(scope="module")
def decisions(deployed: Checkout) -> list[Decision]:
    return read(deployed.runtime.folder / "cloud" / "iam-decisions.jsonl")


def grants(checkout: Checkout) -> Iterator[Grant]:
    """What the stack's roles may do."""
    iam = checkout.aws("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
                for statement in policy["Statement"]:
                    if statement["Effect"] == "Allow":
                        yield from _grants(logical(role["Arn"]), statement)


def _grants(role: str, statement: dict[str, str | list[str]]) -> Iterator[Grant]:
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            yield Grant(role, action, resource)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def logical(arn: str) -> str:
    """Pulumi adds seven hex digits to a role's name."""
    return re.sub(r"-[0-9a-f]{7}$", "", arn.rpartition("/")[2])


def test_no_call_of_a_role_was_refused(decisions: list[Decision]) -> None:
    assert [one for one in decisions if one[3]] == []


def test_each_grant_was_used_or_is_listed_with_its_reason(deployed: Checkout, decisions: list[Decision]) -> None:
    used = {(logical(role), action, resource) for role, action, resource, _ in decisions}
    idle = {
        (one.role, one.action)
        for one in grants(deployed)
        if one.role not in UNUSED_ROLES
        and not any(role == one.role and action == one.action and like(one.resource, arn) for role, action, arn in used)
    }
    assert idle - set(UNUSED) == set(), "grants that nothing uses"
    assert set(UNUSED) - idle == set(), "listed, and yet used"
