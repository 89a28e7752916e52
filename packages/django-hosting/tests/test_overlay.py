"""What is laid over a project's settings, and what stays as the project has it."""

from typing import Any

import django
import pytest

from django_hosting.overlay import PARTS, files
from start import PROJECT, RIGHT, laid_over

OURS = "django_hosting."
CACHES = "django.core.cache.backends."
HASHED = "django_hosting.storage.HashedStaticFiles"


def settings(monkeypatch: pytest.MonkeyPatch, project: dict[str, Any], **changes: str) -> dict[str, Any]:
    return laid_over(monkeypatch, RIGHT | changes, PROJECT | project).settings


def kept(monkeypatch: pytest.MonkeyPatch, project: dict[str, Any], **changes: str) -> dict[str, str]:
    return laid_over(monkeypatch, RIGHT | changes, PROJECT | project).kept


def test_a_new_project_is_safe_and_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    found = laid_over(monkeypatch).settings
    assert found["DEBUG"] is False
    assert (found["SECRET_KEY"], found["ALLOWED_HOSTS"]) == (RIGHT["SECRET_KEY"], ["www.example.com"])
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert found["STORAGES"]["staticfiles"] == {"BACKEND": HASHED}
    assert (found["STATIC_ROOT"], found["MEDIA_ROOT"]) == ("/srv/static", "/srv/media")
    assert found["MEDIA_URL"] == "/media/"
    assert found["INSTALLED_APPS"] == ["django_hosting", *PROJECT["INSTALLED_APPS"], "django.contrib.postgres"]
    assert [found[name] for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")] == [
        True
    ] * 3
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["ROOT_URLCONF"] == PROJECT["ROOT_URLCONF"]


def test_middleware_stands_around_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert laid_over(monkeypatch).settings["MIDDLEWARE"] == [
        f"{OURS}request_id.RequestIdMiddleware",
        f"{OURS}health.HealthMiddleware",
        f"{OURS}client_address.ClientAddressMiddleware",
        f"{OURS}metrics.MetricsMiddleware",
        f"{OURS}static_files.StaticFilesMiddleware",
        *PROJECT["MIDDLEWARE"],
        f"{OURS}media.MediaMiddleware",
        f"{OURS}timeouts.StatementTimeoutMiddleware",
    ]


def test_middleware_that_the_project_has_already_stays_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("whitenoise.middleware.WhiteNoiseMiddleware", f"{OURS}health.HealthMiddleware", "films.middleware.Own")
    found = settings(monkeypatch, {"MIDDLEWARE": own})["MIDDLEWARE"]
    assert [name for name in found if name in own] == list(own)
    assert len(found) == len(set(found))


def test_the_project_itself_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = repr(PROJECT)
    laid_over(monkeypatch)
    assert repr(PROJECT) == before


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_left_to_the_project(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    whole, without = laid_over(monkeypatch), laid_over(monkeypatch, leave=(part,))
    assert without.kept[part] == "hosting.toml leaves it to the project"
    assert without.settings != whole.settings


def test_with_every_part_left_there_is_no_debugging_and_the_platforms_own_options_are_added(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = laid_over(monkeypatch, {}, leave=tuple(PARTS)).settings
    assert {name for name in found if found[name] != PROJECT.get(name)} == {"DEBUG", "DJANGO_HOSTING"}


class TestDatabase:
    def test_of_the_projects_entry_stays_what_names_no_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "db.sqlite3",
            "ATOMIC_REQUESTS": True,
            "TEST": {"NAME": "t"},
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": False,
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }
        found = settings(monkeypatch, {"DATABASES": {"default": own}})["DATABASES"]["default"]
        assert (found["ATOMIC_REQUESTS"], found["TEST"], found["CONN_MAX_AGE"]) == (True, {"NAME": "t"}, 60)
        assert found["CONN_HEALTH_CHECKS"] is False
        assert (found["NAME"], found["HOST"], found["USER"]) == ("site", "db", "site")
        assert set(found["OPTIONS"]) == {"connect_timeout", "sslmode", "sslrootcert"}

    def test_a_server_of_another_kind_is_replaced_with_its_options(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"ENGINE": "django.db.backends.mysql", "OPTIONS": {"init_command": "SET sql_mode=''"}, "NAME": "x"}
        found = settings(monkeypatch, {"DATABASES": {"default": own}})["DATABASES"]["default"]
        assert found["ENGINE"] == "django.db.backends.postgresql"
        assert "init_command" not in found["OPTIONS"]

    @pytest.mark.parametrize(
        ("own", "wanted"),
        [
            ("django.contrib.gis.db.backends.spatialite", "django.contrib.gis.db.backends.postgis"),
            ("django.contrib.gis.db.backends.postgis", "django.contrib.gis.db.backends.postgis"),
            ("django_tenants.postgresql_backend", "django_tenants.postgresql_backend"),
        ],
    )
    def test_an_engine_for_postgresql_stays(self, monkeypatch: pytest.MonkeyPatch, own: str, wanted: str) -> None:
        found = settings(monkeypatch, {"DATABASES": {"default": {"ENGINE": own}}})
        assert found["DATABASES"]["default"]["ENGINE"] == wanted

    @pytest.mark.parametrize("engine", ["django.db.backends.sqlite3", "django.db.backends.postgresql"])
    def test_a_project_made_for_another_database_gets_djangos_application_for_postgresql(
        self, monkeypatch: pytest.MonkeyPatch, engine: str
    ) -> None:
        found = settings(monkeypatch, {"DATABASES": {"default": {"ENGINE": engine}}})
        assert ("django.contrib.postgres" in found["INSTALLED_APPS"]) == (engine != "django.db.backends.postgresql")

    def test_a_search_path_stays_and_another_server_does_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        options = {"options": "-c search_path=films", "service": "mine", "sslmode": "disable"}
        own = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": options}
        found = settings(monkeypatch, {"DATABASES": {"default": own}})["DATABASES"]["default"]["OPTIONS"]
        assert (found["options"], found["sslmode"]) == ("-c search_path=films", "verify-full")
        assert "service" not in found

    def test_the_limits_of_the_environment_hold_beside_a_search_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        environment = RIGHT | {"PGOPTIONS": "-c statement_timeout=0"}
        found = laid_over(monkeypatch, environment, schemas=("films",)).settings["DATABASES"]["default"]["OPTIONS"]
        assert found["options"] == "-c statement_timeout=0 -c search_path=films"

    def test_schemas_are_the_search_path_unless_the_project_has_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = laid_over(monkeypatch, schemas=("films", "public")).settings["DATABASES"]["default"]["OPTIONS"]
        assert found["options"] == "-c search_path=films,public"
        own = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": "-c search_path=own"}}
        project = PROJECT | {"DATABASES": {"default": own}}
        found = laid_over(monkeypatch, RIGHT, project, schemas=("films",)).settings["DATABASES"]["default"]["OPTIONS"]
        assert found["options"] == "-c search_path=own"

    def test_a_pool_has_no_persistent_connections_and_asgi_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": True}}
        assert settings(monkeypatch, {"DATABASES": {"default": own}})["DATABASES"]["default"]["CONN_MAX_AGE"] == 0
        assert laid_over(monkeypatch, server="asgi").settings["DATABASES"]["default"]["CONN_MAX_AGE"] == 0
        assert laid_over(monkeypatch).settings["DATABASES"]["default"]["CONN_MAX_AGE"] == 600

    def test_other_aliases_stay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = {"ENGINE": "django.db.backends.postgresql", "HOST": "warehouse"}
        found = settings(monkeypatch, {"DATABASES": {"warehouse": other}})["DATABASES"]
        assert (found["warehouse"], found["default"]["HOST"]) == (other, "db")


class TestFiles:
    def test_a_storage_of_the_projects_own_keeps_its_uploads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"default": {"BACKEND": "storages.backends.gcloud.GoogleCloudStorage", "OPTIONS": {"bucket_name": "b"}}}
        found = laid_over(monkeypatch, RIGHT, PROJECT | {"STORAGES": own})
        assert found.settings["STORAGES"]["default"] == own["default"]
        assert (
            found.kept["media"] == "the project has a storage of its own, storages.backends.gcloud.GoogleCloudStorage"
        )
        assert not any("media" in name for name in found.settings["MIDDLEWARE"])

    @pytest.mark.parametrize("version", [(4, 2, 30), (5, 2, 19)])
    def test_the_settings_before_storages_count_where_django_reads_them(
        self, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
    ) -> None:
        monkeypatch.setattr(django, "VERSION", version)
        own = {"DEFAULT_FILE_STORAGE": "films.Storage", "STATICFILES_STORAGE": "whitenoise.storage.Compressed"}
        found = settings(monkeypatch, own)
        if version < (5, 1):
            assert found["STORAGES"] == {
                "default": {"BACKEND": "films.Storage"},
                "staticfiles": {"BACKEND": "whitenoise.storage.Compressed"},
            }
            # Both are an error: https://docs.djangoproject.com/en/4.2/ref/settings/#default-file-storage
            assert not own.keys() & found.keys()
        else:
            assert found["STORAGES"]["default"]["BACKEND"] == files.FOLDER_STORAGE

    def test_a_storage_for_static_files_of_the_projects_own_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
        found = settings(monkeypatch, {"STORAGES": own})["STORAGES"]
        assert found["staticfiles"] == own["staticfiles"]
        assert found["default"]["BACKEND"] == files.FOLDER_STORAGE

    def test_with_a_bucket_uploads_and_static_files_of_other_releases_are_there(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = settings(monkeypatch, {}, MEDIA_BUCKET="films-media", AWS_REGION="eu-north-1")["STORAGES"]
        assert found["default"]["OPTIONS"]["bucket_name"] == found["django_hosting"]["OPTIONS"]["bucket_name"]
        own = {"default": {"BACKEND": "films.Storage"}}
        found = settings(monkeypatch, {"STORAGES": own}, MEDIA_BUCKET="films-media", AWS_REGION="eu-north-1")
        assert found["STORAGES"]["default"] == own["default"]
        assert found["STORAGES"]["django_hosting"]["OPTIONS"]["bucket_name"] == "films-media"

    def test_folders_of_hosting_toml_are_collected_once(self, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
        monkeypatch.chdir(tmp_path)
        project = PROJECT | {"STATICFILES_DIRS": [("own", tmp_path / "own"), tmp_path / "dist"]}
        found = laid_over(monkeypatch, RIGHT, project, static_folders=("dist", "other")).settings
        assert found["STATICFILES_DIRS"] == [*project["STATICFILES_DIRS"], str(tmp_path / "other")]

    def test_a_missing_reference_is_accepted_when_hosting_toml_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = laid_over(monkeypatch, allow_missing=True).settings["STORAGES"]["staticfiles"]
        assert found == {"BACKEND": "django_hosting.storage.ForgivingStaticFiles"}

    def test_a_project_without_static_files_has_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = kept(monkeypatch, {"INSTALLED_APPS": ["django.contrib.contenttypes"]})
        assert found["static"] == "django.contrib.staticfiles is not among INSTALLED_APPS"


class TestMail:
    @pytest.mark.parametrize("backend", ["anymail.backends.mailgun.EmailBackend", "post_office.EmailBackend"])
    def test_a_backend_of_the_projects_own_stays(self, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
        changes = {"EMAIL_URL": "smtp://mail:25", "DEFAULT_FROM_EMAIL": "a@b.org"}
        found = laid_over(monkeypatch, RIGHT | changes, PROJECT | {"EMAIL_BACKEND": backend})
        assert (found.settings["EMAIL_BACKEND"], "EMAIL_HOST" in found.settings) == (backend, False)
        assert found.kept["email"] == f"the project has a backend of its own, {backend}"

    def test_a_server_of_the_projects_own_stays_while_the_platform_has_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = {"EMAIL_HOST": "mail.films.example"}
        assert "a mail server of its own" in kept(monkeypatch, own)["email"]
        changes = {"EMAIL_URL": "smtp://mail:25", "DEFAULT_FROM_EMAIL": "a@b.org"}
        assert settings(monkeypatch, own, **changes)["EMAIL_HOST"] == "mail"

    def test_a_backend_for_development_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        assert settings(monkeypatch, own)["EMAIL_BACKEND"] == "django_hosting.mail.NotSetBackend"

    def test_the_projects_sender_is_enough(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"DEFAULT_FROM_EMAIL": "Films <films@example.com>"}
        found = settings(monkeypatch, own, EMAIL_URL="smtp://mail:25")
        assert (found["DEFAULT_FROM_EMAIL"], found["SERVER_EMAIL"]) == (own["DEFAULT_FROM_EMAIL"],) * 2
        found = settings(monkeypatch, own, EMAIL_URL="smtp://mail:25", DEFAULT_FROM_EMAIL="a@b.org")
        assert found["DEFAULT_FROM_EMAIL"] == "a@b.org"

    def test_mailers_are_laid_over_without_the_names_that_they_replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}, "news": {"BACKEND": "x.News"}}
        changes = {"EMAIL_URL": "smtp+tls://u:p@mail:587", "DEFAULT_FROM_EMAIL": "a@b.org"}
        found = settings(monkeypatch, {"MAILERS": own}, **changes)
        assert found["MAILERS"]["news"] == own["news"]
        assert found["MAILERS"]["default"] == {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": "mail",
                "port": 587,
                "username": "u",
                "password": "p",
                "use_tls": True,
                "use_ssl": False,
                "timeout": 10,
            },
        }
        assert not [name for name in found if name.startswith("EMAIL_")]
        own = {"default": {"BACKEND": "anymail.backends.mailgun.EmailBackend"}}
        assert "mailgun" in kept(monkeypatch, {"MAILERS": own}, **changes)["email"]


class TestOthers:
    def test_origins_are_joined_and_hosts_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"ALLOWED_HOSTS": ["*"], "CSRF_TRUSTED_ORIGINS": ["https://partner.example", "https://a.b"]}
        found = settings(monkeypatch, own, CSRF_TRUSTED_ORIGINS="https://a.b,https://www.example.com")
        assert found["ALLOWED_HOSTS"] == ["www.example.com"]
        assert found["CSRF_TRUSTED_ORIGINS"] == [
            "https://partner.example",
            "https://a.b",
            "https://www.example.com",
        ]

    def test_what_is_stricter_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {
            "SECURE_HSTS_SECONDS": 3600,
            "SESSION_COOKIE_SAMESITE": "Strict",
            "X_FRAME_OPTIONS": "SAMEORIGIN",
            "SILENCED_SYSTEM_CHECKS": ["films.W001"],
        }
        found = settings(monkeypatch, own)
        assert {name: found[name] for name in own} == own

    def test_a_cache_of_the_projects_own_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://mine"}}
        assert settings(monkeypatch, {"CACHES": own}, CACHE_URL="redis://cache")["CACHES"] == own

    @pytest.mark.parametrize("backend", ["locmem.LocMemCache", "filebased.FileBasedCache", None])
    def test_without_cache_url_a_cache_of_one_process_moves_to_the_database(
        self, monkeypatch: pytest.MonkeyPatch, backend: str | None
    ) -> None:
        own = {"BACKEND": f"{CACHES}{backend}", "LOCATION": "here", "KEY_PREFIX": "films"} if backend else {}
        found = settings(monkeypatch, {"CACHES": {"default": own, "other": {"BACKEND": "x"}}})
        assert found["CACHES"]["default"] == {
            **({"KEY_PREFIX": "films"} if backend else {}),
            "BACKEND": f"{CACHES}db.DatabaseCache",
            "LOCATION": "django_cache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
        assert found["CACHES"]["other"] == {"BACKEND": "x"}
        assert "SESSION_ENGINE" not in found

    @pytest.mark.parametrize("backend", ["dummy.DummyCache", "memcached.PyMemcacheCache", "db.DatabaseCache"])
    def test_without_cache_url_every_other_cache_stays(self, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
        own = {"default": {"BACKEND": f"{CACHES}{backend}", "LOCATION": "mine"}}
        assert kept(monkeypatch, {"CACHES": own})["cache"].endswith(backend)

    def test_cache_url_replaces_djangos_own_caches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {"default": {"BACKEND": f"{CACHES}locmem.LocMemCache", "TIMEOUT": 5}, "other": {"BACKEND": "x"}}
        found = settings(monkeypatch, {"CACHES": own}, CACHE_URL="rediss://:hunter2@cache/0")["CACHES"]
        assert found["default"] == {
            "BACKEND": "django_hosting.cache.ForgivingRedisCache",
            "LOCATION": "rediss://:hunter2@cache/0",
            "TIMEOUT": 5,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
        assert found["other"] == own["other"]

    @pytest.mark.parametrize(
        ("own", "engine"),
        [
            ({}, "django.contrib.sessions.backends.cached_db"),
            ({"SESSION_ENGINE": "django.contrib.sessions.backends.db"}, "django.contrib.sessions.backends.cached_db"),
            ({"SESSION_ENGINE": "mine"}, "mine"),
        ],
    )
    def test_with_cache_url_sessions_are_read_from_the_cache_and_kept_in_the_database(
        self, monkeypatch: pytest.MonkeyPatch, own: dict[str, Any], engine: str
    ) -> None:
        assert settings(monkeypatch, own, CACHE_URL="redis://cache")["SESSION_ENGINE"] == engine

    def test_errors_are_mailed_where_the_project_has_admins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = settings(monkeypatch, {"ADMINS": ["ann@example.com"]})["LOGGING"]
        assert found["loggers"]["django"]["handlers"] == ["mail_admins"]
        assert settings(monkeypatch, {"ADMINS": []})["LOGGING"]["loggers"]["django"]["handlers"] == []

    def test_logging_that_the_project_configures_by_itself_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "logging" in kept(monkeypatch, {"LOGGING_CONFIG": None})
