"""Variables of the application on the real engine, set as people type it. The tests run in this order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.composition import environment
from infra.data.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from infra.ecs.containers import SECRET_KEYS
from infra.ecs.task_definition import migration_task, task_definition, web_task
from infra.ecs.task_roles import TaskRoles, TaskRolesArgs
from infra.foundation.kms import EncryptionKey, EncryptionKeyArgs
from infra.secrets.existing import look_up
from infra.secrets.reference import SecretReference
from infra.settings import load
from local.runtime import ROOT
from tests.infra.ecs.arguments import TASK

pytestmark = needs_engine

CANARIES = ("canary-first", "canary-second", "canary-existing")
CLEAR = "canary-clear"
"""Given in the clear and refused. Pulumi's history of updates keeps the settings of refused ones as they were."""
MISSING = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"


class Service(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("preqly:infra:Service", "web")


def program() -> None:
    """The part of the program that variables pass through."""
    settings = load.load_settings(pulumi.Config(), "us-east-1")
    existing = environment.look_up_existing(settings)
    key = EncryptionKey(
        "key", EncryptionKeyArgs(region="us-east-1", publishers=[], protect=False, outlives_stack=False)
    )
    values: dict[str, pulumi.Input[str]] = dict.fromkeys(SECRET_KEYS, "generated")
    secrets = ApplicationSecrets(
        "secrets",
        ApplicationSecretsArgs(key_arn=key.key_arn, values=values, generation=1, fallbacks=1, protect=False),
    )
    own = environment.declare_environment(settings, key, existing, {}, ())
    logs = aws.cloudwatch.LogGroup("logs")
    roles = TaskRoles(
        "task",
        TaskRolesArgs(
            key_arn=key.key_arn,
            secret_arn=secrets.secret_arn,
            read_secrets=own.read_secrets,
            repository_arns=["arn:aws:ecr:us-east-1:123456789012:repository/web"],
            log_group_arn=logs.arn,
            media_bucket_arn="arn:aws:s3:::media",
        ),
    )
    args = replace(
        TASK,
        secret_arn=secrets.secret_arn,
        secret_version=secrets.version_id,
        variables=own.variables,
        log_group=logs.name,
        execution_role_arn=roles.execution_role_arn,
        task_role_arn=roles.task_role_arn,
        migration_role_arn=roles.migration_role_arn,
    )
    service = Service()
    for task in (web_task(args), migration_task(args)):
        pulumi.export(task.kind, task_definition("web", task, args, service).arn)


@dataclass
class Site:
    """The stack, what it printed, and the account's own secret."""

    stack: EngineStack
    existing: str
    printed: list[str]

    def config(self, *words: str) -> None:
        """Run `pulumi config ...`."""
        ended = self.stack.pulumi("config", *words)
        assert ended.returncode == 0, ended.stderr
        self.printed += [ended.stdout, ended.stderr]

    def up(self) -> dict[str, int]:
        """Deploy; the number of resources per operation."""
        _, counted = self.stack.up(program)
        return counted

    def refused(self) -> str:
        """What an update prints that is refused."""
        output = self.stack.refused("up", program)
        assert "Traceback" not in output
        self.printed.append(output)
        return output

    def container(self, kind: str, arn: str = "") -> dict[str, Any]:
        """The container with the application's code in a task definition; the newest without an ARN."""
        ecs = self.stack.client("ecs")
        found = ecs.describe_task_definition(taskDefinition=arn or self.stack.stack.outputs()[kind].value)
        name = {"web": "web", "migration": "migrate"}[kind]
        containers = found["taskDefinition"]["containerDefinitions"]
        return next(dict(one) for one in containers if one["name"] == name)

    def secret(self, container: dict[str, Any], name: str) -> str:
        """The value that ECS reads for a variable."""
        (text,) = [one["valueFrom"] for one in container["secrets"] if one["name"] == name]
        reference = SecretReference.parse(text)
        version = {"VersionId": reference.version} if reference.version else {}
        found = self.stack.client("secretsmanager").get_secret_value(SecretId=reference.arn, **version)["SecretString"]
        return str(json.loads(found)[reference.key])

    @property
    def policies(self) -> set[str]:
        """Names of the policies of the execution role, without their random ends."""
        iam = self.stack.client("iam")
        (role,) = [one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"].startswith("task-execution")]
        return {name.rpartition("-")[0] for name in iam.list_role_policies(RoleName=role)["PolicyNames"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with engine_stack(tmp_path_factory.mktemp("state"), "preqly") as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "look_up", look_up)
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        for name, value in {"AWS_ENDPOINT_URL": stack.endpoint, **keys}.items():
            patch.setenv(name, value)
        folder = Path(stack.stack.workspace.work_dir)
        # An inline program has no root folder; the language host gives it the one of Pulumi.yaml.
        patch.setattr(load, "_folder", lambda: folder)
        declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
        own = yaml.safe_load((folder / "Pulumi.yaml").read_text())
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**own, "config": declared}))
        secret = stack.client("secretsmanager").create_secret(Name="team", SecretString='{"key": "canary-existing"}')
        yield Site(stack, secret["ARN"], [])


def test_an_existing_secret_that_is_missing_is_refused_before_any_resource(site: Site) -> None:
    site.config("set", "--plaintext", "--path", "existingSecrets.TEAM", MISSING)
    output = site.refused()
    assert "preqly:existingSecrets.TEAM" in output
    assert "aws secretsmanager create-secret --region us-east-1 --name none" in output
    assert [one["type"] for one in site.stack.resources()] in ([], ["pulumi:pulumi:Stack"])


def test_a_secret_set_in_the_clear_is_refused_by_name_beside_an_encrypted_one(site: Site) -> None:
    site.config("set", "--plaintext", "--path", "existingSecrets.TEAM", f"{site.existing}:key::")
    site.config("set", "--secret", "--path", "secretEnvironment.STRIPE_KEY", "canary-first")
    site.config("set", "--path", "secretEnvironment.PLAIN", CLEAR)
    output = site.refused()
    assert "preqly:secretEnvironment.PLAIN" in output
    assert "pulumi config set --secret --path secretEnvironment.PLAIN" in output
    assert "STRIPE_KEY" not in output
    site.config("rm", "--path", "secretEnvironment.PLAIN")


def test_a_plain_value_that_looks_like_a_secret_is_refused_by_name(site: Site) -> None:
    site.config("set", "--path", "environment.API_TOKEN", CLEAR)
    assert "pulumi config set --secret --path secretEnvironment.API_TOKEN" in site.refused()
    site.config("rm", "--path", "environment.API_TOKEN")


def test_what_is_typed_reaches_web_and_migration(site: Site) -> None:
    for name, value in {"FEATURE": "true", "LIMIT": "10", "RATE": "1.50", "EMPTY": "", "PHONE": "0049 170"}.items():
        site.config("set", "--path", f"environment.{name}", value)
    site.up()
    for kind in ("web", "migration"):
        container = site.container(kind)
        plain = {one["name"]: one["value"] for one in container["environment"]}
        assert {name: plain[name] for name in ("FEATURE", "LIMIT", "RATE", "EMPTY", "PHONE")} == {
            "FEATURE": "true",
            "LIMIT": "10",
            "RATE": "1.50",
            "EMPTY": "",
            "PHONE": "0049 170",
        }
        assert site.secret(container, "STRIPE_KEY") == "canary-first"
        assert site.secret(container, "TEAM") == "canary-existing"
    assert {"task-execution-environment", "task-execution-policy"} < site.policies
    assert len(site.policies) == 3


def test_the_next_up_changes_nothing(site: Site) -> None:
    assert site.up().keys() == {"same"}


def test_a_changed_secret_makes_new_tasks_and_the_release_before_still_reads_its_own(site: Site) -> None:
    before = site.stack.stack.outputs()["web"].value
    site.config("set", "--secret", "--path", "secretEnvironment.STRIPE_KEY", "canary-second")
    counted = site.up()
    # The version and both task definitions.
    assert counted["replace"] == 3
    assert site.secret(site.container("web"), "STRIPE_KEY") == "canary-second"
    assert site.secret(site.container("migration"), "STRIPE_KEY") == "canary-second"
    assert site.secret(site.container("web", before), "STRIPE_KEY") == "canary-first"


def test_an_existing_secret_that_changed_makes_new_tasks_at_the_next_up(site: Site) -> None:
    manager = site.stack.client("secretsmanager")
    version = manager.put_secret_value(SecretId="team", SecretString='{"key": "canary-existing"}')["VersionId"]
    assert site.up()["replace"] == 2
    assert site.container("web")["dockerLabels"] == {"secret-version.TEAM": version}
    assert site.up().keys() == {"same"}


def test_no_value_is_in_the_state_the_settings_file_or_what_was_printed(site: Site) -> None:
    folder = Path(site.stack.stack.workspace.work_dir)
    stored = [path for path in (folder.parent / ".pulumi").rglob("*") if path.is_file()]
    places = {
        "exported state": site.stack.pulumi("stack", "export").stdout,
        "settings file": (folder / "Pulumi.test.yaml").read_text(),
        "printed": "".join(site.printed),
        **{str(path): path.read_text(errors="replace") for path in stored},
    }
    assert all(places.values())
    assert any(path.suffix == ".json" for path in stored)
    assert [(name, canary) for name, text in places.items() for canary in CANARIES if canary in text] == []
    assert CLEAR not in places["printed"]
    assert "STRIPE_KEY" in places["exported state"], "names are no secrets"


def test_without_variables_secret_and_permissions_go_and_what_is_not_the_stacks_stays(site: Site) -> None:
    for name in ("environment", "secretEnvironment", "existingSecrets"):
        site.config("rm", name)
    site.up()
    assert site.policies == {"task-execution-policy"}
    secrets = site.stack.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    found = {one["Name"].partition("-")[0]: "DeletedDate" in one for one in secrets}
    assert found == {"secrets": False, "team": False, "environment": True}
    names = {one["name"] for one in site.container("web")["environment"] + site.container("web")["secrets"]}
    assert not {"FEATURE", "STRIPE_KEY", "TEAM"} & names
