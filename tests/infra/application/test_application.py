"""The document about the application that its images hold, and what is said will happen."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.application.application import application_document
from infra.application.discovery import find_application
from infra.application.effects import effects, needed_variables
from tests.infra.application.projects import replace, startproject, write


def document(folder: Path, manifest: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        application_document(find_application(write(folder, {"hosting.toml": manifest})))
    )
    return found


def sentences(folder: Path) -> dict[str, str]:
    return dict(effects(find_application(folder)))


def settings(folder: Path, text: str) -> Path:
    """A new project with more in its settings."""
    startproject(folder)
    with (folder / "mysite/settings.py").open("a") as file:
        file.write(f"\n{text}\n")
    return folder


def test_the_document_of_a_new_project(tmp_path: Path) -> None:
    assert document(startproject(tmp_path)) == {
        "settings": "mysite.settings",
        "server": "wsgi",
        "callable": "mysite.wsgi:application",
        "root": ".",
        "leave": [],
        "database": {"schemas": ["public"]},
        "static": {"folders": [], "allow_missing": False},
        "media": {"access": "public"},
        "proxy": {"body_mib": 10, "paths": [], "rates": [], "headers": {}, "secret_paths": [], "error_pages": None},
        "build": {"environment": {}},
        "stop_seconds": 10,
    }


def test_static_folders_are_relative_to_manage_py(tmp_path: Path) -> None:
    startproject(tmp_path / "backend")
    for name in ("frontend/dist", "backend/assets"):
        (tmp_path / name).mkdir(parents=True)
    found = document(tmp_path, '[static]\nfolders = ["frontend/dist", "backend/assets"]')
    assert found["static"]["folders"] == ["../frontend/dist", "assets"]


def test_what_only_the_program_needs_changes_no_image(tmp_path: Path) -> None:
    plain = document(startproject(tmp_path))
    further = "[run]\nstart_grace_seconds = 60\n[release]\nmigration_seconds = 60\n"
    further += "migration_cpu = 1024\nmigration_memory = 4096\n"
    further += '[[permissions]]\nactions = ["sqs:SendMessage"]\nresources = ["arn:aws:sqs:us-east-1:123456789012:jobs"]'
    assert document(tmp_path, further) == plain


def test_what_happens_with_a_new_project_is_said(tmp_path: Path) -> None:
    found = sentences(startproject(tmp_path))
    assert "the proxy serves STATIC_ROOT at /static/" in found["static"]
    assert "in place of sqlite3" in found["database"]
    assert "mysite.wsgi:application on gunicorn" in found["server"]
    assert "30 s to start, and 10 s from the signal to stop" in found["server"]
    assert "below /media/; everybody may read them" in found["media"]
    assert "emailUrl" in found["mail"]
    assert found["left to the project"] == "none"


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        ("EMAIL_BACKEND = 'anymail.backends.mailgun.EmailBackend'", "mail", "stays with the project's own anymail"),
        ("EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'", "mail", "as the setting emailUrl says"),
        ("STORAGES = {'default': {'BACKEND': 'storages.backends.s3.S3Storage'}}", "media", "the project's own storage"),
        ("DEFAULT_FILE_STORAGE = 'storages.backends.s3.S3Storage'", "media", "the project's own storage"),
        ("STATICFILES_STORAGE = 'whitenoise.storage.X'", "static", "by the project's whitenoise.storage.X"),
        ("STATIC_URL = '/assets/'", "static", "at /assets/"),
        ("MEDIA_URL = 'files/'", "media", "below /files/"),
    ],
)
def test_what_the_project_decides_by_itself_is_said(tmp_path: Path, text: str, part: str, said: str) -> None:
    assert said in sentences(settings(tmp_path, text))[part]


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("A = os.environ['STRIPE_KEY']", ["STRIPE_KEY"]),
        ("A = env('STRIPE_KEY')\nB = env.str('OTHER')", ["OTHER", "STRIPE_KEY"]),
        ("A = config('STRIPE_KEY', cast=str)", ["STRIPE_KEY"]),
        ("A = env('STRIPE_KEY', default='')\nB = env('OTHER', None)", []),
        ("A = os.environ.get('STRIPE_KEY')\nB = os.getenv('OTHER')", []),
        ("env = environ.Env(DEBUG=(bool, False))\nA = env('DEBUG')", []),
        ("if 'STRIPE_KEY' in os.environ:\n    A = os.environ['STRIPE_KEY']", []),
        # The platform sets them.
        ("A = os.environ['SECRET_KEY']\nB = env('DATABASE_URL')", []),
    ],
)
def test_variables_that_the_settings_need_are_named(tmp_path: Path, text: str, needed: list[str]) -> None:
    assert needed_variables(find_application(settings(tmp_path, text))) == needed


def test_settings_that_are_imported_count_too(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(tmp_path, {"mysite/base.py": "import os\nA = os.environ['STRIPE_KEY']\nSTATIC_URL = 'assets/'\n"})
    (tmp_path / "mysite/settings.py").write_text("from .base import *\nfrom mysite.local import X\n")
    write(tmp_path, {"mysite/local.py": "from .settings import *\nX = env('OTHER')\n"})
    application = find_application(tmp_path)
    assert needed_variables(application) == ["OTHER", "STRIPE_KEY"]


def test_what_is_left_to_the_project_is_said(tmp_path: Path) -> None:
    write(startproject(tmp_path), {"hosting.toml": 'leave = ["email", "media"]'})
    found = sentences(tmp_path)
    assert (found["mail"], found["left to the project"]) == ("left to the project", "email, media")


def test_limits_of_paths_are_said(tmp_path: Path) -> None:
    manifest = '[proxy]\nbody_mib = 5\n[[proxy.paths]]\npath = "/upload/*"\nbody_mib = 50\nseconds = 120\n'
    write(startproject(tmp_path), {"hosting.toml": manifest})
    assert sentences(tmp_path)["requests"] == ("5 MiB each; /upload/* 50 MiB and 120 s; a rollout waits 125 s for them")
    replace(tmp_path / "hosting.toml", "seconds = 120", "")
    assert sentences(tmp_path)["requests"] == "5 MiB each; /upload/* 50 MiB"
