from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.workload import SECRET_KEYS, Container, Release, WorkloadError, migration, web_service

RELEASE = Release(
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    version="0123456789ab-cdef",
    domains=("app.preqly.com", "www.preqly.com"),
    allowed_hosts=("localhost",),
    sender="no-reply@app.preqly.com",
    media_bucket="media-1a2b3c4",
    vpc_cidr="10.20.0.0/16",
    cpu=256,
)


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "DATABASE_URL",
        "database_url",
        "DJANGO_SUPERUSER_PASSWORD",
        "API_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "ECS_ENGINE_AUTH_DATA",
        "GOOGLE_CREDENTIALS",
        "EMAIL_URL",
    ],
)
def test_a_secret_in_the_clear_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(WorkloadError, match=rf"container web: variable {name} .* Add it to the application's secret"):
        Container(name="web", image="i", environment={name: "x"})


def test_a_url_with_a_password_is_refused_whatever_its_name() -> None:
    with pytest.raises(WorkloadError, match="CACHE"):
        Container(name="web", image="i", environment={"CACHE": "redis://user:hunter2@cache:6379/0"})


@given(st.text(), st.text())
def test_the_refusal_never_repeats_the_value(name: str, value: str) -> None:
    marker = f"canary-{value}"
    with pytest.raises(WorkloadError) as refusal:
        Container(name="web", image="i", environment={f"{name}PASSWORD": marker})
    assert marker not in str(refusal.value)


def test_a_plain_url_is_no_secret() -> None:
    Container(name="web", image="i", environment={"HELP": "https://preqly.com/help"})


def test_the_site_is_the_application_behind_the_proxy_and_only_the_proxy_is_reached() -> None:
    web, proxy = web_service(RELEASE)
    assert (web.name, web.port, web.image) == ("web", None, "registry/web@sha256:aa")
    assert (proxy.name, proxy.port, proxy.image) == ("proxy", 8443, "registry/proxy@sha256:bb")
    assert proxy.starts_after == ("web",)
    assert proxy.environment == {"TRUSTED_PROXIES": "10.20.0.0/16", "UPSTREAM": "127.0.0.1:8005"}


def test_the_application_is_told_its_names_its_release_and_its_bucket() -> None:
    web, _ = web_service(RELEASE)
    assert web.environment == {
        "ALLOWED_HOSTS": "app.preqly.com,www.preqly.com,localhost",
        "DEFAULT_FROM_EMAIL": "no-reply@app.preqly.com",
        "CSRF_TRUSTED_ORIGINS": "https://app.preqly.com,https://www.preqly.com",
        "MEDIA_BUCKET": "media-1a2b3c4",
        "RELEASE": "0123456789ab-cdef",
        "WEB_CONCURRENCY": "2",
        "WEB_THREADS": "2",
    }


@pytest.mark.parametrize(("cpu", "processes"), [(256, "2"), (1024, "2"), (2048, "4"), (16384, "32")])
def test_processes_follow_the_vcpus(cpu: int, processes: str) -> None:
    web, _ = web_service(replace(RELEASE, cpu=cpu))
    assert web.environment["WEB_CONCURRENCY"] == processes


def test_the_migration_is_the_application_with_another_command_and_nothing_to_reach() -> None:
    (task,) = migration(RELEASE)
    web, _ = web_service(RELEASE)
    assert task.command == ("python", "manage.py", "migrate", "--noinput")
    assert (task.image, task.environment) == (web.image, web.environment)
    assert task.port is None
    assert not task.health_checked


def test_the_secrets_of_the_application_come_by_name_only() -> None:
    web, proxy = web_service(RELEASE)
    assert set(web.secrets) == {"DATABASE_URL", "EMAIL_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}
    assert all(name == key for name, key in web.secrets.items())
    assert proxy.secrets == {}


def test_only_the_migration_connects_as_the_owner_and_knows_the_applications_role() -> None:
    web, _ = web_service(RELEASE)
    (task,) = migration(RELEASE)
    assert task.secrets["DATABASE_URL"] == "OWNER_DATABASE_URL"
    assert task.secrets["APPLICATION_DATABASE_URL"] == web.secrets["DATABASE_URL"] == "DATABASE_URL"
    assert set(SECRET_KEYS) == {*web.secrets.values(), *task.secrets.values()}
