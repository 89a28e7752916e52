"""A project as `django-admin startproject` makes it, in a folder of its own. The tests run in this order."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.load import assert_every_visit_answered, constant_load
from tests.e2e.projects import commit, head, startproject
from tests.e2e.running import service
from tests.e2e.terminal import converse

pytestmark = pytest.mark.containers

URLS = """
from django.contrib import admin
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def home(request):
    if request.method == "POST":
        name = default_storage.save(request.FILES["file"].name, request.FILES["file"])
        send_mail("A file was saved", name, None, ["grace@example.com"])
        return JsonResponse({"url": default_storage.url(name)})
    return HttpResponse("<h1>The second release</h1>")


urlpatterns = [path("", home), path("admin/", admin.site.urls)]
"""
PASSWORD = "correct-horse-battery"
CREATE = "manage createsuperuser --username grace --email grace@example.com"
COUNT = "from django.contrib.auth.models import User; print(User.objects.count(), 'user'); raise SystemExit(3)"
LARGE = bytes(300_000)
"""More than the small forms that the proxy keeps in memory."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, outside of the checkout, in a git repository of its own."""
    return startproject(tmp_path_factory.mktemp("mysite"))


@pytest.fixture(scope="module")
def browser(checkout: Checkout) -> Iterator[httpx.Client]:
    """One visitor, who keeps the cookies."""
    with checkout.browser() as found:
        yield found


def test_up_deploys_the_project_as_it_is_and_says_what_it_found(checkout: Checkout, project: Path) -> None:
    result = checkout.run("up", str(project))
    assert result.returncode == 0, result.stderr
    for found in ("mysite.settings", "requirements.txt", "WSGI"):
        assert found in result.stderr


def test_the_home_page_is_djangos_404_and_the_site_is_healthy_all_the_same(browser: httpx.Client) -> None:
    answer = browser.get("/")
    assert answer.status_code == 404
    assert "The requested resource was not found on this server." in answer.text


def test_the_admin_site_has_its_style_sheets_under_names_with_a_hash(browser: httpx.Client) -> None:
    page = browser.get("/admin/")
    styles = re.findall(r'href="(/static/admin/[^"]+\.[0-9a-f]{12}\.css)"', page.text)
    assert styles
    answer = browser.get(styles[0])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")


def test_an_administrator_is_created_in_a_terminal_logs_in_and_saves(checkout: Checkout, browser: httpx.Client) -> None:
    code, screen = converse(checkout, CREATE, [("Password: ", PASSWORD), ("Password (again): ", PASSWORD)])
    assert (code, "Superuser created successfully." in screen) == (0, True), screen
    assert PASSWORD not in screen
    login = submit(browser, "/admin/login/?next=/admin/", {"username": "grace", "password": PASSWORD})
    assert "Site administration" in login.text
    submit(browser, "/admin/auth/group/add/", {"name": "editors"})
    assert "editors" in browser.get("/admin/auth/group/").text


def test_commands_of_the_team_have_the_releases_database_and_leave_no_task(checkout: Checkout) -> None:
    counted = checkout.ops("run", "--", "python", "manage.py", "shell", "-c", COUNT)
    assert (counted.returncode, counted.stdout.splitlines()[-1]) == (3, "1 user"), counted.stderr
    if shutil.which("psql"):
        asked = checkout.ops("psql", "--", "-Atc", "SELECT username FROM auth_user; SHOW statement_timeout")
        assert (asked.returncode, asked.stdout) == (0, "grace\n0\n"), asked.stderr
    found = service(checkout)["clusterArn"]
    assert checkout.aws("ecs").list_tasks(cluster=found, startedBy="ops")["taskArns"] == []


def test_a_changed_project_replaces_the_old_one_without_a_failed_request(checkout: Checkout, project: Path) -> None:
    (project / "mysite/urls.py").write_text(URLS)
    commit(project, "A home page")
    with constant_load(checkout.runtime, ("/admin/login/",)) as load:
        # The stack remembers the project.
        result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert_every_visit_answered(load)
    with checkout.browser() as browser:
        assert "The second release" in browser.get("/").text
    assert checkout.releases()[0]["revision"] == head(project)


def test_an_upload_is_in_the_bucket_and_served_below_media(checkout: Checkout, browser: httpx.Client) -> None:
    saved = browser.post("/", files={"file": ("large.bin", LARGE)})
    assert saved.status_code == 200, saved.text
    url = saved.json()["url"]
    assert url.startswith("/media/large")
    assert browser.get(url).content == LARGE
    stored = checkout.aws("s3").list_objects_v2(Bucket=checkout.outputs()["media_bucket"])["Contents"]
    assert url.removeprefix("/media/") in {one["Key"] for one in stored}


def test_mail_leaves_through_the_settings_of_the_stack(checkout: Checkout) -> None:
    logged = checkout.ops("logs", "--since", "10m", "--no-follow").stdout
    assert "Subject: A file was saved" in logged


def submit(browser: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    """Fill in a form of the admin site as its page asks."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
    assert token is not None
    answer = browser.post(
        path, data=fields | {"csrfmiddlewaretoken": token[1]}, headers={"Referer": str(browser.base_url)}
    )
    assert answer.status_code == 200, answer.text
    return answer
