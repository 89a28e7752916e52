"""Which jobs may take the roles: the two environments on main, in both forms of GitHub's `sub`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.iam.evaluation import statements
from tests.bootstrap.policy_evaluation import trusted
from tests.bootstrap.recorded import PROVIDER, run_bootstrap

NAMES = ("octo/site", "octo@123456/site@456789")
"""The repository in a `sub`, made before and after 15 July 2026."""
ENVIRONMENTS = {"preview": "preview-prod", "deploy": "deploy-prod"}


def claims(name: str, context: str, ref: str = "refs/heads/main", **changes: str) -> dict[str, str]:
    """Claims of the token of one job of this repository."""
    known = {"aud": "sts.amazonaws.com", "ref": ref, "repository_id": "456789"}
    return {**known, "sub": f"repo:{name}:{context}", **changes}


def other_jobs() -> Iterator[dict[str, str]]:
    """Jobs that no role may trust: the author of a pull request or of a branch chooses workflow and environment."""
    for name in NAMES:
        yield claims(name, "pull_request", "refs/pull/7/merge")
        yield claims(name, "ref:refs/heads/main")
        yield claims(name, "ref:refs/heads/topic", "refs/heads/topic")
        for environment in (*ENVIRONMENTS.values(), "Deploy-prod", "deploy-prod ", "deploy-staging", "prod"):
            yield claims(name, f"environment:{environment}", "refs/pull/7/merge")
            yield claims(name, f"environment:{environment}", "refs/heads/topic")
            yield claims(name, f"environment:{environment}", "refs/heads/main2")
            yield claims(name, f"environment:{environment}", "refs/tags/main")
    for environment in ENVIRONMENTS.values():
        # An abandoned name that somebody else registered, and a fork.
        yield claims("octo/site", f"environment:{environment}", repository_id="999")
        yield claims("octo@1/site@999", f"environment:{environment}", repository_id="999")
        yield claims("fork/site", f"environment:{environment}", repository_id="999")
        yield claims("octo/site", f"environment:{environment}", aud="https://github.com/octo")
        # Another stack of the same repository.
        yield claims("octo/site", f"environment:{environment.replace('prod', 'staging')}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ENVIRONMENTS)
def test_a_job_of_the_environment_on_main_takes_the_role_in_both_forms_of_sub(roles: Any, role: str, name: str) -> None:
    assert trusted(roles[role].trust, claims(name, f"environment:{ENVIRONMENTS[role]}"))


@pytest.mark.parametrize("name", NAMES)
def test_neither_environment_takes_the_role_of_the_other(roles: Any, name: str) -> None:
    assert not trusted(roles["deploy"].trust, claims(name, "environment:preview-prod"))
    assert not trusted(roles["preview"].trust, claims(name, "environment:deploy-prod"))


@pytest.mark.parametrize("job", [*other_jobs()], ids=lambda job: f"{job['sub']} {job['ref']} {job['repository_id']}")
def test_no_other_job_takes_a_role(roles: Any, job: dict[str, str]) -> None:
    assert [name for name, role in roles.items() if trusted(role.trust, job)] == []


def test_a_role_trusts_github_alone_by_exact_claims(roles: Any) -> None:
    for role in roles.values():
        (statement,) = statements([role.trust])
        assert statement["Principal"] == {"Federated": PROVIDER}
        assert set(statement["Condition"]) == {"StringEquals"}
        assert "*" not in json.dumps(statement["Condition"])


def test_sessions_last_as_long_as_a_deploy_and_no_longer_than_a_preview(roles: Any) -> None:
    assert roles["deploy"].inputs["maxSessionDuration"] == 6 * 3600
    assert roles["preview"].inputs["maxSessionDuration"] == 3600


def test_an_existing_provider_is_used_and_not_declared() -> None:
    bootstrap = run_bootstrap(createOidcProvider="false")
    assert bootstrap.all("iam/openIdConnectProvider:OpenIdConnectProvider") == []
    assert PROVIDER in bootstrap.roles()["deploy"].trust


def test_a_created_provider_stays_because_other_repositories_may_trust_it(bootstrap: Any) -> None:
    assert bootstrap.options("iam/openIdConnectProvider:OpenIdConnectProvider", "github").retainOnDelete


def test_an_existing_provider_without_awss_audience_is_refused_with_the_command_that_adds_it() -> None:
    with pytest.raises(Exception, match=r"add-client-id-to-open-id-connect-provider --client-id sts\.amazonaws\.com"):
        run_bootstrap(createOidcProvider="false", clients='["other"]')
