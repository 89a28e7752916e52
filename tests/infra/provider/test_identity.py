"""The hooks work in the account that Pulumi deploys to, or the program ends before it declares anything."""

from collections.abc import Callable
from typing import Any

import pulumi_aws
import pytest
from botocore.exceptions import NoCredentialsError
from pulumi.runtime.config import set_all_config

from infra.provider import identity as provider_identity
from infra.provider.identity import AnotherAccount, refuse_another_account, stack_session
from tests.aws_answers import ACCOUNT
from tests.recorder import Recorder

Answer = Callable[[Any], str]


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Sets the account of the hooks' session."""
    return lambda answer: monkeypatch.setattr(provider_identity, "account_of", answer)


def refused(engine: Recorder) -> str:
    def program() -> str:
        try:
            refuse_another_account()
        except AnotherAccount as error:
            return str(error)
        return ""

    return str(engine.run(program))


def test_one_account_passes(engine: Recorder, identity: Callable[[Answer], None]) -> None:
    identity(lambda _: ACCOUNT)
    assert refused(engine) == ""


def test_two_accounts_are_refused_with_both(engine: Recorder, identity: Callable[[Answer], None]) -> None:
    identity(lambda _: "222222222222")
    message = refused(engine)
    assert (
        f"deploys to account {ACCOUNT}, and the release hooks would migrate and check account 222222222222" in message
    )
    assert "No resource was touched" in message


def test_a_session_that_cannot_log_in_is_refused(engine: Recorder, identity: Callable[[Answer], None]) -> None:
    def answer(_: Any) -> str:
        raise NoCredentialsError

    identity(answer)
    assert "the release hooks cannot log in with its configuration" in refused(engine)


def test_a_provider_that_cannot_log_in_is_reported_without_a_traceback(
    engine: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise Exception("invoke of aws:index/getCallerIdentity failed: the token has expired")  # noqa: TRY002 - the SDK's

    monkeypatch.setattr(pulumi_aws, "get_caller_identity", failing)
    message = refused(engine)
    assert "Pulumi's AWS provider cannot log in. No resource was touched: invoke of" in message
    assert message.endswith("the token has expired")


def test_a_configuration_that_cannot_be_followed_is_refused_without_its_value(engine: Recorder) -> None:
    set_all_config({"aws:noProxy": "hunter2.example.com"})
    message = refused(engine)
    assert "aws:noProxy: export NO_PROXY" in message
    assert "hunter2" not in message


def test_the_whole_program_ends_before_its_first_resource(engine: Recorder) -> None:
    engine.functions["aws:index/getCallerIdentity:getCallerIdentity"]["accountId"] = "222222222222"
    with pytest.raises(AnotherAccount):
        engine.run_program()
    assert [one.typ for one in engine.resources if one.typ != "pulumi:pulumi:Stack"] == []


def test_hooks_use_the_providers_configuration() -> None:
    set_all_config({"aws:region": "eu-west-1", "aws:accessKey": "AKIDEXAMPLE", "aws:secretKey": "hunter2"})
    session = stack_session()()
    used = session.get_credentials()
    assert used is not None
    assert (session.region_name, used.access_key) == ("eu-west-1", "AKIDEXAMPLE")
