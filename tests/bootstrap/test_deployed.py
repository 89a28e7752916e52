"""The bootstrap stack on the embedded cloud, with the real engine: made, unchanged, adopted, taken down."""

import json
import runpy
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from pulumi import automation

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from local.runtime import ROOT
from tests.bootstrap.policy_evaluation import trusted
from tests.bootstrap.recorded import SETTINGS_GIVEN

pytestmark = needs_engine


def program() -> None:
    runpy.run_path(str(ROOT / "bootstrap" / "__main__.py"))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    with engine_stack(tmp_path_factory.mktemp("bootstrap"), "bootstrap") as running:
        for key, value in SETTINGS_GIVEN.items():
            running.stack.set_config(f"bootstrap:{key}", automation.ConfigValue(value))
        yield running


def policies_of(cloud: EngineStack, role: str) -> list[str]:
    iam = cloud.client("iam")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [one["PolicyName"] for one in attached]


def test_it_makes_the_roles_and_a_second_up_changes_nothing(cloud: EngineStack) -> None:
    cloud.up(program)
    iam = cloud.client("iam")
    deploy = iam.get_role(RoleName="preqly-test-deploy")["Role"]
    assert (deploy["Path"], deploy["MaxSessionDuration"]) == ("/bootstrap/", 6 * 3600)
    claims = {"aud": "sts.amazonaws.com", "ref": "refs/heads/main", "repository_id": "456789"}
    claims |= {"sub": "repo:octo@123456/site@456789:environment:deploy-test"}
    assert trusted(json.dumps(deploy["AssumeRolePolicyDocument"]), claims)
    assert len(policies_of(cloud, "preqly-test-deploy")) == 6
    assert policies_of(cloud, "preqly-test-preview") == ["preqly-test-preview"]
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    _, changes = cloud.up(program)
    assert set(changes) == {"same"}


def test_the_deploy_role_reaches_the_stack_and_nothing_else(cloud: EngineStack) -> None:
    """Each call of its session is decided by the policies that were just deployed."""
    role = "arn:aws:iam::123456789012:role/bootstrap/preqly-test-deploy"
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1")

    def deployer(service: str) -> Any:
        return session.client(service, endpoint_url=cloud.client("sts").meta.endpoint_url)  # type: ignore[call-overload]

    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    bounded = {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/bootstrap/preqly-test-boundary"}
    site = {"Path": "/preqly/test/", "AssumeRolePolicyDocument": trust}
    value = {"Value": "1", "Type": "String"}
    deployer("ecs").create_cluster(clusterName="site")
    deployer("ssm").put_parameter(Name="/preqly/test/release", **value)
    deployer("iam").create_role(RoleName="site", **site, **bounded)
    deployer("s3").create_bucket(Bucket=f"preqly-test-media-{'2' * 26}")
    for refused in (
        lambda: deployer("ssm").put_parameter(Name="/other/test/release", **value),
        lambda: deployer("iam").create_role(RoleName="free", **site),
        lambda: deployer("iam").create_role(RoleName="elsewhere", **{**site, "Path": "/"}, **bounded),
        lambda: deployer("s3").create_bucket(Bucket="somebody-elses"),
        lambda: deployer("iam").create_user(UserName="door"),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied.*role/preqly-test-deploy/deploy is not authorized"):
            refused()


def test_its_outputs_are_ready_to_paste(cloud: EngineStack) -> None:
    outputs = {name: output.value for name, output in cloud.stack.outputs().items()}
    bucket = outputs["backend_url"].removeprefix("s3://").partition("/")[0]
    assert cloud.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    key = outputs["secrets_provider"].removeprefix("awskms:///").partition("?")[0]
    assert cloud.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    for output in ("preview_role_arn", "deploy_role_arn", "backend_url"):
        assert f"'{outputs[output]}'" in outputs["setup_commands"]
    boundary = cloud.client("iam").get_policy(PolicyArn=outputs["permissions_boundary_arn"])["Policy"]
    assert boundary["PolicyName"] == "preqly-test-boundary"


def test_it_finds_the_buckets_that_have_the_stacks_tags_and_not_its_name(cloud: EngineStack) -> None:
    s3, iam = cloud.client("s3"), cloud.client("iam")
    for name, stack in (("media-files-1a2b3c4", "test"), ("media-files-5d6e7f8", "other")):
        s3.create_bucket(Bucket=name)
        tags = [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": stack}]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    cloud.up(program)
    for policy in ("preqly-test-boundary", "preqly-test-deploy-data"):
        arn = f"arn:aws:iam::123456789012:policy/bootstrap/{policy}"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = json.dumps(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
        assert "arn:aws:s3:::media-files-1a2b3c4" in document
        assert "media-files-5d6e7f8" not in document
        assert f"arn:aws:s3:::preqly-test-media-{'?' * 26}" in document


def test_destroying_it_leaves_provider_and_state_and_a_new_one_adopts_the_provider(cloud: EngineStack) -> None:
    iam = cloud.client("iam")
    cloud.pulumi("state", "unprotect", "--all", "-y")
    cloud.stack.destroy()
    (kept,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName="preqly-test-deploy")

    cloud.stack.set_config("bootstrap:createOidcProvider", automation.ConfigValue("false"))
    cloud.up(program)
    trust = iam.get_role(RoleName="preqly-test-deploy")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"]["Federated"] == kept["Arn"]
    cloud.pulumi("state", "unprotect", "--all", "-y")
    cloud.stack.destroy()
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [kept]
