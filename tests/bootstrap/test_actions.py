"""The table has every resource type and every request of the program, and the deploy role may do all of it."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.session
import pytest

from bootstrap.deploy_policies import deploy_policies
from bootstrap.scope import Scope
from embedded_cloud.api.moto_patches.service_linked_roles import ROLES
from infra.policies import MONITORING_POLICY
from infra.provider.actions.model import Actions
from infra.provider.actions.requests import FUNCTIONS, REQUESTS
from infra.provider.actions.table import EVERYTHING, RESOURCES
from local.runtime import ROOT
from tests.bootstrap.calls import PREFIXES, operations, requests, resource_types
from tests.bootstrap.policy_evaluation import allowed
from tests.bootstrap.recorded import MEDIA
from tests.program.shapes import SHAPES, children
from tests.recorder import declared_with

May = Callable[[str], bool]
ONLY_IN_IAM = {
    *("budgets:ModifyBudget", "budgets:ViewBudget", "ecr:BatchCheckLayerAvailability"),
    *("elasticloadbalancing:SetWebAcl", "logs:CreateLogDelivery", "logs:DeleteLogDelivery"),
    *("s3:DeleteObjectVersion", "s3:GetAccelerateConfiguration", "s3:GetBucketCORS"),
    *("s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration"),
    *("s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions"),
    *("s3:ListTagsForResource", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration"),
    *("s3:PutLifecycleConfiguration", "s3:TagResource", "s3:UntagResource"),
}
"""Actions that are no operation of the service's API in boto3
(docs.aws.amazon.com/service-authorization/latest/reference)."""
NOT_THE_DEPLOY_ROLES = ("ops/cost.py", "ops/sessions/")
"""Commands that docs/operations.md keeps from it: what AWS costs, and shells."""
UNNEEDED = {"sts:GetCallerIdentity"}
"""AWS answers it without a permission."""
SHELLS = {"ecs:ExecuteCommand", "ssm:StartSession", "ssm:TerminateSession"}


@pytest.fixture(scope="module")
def may(roles: Any, scope: Scope) -> May:
    """Whether the deploy role may do an action in the stack."""
    policies = [json.loads(one) for one in roles["deploy"].policies]
    resources = {"iam": scope.roles.replace("*", "x"), "s3": f"{MEDIA}/a", "ssm": scope.parameters.replace("*", "x")}
    context: dict[str, str | list[str]] = {
        **scope.own_tags,
        "iam:PermissionsBoundary": scope.boundary_arn,
        "iam:PolicyARN": MONITORING_POLICY,
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["app.preqly.com"],
    }
    itself = {"iam:SimulatePrincipalPolicy": scope.deploy_role_arn}
    return cache(
        lambda action: allowed(
            policies, action, itself.get(action, resources.get(action.partition(":")[0], "*")), context
        )
    )


def declared_types() -> set[str]:
    found = {one.typ for shape in SHAPES.values() for one in children(declared_with(**shape))}
    return {token for token in found if token.startswith("aws:")}


def test_the_table_has_every_type_that_the_program_makes_with_any_settings() -> None:
    named = resource_types("infra")
    assert declared_types() <= named, "tests/bootstrap/calls.py overlooks a way to name a type"
    assert sorted(named - set(RESOURCES)) == [], "add them to infra/provider/actions"
    assert sorted(set(RESOURCES) - named) == [], "nothing makes them any more"


def test_the_table_has_every_function_that_the_program_calls() -> None:
    called = {call.token for shape in SHAPES.values() for call in declared_with(**shape).calls}
    assert called
    assert sorted(called - set(FUNCTIONS)) == [], "add them to infra/provider/actions/requests.py"


def test_the_deploy_role_may_do_everything_in_the_table(may: May) -> None:
    rows = {**RESOURCES, **FUNCTIONS, **REQUESTS}
    assert [(token, action) for token, row in rows.items() for action in row.all if not may(action)] == []


def test_services_without_a_region_are_reached_from_any(scope: Scope) -> None:
    """Their requests are made in us-east-1, wherever the stack is."""
    policies = deploy_policies(replace(scope, region="eu-west-1")).values()
    named = {action for row in EVERYTHING for action in row.all if action.startswith(("budgets:", "route53:"))}
    assert "route53:AssociateVPCWithHostedZone" in named
    context = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": ["app.preqly.com"]}
    assert sorted(one for one in named if not allowed(policies, one, "*", context)) == []


def test_no_role_of_the_pipelines_makes_a_call_that_the_table_withholds(may: May) -> None:
    held = {f"{row.service}:{name}" for row in RESOURCES.values() for name in row.withheld.split()}
    assert {"iam:DeleteRolePermissionsBoundary", "route53:DeleteHostedZone"} <= held
    assert [action for action in held if may(action)] == []


@pytest.mark.parametrize("folder", ["infra", "ops"])
def test_every_request_of_hooks_look_ups_and_commands_is_allowed(may: May, folder: str) -> None:
    asked = [one for one in requests(folder) if not one[0].startswith(NOT_THE_DEPLOY_ROLES)]
    assert len(asked) > 30
    wanted = [(path, actions) for path, actions in asked if not actions & (UNNEEDED | SHELLS)]
    assert [(path, actions) for path, actions in wanted if not any(map(may, actions))] == []


def test_every_action_is_one_of_its_service() -> None:
    """A name with a mistake allows nothing, and IAM takes it."""
    services = {PREFIXES.get(name, name): name for name in botocore.session.get_session().get_available_services()}
    services |= {"elasticloadbalancing": "elbv2", "ses": "sesv2"}
    known = {
        f"{prefix}:{operation}"
        for prefix in {action.partition(":")[0] for row in EVERYTHING for action in row.all}
        for operation in operations(services[prefix]).values()
    }
    named = {action for row in EVERYTHING for action in row.all}
    assert sorted(named - known - ONLY_IN_IAM) == []
    assert sorted(ONLY_IN_IAM - named) == []


def test_each_row_has_a_source() -> None:
    for token, row in {**RESOURCES, **FUNCTIONS}.items():
        assert re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+\.go", row.source), token
    for purpose, row in REQUESTS.items():
        assert (ROOT / row.source).is_dir(), purpose


def test_each_type_is_read_and_those_with_tags_are_tagged() -> None:
    for token, row in RESOURCES.items():
        assert row.read or row.contents, token
    recorded = [one for shape in SHAPES.values() for one in children(declared_with(**shape))]
    tagged = {one.typ for one in recorded if "tags" in one.inputs and one.typ.startswith("aws:")}
    assert sorted(token for token in tagged if not RESOURCES[token].tag) == []


def of_all(rows: Iterable[Actions], name: str) -> set[str]:
    return {f"{one}.amazonaws.com" for row in rows for one in getattr(row, name)}


def test_services_that_make_a_role_for_themselves_and_those_that_get_one_are_in_the_table() -> None:
    assert set(ROLES) <= of_all(EVERYTHING, "linked_role_of")
    trusted = set()
    for shape in SHAPES.values():
        for role in declared_with(**shape).all("iam/role:Role"):
            trusted |= set(re.findall(r"[a-z.-]+\.amazonaws\.com", str(role.inputs["assumeRolePolicy"])))
    assert sorted(trusted - of_all(EVERYTHING, "passes_role_to")) == []
