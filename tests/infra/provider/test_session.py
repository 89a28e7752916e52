"""The session of hooks and `ops` logs in as Pulumi's AWS provider does."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi_aws
import pytest

from infra.provider.session import account_of, provider_session
from infra.provider.settings import (
    FOLLOWED,
    INSTEAD,
    WITHOUT_EFFECT,
    ProviderSettingsError,
    parsed,
    refuse_account,
    role_arguments,
)
from local.runtime import ROOT
from tests.moto_account import moto_account

ROLE = {"roleArn": "arn:aws:iam::222222222222:role/deploy", "sessionName": "films", "externalId": "hunter2"}
CHAIN = [ROLE, {"roleArn": "arn:aws:iam::333333333333:role/inner"}]
KEYS = {"accessKey": "AKIDEXAMPLE", "secretKey": "hunter2", "token": "hunter2"}


@pytest.fixture(autouse=True)
def _ambient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ambient credentials of moto's account 123456789012."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ambient")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    with moto_account():
        yield


def test_without_configuration_the_environment_logs_in() -> None:
    session = provider_session({"region": "eu-west-1"})
    assert (session.region_name, account_of(session)) == ("eu-west-1", "123456789012")


@pytest.mark.parametrize("roles", [CHAIN, '[{"roleArn": "arn:aws:iam::333333333333:role/inner"}]'])
def test_roles_are_assumed_in_their_order(roles: Any) -> None:
    session = provider_session({"region": "us-east-1", "assumeRoles": roles})
    assert account_of(session) == "333333333333"


def test_a_web_identity_is_exchanged_for_a_role(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.json.webtoken\n")
    web = {"roleArn": "arn:aws:iam::444444444444:role/pipeline", "webIdentityTokenFile": str(token), "duration": "1h"}
    assert account_of(provider_session({"region": "us-east-1", "assumeRoleWithWebIdentity": web})) == "444444444444"


def test_configured_keys_win_over_the_environments() -> None:
    used = provider_session({"region": "us-east-1", **KEYS}).get_credentials()
    assert used is not None
    assert (used.access_key, used.secret_key, used.token) == ("AKIDEXAMPLE", "hunter2", "hunter2")


def test_a_profile_of_a_configured_file_is_used(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile work]\naws_access_key_id = OFWORK\naws_secret_access_key = x\n")
    settings = {"profile": "work", "sharedConfigFiles": [str(tmp_path / "config")], "region": "us-east-1"}
    used = provider_session(settings).get_credentials()
    assert used is not None
    assert used.access_key == "OFWORK"


def test_endpoints_of_the_provider_are_the_clients_too() -> None:
    endpoints = [{"ecs": "http://ecs.test:1", "cloudwatchlogs": "http://logs.test:2", "sts": "http://sts.test:3"}]
    session = provider_session({"region": "us-east-1", "endpoints": endpoints})
    found = [session.client(name).meta.endpoint_url for name in ("ecs", "logs", "sts")]
    assert found == ["http://ecs.test:1", "http://logs.test:2", "http://sts.test:3"]
    assert session.client("ssm").meta.endpoint_url == "https://ssm.us-east-1.amazonaws.com"


def test_proxies_fips_and_the_sts_region_are_followed() -> None:
    settings = {"region": "us-east-1", "httpsProxy": "http://proxy:3128", "useFipsEndpoint": "true"}
    client = provider_session(settings).client("ecs")
    assert client.meta.config.proxies == {"https": "http://proxy:3128"}
    assert "fips" in client.meta.endpoint_url


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"noProxy": "10.0.0.0/8"}, "aws:noProxy: export NO_PROXY"),
        ({"assumeRole": '{"roleArn": "x"}'}, "aws:assumeRole: is not a key that this version knows"),
        ({"sharedConfigFiles": '["a", "b"]'}, "aws:sharedConfigFiles: boto3 reads one file; merge them"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ProviderSettingsError, match=named):
        parsed(settings)


def test_a_secret_that_looks_like_json_stays_as_it_is() -> None:
    assert parsed({"token": "{hunter2"}) == {"token": "{hunter2"}


def test_no_value_is_repeated_in_a_refusal() -> None:
    with pytest.raises(ProviderSettingsError) as refused:
        parsed({"secretKeey": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_an_option_of_a_role_that_sts_does_not_have_is_refused() -> None:
    with pytest.raises(ProviderSettingsError, match="the key serialNumber"):
        role_arguments({**ROLE, "serialNumber": "x"})
    with pytest.raises(ProviderSettingsError, match="the duration soon"):
        role_arguments({**ROLE, "duration": "soon"})


def test_a_roles_options_become_those_of_sts() -> None:
    role = {
        **ROLE,
        "duration": "1h30m",
        "policyArns": ["arn:p"],
        "tags": {"team": "web"},
        "transitiveTagKeys": ["team"],
    }
    assert role_arguments(role) == {
        "RoleSessionName": "films",
        "ExternalId": "hunter2",
        "DurationSeconds": 5400,
        "PolicyArns": [{"arn": "arn:p"}],
        "Tags": [{"Key": "team", "Value": "web"}],
        "TransitiveTagKeys": ["team"],
    }


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({"allowedAccountIds": '["123456789012"]'}, False),
        ({"allowedAccountIds": [111111111111]}, True),
        ({"forbiddenAccountIds": ["123456789012"]}, True),
        ({"forbiddenAccountIds": ["111111111111"]}, False),
    ],
)
def test_accounts_that_the_provider_refuses_are_refused(settings: dict[str, Any], refused: bool) -> None:
    if refused:
        with pytest.raises(ProviderSettingsError, match="belong to account 123456789012"):
            refuse_account(settings, "123456789012")
    else:
        refuse_account(settings, "123456789012")


def test_every_key_of_the_installed_provider_is_decided_on() -> None:
    variables = ast.parse((Path(pulumi_aws.__file__).parent / "config" / "vars.py").read_text())
    (kind,) = [one for one in variables.body if isinstance(one, ast.ClassDef)]
    keys = {one.name for one in kind.body if isinstance(one, ast.FunctionDef)}
    ours = {key.lower() for key in FOLLOWED | WITHOUT_EFFECT | INSTEAD.keys()}
    assert {one.replace("_", "") for one in keys} == ours


def test_no_other_module_of_program_and_ops_logs_in() -> None:
    made = [
        f"{path.relative_to(ROOT)}: {ast.unparse(node)}"
        for folder in ("infra", "ops")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "session.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in ("boto3.Session", "boto3.session.Session", "boto3.client", "boto3.resource", "Session")
    ]
    assert made == []
