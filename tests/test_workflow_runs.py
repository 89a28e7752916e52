"""What the GitHub workflows do: checks, preview and deploy of main, and the preview of a pull request."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from bootstrap import hosted
from bootstrap.setup_commands import pipeline_switch, setup_commands
from infra.settings.size_rules import CHOICES
from local.preview import MARKER
from local.runtime import ROOT
from tests.workflow_files import FILES, FORK_GUARD, jobs, jobs_of, load, steps, triggers


def test_a_deploy_waits_for_the_checks_and_for_the_preview() -> None:
    deploy = jobs_of("deploy.yml")
    assert deploy["checks"] == {"uses": "./.github/workflows/checks.yml"}
    assert "workflow_call" in triggers("checks.yml")
    assert "push" not in triggers("checks.yml"), "main would be checked twice"
    assert (deploy["preview"]["needs"], deploy["deploy"]["needs"]) == ("checks", "preview")


def test_the_engine_previews_before_it_changes_anything() -> None:
    for name, command in (("preview", "preview --stack prod --diff"), ("deploy", "up --stack prod --yes --refresh")):
        job = jobs_of("deploy.yml")[name]
        assert f"pulumi {command}" in str(steps(job))
        assert "--skip-preview" not in str(job)
        (installed,) = [step for step in steps(job) if "pulumi/actions" in str(step.get("uses"))]
        assert set(installed["with"]) == {"pulumi-version"}, "a command of pulumi/actions runs with --skip-preview"


def test_deploys_run_one_at_a_time_and_never_an_older_commit() -> None:
    deploy = jobs_of("deploy.yml")["deploy"]
    assert deploy["concurrency"] == {"group": "deploy-prod", "cancel-in-progress": False}
    assert "concurrency" not in load("deploy.yml"), "a run that waits for its approval would hold all later ones"
    assert "commits/main" in steps(deploy)[0]["run"]


@pytest.mark.parametrize(("newest", "code"), [("abc", 0), ("def", 1)])
def test_a_commit_that_is_not_the_newest_of_main_is_refused(tmp_path: Path, newest: str, code: int) -> None:
    command = tmp_path / "gh"
    command.write_text(f"#!/bin/sh\necho {newest}\n")
    command.chmod(0o755)
    script = steps(jobs_of("deploy.yml")["deploy"])[0]["run"]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_SHA": "abc", "GITHUB_REPOSITORY": "octo/site"}
    result = subprocess.run(["bash", "-e", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == code
    assert ("its own run deploys it" in result.stdout) == bool(code)


def commands_of(stack: str) -> str:
    """Set-up commands whose values name the stack."""
    variables = {"AWS_REGION": f"{stack} region", "PULUMI_BACKEND_URL": f"{stack} state"}
    return setup_commands(
        "octo/site", stack, preview_role=f"{stack} preview", deploy_role=f"{stack} deploy", variables=variables
    )


class GitHub(NamedTuple):
    """A repository after `gh` ran: environments with the branches they allow, and variables by environment."""

    environments: dict[str, list[str]]
    variables: dict[str, dict[str, str]]


def set_up(folder: Path, *stacks: str) -> GitHub:
    """What the commands of these stacks leave on GitHub. Variables of the repository are under the empty name."""
    command, log = folder / "gh", folder / "log"
    log.unlink(missing_ok=True)
    record = f"open({str(log)!r}, 'a').write(json.dumps(sys.argv) + chr(10))"
    command.write_text(f"#!{sys.executable}\nimport json, sys\n{record}\n")
    command.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    for stack in stacks:
        subprocess.run(["bash", "-e", "-c", commands_of(stack)], env=environment, check=True)
    found = GitHub({}, {})
    for words in map(json.loads, log.read_text().splitlines()):
        if words[1:3] == ["variable", "set"]:
            where = words[words.index("--env") + 1] if "--env" in words else ""
            found.variables.setdefault(where, {})[words[3]] = words[words.index("--body") + 1]
        else:
            path = words[words.index("--method") + 2].removeprefix("repos/octo/site/environments/")
            branches = found.environments.setdefault(path.partition("/")[0], [])
            branches += [word.removeprefix("name=") for word in words if word.startswith("name=")]
    return found


def test_the_workflow_names_what_the_bootstrap_stack_sets(tmp_path: Path) -> None:
    found = set_up(tmp_path, "prod")
    deploy = jobs_of("deploy.yml")
    names = {"preview": deploy["preview"]["environment"], "deploy": deploy["deploy"]["environment"]["name"]}
    assert found.environments == {environment: ["main"] for environment in names.values()}
    for job, environment in names.items():
        used = set(re.findall(r"vars\.(\w+)", str(steps(deploy[job]))))
        assert used == set(found.variables[environment])
        assert found.variables[environment]["AWS_ROLE_ARN"] == f"prod {job}"
    assert found.variables[""] == {pipeline_switch("prod"): "true"}


def test_the_jobs_with_a_role_wait_for_a_variable_that_a_jobs_condition_can_read() -> None:
    """A job's `if` knows the variables of the repository alone; those of the environment come with the runner."""
    deploy = jobs_of("deploy.yml")
    assert deploy["preview"]["if"] == f"vars.{pipeline_switch('prod')} == 'true' && github.ref == 'refs/heads/main'"
    assert deploy["deploy"]["needs"] == "preview"


def test_a_second_stack_of_the_repository_leaves_the_firsts_variables_and_environments(tmp_path: Path) -> None:
    alone = set_up(tmp_path, "prod")
    both = set_up(tmp_path, "prod", "pr-12")
    assert {name: both.variables[name] for name in alone.environments} == {
        name: alone.variables[name] for name in alone.environments
    }
    assert set(both.environments) - set(alone.environments) == {"preview-pr-12", "deploy-pr-12"}
    assert both.variables[""] == {"DEPLOY_PROD": "true", "DEPLOY_PR_12": "true"}


def test_jobs_that_build_or_plan_images_fetch_the_whole_history() -> None:
    for file, name in (("deploy.yml", "preview"), ("deploy.yml", "deploy"), ("preview.yml", "embedded")):
        (checkout,) = [step for step in steps(jobs_of(file)[name]) if "checkout" in str(step.get("uses"))]
        assert checkout["with"]["fetch-depth"] == 0, f"{file} {name}"


def test_the_engine_has_the_version_of_the_sdk() -> None:
    pinned = re.search(r"^pulumi==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    for name in ("preview", "deploy"):
        (step,) = [one for one in steps(jobs_of("deploy.yml")[name]) if "pulumi/actions" in str(one.get("uses"))]
        assert step["with"]["pulumi-version"] == pinned[1], name


# The runner


RUNNER = runpy.run_path(str(ROOT / ".ci" / "runner.py"))


def test_there_is_a_runner_for_every_architecture() -> None:
    assert set(RUNNER["RUNNERS"]) == set(CHOICES["architecture"])


def test_the_deploys_runner_is_the_one_that_the_setting_asks_for() -> None:
    deploy = jobs_of("deploy.yml")
    assert deploy["deploy"]["runs-on"] == "${{ needs.preview.outputs.runner }}"
    assert deploy["preview"]["outputs"]["runner"] == "${{ steps.architecture.outputs.runner }}"
    (step,) = [one for one in steps(deploy["preview"]) if one.get("id") == "architecture"]
    assert step["run"] == '.venv/bin/python .ci/runner.py prod >> "$GITHUB_OUTPUT"'
    command = [sys.executable, str(ROOT / ".ci" / "runner.py"), "prod"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "runner=ubuntu-24.04-arm\n"


@pytest.mark.parametrize(
    ("setting", "label"),
    [("", "ubuntu-24.04-arm"), ("arm64", "ubuntu-24.04-arm"), ("x86_64", "ubuntu-24.04"), ("riscv64", None)],
)
def test_a_stacks_architecture_decides_its_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, label: str | None
) -> None:
    monkeypatch.setattr(hosted, "FOLDER", tmp_path)
    project = {"name": "other", "config": {"architecture": {"default": "arm64"}}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    if setting:
        (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": {"other:architecture": setting}}))
    if label:
        assert RUNNER["runner"]("prod") == label
    else:
        with pytest.raises(SystemExit, match="stack prod: architecture is 'riscv64'"):
            RUNNER["runner"]("prod")


# The preview of a pull request


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    result = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return result.stdout


def test_the_comparison_takes_the_target_branch_from_the_checkout(tmp_path: Path) -> None:
    """A private repository's checkout has no credentials left to fetch it with."""
    origin = tmp_path / "work" / "site"
    origin.mkdir(parents=True)
    git(origin, "init", "--quiet", "--initial-branch=main")
    (origin / "Makefile").write_text("preview:\n\techo main > $(WRITE)\n")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "one")
    git(origin, "switch", "--quiet", "--create", "topic")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "two")
    git(origin, "switch", "--quiet", "main")
    (origin / "Makefile").write_text("preview:\n\techo newer main > $(WRITE)\n")
    git(origin, "commit", "--quiet", "--all", "--message", "three")
    git(origin, "merge", "--quiet", "--no-ff", "--message", "the merge that GitHub checks out", "topic")
    git(origin, "checkout", "--quiet", "--detach")
    (origin / "Makefile").write_text("broken")
    (step,) = [one for one in steps(jobs_of("preview.yml")["embedded"]) if one.get("name", "").startswith("Plan")]
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=origin, capture_output=True, check=True)
    assert (origin / "base.json").read_text() == "newer main\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_step_asks_the_network_for_sources_or_hides_its_failure(path: Path) -> None:
    for _, name, job in [one for one in jobs() if one[0] == path.name]:
        assert "continue-on-error" not in str(job), name
        assert not re.search(r"git (fetch|pull|clone|ls-remote)", str(job)), name


def test_the_comment_is_found_by_the_marker_in_the_plan() -> None:
    comment = jobs_of("preview.yml")["comment"]
    assert comment["if"] == FORK_GUARD
    assert MARKER in steps(comment)[0]["with"]["script"]
    assert steps(comment)[0]["env"]["PLAN"] == "${{ needs.embedded.outputs.plan }}"


def test_a_plan_of_any_length_fits_one_variable_of_the_comments_job(tmp_path: Path) -> None:
    """Linux takes 128 KB in one variable, a comment 65,536 characters."""
    (tmp_path / "preview.md").write_text(f"{MARKER}\n" + "é±" * 100_000)
    (step,) = [one for one in steps(jobs_of("preview.yml")["embedded"]) if one.get("id") == "plan"]
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**os.environ, **{name: str(path) for name, path in files.items()}}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=True)
    output = files["GITHUB_OUTPUT"].read_text()
    assert output.startswith("plan<<")
    assert len(output.encode()) < 64_000
    assert MARKER in output
