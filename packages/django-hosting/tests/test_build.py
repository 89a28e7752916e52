"""The build of an image, and the start, of projects as people have them: one message for what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from start import PACKAGE, RIGHT, run


class Site:
    """A new project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "django", "startproject", "mysite", str(folder)]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
        self.document: dict[str, object] = {"settings": "mysite.settings", "callable": "mysite.wsgi:application"}

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def add(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def environment(self) -> dict[str, str]:
        (self.folder / "application.json").write_text(json.dumps(self.document))
        return {
            "DJANGO_HOSTING_APPLICATION": str(self.folder / "application.json"),
            "STATIC_ROOT": str(self.folder / "collected"),
        }

    def build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ("-m", "django_hosting", "build", "--facts", str(self.folder / "facts.json"))
        return run(*command, folder=self.folder, **self.environment() | environment)

    def refusal(self, **environment: str) -> str:
        ended = self.build(**environment)
        assert ended.returncode == 1, ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"DATABASE_URL": f"sqlite:///{self.folder}/site.sqlite3"}
        return run("manage.py", *arguments, folder=self.folder, **RIGHT | self.environment() | own)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def facts(site: Site) -> dict[str, object]:
    found: dict[str, object] = json.loads((site.folder / "facts.json").read_text())
    return found


def test_a_new_project_is_built_without_database_and_secrets_and_migrates_with_its_manage_py(site: Site) -> None:
    ended = site.build()
    assert ended.returncode == 0, ended.stderr
    assert facts(site) | {"kept": {}, "django": ""} == {
        "static_url": "/static/",
        "static_hashed": True,
        "static_folders": [],
        "static_package_folders": ["admin"],
        "media_url": "/media/",
        "kept": {},
        "django": "",
    }
    manifest = json.loads((site.folder / "collected/staticfiles.json").read_text())
    assert (site.folder / "collected" / manifest["paths"]["admin/css/base.css"]).is_file()
    assert site.manage("migrate", "--noinput").returncode == 0
    state = site.manage("migration_state")
    assert '"unapplied": []' in state.stdout, state.stderr


def test_settings_may_read_the_address_of_the_cache(site: Site) -> None:
    site.add("mysite/settings.py", '\nimport os\nCELERY_BROKER_URL = os.environ["REDIS_URL"]\n')
    assert site.build().returncode == 0


def test_a_folder_of_static_files_that_the_project_adds_to_is_not_the_packages_alone(site: Site) -> None:
    (site.folder / "mysite/static/admin").mkdir(parents=True)
    site.add("mysite/static/admin/own.css", "p {}")
    site.add("mysite/settings.py", 'INSTALLED_APPS += ["mysite"]\n')
    assert site.build().returncode == 0
    assert facts(site)["static_package_folders"] == []


def test_variables_for_the_build_are_those_of_hosting_toml(site: Site) -> None:
    site.add("mysite/settings.py", '\nimport os\nSTRIPE_KEY = os.environ["STRIPE_KEY"]\n')
    assert site.refusal().startswith("mysite.settings cannot be imported (mysite/settings.py, line "), "names the place"
    assert "the environment variable STRIPE_KEY is missing" in site.refusal()
    assert "[build.environment] in hosting.toml" in site.refusal()
    site.document["build"] = {"environment": {"STRIPE_KEY": "x"}}
    assert site.build().returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import crispy_forms\n", "the package of module 'crispy_forms' is not installed"),
        (
            "import django.core.exceptions as e\nraise e.ImproperlyConfigured('Set the KEY environment variable')\n",
            "the environment variable KEY is missing",
        ),
        ("INSTALLED_APPS += ['rest_framework']\n", "the package of module 'rest_framework' is not installed"),
        ("STATICFILES_STORAGE_PLEASE = 1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_settings_that_cannot_be_imported_say_why(site: Site, text: str, said: str) -> None:
    site.add("mysite/settings.py", f"\n{text}")
    ended = site.build()
    assert ended.returncode == 1
    assert said in ended.stderr
    # A mistake in the code is shown where it is.
    assert ("Traceback" in ended.stderr) == (said == "ZeroDivisionError")


def test_a_settings_module_that_is_not_there_is_named(site: Site) -> None:
    site.document["settings"] = "mysite.production"
    assert "there is no module mysite.production in" in site.refusal()


def test_a_static_file_that_refers_to_a_missing_one_is_named_or_accepted(site: Site) -> None:
    site.write("assets/site.css", "p { background: url(missing.png) }")
    site.add("mysite/settings.py", '\nSTATICFILES_DIRS = [BASE_DIR / "assets"]\n')
    said = site.refusal()
    assert "collectstatic:" in said
    assert "missing.png" in said
    assert "allow_missing = true below [static]" in said
    site.document["static"] = {"allow_missing": True}
    assert site.build().returncode == 0
    manifest = json.loads((site.folder / "collected/staticfiles.json").read_text())
    built = site.folder / "collected" / manifest["paths"]["site.css"]
    assert 'url("missing.png")' in built.read_text() or "url(missing.png)" in built.read_text()


@pytest.mark.parametrize(
    ("key", "value", "alias", "backend"),
    [
        ("media", {"access": "mysite.may"}, "default", "django.core.files.storage.InMemoryStorage"),
        ("static", {"allow_missing": True}, "staticfiles", "mysite.own.Storage"),
    ],
)
def test_a_key_without_effect_beside_a_storage_of_the_projects_own_is_refused(
    site: Site, key: str, value: dict[str, object], alias: str, backend: str
) -> None:
    site.document[key] = value
    own = "from django.contrib.staticfiles.storage import ManifestStaticFilesStorage\n"
    site.write("mysite/own.py", f"{own}class Storage(ManifestStaticFilesStorage): pass\n")
    assert site.build().returncode == 0
    other = "staticfiles" if alias == "default" else "default"
    backends = {
        "staticfiles": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "default": "django.core.files.storage.FileSystemStorage",
    }
    site.add(
        "mysite/settings.py",
        f"\nSTORAGES = { ({alias: {'BACKEND': backend}, other: {'BACKEND': backends[other]}})!r}\n",
    )
    assert f"{key}.{next(iter(value))} in hosting.toml has no effect" in site.refusal()


def test_a_manage_py_that_insists_on_its_settings_is_refused(site: Site) -> None:
    text = (site.folder / "manage.py").read_text()
    right = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")'
    site.write(
        "manage.py", text.replace(right.replace('"', "'"), "os.environ['DJANGO_SETTINGS_MODULE'] = 'mysite.settings'")
    )
    said = site.refusal()
    assert "manage.py sets DJANGO_SETTINGS_MODULE" in said
    assert right in said


def test_a_wsgi_py_that_insists_on_its_settings_serves_with_the_platforms(site: Site) -> None:
    text = (site.folder / "mysite/wsgi.py").read_text()
    changed = text.replace(
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'mysite.settings'",
    )
    assert changed != text
    site.write("mysite/wsgi.py", changed)
    assert site.build().returncode == 0
    code = (
        "import django_hosting.gunicorn; import mysite.wsgi; from django.conf import settings; "
        "print(settings.SETTINGS_MODULE, settings.DEBUG)"
    )
    ended = run("-c", code, folder=site.folder, **RIGHT | site.environment())
    assert ended.stdout == "django_hosting.settings False\n", ended.stderr


def test_a_callable_that_is_not_there_is_named(site: Site) -> None:
    site.document["callable"] = "mysite.wsgi:app"
    assert "mysite.wsgi has no app. `callable` in hosting.toml" in site.refusal()


def test_a_callable_that_needs_what_the_build_has_not_is_left_to_the_start(site: Site) -> None:
    site.add("mysite/wsgi.py", '\nraise RuntimeError("no server here")\n')
    ended = site.build()
    assert ended.returncode == 0
    assert "mysite.wsgi cannot be imported in the build: RuntimeError: no server here" in ended.stdout


def test_a_project_that_reads_its_settings_module_sees_what_is_laid_over(site: Site) -> None:
    code = "import django; django.setup(); from mysite import settings; print(settings.DEBUG, settings.MEDIA_ROOT)"
    ended = run("-c", code, folder=site.folder, **RIGHT | site.environment())
    assert ended.stdout == "False /srv/media\n", ended.stderr


def test_code_that_asks_django_while_settings_are_read_sees_those_before(site: Site) -> None:
    site.write("mysite/early.py", "from django.conf import settings\nAPPS = len(settings.INSTALLED_APPS)\n")
    site.add("mysite/settings.py", "\nfrom mysite.early import APPS\n")
    code = "from django.conf import settings; print(settings.APPS, settings.DEBUG)"
    ended = run("-c", code, folder=site.folder, **RIGHT | site.environment())
    assert ended.stdout == "6 False\n", ended.stderr


def test_a_project_reads_the_platforms_variables_under_their_names(site: Site, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 60)
    site.add(
        "mysite/settings.py",
        '\nimport os\nSEEN = [os.environ["SECRET_KEY"], os.environ["EMAIL_URL"]]\n',
    )
    environment = RIGHT | site.environment() | {"SECRET_KEY_FILE": str(tmp_path / "key"), "EMAIL_URL": "unset://"}
    del environment["SECRET_KEY"]
    code = "import os; from django.conf import settings; print(settings.SEEN, os.environ['EMAIL_URL'])"
    ended = run("-c", code, folder=site.folder, **environment)
    # django-environ would refuse unset://.
    assert ended.stdout == f"{['k' * 60, 'consolemail://']} unset://\n", ended.stderr


def test_what_is_no_description_of_an_application_is_named(site: Site) -> None:
    site.environment()
    (site.folder / "application.json").write_text("{")
    ended = run("-m", "django_hosting", "build", DJANGO_HOSTING_APPLICATION=str(site.folder / "application.json"))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"django_hosting: {site.folder}/application.json is no description")


def test_a_command_of_another_application_migrates(site: Site) -> None:
    own = "from django.core.management.commands import migrate\n\nclass Command(migrate.Command):\n"
    own += "    def handle(self, *a, **k):\n        print('of tenants')\n        return super().handle(*a, **k)\n"
    for folder in ("tenants", "tenants/management", "tenants/management/commands"):
        site.write(f"{folder}/__init__.py", "")
    site.write("tenants/management/commands/migrate.py", own)
    site.add("mysite/settings.py", '\nINSTALLED_APPS += ["tenants"]\n')
    ended = site.manage("migrate", "--noinput", "--verbosity", "0")
    assert (ended.returncode, ended.stdout) == (0, "of tenants\n"), ended.stderr


def test_the_package_knows_no_project() -> None:
    for path in [*PACKAGE.rglob("*.py"), PACKAGE / "README.md", PACKAGE / "pyproject.toml"]:
        if path != Path(__file__):
            assert "preqly" not in path.read_text().lower(), path
