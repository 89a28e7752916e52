"""The engine's environment: passphrase, providers, and nothing of the operator's own accounts."""

import os
import stat
from pathlib import Path

import pytest

from embedded_cloud.endpoints import Endpoints
from local import stack
from local.runtime import OperatorError

ENDPOINTS = Endpoints(api="http://127.0.0.1:4577", providers={"aws": 1, "random": 2, "docker": 3})


def test_the_passphrase_is_random_kept_and_private(tmp_path: Path) -> None:
    first = Path(stack.engine_environment(tmp_path, ENDPOINTS)["PULUMI_CONFIG_PASSPHRASE_FILE"])
    text = first.read_text()
    again = Path(stack.engine_environment(tmp_path, ENDPOINTS)["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert (again, again.read_text()) == (first, text)
    assert len(text) >= 32
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_the_engine_attaches_to_the_embedded_providers_by_default(tmp_path: Path) -> None:
    environment = stack.engine_environment(tmp_path, ENDPOINTS)
    assert environment["PULUMI_DEBUG_PROVIDERS"] == "aws:1,random:2,docker:3"
    assert environment["AWS_ENDPOINT_URL"] == ENDPOINTS.api


def test_official_providers_are_left_to_their_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "official")
    assert "PULUMI_DEBUG_PROVIDERS" not in stack.engine_environment(tmp_path, ENDPOINTS)


def test_official_providers_get_the_clouds_endpoint_for_every_service() -> None:
    keys = stack.endpoint_keys()
    assert {"applicationautoscaling", "ecs", "elbv2", "lambda", "logs", "s3", "sts", "wafv2"} <= set(keys)
    # Two names of one service would be an error of the plugin.
    assert not {"cloudwatchlogs", "elasticloadbalancingv2"} & set(keys)


def test_an_unknown_kind_of_providers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "offical")
    with pytest.raises(OperatorError, match="PROVIDERS=offical: must be embedded or official"):
        stack.official_providers()


def test_the_operators_own_credentials_and_login_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(variable, "the operator's own")
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, "/home/operator/.aws/config")
    stack._hide_operators_accounts()
    assert "the operator's own" not in os.environ.values()
    assert os.environ["AWS_CONFIG_FILE"] == os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
