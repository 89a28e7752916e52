"""The application's own variables: how their values are rendered, and what is refused by name."""

import json
import string
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS

from infra.ecs.containers import MIGRATION_SECRETS, platform_variables
from infra.problem import Problem, SettingsError
from infra.settings import environment_rules
from infra.settings.load import load_settings
from infra.settings.settings import Settings
from tests.infra.settings_helpers import load as loaded
from tests.infra.settings_helpers import only_problem, problems, settings

CANARY = "canary-4711"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"
NAMES = st.text(alphabet=string.ascii_uppercase, min_size=1, max_size=8).map(lambda text: f"APP_{text}X")


def given_secrets(**values: object) -> Settings:
    """Settings with these encrypted variables."""
    return loaded(secretEnvironment=json.dumps(values))


def refused_in(key: str, values: dict[str, object], *, encrypted: bool) -> Problem:
    """What is wrong with an object of variables of which any, or none, is encrypted."""
    set_all_config({f"preqly:{key}": json.dumps(values)}, [f"preqly:{key}"] if encrypted else [])
    with pytest.raises(SettingsError) as refused:
        load_settings(pulumi.Config("preqly"), "us-east-1")
    assert CANARY not in str(refused.value)
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("on", "on"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (-42, "-42"),
        (0, "0"),
        ("1.50", "1.50"),
        ("", ""),
        ("true", "true"),
        ("line\nline", "line\nline"),
        (2**53, "9007199254740992"),
    ],
)
def test_text_is_kept_and_booleans_and_whole_numbers_become_the_text_that_was_typed(value: object, text: str) -> None:
    assert dict(loaded(environment=json.dumps({"FEATURE": value})).environment) == {"FEATURE": text}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "RATE has no value"),
        (1.5, "RATE is a number with a fraction"),
        (2**53 + 1, "RATE is a large number"),
        (["a"], "RATE is a list"),
        ({"a": "b"}, "RATE is an object"),
    ],
)
@pytest.mark.parametrize("key", ["environment", "secretEnvironment", "existingSecrets"])
def test_a_value_without_one_text_is_refused_by_name_and_never_shown(key: str, value: object, why: str) -> None:
    problem = only_problem(**{key: json.dumps({"RATE": value, "OTHER": CANARY})})
    assert problem.key == f"preqly:{key}"
    assert why in problem.rule
    assert CANARY not in str(problem)


def test_what_is_no_object_is_refused() -> None:
    for raw in ("on", "[]", '["AB"]', "1", "null"):
        assert "must be an object" in only_problem(environment=raw).rule


def test_the_objects_are_read_only() -> None:
    found: Any = loaded(environment='{"A": "1"}').environment
    with pytest.raises(TypeError):
        found["B"] = "2"


@pytest.mark.parametrize("name", ["1ST", "A-B", "A B", "", "Ä", "A.B", "A\n"])
def test_a_name_that_no_shell_takes_is_refused(name: str) -> None:
    problem = only_problem(environment=json.dumps({name: "x"}))
    assert (problem.key, problem.value) == (f"preqly:environment.{name}", None)
    assert "letters, digits and _" in problem.rule


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("ALLOWED_HOSTS", "is decided by the setting allowedHosts"),
        ("SECRET_KEY", "is decided by the setting secretsGeneration"),
        ("DATABASE_URL", "is the platform's own variable"),
        ("DATABASE_URL_FILE", "is the platform's own variable"),
        ("APPLICATION_DATABASE_URL", "is the platform's own variable"),
        ("RELEASE", "is the platform's own variable"),
        ("AWS_ACCESS_KEY_ID", "ECS gives the task"),
        ("AWS_REGION", "ECS gives the task"),
        ("ECS_CONTAINER_METADATA_URI_V4", "ECS gives the task"),
        ("PGHOST", "PostgreSQL's client library"),
        ("PATH", "what code the container runs"),
        ("LD_PRELOAD", "what code the container runs"),
        ("PYTHONPATH", "what code the container runs"),
        ("DJANGO_SETTINGS_MODULE", "settings module"),
        ("GUNICORN_CMD_ARGS", "server's configuration"),
        ("MEDIA_ROOT", "the image sets it"),
        ("HOME", "the container's system"),
    ],
)
def test_a_name_that_the_platform_uses_is_refused_in_every_object(name: str, rule: str) -> None:
    for key, value in (("environment", "x"), ("existingSecrets", SECRET)):
        found = problems(**{key: json.dumps({name: value})})
        (problem,) = [one for one in found if "looks like" not in one.rule and "its name has" not in one.rule]
        assert problem.key == f"preqly:{key}.{name}"
        assert rule in problem.rule
        assert problem.fix == f"pulumi config rm --path {key}.{name}"
    with pytest.raises(SettingsError, match=rule):
        given_secrets(**{name: "x"})


def test_every_variable_of_the_platform_is_refused() -> None:
    assert {"MEDIA_BUCKET", "WEB_THREADS", "REQUEST_TIMEOUT", *MIGRATION_SECRETS} <= platform_variables()
    for name in platform_variables():
        assert list(environment_rules.names(settings(environment={name: "x"}))), name


@pytest.mark.parametrize("name", ["FEATURE", "SENTRY_DSN", "PGP_HOME", "MY_AWS_REGION", "PYTHON_GIL", "_X", "x"])
def test_a_name_of_the_applications_own_is_taken(name: str) -> None:
    assert loaded(environment=json.dumps({name: "x"})).environment == {name: "x"}


def test_a_name_in_two_objects_is_refused_with_both_ways_out() -> None:
    problem = only_problem(environment='{"FEATURE": "on"}', existingSecrets=json.dumps({"FEATURE": SECRET}))
    assert problem.rule == "is in environment and existingSecrets, and a variable has one value"
    assert problem.fix == (
        "pulumi config rm --path environment.FEATURE or pulumi config rm --path existingSecrets.FEATURE"
    )


def test_a_plain_value_that_looks_like_a_secret_is_refused_with_the_command_that_moves_it() -> None:
    for name, value in (("STRIPE_KEY", CANARY), ("STRIPE", f"sk_live_{CANARY}")):
        problem = only_problem(environment=json.dumps({name: value}))
        assert problem.key == f"preqly:environment.{name}"
        assert problem.fix == (
            f"pulumi config rm --path environment.{name}; pulumi config set --secret --path secretEnvironment.{name}. "
            f"If it may be public: pulumi config set --path 'publicVariables[0]' {name}"
        )
        assert CANARY not in str(problem)


def test_a_publishable_key_is_taken_when_the_settings_insist() -> None:
    plain, public = '{"STRIPE_PUBLISHABLE_KEY": "pk_live_1"}', '["STRIPE_PUBLISHABLE_KEY"]'
    assert loaded(environment=plain, publicVariables=public).public_variables == ("STRIPE_PUBLISHABLE_KEY",)
    assert "not in environment" in only_problem(publicVariables=public).rule


def test_a_secret_without_encryption_is_refused_with_the_command_and_never_shown() -> None:
    problem = refused_in("secretEnvironment", {"STRIPE_KEY": CANARY}, encrypted=False)
    assert problem.key == "preqly:secretEnvironment.STRIPE_KEY"
    assert problem.fix.startswith("pulumi config set --secret --path secretEnvironment.STRIPE_KEY")


def test_an_encrypted_secret_is_taken_as_text_and_no_repr_shows_it() -> None:
    found = given_secrets(STRIPE_KEY=CANARY, FLAG="true")
    assert dict(found.secret_environment) == {"STRIPE_KEY": CANARY, "FLAG": "true"}
    assert CANARY not in repr(found)


FILE = """
config:
  preqly:environment:
    QUOTED: "1.50"
    FEATURE: True
    {written}
  preqly:secretEnvironment:
    ENCRYPTED:
      secure: v1:abc
    CLEAR: {canary}
"""


def with_file(folder: Path, monkeypatch: pytest.MonkeyPatch, written: str = "A: x") -> None:
    """A settings file as the engine reads it."""
    monkeypatch.setattr(SETTINGS, "root_directory", str(folder))
    (folder / f"Pulumi.{pulumi.get_stack()}.yaml").write_text(FILE.format(written=written, canary=CANARY))


def test_one_clear_secret_among_encrypted_ones_is_found_in_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_file(tmp_path, monkeypatch)
    problem = refused_in("secretEnvironment", {"ENCRYPTED": "x", "CLEAR": CANARY}, encrypted=True)
    assert problem.key == "preqly:secretEnvironment.CLEAR"


@pytest.mark.parametrize(
    ("written", "read"), [("A: 0777", 511), ("A: 2.0", 2), ("A: 1_000", 1000), ("A: 2026-01-01", "2026-01-01 00:00:00")]
)
def test_a_number_or_date_that_yaml_reads_differently_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, read: object
) -> None:
    with_file(tmp_path, monkeypatch, written)
    problem = only_problem(environment=json.dumps({"A": read, "QUOTED": "1.50", "FEATURE": True}))
    assert (problem.key, problem.fix) == ("preqly:environment.A", "write the value in quotes in the settings file")


def test_a_plain_variable_that_is_encrypted_is_refused_with_the_command_that_moves_it() -> None:
    problem = refused_in("environment", {"TEAM": CANARY}, encrypted=True)
    assert problem.fix == (
        "pulumi config rm --path environment.TEAM; pulumi config set --secret --path secretEnvironment.TEAM"
    )


@pytest.mark.parametrize("reference", [SECRET, f"{SECRET}:key::", PARAMETER])
def test_a_whole_secret_one_key_or_a_parameter_is_taken(reference: str) -> None:
    assert loaded(existingSecrets=json.dumps({"TEAM": reference})).existing_secrets == {"TEAM": reference}


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ("team", "is not the ARN of a secret"),
        (f"{SECRET}:key:AWSPREVIOUS:", "names a version or a stage"),
        (f"{SECRET}:::v-1", "names a version or a stage"),
    ],
)
def test_another_reference_is_refused(reference: str, rule: str) -> None:
    problem = only_problem(existingSecrets=json.dumps({"TEAM": reference}))
    assert problem.key == "preqly:existingSecrets.TEAM"
    assert rule in problem.rule


@pytest.mark.parametrize("reference", [PARAMETER, SECRET.replace("us-east-1", "eu-west-1")])
def test_tasks_without_a_route_to_it_take_no_parameter_and_no_secret_of_another_region(reference: str) -> None:
    values = {"TEAM": reference}
    assert not list(environment_rules.references(settings(existing_secrets=values)))
    (found,) = environment_rules.references(settings(existing_secrets=values, egress="endpoints"))
    assert "`egress: endpoints`" in found.rule


def test_more_than_a_secret_or_a_task_definition_holds_is_refused() -> None:
    large = "x" * 30_000
    assert not list(environment_rules.document(settings(secret_environment={"A": large, "B": large})))
    (document,) = environment_rules.document(settings(secret_environment={"A": large, "B": large, "C": large}))
    assert "a secret of Secrets Manager has at most 65536" in document.rule
    assert not list(environment_rules.definition(settings(environment={"A": large})))
    (definition,) = environment_rules.definition(settings(environment={"A": large, "B": large}))
    assert "bytes of a task definition" in definition.rule
    many = {f"A{number}": "x" for number in range(200)}
    assert list(environment_rules.definition(settings(secret_environment=many)))


def test_more_existing_secrets_than_a_role_may_read_are_refused_and_keys_of_one_count_once() -> None:
    existing = {f"A{number}": SECRET.replace("team", f"team{number}") for number in range(20)}
    (many,) = environment_rules.existing(settings(existing_secrets=existing))
    assert "names 20 secrets, whose policy has " in many.rule
    ten = dict(list(existing.items())[:10])
    assert not list(environment_rules.existing(settings(existing_secrets=ten)))
    assert not list(environment_rules.existing(settings(existing_secrets=dict.fromkeys(existing, SECRET))))


@pytest.mark.parametrize("value", ["true", "1", "off"])
def test_debug_pages_are_refused_and_false_is_taken(value: str) -> None:
    assert "must be false" in only_problem(environment=json.dumps({"DEBUG": value})).rule
    assert loaded(environment='{"DEBUG": "false"}').environment == {"DEBUG": "false"}


def test_a_nul_is_refused() -> None:
    assert "NUL" in only_problem(environment=json.dumps({"A": "x\0y"})).rule


@given(st.dictionaries(NAMES, st.one_of(st.text(max_size=20), st.integers(-(2**53), 2**53), st.booleans()), max_size=5))
def test_any_values_are_either_taken_as_text_or_refused_without_being_shown(values: dict[str, Any]) -> None:
    found, refused = {}, []
    try:
        found = dict(loaded(environment=json.dumps(values)).environment)
    except SettingsError as error:
        refused = error.problems
    assert all(problem.value is None for problem in refused)
    assert refused or {name: type(value) for name, value in found.items()} == dict.fromkeys(values, str)


@pytest.mark.parametrize("name", ["CACHE_URL", "REDIS_URL"])
def test_a_stack_without_a_cache_may_name_a_server_of_its_own(name: str) -> None:
    given = json.dumps({name: "rediss://cache"})
    assert dict(loaded(environment=given).environment) == {name: "rediss://cache"}
    problem = only_problem(environment=given, cache="valkey")
    assert (problem.key, problem.rule) == (f"preqly:environment.{name}", "is decided by the setting cache")
