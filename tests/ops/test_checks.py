"""`doctor` and `checklist`; tests/e2e/test_whole_run.py runs both on the embedded cloud."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.resolver
import pytest

from ops import project
from ops.checks import database, machine
from tests.ops.conftest import Ops
from tests.ops.fixtures import DeployedStack

PROJECT = Path(project.ROOT)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of stack prod, in a folder of its own."""
    shutil.copy(PROJECT / "Pulumi.yaml", tmp_path)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("config:\n  aws:region: us-east-1\n  architecture: arm64\n  emailUrl: ses://\n")
    return file


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What `docker` and `pulumi` answer, by their second word; nothing for a program that is missing."""
    answers = {"{{.Server.Version}}": "28.0", "{{.Server.Arch}}": "arm64"}
    monkeypatch.setattr(machine, "_output", lambda *command: answers.get(command[-1], ""))
    return answers


def checks(ops: Ops, *words: str) -> dict[str, Any]:
    """The checks of a command by their rule."""
    answer = ops(*words, "--json")
    return {one["rule"]: one for one in json.loads(answer.out)}


def test_doctor_works_before_the_first_deploy_and_each_failure_has_its_fix(
    settings: Path, docker: dict[str, str], ops: Ops
) -> None:
    found = checks(ops, "doctor")
    assert found["AWS accepts the credentials"]["state"] == "passed"
    assert found["Docker answers"]["state"] == "passed"
    zone = found["A hosted zone of the account holds app.preqly.com"]
    assert (zone["state"], "create-hosted-zone --name preqly.com" in zone["fix"]) == ("failed", True)
    assert all(one["fix"] for one in found.values() if one["state"] in {"failed", "warning"})
    assert ops("doctor").code == 1


def test_doctor_says_that_docker_builds_for_another_architecture_only(
    settings: Path, docker: dict[str, str], ops: Ops
) -> None:
    docker["{{.Server.Arch}}"] = "amd64"
    found = checks(ops, "doctor")["It builds images for linux/arm64"]
    assert found["state"] == "failed"
    assert "pulumi config set architecture x86_64" in found["fix"]
    docker["--bootstrap"] = "Name: default\nPlatforms: linux/amd64, linux/arm64\n"
    assert checks(ops, "doctor")["It builds images for linux/arm64"]["found"].startswith("by emulation")


def test_doctor_compares_the_zones_name_servers_with_what_resolvers_say(
    settings: Path, docker: dict[str, str], ops: Ops, stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stack.client("route53").create_hosted_zone(Name="preqly.com", CallerReference="1")
    servers = made["DelegationSet"]["NameServers"]
    rule = "The world's resolvers ask Route 53 for preqly.com"
    for answer, state in ((["ns.registrar.example."], "failed"), ([f"{servers[0].upper()}."], "passed")):
        monkeypatch.setattr(dns.resolver, "resolve", lambda *_, answer=answer, **__: answer)
        found = checks(ops, "doctor")[rule]
        assert found["state"] == state
    stack.client("route53").delete_hosted_zone(Id=made["HostedZone"]["Id"])


def test_a_stack_without_settings_file_is_refused_with_those_that_have_one(settings: Path, ops: Ops) -> None:
    result = ops("doctor", "--stack", "staging")
    assert result.code == 2
    assert "Pulumi.staging.yaml does not exist. Give --stack prod." in result.err


@pytest.mark.parametrize(
    ("restorable", "created", "state"),
    [(5, 600, "passed"), (20, 600, "failed"), (None, 4, "passed"), (None, 20, "failed"), (None, None, "failed")],
)
def test_a_database_must_be_in_the_backups_a_quarter_of_an_hour_after_its_creation(
    restorable: int | None, created: int | None, state: str
) -> None:
    ago = {"LatestRestorableTime": restorable, "InstanceCreateTime": created}
    now = datetime.now(UTC)
    instance = {name: now - timedelta(minutes=one) for name, one in ago.items() if one is not None}
    assert database.recent_backup(instance).state == state
