"""`drift`: what a refresh's JSON becomes; tests/e2e/test_whole_run.py changes a real stack."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops import drift
from tests.ops.conftest import Ops
from tests.ops.fixtures import DeployedStack

URN = "urn:pulumi:prod::preqly::preqly:infra:Database$aws:rds/instance:Instance::database-instance"
OLD = {"inputs": {"backupRetentionPeriod": 14, "tags": {}}, "ignoreChanges": ["desiredCount"]}


def step(operation: str, *properties: str, urn: str = URN) -> dict[str, Any]:
    changed = dict.fromkeys(properties, "CANARY")
    return {"op": operation, "urn": urn, "oldState": OLD, "detailedDiff": changed}


@pytest.fixture
def plan(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Pulumi answers."""
    stack.deploy("one")
    answer: dict[str, Any] = {"steps": [], "code": 0}

    def run(command: list[str], **_: Any) -> Any:
        answer["command"] = command
        return subprocess.CompletedProcess([], answer["code"], stdout=json.dumps(answer), stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(drift, "_added_rules", lambda _: iter(()))
    return answer


def test_what_somebody_changed_or_deleted_is_shown_without_its_value(
    plan: dict[str, Any], ops: Ops, tmp_path: Path
) -> None:
    alarm = URN.replace("rds/instance:Instance::database-instance", "cloudwatch/metricAlarm:MetricAlarm::cpu")
    plan["steps"] = [step("update", "backupRetentionPeriod"), step("delete", urn=alarm), step("refresh")]
    report = tmp_path / "drift.md"
    result = ops("drift", "--markdown", str(report))
    assert result.code == 1
    assert result.out.splitlines()[:2] == [
        "changed aws:rds/instance:Instance database-instance: backupRetentionPeriod",
        "missing aws:cloudwatch/metricAlarm:MetricAlarm cpu",
    ]
    assert "| changed |" in report.read_text()
    assert "CANARY" not in result.out + report.read_text()


@pytest.mark.parametrize("name", ["latestRestorableTime", "desiredCount"])
def test_what_aws_sets_and_what_the_program_leaves_to_others_is_no_drift(
    plan: dict[str, Any], ops: Ops, tmp_path: Path, name: str
) -> None:
    plan["steps"] = [step("update", name)]
    result = ops("drift", "--markdown", str(tmp_path / "drift.md"))
    assert (result.code, (tmp_path / "drift.md").read_text()) == (0, "")


def test_a_failed_refresh_shows_its_errors(plan: dict[str, Any], ops: Ops) -> None:
    plan |= {"code": 255, "diagnostics": [{"severity": "error", "message": "no passphrase"}]}
    result = ops("drift")
    assert result.code == 1
    assert "no passphrase" in result.err


def test_without_contents_no_secret_is_read_and_no_file_listed(plan: dict[str, Any], ops: Ops) -> None:
    assert ops("drift").code == 0
    assert "--exclude" not in plan["command"]
    assert ops("drift", "--no-contents").code == 0
    excluded = [word for word in plan["command"] if word.startswith("**")]
    assert excluded == ["**aws:secretsmanager/secretVersion:SecretVersion::**", "**aws:s3/bucket:Bucket::**"]
