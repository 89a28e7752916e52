"""The stack outputs are a contract, and a preview shows the cost."""

import pulumi
import pytest

from tests.recorder import new_engine

CONTRACT = {
    "url",
    "hosting",
    "release",
    "web_image",
    "proxy_image",
    "database_endpoint",
    "database_name",
    "cache_endpoint",
    "media_bucket",
    "secret_arn",
    "log_group",
    "dashboard_url",
    "monthly_estimate_usd",
    "monthly_estimate_by_part",
    "logs_command",
    "shell_command",
    "database_command",
    "rollback_command",
    "readme",
    "load_balancer_dns",
    "cluster_name",
    "service_name",
    "process_services",
    "schedule_group",
}


def test_the_stacks_outputs_are_exactly_the_contract(program):
    assert set(program.exports) == CONTRACT
    empty = {key for key, value in program.exports.items() if value in (None, "")}
    assert empty <= {"cache_endpoint", "schedule_group"}, "of what the stack may not have"


def test_outputs_say_what_runs(declared):
    assert declared.exports["url"] == "https://app.preqly.com"
    assert declared.exports["hosting"] == "fargate"
    assert declared.exports["web_image"].endswith(declared.exports["release"]["digest"])
    assert declared.exports["release"]["digest"].startswith("sha256:")
    assert declared.exports["monthly_estimate_usd"] == 110.74
    assert declared.exports["database_endpoint"].endswith(":5433")


@pytest.mark.parametrize("preview", [True, False])
def test_only_a_preview_shows_the_application_and_the_monthly_cost(preview, monkeypatch):
    logged = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, **_: logged.append(message))
    new_engine(preview=preview).run_program()
    for beginning in ("Application app:\n", "a quiet month costs"):
        assert [message.startswith(beginning) for message in logged].count(True) == int(preview)
