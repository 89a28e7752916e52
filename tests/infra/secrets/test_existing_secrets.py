"""Secrets of the account are described before the first resource; a value is never asked for."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.kms.models import kms_backends

from infra.problem import Problem, SettingsError
from infra.secrets import existing as existing_secrets
from infra.secrets.existing import ExistingSecret, LookupFailedError, look_up
from infra.secrets.reference import SecretReference
from infra.secrets.versions import current_version
from tests.moto_account import empty, moto_account

REGION = "us-east-1"
ALLOWED = {"DescribeSecret", "DescribeParameters", "DescribeKey", "GetCallerIdentity"}
"""None of these operations returns a value."""


class Account:
    """Secrets, parameters and keys, and the operations that were asked for."""

    def __init__(self) -> None:
        empty("secretsmanager", "ssm", "kms")
        self.session = boto3.Session("test", "test", region_name=REGION)
        self.asked: list[str] = []

    def client(self, name: str, region: str = REGION) -> Any:
        make: Any = boto3.client
        return make(name, region_name=region, aws_access_key_id="test", aws_secret_access_key="test")

    def secret(self, name: str = "team", region: str = REGION, **more: Any) -> str:
        given = {"SecretString": '{"key": "canary"}', **more}
        return str(self.client("secretsmanager", region).create_secret(Name=name, **given)["ARN"])

    def parameter(self, name: str = "/team/token", **more: Any) -> str:
        self.client("ssm").put_parameter(Name=name, Value="canary", **{"Type": "SecureString", **more})
        return f"arn:aws:ssm:{REGION}:123456789012:parameter/{name.lstrip('/')}"

    def found(self, text: str) -> ExistingSecret:
        """What is looked up for one variable."""
        events: Any = self.session.events
        events.register("before-call", lambda model, **_: self.asked.append(model.name))
        return look_up(self.session, "preqly", {"TEAM": SecretReference.parse(text)})["TEAM"]

    def refused(self, text: str) -> Problem:
        """The problem of the only variable."""
        with pytest.raises(SettingsError) as refused:
            self.found(text)
        (problem,) = refused.value.problems
        assert (problem.key, problem.value) == ("preqly:existingSecrets.TEAM", None)
        return problem


@pytest.fixture(scope="module")
def _moto() -> Iterator[None]:
    with moto_account():
        yield


@pytest.fixture
def account(_moto: None) -> Account:
    return Account()


def test_a_secret_has_the_version_that_readers_get_now_and_no_value_is_read(account: Account) -> None:
    arn = account.secret()
    first = account.found(f"{arn}:key::")
    assert str(first.reference) == f"{arn}:key::"
    made = account.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="next")
    assert account.found(arn).version == made["VersionId"] != first.version
    assert set(account.asked) <= ALLOWED


def test_a_parameter_has_the_number_of_its_version(account: Account) -> None:
    arn = account.parameter()
    assert account.found(arn).version == "1"
    account.parameter(Overwrite=True)
    assert account.found(arn).version == "2"
    assert set(account.asked) <= ALLOWED


@pytest.mark.parametrize("name", ["token", "/token", "/a/b/c"])
def test_the_arn_of_a_parameter_leads_to_its_name(account: Account, name: str) -> None:
    assert account.found(account.parameter(name)).version == "1"


def test_a_secret_of_another_region_is_looked_up_there(account: Account) -> None:
    assert account.found(account.secret(region="eu-west-1")).version


def test_only_a_customer_managed_key_needs_a_permission(account: Account) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]
    account.client("kms").create_alias(AliasName="alias/team", TargetKeyId=key["KeyId"])
    for number, name in enumerate((key["KeyId"], key["Arn"], "alias/team")):
        assert account.found(account.secret(f"own-{number}", KmsKeyId=name)).key_arn == key["Arn"]
    assert account.found(account.parameter("/own", KeyId=key["KeyId"])).key_arn == key["Arn"]
    managed = account.client("kms").create_key()["KeyMetadata"]
    kms_backends["123456789012"][REGION].keys[managed["KeyId"]].key_manager = "AWS"
    assert account.found(account.secret("managed", KmsKeyId=managed["Arn"])).key_arn is None
    assert account.found(account.secret("default")).key_arn is None
    assert account.found(account.parameter("/default")).key_arn is None
    assert account.found(account.parameter("/plain", Type="String")).key_arn is None


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/stripe-AbCdEf",
            "aws secretsmanager create-secret --region us-east-1 --name team/stripe --secret-string file://<file>",
        ),
        (
            "arn:aws:ssm:eu-west-1:123456789012:parameter/team/none",
            "aws ssm put-parameter --region eu-west-1 --name /team/none --type SecureString --value file://<file>",
        ),
        (
            "arn:aws:ssm:us-east-1:999999999999:parameter/team/token",
            "aws ssm put-parameter --region us-east-1 --name /team/token",
        ),
    ],
)
def test_what_does_not_exist_is_refused_with_the_command_that_creates_it(account: Account, text: str, fix: str) -> None:
    account.parameter()
    problem = account.refused(text)
    assert fix in problem.fix
    assert text in problem.rule


def test_a_deleted_an_empty_and_a_shortened_secret_are_refused_with_a_fix(account: Account) -> None:
    arn = account.secret("deleted")
    account.client("secretsmanager").delete_secret(SecretId=arn)
    assert f"restore-secret --region us-east-1 --secret-id {arn}" in account.refused(arn).fix
    bare = account.client("secretsmanager").create_secret(Name="empty")["ARN"]
    assert f"put-secret-value --region us-east-1 --secret-id {bare}" in account.refused(bare).fix
    whole = account.secret("whole")
    assert account.refused(whole[:-7]).fix == f"set {whole}"


@pytest.mark.parametrize(
    ("operation", "command"), [("disable_key", "enable-key"), ("schedule_key_deletion", "cancel-key-deletion")]
)
def test_a_key_that_decrypts_nothing_is_refused(account: Account, operation: str, command: str) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]
    arn = account.secret(KmsKeyId=key["Arn"])
    getattr(account.client("kms"), operation)(KeyId=key["KeyId"])
    assert account.refused(arn).fix == f"aws kms {command} --region us-east-1 --key-id {key['Arn']}"


def test_all_wrong_ones_are_reported_together_and_each_secret_is_asked_for_once(account: Account) -> None:
    missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"
    wanted = {name: SecretReference.parse(text) for name, text in (("A", missing), ("B", f"{missing}:key::"))}
    with pytest.raises(SettingsError, match="2 settings are wrong") as refused:
        look_up(account.session, "preqly", wanted)
    assert [one.key for one in refused.value.problems] == ["preqly:existingSecrets.A", "preqly:existingSecrets.B"]


def refusing(code: str) -> Any:
    def describe(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeParameters")

    return describe


def test_credentials_that_may_not_describe_are_named(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing_secrets, "describe_parameter", refusing("AccessDeniedException"))
    with pytest.raises(LookupFailedError, match=r"No resource was touched.*ssm:DescribeParameters"):
        account.found(account.parameter())


def test_the_current_version_of_what_is_gone_is_unknown(account: Account) -> None:
    for text in (
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf",
        "arn:aws:ssm:us-east-1:123456789012:parameter/none",
    ):
        assert current_version(account.session, SecretReference.parse(text)) == ("", None)
