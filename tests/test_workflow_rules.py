"""GitHub workflows: valid by the schema, least permissions, pinned actions, limits of time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bootstrap.pipeline_roles import DEPLOY_HOURS
from infra.application.manifest import MOST_MIGRATION_SECONDS
from infra.data import database
from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.one_off_task import OneOffTask
from infra.release.rollout import deployment, outdated_tasks
from local.runtime import ROOT
from tests.workflow_files import FILES, FOLDER, Job, jobs, jobs_of, load, steps, with_role

OWNERS = {"actions", "aws-actions", "pulumi"}
"""Whose actions run: GitHub's, AWS's and Pulumi's."""


def test_every_workflow_is_valid_by_githubs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    result = subprocess.run([*command, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_a_job_may_ask_for_more(path: Path) -> None:
    assert load(path.name)["permissions"] == {"contents": "read"}


RIGHTS = {
    ("deploy.yml", "preview"): {"contents": "read", "id-token": "write"},
    ("deploy.yml", "deploy"): {"contents": "read", "id-token": "write"},
    ("drill.yml", "drill"): {"contents": "read", "id-token": "write"},
    ("drift.yml", "compare"): {"contents": "read", "id-token": "write"},
    ("drift.yml", "issue"): {"issues": "write"},
    ("preview.yml", "comment"): {"pull-requests": "write"},
}


@pytest.mark.parametrize(("file", "name", "job"), jobs())
def test_a_job_has_the_permissions_that_it_needs(file: str, name: str, job: Job) -> None:
    assert job.get("permissions") == RIGHTS.get((file, name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_and_comes_from_github_aws_or_pulumi(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    for action in used:
        if action.startswith("./"):
            continue
        assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", action), action
        assert action.partition("/")[0] in OWNERS, action


def test_an_action_that_runs_with_a_role_is_pinned_to_a_commit_with_its_version_beside_it() -> None:
    for file, name, job in jobs():
        for step in steps(job) if with_role(job) else []:
            assert re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40)), f"{name}: {step['uses']}"
            pinned = re.compile(rf"{re.escape(step.get('uses', ''))} # v\d+\.\d+\.\d+$", re.MULTILINE)
            assert "uses" not in step or pinned.search((FOLDER / file).read_text()), f"{file}: {step['uses']}"
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert [one["package-ecosystem"] for one in updates] == ["github-actions"]


def test_the_token_is_not_left_in_the_checkout() -> None:
    for file, name, job in jobs():
        for step in steps(job):
            if str(step.get("uses", "")).startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False, f"{file} {name}"


MEASURED_MINUTES = 10 + 25
"""Set-up of an empty machine, and `make test` on two cores."""


@pytest.mark.parametrize(("file", "name", "job"), [one for one in jobs() if "uses" not in one[2]])
def test_every_job_has_a_time_limit(file: str, name: str, job: Job) -> None:
    # GitHub ends a job after six hours.
    longest = {("deploy.yml", "deploy"): 360, ("drill.yml", "drill"): 360, ("checks.yml", "everything"): 91}
    assert job["timeout-minutes"] < longest.get((file, name), 31)


def test_the_limit_of_the_whole_test_run_follows_its_real_length() -> None:
    limit = jobs_of("checks.yml")["everything"]["timeout-minutes"]
    assert 2 * MEASURED_MINUTES <= limit <= 3 * MEASURED_MINUTES


MINUTE = 60
WAITS = (
    int(str(database.TIMEOUTS.update).removesuffix("m")) * MINUTE,
    *(one_off_task.NEW_ROLE_SECONDS, OneOffTask.timeout_seconds, release_state.LOG_SECONDS),
    *(snapshot.SETTLE_SECONDS, snapshot.SNAPSHOT_SECONDS, MOST_MIGRATION_SECONDS),
    *(deployment.ROLLOUT_SECONDS, outdated_tasks.DRAIN_SECONDS, OneOffTask.timeout_seconds),
)
"""Seconds that an update waits, one after the other. The image builds run beside the change of the database."""


def test_a_deploy_its_credentials_and_its_role_outlast_everything_that_the_program_waits_for() -> None:
    job = jobs_of("deploy.yml")["deploy"]
    assert job["timeout-minutes"] * MINUTE > sum(WAITS) + 30 * MINUTE, "set-up, refresh and the rest take time too"
    (step,) = [step for step in steps(job) if "configure-aws-credentials" in str(step.get("uses"))]
    assert DEPLOY_HOURS * 60 * MINUTE >= step["with"]["role-duration-seconds"] >= job["timeout-minutes"] * MINUTE


def test_a_job_with_a_role_restores_no_cache_and_no_artifact_of_another_job() -> None:
    for file, name, job in jobs():
        for step in steps(job) if with_role(job) else []:
            uses = str(step.get("uses", ""))
            assert not uses.startswith(("actions/cache", "actions/download-artifact")), f"{file} {name}"
            assert "cache" not in step.get("with", {}), f"{file} {name}"


def test_a_job_takes_its_role_after_everything_that_it_installs() -> None:
    for _, _, job in jobs():
        if with_role(job):
            texts = [f"{step.get('uses', '')} {step.get('run', '')}" for step in steps(job)]
            taken = next(at for at, text in enumerate(texts) if "configure-aws-credentials" in text)
            assert [text for text in texts[taken:] if "pip install" in text or "setup-" in text] == []


def test_a_job_that_may_write_runs_no_code_of_the_repository() -> None:
    for file, name, job in jobs():
        rights = {key for key, value in job.get("permissions", {}).items() if value == "write"} - {"id-token"}
        if rights:
            assert [step.get("uses", "").partition("@")[0] for step in steps(job)] == ["actions/github-script"], name
            # Text of the pull request reaches the script as a value, never as code.
            assert "${{" not in steps(job)[0]["with"]["script"], f"{file} {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_command_holds_text_that_somebody_else_wrote(path: Path) -> None:
    for _, name, job in [one for one in jobs() if one[0] == path.name]:
        for step in steps(job):
            assert "${{" not in step.get("run", ""), f"{path.name} {name}: hand it over in `env`"


def test_checks_run_the_same_commands_as_developers() -> None:
    ran = [step["run"] for _, _, job in jobs() for step in steps(job) if "run" in step]
    assert {"make lint", "make test FAST=1", ".ci/run"} <= set(ran)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
