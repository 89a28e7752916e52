"""What the jobs of the GitHub workflows reach: those that run a pull request's code reach nothing."""

import copy
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bootstrap.trust import deploy_environment, preview_environment
from tests.bootstrap.policy_evaluation import allowed, trusted
from tests.bootstrap.recorded import STACK, Role, run_bootstrap
from tests.workflow_files import FILES, Job, jobs, jobs_of, of_pull_requests, steps, triggers, with_role

PREVIEW_ENVIRONMENT, DEPLOY_ENVIRONMENT = preview_environment(STACK), deploy_environment(STACK)


@pytest.fixture(scope="module")
def roles() -> dict[str, Role]:
    return run_bootstrap().roles()


def claims(job: Job, event: str, ref: str) -> Iterator[dict[str, str]]:
    """Claims of the tokens that GitHub gives a job, in both forms of `sub`; none without the permission to ask."""
    if not with_role(job):
        return
    environment = job.get("environment")
    name = environment["name"] if isinstance(environment, dict) else environment
    context = f"environment:{name}" if name else "pull_request" if event == "pull_request" else f"ref:{ref}"
    for repository in ("octo/site", "octo@123456/site@456789"):
        sub = f"repo:{repository}:{context}"
        yield {"aud": "sts.amazonaws.com", "sub": sub, "ref": ref, "repository_id": "456789"}


PROTECTED = {
    "state": ("s3:GetObject", "arn:aws:s3:::state-bucket-1a2b3c4/preqly/.pulumi/stacks/preqly/prod.json"),
    "decryption key": ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/state-secrets"),
    "data key": ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/key-data"),
    "secret values": ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"),
}
OWN = {"aws:ResourceTag/Project": "preqly", "aws:ResourceTag/Stack": "prod"}


def reach(job: Job, event: str, ref: str, roles: dict[str, Role]) -> set[str]:
    """Everything that a job reaches: roles, what they may read, and secrets of the repository or an environment."""
    taken = {name for name, role in roles.items() for one in claims(job, event, ref) if trusted(role.trust, one)}
    read = {
        thing
        for name in taken
        for thing, (action, resource) in PROTECTED.items()
        if allowed(roles[name].policies, action, resource, OWN)
    }
    # GITHUB_TOKEN has the job's own permissions.
    secrets = set(re.findall(r"secrets\.(\w+)|secrets: (inherit)", yaml.safe_dump(job))) - {("GITHUB_TOKEN", "")}
    return {f"role {name}" for name in taken} | read | {f"secret {a or b}" for a, b in secrets}


PULL_REQUEST = "refs/pull/7/merge"


@pytest.mark.parametrize(
    ("file", "name", "job"), of_pull_requests(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_job_that_runs_a_pull_requests_code_reaches_nothing(
    file: str, name: str, job: Job, roles: dict[str, Role]
) -> None:
    assert reach(job, "pull_request", PULL_REQUEST, roles) == set()
    assert not {"environment", "secrets"} & set(job)


def rewritten() -> Iterator[Job]:
    """Jobs that the author of a pull request may write into the workflows, with every environment and permission."""
    for environment in (None, PREVIEW_ENVIRONMENT, DEPLOY_ENVIRONMENT, {"name": DEPLOY_ENVIRONMENT}, "staging"):
        yield {"permissions": {"id-token": "write"}, **({"environment": environment} if environment else {})}


@pytest.mark.parametrize("job", [*rewritten()], ids=str)
@pytest.mark.parametrize(
    ("event", "ref"),
    [
        ("pull_request", PULL_REQUEST),
        ("push", "refs/heads/topic"),
        ("workflow_dispatch", "refs/heads/topic"),
        ("push", "refs/tags/v1"),
        ("pull_request", "refs/heads/main-2"),
    ],
)
def test_a_pull_request_that_rewrites_the_workflows_reaches_nothing(
    job: Job, event: str, ref: str, roles: dict[str, Role]
) -> None:
    assert reach(job, event, ref, roles) == set()


def test_what_the_jobs_on_main_reach(roles: dict[str, Role]) -> None:
    found = {
        f"{file} {name}": reach(job, "push", "refs/heads/main", roles)
        for file, name, job in jobs()
        if {"push", "schedule", "workflow_call"} & set(triggers(file))
    }
    assert {job: things for job, things in found.items() if things} == {
        # No secret values and no data key: the preview role reads descriptions, and the state that it compares with.
        "deploy.yml preview": {"role preview", "state", "decryption key"},
        "drift.yml compare": {"role preview", "state", "decryption key"},
        "deploy.yml deploy": {"role deploy", "state", "decryption key", "data key", "secret values"},
        "drill.yml drill": {"role deploy", "state", "decryption key", "data key", "secret values"},
    }


def without(role: Role, claim: str) -> Role:
    """The role as it would be if its trust policy did not compare a claim."""
    document = json.loads(role.trust)
    (statement,) = document["Statement"]
    del statement["Condition"]["StringEquals"][f"token.actions.githubusercontent.com:{claim}"]
    return Role(role.name, {**role.inputs, "assumeRolePolicy": json.dumps(document)}, role.policies)


@pytest.mark.parametrize(
    ("claim", "job"),
    [
        ("ref", {"permissions": {"id-token": "write"}, "environment": DEPLOY_ENVIRONMENT}),
        ("sub", {"permissions": {"id-token": "write"}}),
    ],
)
def test_a_trust_policy_without_a_claim_would_be_seen(claim: str, job: Job, roles: dict[str, Role]) -> None:
    weaker = {name: without(role, claim) for name, role in roles.items()}
    ref = PULL_REQUEST if claim == "ref" else "refs/heads/main"
    assert "role deploy" in reach(job, "push", ref, weaker)
    assert reach(job, "push", ref, roles) == set()


def test_no_workflow_names_a_secret_so_the_repository_needs_none() -> None:
    for path in FILES:
        assert "secrets." not in path.read_text(), path.name
        assert "secrets: inherit" not in path.read_text(), path.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_trigger_runs_another_branchs_code_with_the_rights_of_main(path: Path) -> None:
    dangerous = {"pull_request_target", "workflow_run", "issue_comment", "discussion_comment", "issues"}
    assert not dangerous & set(triggers(path.name))


def test_jobs_with_a_role_run_the_code_of_main_alone() -> None:
    roles_of = {(file, name) for file, name, job in jobs() if with_role(job)}
    by_time = {("drift.yml", "compare"), ("drill.yml", "drill")}
    assert roles_of == {("deploy.yml", "preview"), ("deploy.yml", "deploy"), *by_time}
    assert set(triggers("deploy.yml")) == {"push", "workflow_dispatch"}
    assert triggers("deploy.yml")["push"] == {"branches": ["main"]}
    for file, _ in by_time:
        assert set(triggers(file)) == {"schedule", "workflow_dispatch"}
    deploy = jobs_of("deploy.yml")
    for job in (deploy["preview"], *(jobs_of(file)[name] for file, name in by_time)):
        assert "github.ref == 'refs/heads/main'" in job["if"]
    assert "if" not in deploy["deploy"], "a condition of its own would run it without the preview"
    for name in ("preview", "deploy"):
        (checkout,) = [step for step in steps(deploy[name]) if "actions/checkout" in str(step.get("uses"))]
        assert not {"ref", "repository"} & set(checkout["with"])


def test_reach_sees_a_job_with_more_than_it_should_have(roles: dict[str, Role]) -> None:
    """Each of these makes `reach` say so; a rule that is broken would be found."""
    deploy = jobs_of("deploy.yml")["deploy"]
    swapped = copy.deepcopy(deploy)
    swapped["environment"]["name"] = PREVIEW_ENVIRONMENT
    assert reach(swapped, "push", "refs/heads/main", roles) == {"role preview", "state", "decryption key"}
    leaking = {"steps": [{"run": "env", "env": {"P": "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}"}}]}
    assert reach(leaking, "pull_request", PULL_REQUEST, roles) == {"secret PULUMI_CONFIG_PASSPHRASE"}
    wide = {"permissions": {"id-token": "write"}, "environment": DEPLOY_ENVIRONMENT}
    either = itertools.product(("refs/heads/main", PULL_REQUEST), ("push",))
    assert [bool(reach(wide, event, ref, roles)) for ref, event in either] == [True, False]
