"""GitHub workflows: valid by the schema, least permissions, no credentials for forks."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from infra.data import database
from infra.release.migration import migration, one_off_task, release_state, snapshot
from infra.release.migration.one_off_task import OneOffTask
from infra.release.rollout import deployment, outdated_tasks
from local.preview import MARKER
from local.runtime import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
FORK_GUARD = "github.event.pull_request.head.repo.full_name == github.repository"


def load(name: str) -> dict[str, Any]:
    content = yaml.safe_load((FOLDER / name).read_text())
    assert isinstance(content, dict)
    return content


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path.name, name, job) for path in FILES for name, job in load(path.name)["jobs"].items()]


def test_every_workflow_is_valid_by_githubs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    result = subprocess.run([*command, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_a_job_may_ask_for_more(path: Any) -> None:
    assert load(path.name)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_every_job_has_a_timeout(file: str, name: str, job: dict[str, Any]) -> None:
    # GitHub ends a job after six hours.
    assert job["timeout-minutes"] < (360 if (file, name) == ("deploy.yml", "prod") else 61)


MINUTE = 60
WAITS = (
    int(str(database.TIMEOUTS.update).removesuffix("m")) * MINUTE,
    *(one_off_task.NEW_ROLE_SECONDS, OneOffTask.timeout_seconds, release_state.LOG_SECONDS),
    *(snapshot.SETTLE_SECONDS, snapshot.SNAPSHOT_SECONDS, migration.MIGRATE_SECONDS),
    *(deployment.ROLLOUT_SECONDS, outdated_tasks.DRAIN_SECONDS, OneOffTask.timeout_seconds),
)
"""Seconds that an update waits, one after the other. The image builds run beside the change of the database."""


def test_a_deploy_and_its_credentials_outlast_everything_that_the_program_waits_for() -> None:
    job = load("deploy.yml")["jobs"]["prod"]
    assert job["timeout-minutes"] * MINUTE > sum(WAITS) + 30 * MINUTE, "set-up, refresh and the rest take time too"
    (step,) = [step for step in job["steps"] if "configure-aws-credentials" in str(step.get("uses"))]
    assert step["with"]["role-duration-seconds"] >= job["timeout-minutes"] * MINUTE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_version(path: Any) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", action)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_workflow_runs_a_forks_code_with_this_repositorys_token(path: Any) -> None:
    assert "pull_request_target" not in path.read_text()


def test_the_token_is_not_left_in_the_checkout() -> None:
    for file, name, job in jobs():
        for step in job["steps"]:
            if str(step.get("uses", "")).startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False, f"{file} {name}"


def test_only_jobs_that_take_a_role_may_ask_for_an_identity() -> None:
    for file, name, job in jobs():
        takes_role = any("configure-aws-credentials" in str(step.get("uses")) for step in job["steps"])
        assert ("id-token" in job.get("permissions", {})) == takes_role, f"{file} {name}"


def test_the_preview_in_the_account_runs_only_with_a_role_and_never_for_forks() -> None:
    condition = load("preview.yml")["jobs"]["account"]["if"]
    assert "vars.AWS_ROLE_ARN != ''" in condition
    assert FORK_GUARD in condition


def test_the_embedded_preview_uses_no_secret() -> None:
    assert "secrets." not in str(load("preview.yml")["jobs"]["embedded"])


def test_the_comment_is_found_by_the_marker_in_the_plan() -> None:
    (comment,) = [step for step in load("preview.yml")["jobs"]["embedded"]["steps"] if "github-script" in str(step)]
    assert MARKER in comment["with"]["script"]
    assert comment["if"] == FORK_GUARD


def test_deploys_run_one_at_a_time_and_refresh_first() -> None:
    deploy = load("deploy.yml")
    assert deploy["concurrency"]["cancel-in-progress"] is False
    (step,) = [step for step in deploy["jobs"]["prod"]["steps"] if "pulumi/actions" in str(step.get("uses"))]
    assert step["with"]["refresh"] is True
    assert deploy["jobs"]["prod"]["environment"]["name"] == "production"


def test_jobs_that_build_or_plan_images_fetch_the_whole_history() -> None:
    for file, name in (("deploy.yml", "prod"), ("preview.yml", "embedded"), ("preview.yml", "account")):
        (checkout,) = [step for step in load(file)["jobs"][name]["steps"] if "checkout" in str(step.get("uses"))]
        assert checkout["with"]["fetch-depth"] == 0, f"{file} {name}"
        assert "--depth" not in str(load(file)["jobs"][name]), f"{file} {name}"


def test_the_engine_has_the_version_of_the_sdk() -> None:
    pinned = re.search(r"^pulumi==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    for file, name in (("deploy.yml", "prod"), ("preview.yml", "account")):
        (step,) = [step for step in load(file)["jobs"][name]["steps"] if "pulumi/actions" in str(step.get("uses"))]
        assert step["with"]["pulumi-version"] == pinned[1], f"{file} {name}"


def test_checks_run_the_same_commands_as_developers() -> None:
    ran = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]
    assert {"make lint", "make test FAST=1", ".ci/run"} <= set(ran)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
