"""Whatever the settings, no declared property or output shows a secret."""

import json

from tests.program.shapes import EXISTING_SECRETS, SHAPES
from tests.recorder import declared_with

# Generated secrets start with their logical names under the mocked engine.
CANARIES = (
    *("passwordsdatabasepasswords", "passwordssecretkey", "passwordsapplicationpasswords", "registry-token"),
    "canary-of-the-settings",
)


def strings_outside_secrets(value, engine):
    """Every string of a recorded value that Pulumi prints."""
    if engine.is_secret(value):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_outside_secrets(item, engine)
    elif isinstance(value, list):
        for item in value:
            yield from strings_outside_secrets(item, engine)


def test_no_secret_is_ever_sent_in_the_clear(program):
    for resource in program.resources:
        for text in strings_outside_secrets(resource.inputs, program):
            assert not any(canary in text for canary in CANARIES), f"{resource.typ} {resource.name} shows a secret"


def test_secrets_are_sent_as_pulumi_secrets(program):
    """Otherwise the test above could not fail."""
    version = program.one("secretsmanager/secretVersion:SecretVersion", "secrets-version")
    assert CANARIES[0] in version["secretString"]
    assert CANARIES[1] in version["secretString"]
    assert program.one("rds/instance:Instance")["password"].startswith(CANARIES[0])


def test_no_output_of_component_or_stack_shows_a_secret(program):
    for name, outputs in {**program.outputs, "stack": program.exports}.items():
        for text in strings_outside_secrets(outputs, program):
            assert not any(canary in text for canary in CANARIES), f"{name} shows a secret"


def test_variables_of_the_settings_reach_the_application_and_the_execution_role_reads_each_secret_alone():
    engine = declared_with(**SHAPES["public"])
    document = engine.one("secretsmanager/secretVersion:SecretVersion", "environment-version")["secretString"]
    assert json.loads(document) == {"STRIPE_KEY": "canary-of-the-settings"}
    for kind, name in (("web", "web"), ("migration", "migrate")):
        definition = engine.one("ecs/taskDefinition:TaskDefinition", f"web-{kind}-task")["containerDefinitions"]
        (container,) = [one for one in json.loads(definition) if one["name"] == name]
        secrets = {one["name"]: one["valueFrom"] for one in container["secrets"]}
        assert EXISTING_SECRETS.items() <= secrets.items()
        assert secrets["STRIPE_KEY"].endswith(":STRIPE_KEY::11111111-2222-3333-4444-555555555555")
        assert {"name": "FEATURE", "value": "on"} in container["environment"]
        assert container["dockerLabels"] == {f"secret-version.{one}": "v-7" for one in EXISTING_SECRETS}
    readable = {
        arn
        for one in engine.all("iam/rolePolicy:RolePolicy")
        if one.name.startswith("task-execution-e")
        for statement in json.loads(one.inputs["policy"])["Statement"]
        if statement["Action"] != "kms:Decrypt"
        for arn in statement["Resource"]
    }
    assert {arn.rpartition(":")[2].partition("-")[0] for arn in readable} == {
        "team",
        "parameter/team/token",
        "environment",
    }


def test_without_variables_no_second_secret_is_paid_for(declared):
    assert [one.name for one in declared.all("secretsmanager/secret:Secret")] == ["secrets-application"]


def test_secrets_reach_containers_by_reference_to_one_version(program):
    version = "11111111-2222-3333-4444-555555555555"
    for task in program.all("ecs/taskDefinition:TaskDefinition"):
        assert f":DATABASE_URL::{version}" in task.inputs["containerDefinitions"]


def test_raising_the_generation_changes_the_passwords_and_nothing_else(declared):
    def generated(engine):
        return {made.name: made.inputs for made in engine.resources if made.typ.startswith("random:")}

    before, after = generated(declared), generated(declared_with(secretsGeneration="2"))
    assert {name for name in before if before[name] != after.get(name)} == {
        "passwords-database",
        "passwords-application",
    }
    assert after.keys() - before.keys() == {"passwords-secret-key-3"}


def test_the_owners_password_changes_when_the_images_are_built_and_the_first_one_waits_for_nothing(declared):
    def waits_for(engine):
        found = engine.options("random:index/randomPassword:RandomPassword", "passwords-database").dependencies
        return {urn.rpartition("::")[2] for urn in found}

    assert waits_for(declared_with(secretsGeneration="2")) >= {"web-image-build", "proxy-image-build"}
    assert waits_for(declared) == set()
