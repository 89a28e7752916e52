"""Commands that set the repository up for the roles. Pure: no resources."""

from collections.abc import Mapping

from bootstrap.trust import BRANCH, DEPLOY_ENVIRONMENT, PREVIEW_ENVIRONMENT


def setup_commands(repository: str, variables: Mapping[str, str]) -> str:
    """Commands of GitHub's command line, to paste: two environments for `main` alone, and the variables.

    None of the values is a secret.
    """
    rule = '{"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}'
    lines = []
    for environment in (PREVIEW_ENVIRONMENT, DEPLOY_ENVIRONMENT):
        path = f"repos/{repository}/environments/{environment}"
        lines.append(f"gh api --method PUT {path} --input - <<< '{rule}'")
        branch = BRANCH.removeprefix("refs/heads/")
        lines.append(f"gh api --method POST {path}/deployment-branch-policies -f name={branch}")
    lines += [
        f"gh variable set {name} --repo {repository} --body '{value}'" for name, value in variables.items() if value
    ]
    return "\n".join(lines)
