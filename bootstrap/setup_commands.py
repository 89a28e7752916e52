"""Commands that set the repository up for the roles. Pure: no resources."""

from collections.abc import Mapping

from bootstrap.trust import BRANCH, deploy_environment, preview_environment


def pipeline_switch(stack: str) -> str:
    """Variable of the repository that starts the stack's jobs. A job's `if` cannot read its environment's variables."""
    return f"DEPLOY_{stack.upper().replace('-', '_')}"


def setup_commands(
    repository: str, stack: str, *, preview_role: str, deploy_role: str, variables: Mapping[str, str]
) -> str:
    """Commands of GitHub's command line, to paste: two environments for `main` alone, and their variables.

    Each stack has its own environments, so those of another stack keep theirs. None of the values is a secret.
    """
    lines = []
    for environment, role in ((preview_environment(stack), preview_role), (deploy_environment(stack), deploy_role)):
        lines += _environment(f"repos/{repository}/environments/{environment}")
        target = f"--repo {repository} --env {environment}"
        given = {"AWS_ROLE_ARN": role, **variables}
        lines += [f"gh variable set {name} {target} --body '{value}'" for name, value in given.items() if value]
    # Last: the jobs start once everything that they read is there.
    lines.append(f"gh variable set {pipeline_switch(stack)} --repo {repository} --body true")
    return "\n".join(lines)


def _environment(path: str) -> list[str]:
    rule = '{"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}'
    branch = BRANCH.removeprefix("refs/heads/")
    return [
        f"gh api --method PUT {path} --input - <<< '{rule}'",
        f"gh api --method POST {path}/deployment-branch-policies -f name={branch}",
    ]
