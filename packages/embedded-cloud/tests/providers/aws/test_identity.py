"""Roles, repositories, secrets and topics, through the provider protocol."""

import json
from typing import Any

import pytest

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
REPOSITORY = "aws:ecr/repository:Repository"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
TOPIC = "aws:sns/topic:Topic"


def document(action: str, **rest: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **rest}]})


TRUST = document("sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})
FILES = {"Resource": "arn:aws:s3:::files/*"}


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (ROLE, {"assumeRolePolicy": TRUST, "description": "d", "tags": {"a": "b"}}),
        (POLICY, {"policy": document("s3:GetObject", **FILES), "tags": {"a": "b"}}),
        (REPOSITORY, {"imageTagMutability": "IMMUTABLE", "forceDelete": True, "tags": {"a": "b"}}),
        (SECRET, {"description": "d", "recoveryWindowInDays": 0, "tags": {"a": "b"}}),
        (TOPIC, {"displayName": "d", "tags": {"a": "b"}}),
    ],
)
def test_a_refresh_after_creation_shows_no_drift_and_deletion_is_real(
    emulation: Any, token: str, inputs: dict[str, Any]
) -> None:
    made = emulation.resource(token, **inputs)
    made.assert_unchanged()
    assert made.state["tagsAll"] == {"a": "b"}
    made.assert_deletable()


def test_a_role_changes_in_place_and_a_change_outside_pulumi_is_drift(emulation: Any) -> None:
    role = emulation.resource(ROLE, assumeRolePolicy=TRUST, description="one", tags={"a": "1", "b": "2"})
    role.up(assumeRolePolicy=TRUST, description="two", tags={"a": "3"})
    iam = emulation.client("iam")
    known = iam.get_role(RoleName=role.id)["Role"]
    assert (known["Description"], known["Tags"]) == ("two", [{"Key": "a", "Value": "3"}])
    iam.update_role(RoleName=role.id, Description="theirs")
    assert role.drift() == {"description": ("two", "theirs")}


def test_a_role_has_a_path_and_a_boundary_that_exists(emulation: Any, refusal: Any) -> None:
    boundary = emulation.resource(POLICY, "boundary", policy=document("s3:GetObject", **FILES))
    inputs = {"assumeRolePolicy": TRUST, "path": "/project/stack/"}
    role = emulation.resource(ROLE, "bounded", **inputs, permissionsBoundary=boundary.id)
    assert ":role/project/stack/bounded-" in role.state["arn"]
    role.assert_unchanged()
    assert role.diff(**inputs)[0] == {"permissionsBoundary"}
    assert role.diff(assumeRolePolicy=TRUST, permissionsBoundary=boundary.id)[1] == {"path"}
    missing = f"{boundary.id}s"
    said = refusal(lambda: emulation.resource(ROLE, "unbounded", **inputs, permissionsBoundary=missing))
    assert said == f'permissionsBoundary: there is no policy "{missing}"'


def test_a_policy_written_in_another_order_is_no_change(emulation: Any) -> None:
    role = emulation.resource(ROLE, "ordered", assumeRolePolicy=TRUST)
    other = json.dumps(dict(reversed(json.loads(TRUST).items())), indent=2)
    assert other != TRUST
    assert role.diff(assumeRolePolicy=other) == (set(), set())


def test_an_inline_policy_belongs_to_its_role(emulation: Any) -> None:
    role = emulation.resource(ROLE, "owner", assumeRolePolicy=TRUST)
    policy = emulation.resource(ROLE_POLICY, role=role.id, policy=document("s3:GetObject", **FILES))
    assert policy.drift() == {}
    policy.up(role=role.id, policy=document("s3:PutObject", **FILES))
    answer = emulation.client("iam").get_role_policy(RoleName=role.id, PolicyName=policy.state["name"])
    assert answer["PolicyDocument"]["Statement"][0]["Action"] == "s3:PutObject"


def test_a_managed_policy_of_aws_can_be_attached_and_an_unknown_one_cannot(emulation: Any, refusal: Any) -> None:
    role = emulation.resource(ROLE, "attached", assumeRolePolicy=TRUST)
    arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    attachment = emulation.resource(ATTACHMENT, role=role.id, policyArn=arn)
    said = refusal(lambda: emulation.resource(ATTACHMENT, "x", role=role.id, policyArn=f"{arn}s"))
    assert said == f'policyArn: there is no policy "{arn}s"'
    assert attachment.drift() == {}
    attachment.assert_deletable()


def test_a_managed_policy_keeps_its_arn_through_many_versions(emulation: Any) -> None:
    policy = emulation.resource(POLICY, "versions", policy=document("s3:Get0", **FILES))
    for number in range(1, 8):
        policy.up(policy=document(f"s3:Get{number}", **FILES))
    assert json.loads(policy.state["policy"])["Statement"][0]["Action"] == "s3:Get7"
    policy.assert_deletable()


def test_a_repository_has_a_lower_case_name_and_its_mutability_changes_in_place(emulation: Any) -> None:
    repository = emulation.resource(REPOSITORY, "Web", imageTagMutability="MUTABLE")
    assert repository.id.startswith("web-")
    repository.up(imageTagMutability="IMMUTABLE")
    (known,) = emulation.client("ecr").describe_repositories(repositoryNames=[repository.id])["repositories"]
    assert known["imageTagMutability"] == "IMMUTABLE"


def test_an_authorization_token_has_a_user_and_a_password(emulation: Any) -> None:
    token = emulation.call("aws:ecr/getAuthorizationToken:getAuthorizationToken")
    assert token["userName"] == "AWS"
    assert token["password"]


def test_a_new_secret_value_is_a_new_version_and_the_old_one_may_go(emulation: Any) -> None:
    secret = emulation.resource(SECRET, "app", recoveryWindowInDays=0)
    first = emulation.resource(VERSION, secretId=secret.id, secretString="one")
    assert first.drift() == {}
    assert "secretString" in first.secrets
    assert "one" not in first.id
    assert first.diff(secretId=secret.id, secretString="two")[1] == {"secretString"}
    second = emulation.resource(VERSION, secretId=secret.id, secretString="two")
    assert second.state["versionId"] != first.state["versionId"]
    first.delete()
    manager = emulation.client("secretsmanager")
    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "two"
    # A rollout may still start tasks of the version before.
    before = manager.get_secret_value(SecretId=secret.id, VersionId=first.state["versionId"])
    assert (before["SecretString"], before["VersionStages"]) == ("one", ["AWSPREVIOUS"])
    assert second.drift() == {}
    second.delete()
    assert manager.get_secret_value(SecretId=secret.id)["SecretString"] == "two"
    secret.assert_deletable()


def test_a_topics_policy_is_no_drift_of_the_topic(emulation: Any) -> None:
    topic = emulation.resource(TOPIC, "told", displayName="d")
    text = document("sns:Publish", Principal={"Service": ["cloudwatch.amazonaws.com"]}, Resource=topic.id)
    policy = emulation.resource("aws:sns/topicPolicy:TopicPolicy", arn=topic.id, policy=text)
    subscription = emulation.resource(
        "aws:sns/topicSubscription:TopicSubscription", topic=topic.id, protocol="email", endpoint="a@example.com"
    )
    assert (topic.drift(), policy.drift(), subscription.drift()) == ({}, {}, {})
    subscription.assert_deletable()


def test_an_identity_provider_keeps_its_url_and_changes_its_thumbprints(emulation: Any) -> None:
    inputs = {"url": "https://token.actions.githubusercontent.com", "clientIdLists": ["sts.amazonaws.com"]}
    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    provider = emulation.resource(token, **inputs, thumbprintLists=["a" * 40], tags={"a": "b"})
    assert provider.drift() == {}
    provider.up(**inputs, thumbprintLists=["b" * 40])
    assert provider.state["thumbprintLists"] == ["b" * 40]
    assert provider.diff(**{**inputs, "clientIdLists": ["other"]})[1] == {"clientIdLists"}
    provider.assert_deletable()


def test_an_existing_identity_provider_is_found_by_its_url_and_by_its_arn(emulation: Any, refusal: Any) -> None:
    url = "https://accounts.example.com"
    lookup = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
    message = refusal(lambda: emulation.call(lookup, url=url))
    assert message.endswith(f"finding IAM OIDC Provider by url ({url}): not found")
    made = emulation.client("iam").create_open_id_connect_provider(
        Url=url, ClientIDList=["one"], ThumbprintList=["a" * 40], Tags=[{"Key": "a", "Value": "b"}]
    )
    arn = made["OpenIDConnectProviderArn"]
    by_url, by_arn = emulation.call(lookup, url=url), emulation.call(lookup, arn=arn)
    assert by_url == by_arn
    assert (by_url["arn"], by_url["clientIdLists"], by_url["tags"]) == (arn, ["one"], {"a": "b"})


def test_an_account_has_one_identity_provider_for_a_url(emulation: Any, refusal: Any) -> None:
    inputs = {"url": "https://id.example.com", "clientIdLists": ["one"], "thumbprintLists": ["a" * 40]}
    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    emulation.resource(token, **inputs)
    assert "EntityAlreadyExists" in refusal(lambda: emulation.resource(token, "second", **inputs))
