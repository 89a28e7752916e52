"""The document about the application that its images hold, and what is said will happen."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.application.application import Application, application_document
from infra.application.discovery import find_application
from infra.application.effects import effects
from infra.application.environment_variables import read_variables
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
        "processes": {},
        "schedules": {},
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


def test_the_image_knows_what_its_processes_run_and_not_their_size(tmp_path: Path) -> None:
    text = "[processes.worker]\ncommand = \"celery --app 'my site' worker\"\nmin_tasks = 2\nstop_seconds = 90\n"
    found = document(startproject(tmp_path), text)
    assert found["processes"] == {"worker": ["celery", "--app", "my site", "worker"]}
    assert "`celery --app 'my site' worker` in 2 tasks; 90 s" in sentences(tmp_path)["process worker"]


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
        ("CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}", "server", "a part"),
        ("MEDIA_URL = 'files/'", "media", "below /files/"),
        ("STORAGES = {}\nSTORAGES['default']['BACKEND'] = 'a.Bucket'", "media", "own storage a.Bucket"),
        ("STORAGES = {}\nSTORAGES['staticfiles'] = {'BACKEND': 'a.Files'}", "static", "by the project's a.Files"),
        ("STORAGES = {}\nSTORAGES.update({'default': {'BACKEND': 'a.Bucket'}})", "media", "own storage a.Bucket"),
        (
            "STORAGES = {'default': {'BACKEND': 'a.B'}}\nSTORAGES = {'staticfiles': {}}",
            "media",
            "kept in the stack's bucket",
        ),
        (
            "EMAIL_BACKEND = env('BACKEND', default='anymail.backends.x.Y')",
            "mail",
            "stays with the project's own anymail",
        ),
        (
            "STORAGES = {}\nif A:\n    STORAGES['default'] = {'BACKEND': 'a.B'}",
            "media",
            "chooses it; else kept in the stack's",
        ),
        ("DATABASES['default']['ENGINE'] = 'django.db.backends.mysql'", "database", "in place of mysql"),
        ("if A:\n    DATABASES['default']['ENGINE'] = 'a.b.mysql'", "database", "in place of sqlite3"),
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
        (
            "class Env(BaseSettings):\n    model_config = Config(env_prefix='x_')\n    key: str\n    a: int = 1",
            ["X_KEY"],
        ),
        ("def need(name):\n    return os.environ[name]\nA = need('STRIPE_KEY')", ["STRIPE_KEY"]),
        # The platform sets them.
        ("A = os.environ['SECRET_KEY']\nB = env('DATABASE_URL')", []),
    ],
)
def test_variables_that_the_settings_need_are_named(tmp_path: Path, text: str, needed: list[str]) -> None:
    assert read_variables(find_application(settings(tmp_path, text)).settings) == (needed, {})


@pytest.mark.parametrize(
    "text",
    [
        "if FLAG:\n    A = os.environ['KEY']",
        "try:\n    A = os.environ['KEY']\nexcept KeyError:\n    A = ''",
        "A = FLAG and os.environ['KEY']",
        "A = os.environ['KEY'] if FLAG else ''",
        "def secret():\n    return os.environ['KEY']",
    ],
)
def test_a_variable_that_only_a_branch_reads_is_said_apart_with_its_place(tmp_path: Path, text: str) -> None:
    folder = settings(tmp_path, "import os\nFLAG = bool(os.cpu_count())")
    line = len((folder / "mysite/settings.py").read_text().splitlines()) + 1
    with (folder / "mysite/settings.py").open("a") as file:
        file.write(text)
    found = read_variables(find_application(folder).settings)
    assert found == ([], {"KEY": f"mysite/settings.py, line {line}"})
    with (folder / "mysite/settings.py").open("a") as file:
        file.write("\nB = os.environ['KEY']")
    assert read_variables(find_application(folder).settings).needed == ["KEY"]


BY_DEBUG = """
if DEBUG:
    EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'
else:
    EMAIL_BACKEND = 'anymail.backends.mailgun.EmailBackend'
    KEY = env('MAILGUN_KEY')
MEDIA = 'a' if DEBUG else env('OTHER')
"""


def by_debug(folder: Path, debug: str) -> Application:
    startproject(folder)
    replace(folder / "mysite/settings.py", "DEBUG = True", f"DEBUG = {debug}")
    with (folder / "mysite/settings.py").open("a") as file:
        file.write(BY_DEBUG)
    return find_application(folder)


@pytest.mark.parametrize(
    ("debug", "mail", "needed", "in_branches"),
    [
        ("True", "sent as the setting emailUrl says", [], []),
        ("False", "stays with the project's own anymail.backends.mailgun.EmailBackend", ["MAILGUN_KEY", "OTHER"], []),
        (
            "env.bool('DEBUG', False)",
            "own anymail.backends.mailgun.EmailBackend, where the branch in mysite/settings.py, line ",
            [],
            ["MAILGUN_KEY", "OTHER"],
        ),
    ],
)
def test_a_branch_by_debug_is_taken_as_the_settings_have_it(
    tmp_path: Path, debug: str, mail: str, needed: list[str], in_branches: list[str]
) -> None:
    application = by_debug(tmp_path, debug)
    said = dict(effects(application))
    assert mail in said["mail"]
    assert said["DEBUG"].startswith("False in every request")
    assert f"their own, `{debug}` (mysite/settings.py, line 26), by which they choose in mysite/" in said["DEBUG"]
    found = read_variables(application.settings)
    assert (found.needed, sorted(found.in_branches)) == (needed, in_branches)


def test_settings_that_are_imported_in_a_branch_that_is_not_taken_do_not_count(tmp_path: Path) -> None:
    folder = settings(tmp_path, "if not DEBUG:\n    from .live import *")
    write(folder, {"mysite/live.py": "import os\nA = os.environ['KEY']\nSTATIC_URL = 'live/'"})
    application = find_application(folder)
    assert read_variables(application.settings) == ([], {})
    assert "at /static/" in dict(effects(application))["static"]


def test_each_permission_is_said(tmp_path: Path) -> None:
    manifest = '[[permissions]]\nactions = ["sqs:SendMessage"]\nresources = ["arn:aws:sqs:us-east-1:123456789012:jobs"]'
    write(startproject(tmp_path), {"hosting.toml": manifest})
    said = sentences(tmp_path)["permissions"]
    assert said == "the application may call sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:jobs"


def test_settings_that_are_imported_count_too(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(tmp_path, {"mysite/base.py": "import os\nA = os.environ['STRIPE_KEY']\nSTATIC_URL = 'assets/'\n"})
    (tmp_path / "mysite/settings.py").write_text("from .base import *\nfrom mysite.local import X\n")
    write(tmp_path, {"mysite/local.py": "from .settings import *\nX = env('OTHER')\n"})
    application = find_application(tmp_path)
    assert read_variables(application.settings).needed == ["OTHER", "STRIPE_KEY"]


def test_files_that_django_split_settings_includes_count_too(tmp_path: Path) -> None:
    startproject(tmp_path)
    (tmp_path / "mysite/parts").mkdir()
    (tmp_path / "mysite/settings.py").rename(tmp_path / "mysite/parts/base.py")
    write(
        tmp_path,
        {"mysite/settings.py": "include('parts/*.py', optional('local.py'))", "mysite/local.py": "A = env('B')"},
    )
    application = find_application(tmp_path)
    assert "in place of sqlite3" in dict(effects(application))["database"]
    assert read_variables(application.settings).needed == ["B"]


def test_settings_that_cannot_be_parsed_are_named(tmp_path: Path) -> None:
    application = find_application(settings(tmp_path, "def (:"))
    assert any("mysite/settings.py: invalid syntax" in one for one in application.found)


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
