from pathlib import Path
from typing import Any

import pytest

from infra.naming import parameter_name
from ops import project
from ops.stack import stacks
from tests.ops.conftest import Ops
from tests.ops.fixtures import DeployedStack


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with stacks of its own."""
    (tmp_path / "Pulumi.yaml").write_text("name: preqly\nconfig:\n  aws:region:\n    value: us-east-1\n")
    monkeypatch.setattr(project, "ROOT", tmp_path)
    return tmp_path


def add(session: Any, name: str, stack: str) -> None:
    session.client("ssm").put_parameter(Name=parameter_name(name, stack), Value="{}", Type="String")


def test_the_only_stack_needs_no_name_and_of_several_one_must_be_named(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    assert "Releases of prod in us-east-1" in ops("releases").out
    add(stack.session, "preqly", "qa")
    message = ops.refused(["releases"], 2)
    assert message == "Project preqly has several stacks in us-east-1. Give --stack prod|qa.\n"
    assert ops("releases", "--stack", "prod").code == 0
    assert stacks(stack.session, "preqly", only="prod") == ["prod"]


@pytest.mark.parametrize("name", ["prod", "organization/preqly/prod"])
def test_the_stack_may_come_from_pulumis_own_variable(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stack.deploy("one")
    add(stack.session, "preqly", "qa")
    monkeypatch.setenv("PULUMI_STACK", name)
    assert "Releases of prod" in ops("releases").out


def test_a_stack_that_is_not_deployed_is_reported_with_those_that_are(stack: DeployedStack, ops: Ops) -> None:
    message = ops.refused(["releases", "--stack", "porduction"], 2)
    assert "Stack porduction of project preqly is not deployed in account 123456789012, region us-east-1." in message
    assert "Deployed: prod." in message


def test_other_parameters_are_not_stacks(session: Any, ops: Ops) -> None:
    add(session, "other", "prod")
    add(session, "preqly", "prod/deeper")
    session.client("ssm").put_parameter(Name="/preqly/qa/password", Value="x", Type="String")
    message = ops.refused(["releases"], 2)
    assert "No stack of project preqly is deployed in account 123456789012, region us-east-1." in message
    assert "No stack of project qa is deployed" in ops.refused(["releases", "--project", "qa"], 2)


def test_the_stacks_own_region_wins_over_the_environments(
    stack: DeployedStack, ops: Ops, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.deploy("one")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert "region eu-west-1" in ops.refused(["releases"], 2)
    (root / "Pulumi.prod.yaml").write_text("config:\n  aws:region: us-east-1\n")
    assert ops("releases", "--stack", "prod").code == 0
    assert "region eu-west-2" in ops.refused(["releases", "--stack", "prod", "--region", "eu-west-2"], 2)


def test_without_any_other_the_projects_region_holds(stack: DeployedStack, ops: Ops, root: Path) -> None:
    stack.deploy("one")
    assert ops("releases", "--stack", "prod").code == 0


def test_a_profile_that_does_not_exist_is_reported_with_where_to_set_it(
    stack: DeployedStack, ops: Ops, root: Path
) -> None:
    (root / "Pulumi.prod.yaml").write_text("config:\n  aws:profile: nobody\n")
    message = ops.refused(["releases", "--stack", "prod"], 1)
    assert "The config profile (nobody) could not be found" in message
    assert "AWS_PROFILE or aws:profile" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [("name: [", "Pulumi.yaml is not valid YAML"), ("runtime: python", "Pulumi.yaml has no project name")],
)
def test_a_broken_project_file_is_reported(ops: Ops, root: Path, text: str, said: str) -> None:
    (root / "Pulumi.yaml").write_text(text)
    assert said in ops.refused(["releases"], 2)


def test_a_stack_on_another_hosting_is_refused_with_the_sources_to_use(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one", hosting="vm")
    message = ops.refused(["rollback", "--yes"], 3)
    assert "Release 1 ran with `hosting: vm`" in message
    assert "Check out the sources that deployed it (revision rev-one)" in message


ROLE = "aws:assumeRoles:\n    - roleArn: arn:aws:iam::222222222222:role/deploy\n"


def test_the_roles_of_the_stacks_provider_are_assumed(ops: Ops, root: Path) -> None:
    (root / "Pulumi.prod.yaml").write_text(f"config:\n  {ROLE}")
    message = ops.refused(["releases", "--stack", "prod"], 2)
    assert "not deployed in account 222222222222, region us-east-1" in message


def test_the_only_settings_file_with_a_login_is_used_without_a_stacks_name(ops: Ops, root: Path) -> None:
    (root / "Pulumi.prod.yaml").write_text(f"config:\n  {ROLE}")
    assert "is deployed in account 222222222222" in ops.refused(["releases"], 2)
    (root / "Pulumi.qa.yaml").write_text("config:\n  aws:region: us-east-1\n")
    message = ops.refused(["releases"], 2)
    assert message == "Give --stack prod|qa: Pulumi.prod.yaml has its own login to AWS.\n"


def test_keys_in_pulumi_yaml_count_for_every_stack(ops: Ops, root: Path) -> None:
    (root / "Pulumi.yaml").write_text("name: preqly\nconfig:\n  aws:forbiddenAccountIds: {value: ['123456789012']}\n")
    message = ops.refused(["releases", "--stack", "prod", "--region", "us-east-1"], 1)
    assert "These credentials belong to account 123456789012, which aws:forbiddenAccountIds excludes" in message


def test_encrypted_keys_are_decrypted_by_pulumi_and_never_shown(
    ops: Ops, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "Pulumi.prod.yaml").write_text("config:\n  aws:accessKey: AKID\n  aws:secretKey: {secure: v1:abc}\n")
    answer = '{"aws:accessKey": {"value": "AKID"}, "aws:secretKey": {"value": "hunter2", "secret": true}}'
    (tmp_path / "pulumi").write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'config --show-secrets' ] && echo '{answer}'\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert project.provider_settings("prod")["secretKey"] == "hunter2"
    ended = ops("releases", "--stack", "prod")
    assert "hunter2" not in ended.out + ended.err
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "`pulumi config` cannot decrypt them" in ops.refused(["releases", "--stack", "prod"], 2)


def test_a_record_of_another_account_is_refused(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one", secret_arn="arn:aws:secretsmanager:us-east-1:222222222222:secret:s-1a2b3c")
    message = ops.refused(["rollback", "--yes"], 3)
    assert "The stack is in account 222222222222, and these credentials belong to 123456789012" in message
