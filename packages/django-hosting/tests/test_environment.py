"""Settings from environment variables. A wrong environment stops the start."""

import os
from pathlib import Path
from typing import Any

import pytest

from django_hosting import environment
from start import RIGHT, laid_over, run


def refusal(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> str:
    """What the start prints before it ends with exit code 1."""
    with pytest.raises(SystemExit) as ended:
        laid_over(monkeypatch, variables)
    return str(ended.value)


def setting(monkeypatch: pytest.MonkeyPatch, name: str, **changes: str) -> Any:
    return laid_over(monkeypatch, RIGHT | changes).settings[name]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"SECRET_KEY": ""}, "Environment variable SECRET_KEY: is missing or empty. Example: SECRET_KEY=<64 random"),
        ({"SECRET_KEY": "short"}, "Environment variable SECRET_KEY: has fewer than 50 characters."),
        ({"ALLOWED_HOSTS": "  "}, "Environment variable ALLOWED_HOSTS: is missing or empty."),
        ({"DATABASE_URL": "orakel://u:hunter2@h/d"}, "Environment variable DATABASE_URL: "),
        ({"DATABASE_URL": "hunter2"}, "Environment variable DATABASE_URL: "),
        ({"DATABASE_URL": "postgres://u:hunter2@h:port/d"}, "Environment variable DATABASE_URL: "),
        (
            {"EMAIL_URL": "pigeon://u:hunter2@h"},
            "Environment variable EMAIL_URL: does not begin with one of smtp+tls://,",
        ),
        ({"EMAIL_URL": "smtp+tls://u:hun/ter2@h:587"}, 'Environment variable EMAIL_URL: has a "/", "?" or "#" before'),
        ({"DEFAULT_FROM_EMAIL": "a@b.org, c@d.org"}, "Environment variable DEFAULT_FROM_EMAIL: 'a@b.org, c@d"),
        ({"DATABASE_URL": "postgres://u:hunter2@h/d?sslmod=1"}, "Environment variable DATABASE_URL: has an option"),
        ({"DATABASE_URL": "postgres://u:hunter2@h/d?host=other"}, "Environment variable DATABASE_URL: has an option"),
        ({"MEDIA_BUCKET": "s3://media", "AWS_REGION": "eu-north-1"}, "Environment variable MEDIA_BUCKET: 's3://media'"),
        ({"MEDIA_BUCKET": "media"}, "Environment variable AWS_REGION: is missing or empty, and MEDIA_BUCKET needs it."),
        ({"AWS_REGION": "Frankfurt"}, "Environment variable AWS_REGION: 'Frankfurt' has another form than expected."),
        ({"AWS_ENDPOINT_URL": "localhost:5000"}, "Environment variable AWS_ENDPOINT_URL: 'localhost:5000' has another"),
        ({"MEDIA_ROOT": "media"}, "Environment variable MEDIA_ROOT: 'media' has another form than expected."),
        ({"EMAIL_URL": "ses://", "AWS_REGION": "eu-north-1"}, "Environment variable DEFAULT_FROM_EMAIL: is missing or"),
        ({"EMAIL_URL": "smtp+tls://u:hunter2@h:587"}, "Environment variable DEFAULT_FROM_EMAIL: is missing or"),
        ({"EMAIL_URL": "ses://", "DEFAULT_FROM_EMAIL": "a@b.org"}, "Environment variable AWS_REGION: is missing or"),
        ({"DEFAULT_FROM_EMAIL": "films"}, "Environment variable DEFAULT_FROM_EMAIL: 'films' is no e-mail address."),
        ({"APPLICATION_DATABASE_URL": "hunter2"}, "Environment variable APPLICATION_DATABASE_URL: does not begin"),
        ({"MIGRATION_WAIT_SECONDS": "-1"}, "Environment variable MIGRATION_WAIT_SECONDS: -1 is below 0."),
        ({"CACHE_URL": "memcached://hunter2"}, "Environment variable CACHE_URL: is no redis://"),
        ({"DATABASE_WAIT_SECONDS": "-1"}, "Environment variable DATABASE_WAIT_SECONDS: -1 is below 0."),
        ({"SSL_REDIRECT": "perhaps"}, "Environment variable SSL_REDIRECT: 'perhaps' is neither true nor false."),
        ({"CONN_MAX_AGE": "long"}, "Environment variable CONN_MAX_AGE: is no whole number."),
        ({"CONN_MAX_AGE": "-1"}, "Environment variable CONN_MAX_AGE: -1 is below 0."),
        ({"CSRF_TRUSTED_ORIGINS": "a.b"}, "Environment variable CSRF_TRUSTED_ORIGINS: 'a.b' has no scheme."),
        ({"ALLOWED_HOSTS": "a.b:8080"}, "Environment variable ALLOWED_HOSTS: 'a.b:8080' has a port. Example: "),
        ({"ALLOWED_HOSTS": ","}, "Environment variable ALLOWED_HOSTS: is missing or empty."),
        ({"SECRET_KEY_FILE": "/nowhere"}, "Environment variable SECRET_KEY_FILE: /nowhere cannot be read"),
    ],
)
def test_one_line_names_the_variable_and_shows_a_right_one(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], line: str
) -> None:
    said = refusal(monkeypatch, RIGHT | changes)
    assert said.startswith(line)
    assert "Example: " in said
    assert "\n" not in said
    assert "hunter2" not in said


def test_the_start_prints_that_line_alone_and_exits_with_1() -> None:
    ended = run("-c", "import example.wsgi", **RIGHT | {"CONN_MAX_AGE": "-1"})
    assert ended.returncode == 1
    assert ended.stderr.startswith("Environment variable CONN_MAX_AGE: -1 is below 0.")
    assert ended.stderr.count("\n") == 1


def test_everything_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(monkeypatch, {}).splitlines()
    assert [line.split(":")[0].split()[-1] for line in lines] == ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"]


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 60 + "\n")
    assert setting(monkeypatch, "SECRET_KEY", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key")) == "k" * 60


def test_a_file_that_is_no_text_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"hunter2\xff")
    said = refusal(monkeypatch, RIGHT | {"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert f"{tmp_path}/key cannot be read (no text in UTF-8)" in said
    assert "hunter2" not in said


def test_an_empty_file_is_like_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    files = {f"{name}_FILE": str(tmp_path / "empty") for name in ("EMAIL_URL", "SECRET_KEY_FALLBACKS", "CACHE_URL")}
    found = laid_over(monkeypatch, RIGHT | files).settings
    assert (found["EMAIL_BACKEND"], found["SECRET_KEY_FALLBACKS"]) == ("django_hosting.mail.NotSetBackend", [])


def test_the_database_is_verified_kept_open_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = setting(monkeypatch, "DATABASES")["default"]
    assert [found[name] for name in ("HOST", "PORT", "OPTIONS", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS")] == [
        "db",
        5433,
        {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/ca.pem", "connect_timeout": 5},
        600,
        True,
    ]


@pytest.mark.parametrize(("given", "wanted"), [("", []), ("one", ["one"]), ("one, two,", ["one", "two"])])
def test_keys_before_the_present_one_are_a_list_and_may_be_none(
    monkeypatch: pytest.MonkeyPatch, given: str, wanted: list[str]
) -> None:
    assert setting(monkeypatch, "SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS=given) == wanted


def test_a_value_that_begins_with_a_dollar_sign_is_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    assert setting(monkeypatch, "SECRET_KEY", SECRET_KEY="$" + "k" * 60) == "$" + "k" * 60


def test_hosts_and_origins_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"ALLOWED_HOSTS": "a.b, localhost,", "CSRF_TRUSTED_ORIGINS": "https://a.b"}
    found = laid_over(monkeypatch, RIGHT | changes).settings
    assert (found["ALLOWED_HOSTS"], found["CSRF_TRUSTED_ORIGINS"]) == (["a.b", "localhost"], ["https://a.b"])


def test_djangos_own_deployment_check_has_nothing_to_say() -> None:
    arguments = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    code = f"from django.core import management; management.execute_from_command_line({arguments})"
    ended = run("-c", code, **RIGHT)
    assert (ended.returncode, ended.stdout) == (0, "System check identified no issues (1 silenced).\n"), ended.stderr


def test_the_application_leaves_hsts_to_what_ends_the_visitors_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    found = laid_over(monkeypatch).settings
    assert "SECURE_HSTS_SECONDS" not in found
    assert found["SILENCED_SYSTEM_CHECKS"] == ["security.W004"]


def test_a_secret_that_compose_mounts_is_read_for_any_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stripe").write_text("sk_1\n")
    monkeypatch.setattr(environment, "MOUNTED", f"{tmp_path}/")
    monkeypatch.setenv("STRIPE_KEY_FILE", str(tmp_path / "stripe"))
    monkeypatch.setenv("OTHER_FILE", "/etc/hostname")
    monkeypatch.delenv("STRIPE_KEY", raising=False)
    environment.Environment().export()
    assert os.environ["STRIPE_KEY"] == "sk_1"
    assert "OTHER" not in os.environ
