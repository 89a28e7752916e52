"""IAM's decisions during the life of a stack, after the modules before: nothing was refused, and no grant is idle."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from embedded_cloud.iam.conditions import like
from embedded_cloud.iam.record import Decision, read
from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.containers

WEB, EXECUTION, MIGRATION = "task-application", "task-execution", "task-preparation"
SCHEDULED, SCHEDULER = "task-schedule", "schedules-scheduler"
_CODE = "a command of the application may do what the web tasks do"
_FLOW_LOG = "nothing writes flow logs here"
_DEAD_LETTERS = "each task of a schedule has started (test_a_task_that_cannot_start_is_given_up_to_the_queue)"
UNUSED = {
    (EXECUTION, "ecr:BatchCheckLayerAvailability"): "AWS's documents ask for it; a pull here asks for the other three",
    (MIGRATION, "s3:AbortMultipartUpload"): "files in parts, of a data migration",
    (MIGRATION, "s3:DeleteObject"): "a data migration changes uploads",
    (MIGRATION, "s3:GetObject"): "a data migration changes uploads",
    (MIGRATION, "kms:Decrypt"): "a data migration changes uploads",
    (WEB, "s3:AbortMultipartUpload"): "an upload in parts that fails; pictures are smaller than a part",
    (WEB, "ses:SendEmail"): "Django sends raw mail; the application's own calls may send the other kind",
}
"""Grants that no recorded call of this life uses, with the reason."""
UNUSED_ROLES = {
    "network-refused-writer": "nothing writes flow logs here",
    SCHEDULED: "a command of the application may do what the web tasks do; what it needs here it has used",
}
"""Roles of which some grants are idle, with the reason."""


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
                        yield from _grants(logical(role["Arn"]), json.loads(json.dumps(statement)))


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
