"""Errors, usage, and the start without the project's packages."""

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest
from botocore import exceptions as aws

from ops import __main__ as entrance
from ops.errors import describe
from tests.ops.conftest import Ops

LOG_IN = "aws sso login"


def refused(code: str, message: str = "because") -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeServices")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            refused("ExpiredTokenException"),
            f"The session with AWS has expired .DescribeServices: ExpiredToken.*{LOG_IN}",
        ),
        (refused("UnrecognizedClientException"), f"AWS does not know these credentials .*{LOG_IN}"),
        (refused("AccessDeniedException", "no"), "AWS does not allow DescribeServices: no.*Use a role that allows it"),
        (refused("Throttling", "slow down"), "AWS refused DescribeServices: Throttling: slow down"),
        (aws.NoCredentialsError(), f"Unable to locate credentials.*{LOG_IN}.*make -s env"),
        (aws.PartialCredentialsError(provider="env", cred_var="secret"), LOG_IN),
        (aws.UnauthorizedSSOTokenError(), LOG_IN),
        (aws.TokenRetrievalError(provider="sso", error_msg="expired"), LOG_IN),
        (aws.NoRegionError(), "Give --region"),
        (aws.ConnectTimeoutError(endpoint_url="https://ecs"), "AWS does not answer: .*Check the network"),
        (aws.WaiterError(name="x", reason="y", last_response={}), "AWS request failed: Waiter x failed"),
    ],
)
def test_an_error_of_boto3_becomes_a_message_with_what_to_do(error: aws.BotoCoreError, said: str) -> None:
    assert re.search(said, describe(error), re.DOTALL)


def test_an_unreachable_endpoint_is_named(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    message = describe(aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert "Nothing answers at AWS_ENDPOINT_URL=http://127.0.0.1:9" in message
    assert "Start the embedded cloud with `make up`" in message


def test_without_credentials_no_command_shows_a_traceback(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "Unable to locate credentials." in ops.refused(["status"], 1)


@pytest.mark.parametrize("words", [["fly"], ["status", "--nonsense"], ["rollback", "first"]])
def test_wrong_usage_has_its_own_exit_code(ops: Ops, words: list[str]) -> None:
    assert ops(*words).code == 2


def test_help_lists_the_commands_and_the_exit_codes(ops: Ops) -> None:
    ended = ops("--help")
    assert ended.code == 0
    commands = ("status", "releases", "rollback", "forward", "logs", "protection", "recover")
    assert [one for one in (*commands, "3 refused and nothing touched") if one not in ended.out] == []


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A Python without the packages. Returns the commands that it starts."""
    started: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["ops", "rollback", "3"])
    monkeypatch.setattr(sys, "prefix", "/usr")

    def start(_program: str, command: list[str]) -> None:
        started.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    return started


@pytest.mark.skipif(os.name != "posix", reason="execv is what POSIX has")
def test_a_python_without_the_packages_restarts_in_the_virtual_environment(
    bare: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(entrance, "PYTHON", python)
    with pytest.raises(SystemExit):
        entrance.main()
    assert bare == [[str(python), "-m", "ops", "rollback", "3"]]


def test_without_a_virtual_environment_it_says_how_to_create_it(
    bare: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entrance, "PYTHON", tmp_path / "missing")
    assert entrance.main() == 1
    assert "`pulumi install` or `make up`" in capsys.readouterr().err
    assert bare == []
