"""manage.py, the settings module, and the WSGI or ASGI application."""

from pathlib import Path

import pytest

from infra.application.discovery import find_application
from tests.infra.application.projects import found, problem, problems, replace, startproject, write

ENTRY = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\napplication = get()\n"


def several_settings(folder: Path, wsgi: str, manage: str, *modules: str) -> Path:
    """A project with a package of settings, as many have it."""
    startproject(folder)
    (folder / "mysite/settings.py").rename(folder / "base.txt")
    base = (folder / "base.txt").read_text()
    write(folder, {"mysite/settings/__init__.py": "", "mysite/settings/base.py": base})
    write(folder, {f"mysite/settings/{name}.py": "from .base import *\n" for name in modules})
    write(folder, {"mysite/wsgi.py": ENTRY.format(wsgi)})
    replace(folder / "manage.py", "mysite.settings", manage)
    return folder


def test_a_new_project_needs_nothing(tmp_path: Path) -> None:
    application = find_application(startproject(tmp_path))
    assert (application.root, application.settings.module) == (".", "mysite.settings")
    assert (application.server, application.callable) == ("wsgi", "mysite.wsgi:application")
    assert (application.dependencies.file, application.python_version) == ("requirements.txt", "3.13")
    assert application.node is None
    assert application.files == ("manage.py", "mysite/settings.py", "mysite/wsgi.py")


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    startproject(tmp_path)
    for path in tmp_path.rglob("*.py"):
        path.write_text(f"raise SystemExit('it ran')\n{path.read_text()}")
    assert find_application(tmp_path).callable == "mysite.wsgi:application"


@pytest.mark.parametrize("folder", ["src", "backend"])
def test_manage_py_may_be_one_folder_deeper(tmp_path: Path, folder: str) -> None:
    startproject(tmp_path / folder, requirements="")
    write(tmp_path, {"requirements.txt": "Django==5.2.8"})
    application = find_application(tmp_path)
    assert (application.root, application.settings.module) == (folder, "mysite.settings")
    assert found(application, "manage.py") == f"in {folder}"


def test_without_manage_py_the_message_names_one_that_is_deeper(tmp_path: Path) -> None:
    write(startproject(tmp_path / "services/shop").parents[1], {"requirements.txt": "Django"})
    assert problem(tmp_path).key == "manage.py"
    assert 'root = "services/shop"' in problem(tmp_path).fix


def test_two_projects_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    startproject(tmp_path / "chat")
    startproject(tmp_path / "shop")
    write(tmp_path, {"requirements.txt": "Django"})
    assert "chat/manage.py, shop/manage.py" in problem(tmp_path).rule
    write(tmp_path, {"hosting.toml": 'root = "shop"'})
    assert find_application(tmp_path).root == "shop"


def test_a_manage_py_that_is_not_djangos_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, {"manage.py": "from flask_script import Manager\n", "requirements.txt": "flask"})
    assert problem(tmp_path).rule == "is neither in the application's folder nor in a folder of it"


def test_everything_that_is_missing_is_one_message(tmp_path: Path) -> None:
    assert [one.key for one in problems(tmp_path)] == ["manage.py", "dependencies"]
    assert problem(tmp_path / "nowhere").key == "application"


def test_what_serves_decides_over_what_manage_py_names(tmp_path: Path) -> None:
    folder = several_settings(tmp_path, "mysite.settings.production", "mysite.settings.local", "production", "local")
    application = find_application(folder)
    assert application.settings.module == "mysite.settings.production"
    assert "from mysite/wsgi.py, which serves; manage.py names mysite.settings.local" in found(application, "settings")


@pytest.mark.parametrize("production", ["production", "prod"])
def test_settings_for_production_beside_those_for_development_serve(tmp_path: Path, production: str) -> None:
    folder = several_settings(tmp_path, "mysite.settings.dev", "mysite.settings.dev", production, "dev", "test")
    application = find_application(folder)
    assert application.settings.module == f"mysite.settings.{production}"
    assert "mysite.settings.dev, which mysite/wsgi.py names, is for development" in found(application, "settings")


def test_settings_for_development_that_no_other_replaces_are_asked_about(tmp_path: Path) -> None:
    folder = several_settings(tmp_path, "mysite.settings.local", "mysite.settings.local", "local", "heroku")
    assert "beside it: mysite.settings.base, mysite.settings.heroku" in problem(folder).rule
    write(folder, {"hosting.toml": 'settings = "mysite.settings.heroku"'})
    assert find_application(folder).settings.module == "mysite.settings.heroku"


def test_a_package_without_settings_of_its_own_is_asked_about(tmp_path: Path) -> None:
    folder = several_settings(tmp_path, "mysite.settings", "mysite.settings", "eu", "us")
    assert "mysite.settings.eu, mysite.settings.us" in problem(folder).rule
    write(folder, {"mysite/settings/production.py": "from .base import *"})
    assert find_application(folder).settings.module == "mysite.settings.production"


def test_a_package_that_imports_its_settings_is_a_settings_module(tmp_path: Path) -> None:
    folder = several_settings(tmp_path, "mysite.settings", "mysite.settings", "local")
    write(folder, {"mysite/settings/__init__.py": "from .base import *\n"})
    assert find_application(folder).settings.module == "mysite.settings"


def test_a_module_for_production_beside_the_one_that_serves_is_mentioned(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(tmp_path, {"mysite/settings_production.py": "from .settings import *"})
    application = find_application(tmp_path)
    assert application.settings.module == "mysite.settings"
    assert 'settings = "mysite.settings_production"' in found(application, "beside it")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("os.environ.setdefault('DJANGO_SETTINGS_MODULE', choose())", "names no settings module as plain text"),
        (
            "\n".join(f"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.{name}')" for name in ("one", "two")),
            "names several settings modules",
        ),
    ],
)
def test_settings_that_cannot_be_read_are_asked_about(tmp_path: Path, line: str, rule: str) -> None:
    startproject(tmp_path)
    for name in ("manage.py", "mysite/wsgi.py", "mysite/asgi.py"):
        (tmp_path / name).write_text(f"import os, django\n{line}\napplication = 1\n")
    assert rule in problem(tmp_path).rule
    write(tmp_path, {"hosting.toml": 'settings = "mysite.settings"'})
    assert problems(tmp_path) == []


def test_a_settings_module_that_does_not_exist_is_named(tmp_path: Path) -> None:
    startproject(tmp_path)
    (tmp_path / "mysite/settings.py").unlink()
    assert "names mysite.settings, which is not among the application's files" in problem(tmp_path).rule
    write(tmp_path, {"hosting.toml": 'settings = "mysite.sittings"'})
    assert problem(tmp_path).value == "mysite.sittings"


def test_in_place_of_a_missing_settings_module_the_one_of_manage_py_is_proposed(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(tmp_path, {"mysite/deep/er/__init__.py": "", "mysite/deep/er/dev.py": "", "mysite/deep/er/production.py": ""})
    replace(tmp_path / "manage.py", "mysite.settings", "mysite.deep.er.dev")
    replace(tmp_path / "mysite/wsgi.py", "mysite.settings", "er.dev")
    assert problem(tmp_path).fix.endswith('settings = "mysite.deep.er.production"')


def test_a_manage_py_that_insists_on_its_settings_is_refused(tmp_path: Path) -> None:
    startproject(tmp_path)
    replace(
        tmp_path / "manage.py",
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'mysite.settings'",
    )
    assert problem(tmp_path).fix == 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")'


@pytest.mark.parametrize(
    ("apps", "line", "server"),
    [
        ("", "", "wsgi"),
        ("'channels',", "", "wsgi"),
        ("", "ASGI_APPLICATION = 'mysite.asgi.application'", "wsgi"),
        ("'channels',", "ASGI_APPLICATION = 'mysite.asgi.application'", "asgi"),
        ("'daphne',", "ASGI_APPLICATION = 'mysite.asgi.application'", "asgi"),
    ],
)
def test_asgi_serves_a_project_that_is_made_for_it(tmp_path: Path, apps: str, line: str, server: str) -> None:
    startproject(tmp_path)
    replace(tmp_path / "mysite/settings.py", "INSTALLED_APPS = [", f"{line}\nINSTALLED_APPS = [{apps}")
    application = find_application(tmp_path)
    assert (application.server, application.callable) == (server, f"mysite.{server}:application")


def test_apps_that_are_listed_in_parts_count_too(tmp_path: Path) -> None:
    startproject(tmp_path)
    with (tmp_path / "mysite/settings.py").open("a") as file:
        file.write("OWN = ['channels']\nINSTALLED_APPS += OWN\nASGI_APPLICATION = 'mysite.asgi.application'\n")
    assert find_application(tmp_path).server == "asgi"


def test_asgi_serves_where_there_is_no_wsgi_py(tmp_path: Path) -> None:
    startproject(tmp_path)
    (tmp_path / "mysite/wsgi.py").unlink()
    assert find_application(tmp_path).callable == "mysite.asgi:application"
    (tmp_path / "mysite/asgi.py").unlink()
    assert problem(tmp_path).key == "WSGI_APPLICATION"


def test_the_manifest_decides_server_and_callable(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(
        tmp_path, {"hosting.toml": 'server = "asgi"\ncallable = "mysite.sockets:app"', "mysite/sockets.py": "app = 1"}
    )
    application = find_application(tmp_path)
    assert (application.server, application.callable) == ("asgi", "mysite.sockets:app")
    assert found(application, "callable") == "mysite.sockets:app, from hosting.toml"
    write(tmp_path, {"mysite/sockets.py": "application = 1"})
    assert problem(tmp_path).rule == "there is no app in a module mysite.sockets of the project"


def test_the_callable_is_what_the_settings_name(tmp_path: Path) -> None:
    startproject(tmp_path)
    replace(tmp_path / "mysite/settings.py", "mysite.wsgi.application", "config.web.wrapped")
    write(tmp_path, {"config/web/__init__.py": ENTRY.format("mysite.settings") + "wrapped = application"})
    assert find_application(tmp_path).callable == "config.web:wrapped"


@pytest.mark.parametrize(
    "line",
    [
        "os.environ.setdefault('DJANGO_CONFIGURATION', 'Production')",
        "from configurations.management import execute_from_command_line",
    ],
)
def test_settings_that_are_classes_are_refused_unless_a_module_is_named(tmp_path: Path, line: str) -> None:
    startproject(tmp_path)
    replace(tmp_path / "manage.py", "    try:", f"    {line}\n    try:")
    assert "django-configurations" in problem(tmp_path).rule
    write(tmp_path, {"hosting.toml": 'settings = "mysite.settings"'})
    assert problems(tmp_path) == []


def test_a_module_that_a_package_of_its_name_hides_is_asked_about(tmp_path: Path) -> None:
    startproject(tmp_path)
    write(tmp_path, {"mysite/settings/__init__.py": "from .base import *", "mysite/settings/base.py": "DEBUG = True"})
    assert "both mysite/settings.py and the package beside it" in problem(tmp_path).rule


@pytest.mark.parametrize("access", ["mysite.access.may_read", "mysite.urls.may_read", "may_read"])
def test_a_callable_for_uploads_that_does_not_exist_is_refused(tmp_path: Path, access: str) -> None:
    startproject(tmp_path)
    write(tmp_path, {"hosting.toml": f'[media]\naccess = "{access}"'})
    assert problem(tmp_path).key == "hosting.toml: media.access"


@pytest.mark.parametrize("access", ["public", "mysite.access.may_read", "filer.server.may_read"])
def test_a_callable_of_the_project_or_of_a_package_decides_about_uploads(tmp_path: Path, access: str) -> None:
    startproject(tmp_path)
    write(tmp_path, {"hosting.toml": f'[media]\naccess = "{access}"', "mysite/access.py": "def may_read(a, b): ..."})
    assert find_application(tmp_path).manifest.media.access == access


@pytest.mark.parametrize(
    ("manifest", "key"),
    [
        ('[static]\nfolders = ["dist"]', "static.folders[0]"),
        ('[proxy]\nerror_pages = "pages"', "proxy.error_pages"),
    ],
)
def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path, manifest: str, key: str) -> None:
    write(startproject(tmp_path), {"hosting.toml": manifest})
    assert problem(tmp_path).key == f"hosting.toml: {key}"


def test_a_build_with_node_may_make_the_folder(tmp_path: Path) -> None:
    write(startproject(tmp_path), {"hosting.toml": '[static]\nfolders = ["dist"]'})
    write(tmp_path, {"package.json": '{"scripts": {"build": "vite"}}', "yarn.lock": ""})
    assert find_application(tmp_path).node is not None
