"""A preview names the actions that the deployer lacks, in one warning, and never fails of it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import IAMException
from moto.iam.responses import IamResponse

from bootstrap.deploy_policies import deploy_policies
from bootstrap.preview_policy import preview_policy
from bootstrap.scope import Scope
from embedded_cloud.api.moto_patches import policy_simulation
from infra.provider import simulation
from infra.provider.actions.table import RESOURCES
from infra.provider.lacking import Lacking, Place, deploying_role, message, questions, role_name
from tests.aws_answers import ACCOUNT, REGION
from tests.moto_account import empty, moto_account
from tests.recorder import new_engine

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bootstrap/preqly-test-boundary"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/bootstrap/preqly-test-deploy"
SERVICE = "aws:ecs/service:Service"
NAMES = {"region": REGION, "project": "preqly", "stack": "test", "boundary_arn": BOUNDARY}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:*"}})
SCOPE = Scope(
    account=ACCOUNT,
    region=REGION,
    project="preqly",
    stack="test",
    zone="preqly.com",
    boundary_arn=BOUNDARY,
    deploy_role_arn=DEPLOY,
)


@pytest.fixture
def aws_account() -> Iterator[None]:
    policy_simulation.apply()
    with moto_account():
        yield
        empty("iam", "sts")


def role(name: str, *documents: str, path: str = "/bootstrap/") -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)
    for number, one in enumerate(documents):
        arn = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=one)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def pipelines(*withdrawn: str) -> None:
    """The roles of the bootstrap stack, the deploy role without some actions."""
    documents = list(deploy_policies(SCOPE).values())
    for action in withdrawn:
        documents = [one.replace(f'"{action}",', "") for one in documents]
    role("preqly-test-deploy", *documents)
    role("preqly-test-preview", preview_policy(SCOPE))


def session_of(name: str) -> boto3.Session:
    arn = boto3.client("iam").get_role(RoleName=name)["Role"]["Arn"]
    taken = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="job")["Credentials"]
    return boto3.Session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], region_name=REGION)


ASK = simulation.ask
"""The real one; tests/conftest.py answers for every other test."""


def reported(session: boto3.Session, monkeypatch: pytest.MonkeyPatch, **names: str) -> dict[str, str]:
    monkeypatch.setattr(simulation, "ask", ASK)
    return simulation.report(lambda: session, RESOURCES, {**NAMES, **names})


NOTHING = {"warning": "", "note": ""}


@pytest.mark.usefixtures("aws_account")
@pytest.mark.parametrize("caller", ["preqly-test-deploy", "preqly-test-preview"])
def test_the_roles_of_the_bootstrap_stack_lack_nothing_for_any_type(
    caller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines()
    assert reported(session_of(caller), monkeypatch) == NOTHING


@pytest.mark.usefixtures("aws_account")
@pytest.mark.parametrize("caller", ["preqly-test-deploy", "preqly-test-preview"])
def test_each_lacking_action_is_named_with_the_type_that_needs_it(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preview role asks for the deploy role: what it lacks itself is no news."""
    pipelines("ecs:CreateService", "rds:DeleteDBInstance")
    warning = reported(session_of(caller), monkeypatch)["warning"]
    assert warning.startswith(f"{DEPLOY} may lack 2 actions")
    assert "\n  ecs:CreateService: aws:ecs/service:Service\n" in warning
    assert "\n  rds:DeleteDBInstance: aws:rds/instance:Instance\n" in warning
    assert warning.endswith("fix: an administrator runs `pulumi -C bootstrap up --stack test`")


@pytest.mark.usefixtures("aws_account")
def test_actions_that_iam_refuses_to_simulate_together_are_asked_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    original: Any = IamResponse.simulate_principal_policy

    def simulate(self: Any) -> Any:
        actions = {one.partition(":")[0] for one in self._get_param("ActionNames")}
        if len(actions) > 1 or "kms" in actions:
            raise IAMException("InvalidInput", "Invalid Input Actions require different authorization information")
        return original(self)

    monkeypatch.setattr(IamResponse, "simulate_principal_policy", simulate)
    pipelines("ecs:CreateService")
    found = reported(session_of("preqly-test-deploy"), monkeypatch)
    assert found["warning"].startswith(f"{DEPLOY} may lack one action")
    assert "\n  ecs:CreateService: aws:ecs/service:Service\n" in found["warning"]


@pytest.mark.usefixtures("aws_account")
def test_another_role_is_told_to_ask_its_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {"Effect": "Allow", "NotAction": ["sns:Subscribe", "iam:PassRole"], "Resource": "*"}
    role(
        "team", json.dumps({"Version": "2012-10-17", "Statement": everything}), path="/aws-reserved/sso.amazonaws.com/"
    )
    warning = reported(session_of("team"), monkeypatch, boundary_arn="")["warning"]
    assert warning.startswith(f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/team may lack ")
    assert "\n  sns:Subscribe: aws:sns/topicSubscription:TopicSubscription\n" in warning
    assert "\n  iam:PassRole to scheduler.amazonaws.com: aws:scheduler/schedule:Schedule\n" in warning
    assert warning.endswith("fix: ask the account's administrator for them")


@pytest.mark.usefixtures("aws_account")
def test_the_embedded_clouds_caller_is_its_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reported(boto3.Session(region_name=REGION), monkeypatch) == NOTHING


@pytest.mark.usefixtures("aws_account")
def test_a_role_that_is_gone_is_noted_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the simulation itself is denied."""
    role("preqly-test-preview", preview_policy(SCOPE))
    lines = reported(session_of("preqly-test-preview"), monkeypatch)
    assert lines["warning"] == ""
    assert lines["note"].startswith("Whether the actions that this stack needs are allowed is not known: ")
    assert "NoSuchEntity" in lines["note"]
    assert "\n" not in lines["note"]


class Answers:
    """A session whose caller has this ARN, and may not simulate."""

    def __init__(self, caller: str) -> None:
        self._caller = caller

    def client(self, _: str) -> "Answers":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": self._caller, "Account": ACCOUNT}

    def get_paginator(self, operation: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, operation)


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (
            f"arn:aws:iam::{ACCOUNT}:root",
            f"IAM simulates roles and users, and the caller is arn:aws:iam::{ACCOUNT}:root",
        ),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ann", "federated-user/ann"),
        (f"arn:aws:iam::{ACCOUNT}:user/ann", "AccessDenied"),
    ],
)
def test_who_cannot_be_simulated_is_noted_in_one_line(
    caller: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session: Any = Answers(caller)
    lines = reported(session, monkeypatch)
    assert lines["warning"] == ""
    assert reason in lines["note"]


@pytest.mark.parametrize(("preview", "said"), [(True, 1), (False, 0)])
def test_a_preview_says_it_once_and_an_update_whose_preview_has_said_it_does_not(
    preview: bool, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[frozenset[str]] = []

    def ask(_session: Any, types: frozenset[str], names: Any) -> Lacking:
        asked.append(types)
        return Lacking(who="role", needed_by={"ecs:CreateService": [SERVICE]})

    warnings: list[str] = []
    monkeypatch.setattr(simulation, "ask", ask)
    monkeypatch.setattr(pulumi.log, "warn", lambda line, *_, **__: warnings.append(line))
    engine = new_engine(preview=preview)
    engine.run_program()
    assert [line for line in warnings if "may lack" in line] == said * [
        message(Lacking(who="role", needed_by={"ecs:CreateService": [SERVICE]}), "preqly", "test")
    ]
    assert len(asked) == said
    for types in asked:
        assert {one.typ for one in engine.resources if one.custom and one.typ.startswith("aws:")} <= types
        assert "aws:elasticache/user:User" not in types, "the stack has no cache"


def test_only_what_the_planned_types_need_is_asked_in_few_requests() -> None:
    place = Place(account=ACCOUNT, **NAMES)
    everything = list(questions(RESOURCES, place))
    assert len(everything) < 12
    few = [action for one in questions([SERVICE], place) for action in one.needed_by]
    assert "ecs:CreateService" in few
    assert not [action for action in few if action.startswith(("elasticache:", "wafv2:"))]
    assert "ssm:PutParameter" in few, "of the release record"


def test_the_session_of_a_role_is_the_role() -> None:
    assert role_name(f"arn:aws:sts::{ACCOUNT}:assumed-role/team/ann@example.com") == "team"
    assert role_name(f"arn:aws:iam::{ACCOUNT}:user/ann") == ""
    assert deploying_role("preqly-prod-preview", "preqly", "prod") == "preqly-prod-deploy"
    assert deploying_role("preqly-prod-preview", "preqly", "staging") == "preqly-prod-preview"
