"""GitHub's workflows: valid by its schema, least permissions, nothing of a fork's near a credential."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from infra import database
from infra.machine import remote, replacement
from infra.machine import verdict as machine_verdict
from infra.machine.program import deploy, images, slot_containers
from infra.release import migration, one_off_task, release_state, snapshot, stale, verdict
from infra.release.one_off_task import OneOffTask
from local.plan_text import MARKER
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
def test_a_workflow_may_only_read_and_jobs_ask_for_more(path: Any) -> None:
    assert load(path.name)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_every_job_ends_by_itself(file: str, name: str, job: dict[str, Any]) -> None:
    # GitHub itself ends one after six hours.
    assert job["timeout-minutes"] < (360 if (file, name) == ("deploy.yml", "prod") else 61)


MINUTE = 60
BEFORE = (
    int(str(database.TIMEOUTS.update).removesuffix("m")) * MINUTE,
    snapshot.SETTLE_SECONDS,
    snapshot.SNAPSHOT_SECONDS,
)
ON_FARGATE = (
    *(one_off_task.NEW_ROLE_SECONDS, OneOffTask.timeout_seconds, release_state.LOG_SECONDS, migration.MIGRATE_SECONDS),
    *(verdict.ROLLOUT_SECONDS, stale.DRAIN_SECONDS, OneOffTask.timeout_seconds),
)
ON_A_MACHINE = (
    *(remote.LISTENING_SECONDS, images.PULL_SECONDS, deploy.PREPARE_SECONDS, deploy.MIGRATE_SECONDS),
    *(slot_containers.HEALTHY_SECONDS, replacement.BOOT_SECONDS, machine_verdict.ROLLOUT_SECONDS),
)
"""What an update waits for, one after the other; the images are built while the database is changed."""


def test_a_deploy_outlasts_all_that_the_program_waits_for_and_so_do_its_credentials() -> None:
    job = load("deploy.yml")["jobs"]["prod"]
    longest = sum(BEFORE) + max(sum(ON_FARGATE), sum(ON_A_MACHINE))
    assert job["timeout-minutes"] * MINUTE > longest + 30 * MINUTE, "tools, refresh and the rest need theirs"
    (step,) = [step for step in job["steps"] if "configure-aws-credentials" in str(step.get("uses"))]
    assert step["with"]["role-duration-seconds"] >= job["timeout-minutes"] * MINUTE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_version(path: Any) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", action)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_workflow_runs_foreign_code_with_our_token(path: Any) -> None:
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


def test_the_accounts_preview_is_never_for_forks_and_only_where_a_role_is() -> None:
    condition = load("preview.yml")["jobs"]["account"]["if"]
    assert "vars.AWS_ROLE_ARN != ''" in condition
    assert FORK_GUARD in condition


def test_the_embedded_preview_uses_no_secret() -> None:
    assert "secrets." not in str(load("preview.yml")["jobs"]["embedded"])


def test_the_comment_is_found_again_by_the_marker_that_the_plan_writes() -> None:
    (comment,) = [step for step in load("preview.yml")["jobs"]["embedded"]["steps"] if "github-script" in str(step)]
    assert MARKER in comment["with"]["script"]
    assert comment["if"] == FORK_GUARD


def test_deploys_come_one_after_the_other_and_refresh_first() -> None:
    deploy = load("deploy.yml")
    assert deploy["concurrency"]["cancel-in-progress"] is False
    (step,) = [step for step in deploy["jobs"]["prod"]["steps"] if "pulumi/actions" in str(step.get("uses"))]
    assert step["with"]["refresh"] is True
    assert deploy["jobs"]["prod"]["environment"]["name"] == "production"


def test_jobs_that_build_or_plan_images_know_the_history_their_revision_comes_from() -> None:
    for file, name in (("deploy.yml", "prod"), ("preview.yml", "embedded"), ("preview.yml", "account")):
        (checkout,) = [step for step in load(file)["jobs"][name]["steps"] if "checkout" in str(step.get("uses"))]
        assert checkout["with"]["fetch-depth"] == 0, f"{file} {name}"
        assert "--depth" not in str(load(file)["jobs"][name]), f"{file} {name}"


def test_the_accounts_engine_is_the_one_of_the_sdk() -> None:
    pinned = re.search(r"^pulumi==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    for file, name in (("deploy.yml", "prod"), ("preview.yml", "account")):
        (step,) = [step for step in load(file)["jobs"][name]["steps"] if "pulumi/actions" in str(step.get("uses"))]
        assert step["with"]["pulumi-version"] == pinned[1], f"{file} {name}"


def test_checks_run_the_commands_that_people_run() -> None:
    ran = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]
    assert {"make lint", "make test FAST=1", ".ci/run"} <= set(ran)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
