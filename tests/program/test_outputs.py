"""What the stack tells: the contract of its outputs, and the costs."""

import pulumi
import pytest

from infra.outputs import Outputs
from tests.program.shapes import declared_with
from tests.recorder import new_engine

OF_ONE_KIND = {
    "fargate": {"load_balancer_dns", "cluster_name", "service_name"},
    "vm": {"public_ip", "instance_group"},
}


def test_the_stacks_outputs_are_exactly_the_contract(program):
    assert set(program.exports) == {
        "url",
        "hosting",
        "release",
        "web_image",
        "proxy_image",
        "database_endpoint",
        "database_name",
        "media_bucket",
        "secret_arn",
        "log_group",
        "dashboard_url",
        "monthly_estimate_usd",
        "logs_command",
        "shell_command",
        "database_command",
        "rollback_command",
        "readme",
        *OF_ONE_KIND[program.exports["hosting"]],
    }
    assert all(value not in (None, "") for value in program.exports.values())


def test_outputs_and_exports_are_one_list(declared):
    exported = {*declared.exports, *declared_with("machine").exports}
    assert exported == set(Outputs.__dataclass_fields__)


def test_outputs_say_what_runs(declared):
    assert declared.exports["url"] == "https://app.preqly.com"
    assert declared.exports["hosting"] == "fargate"
    assert declared.exports["web_image"].endswith(declared.exports["release"]["digest"])
    assert declared.exports["release"]["digest"].startswith("sha256:")
    assert declared.exports["monthly_estimate_usd"] == 92.02
    assert declared.exports["database_endpoint"].endswith(":5433")


@pytest.mark.parametrize("preview", [True, False])
def test_only_a_preview_says_what_the_month_costs(preview, monkeypatch):
    told = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, **_: told.append(message))
    new_engine(preview=preview).run_program()
    assert [message for message in told if "a quiet month costs" in message] == told[: int(preview)]
