"""Trust policies: which job of which repository may take a role. Pure: no resources."""

import json

ISSUER = "token.actions.githubusercontent.com"
"""Host of GitHub's OIDC provider, and prefix of the condition keys that hold a token's claims."""
AUDIENCE = "sts.amazonaws.com"
"""What aws-actions/configure-aws-credentials asks a token for."""
BRANCH = "refs/heads/main"


def preview_environment(stack: str) -> str:
    """Environment on GitHub of the jobs that preview a stack."""
    return f"preview-{stack}"


def deploy_environment(stack: str) -> str:
    """Environment on GitHub of the jobs that deploy a stack."""
    return f"deploy-{stack}"


def subjects(repository: str, repository_id: int, owner_id: int, environment: str) -> list[str]:
    """Both forms of the claim `sub` of a job in an environment.

    With names alone, and with the owner's and the repository's numbers, as every repository has it that was made,
    renamed or moved after 15 July 2026 (docs.github.com/en/actions/reference/security/oidc, immutable subject claims).
    """
    owner, _, name = repository.partition("/")
    return [
        f"repo:{owner}/{name}:environment:{environment}",
        f"repo:{owner}@{owner_id}/{name}@{repository_id}:environment:{environment}",
    ]


def trust(provider_arn: str, *, repository: str, repository_id: int, owner_id: int, environment: str) -> str:
    """Trust policy: a job of this environment, on `main`, in the repository with this number.

    GitHub creates an environment that a workflow names, without protection, when there is none. So AWS checks the
    branch too: a pull request's `ref` is refs/pull/<number>/merge, another branch has its own name. The number keeps
    out a new owner of an abandoned name. AWS compares each claim since January 2026
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
    """
    claims: dict[str, str | list[str]] = {
        "aud": AUDIENCE,
        "sub": subjects(repository, repository_id, owner_id, environment),
        "ref": BRANCH,
        "repository_id": str(repository_id),
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:{claim}": value for claim, value in claims.items()}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
