"""Projects of startproject in the images: a plain one, and one with ASGI, a Node build, and limits by path."""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from embedded_cloud.images import images
from tests.docker.applications import Build, staged, startproject, write
from tests.docker.site import DATABASE_URL, TRUSTING, VERIFIED, Site, client, docker, eventually

pytestmark = pytest.mark.containers

SERVER = """
import asyncio
from mysite import django_asgi

async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})
    elif scope["type"] == "http" and scope["path"] == "/upload/":
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        headers = [(b"x-frame-options", b"SAMEORIGIN"), (b"content-security-policy", b"default-src 'self'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": str(size).encode()})
    elif scope["type"] == "http" and scope["path"] == "/events/":
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\\n\\n", "more_body": True})
        await asyncio.sleep(3)
        await send({"type": "http.response.body", "body": b"data: 2\\n\\n"})
    else:
        if scope["path"] in ("/slow/", "/slow/but/"):
            await asyncio.sleep(3)
        await django_asgi.application(scope, receive, send)
"""
MANIFEST = """
callable = "mysite.asgi:application"
server = "asgi"

[build.environment]
GREETING = "made by Node"

[static]
folders = ["dist"]

[run]
stop_seconds = 6

[proxy]
body_mib = 1
error_pages = "pages"

[proxy.headers]
X-Frame-Options = "DENY"
Permissions-Policy = "geolocation=()"
Reporting-Endpoints = 'main="/reports/"'

[[proxy.paths]]
path = "/upload/"
body_mib = 20

[[proxy.paths]]
path = "/slow/"
seconds = 1

[database]
schemas = ["reporting", "public"]
"""
MAKE = (
    "require('fs').mkdirSync('dist');"
    "require('fs').writeFileSync('dist/made.js', '// ' + process.env.GREETING + ' in ' + require('ms')(60000))"
)
PNPM = (
    "pnpm@10.34.9+sha512.f49b5a8ea0fdedb44bb3c0c1d6575092a53c2950d95b7ad15df11f17974877a2"
    "de3a01c07e934e9b28ce716e51c09a94962c7306d09be2e1e4b18a8c8762fd32"
)
INTEGRITY = "6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="
PNPM_LOCK = f"""
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      ms:
        specifier: 2.1.3
        version: 2.1.3
packages:
  ms@2.1.3:
    resolution: {{integrity: sha512-{INTEGRITY}}}
snapshots:
  ms@2.1.3: {{}}
"""
PYPROJECT = """
[project]
name = "mysite"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["Django>=5.2,<6", "psycopg2"]
"""
"""No lock, and a driver that is compiled and linked with libpq."""


def images_of(build: Build, folder: Path, context: Path, *arguments: str) -> dict[str, str]:
    """Image per target of the application in the folder."""
    found = {target: f"preqly-docker-tests/{folder.name}-{target}" for target in ("web", "proxy")}
    staged(folder, context)
    for target, image in found.items():
        build(target, "--load", "--tag", image, *arguments, context=context)
    return found


def started(site: Site, found: dict[str, str], name: str, *volume: str) -> tuple[Site, str, int, int]:
    """The application on a database of its own: its site, container, and the HTTP and HTTPS port of its proxy."""
    of = replace(site, images=found)
    url = DATABASE_URL.replace("@db.test", "@127.0.0.1")
    docker("exec", site.started[0], "psql", url, "-qAtXc", f"CREATE DATABASE {name}")
    database = DATABASE_URL.removesuffix("preqly") + name + VERIFIED
    migration = of.web(command=("python", "manage.py", "migrate", "--noinput"), DATABASE_URL=database)
    assert docker("wait", migration).stdout.strip() == "0", docker("logs", migration).stdout
    web = of.web(*volume, name=name, SSL_REDIRECT="false", DATABASE_URL=database)
    healthy = ("exec", web, "/usr/local/bin/healthcheck")
    assert eventually(lambda: docker(*healthy, check=False).returncode == 0, 60), _log(web)
    _, plain, tls = of.proxy(*volume, UPSTREAM=f"{name}:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/readyz").status_code == 200, 60), _log(web)
    return of, web, plain, tls


def _log(container: str) -> str:
    found = docker("logs", container)
    return found.stdout + found.stderr


@pytest.fixture(scope="module")
def plain(site: Site, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Container and HTTPS port of what startproject makes, with one line of dependencies."""
    folder = write(startproject(tmp_path_factory.mktemp("plain") / "plain"), {"requirements.txt": "Django>=5.2,<6\n"})
    found = images_of(build, folder, folder.parent / "context")
    volume = ("--volume", f"{site.media}-plain:/srv/media")
    _, web, _, tls = started(site, found, "plain", *volume)
    yield web, tls
    site.remove_unshared()
    docker("volume", "rm", f"{site.media}-plain", check=False)
    docker("image", "rm", "--force", *found.values(), check=False)


def test_a_plain_project_has_its_admin_and_djangos_404(plain: tuple[str, int]) -> None:
    web, tls = plain
    code = (
        "import django; django.setup(); from django.contrib.auth.models import User;"
        "User.objects.create_superuser('ann', 'ann@example.com', 'correct horse 9')"
    )
    docker("exec", web, "python", "-c", code)
    with client(tls) as visitor:
        home = visitor.get("/")
        assert (home.status_code, "Not Found" in home.text) == (404, True)
        page = visitor.get("/admin/login/")
        addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert addresses
        assert {visitor.get(address).status_code for address in addresses} == {200}
        assert "immutable" in visitor.get(addresses[0]).headers["cache-control"]

        def post(address: str, **fields: str) -> httpx.Response:
            fields["csrfmiddlewaretoken"] = visitor.cookies["csrftoken"]
            return visitor.post(address, data=fields, headers={"Referer": str(visitor.base_url)})

        assert post("/admin/login/", username="ann", password="correct horse 9").status_code == 302
        assert post("/admin/auth/group/add/", name="editors").status_code == 302
        assert "editors" in visitor.get("/admin/auth/group/").text


def test_the_proxy_adds_nothing_that_could_break_a_plain_project(plain: tuple[str, int]) -> None:
    with client(plain[1]) as visitor:
        page, missing = visitor.get("/admin/login/"), visitor.get("/static/none.css")
        # The application reads it, and refuses it for the missing token.
        assert visitor.post("/admin/login/", content=b"x" * 2_000_000).status_code == 403
        refused = visitor.post("/admin/login/", content=b"x" * 11_000_000)
    assert "content-security-policy" not in page.headers
    assert page.headers.get_list("x-frame-options") == ["DENY"]
    assert missing.headers.get_list("x-content-type-options") == ["nosniff"]
    assert (refused.status_code, "This is too large." in refused.text) == (413, True)
    assert "reqly" not in refused.text + missing.text


def test_an_uploaded_file_is_delivered_and_only_a_pdf_is_in_no_sandbox(plain: tuple[str, int]) -> None:
    web, tls = plain
    docker("exec", web, "sh", "-c", "echo '<svg/>' > /srv/media/a.svg; echo x > /srv/media/b.pdf")
    with client(tls) as visitor:
        drawing, document = visitor.get("/media/a.svg"), visitor.get("/media/b.pdf")
    assert (drawing.status_code, document.status_code) == (200, 200)
    assert "sandbox" in drawing.headers["content-security-policy"]
    assert "content-security-policy" not in document.headers


@pytest.fixture(scope="module")
def rich(site: Site, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, int]]:
    """Container and ports of a project with everything that the plain one has not."""
    folder = startproject(tmp_path_factory.mktemp("rich") / "rich")
    (folder / "mysite/asgi.py").rename(folder / "mysite/django_asgi.py")
    with (folder / "mysite/settings.py").open("a") as settings:
        settings.write('STATIC_URL = "my static/"\n')
    package: dict[str, Any] = {"name": "mysite", "version": "1.0.0", "scripts": {"build": f'node -e "{MAKE}"'}}
    package |= {"packageManager": PNPM, "dependencies": {"ms": "2.1.3"}}
    write(
        folder,
        {
            "mysite/asgi.py": SERVER,
            "hosting.toml": MANIFEST,
            "pyproject.toml": PYPROJECT,
            "package.json": json.dumps(package),
            "pnpm-lock.yaml": PNPM_LOCK,
            "pages/413.html": "Ours: too large",
        },
    )

    def without_base(_release: str) -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    node = os.environ.get("NODE_IMAGE") or images.ensure(["node"], lambda _line: None, without_base)["node"]
    found = images_of(build, folder, folder.parent / "context", "--build-arg", f"NODE_IMAGE={node}")
    _, web, port, tls = started(site, found, "rich")
    yield web, port, tls
    site.remove_unshared()
    docker("image", "rm", "--force", *found.values(), check=False)


def test_what_node_makes_is_a_static_file(rich: tuple[str, int, int]) -> None:
    web, _, tls = rich
    names = json.loads(docker("exec", web, "cat", "/app/.static/staticfiles.json").stdout)["paths"]
    with client(tls) as visitor:
        assert visitor.get(f"/my static/{names['made.js']}").text == "// made by Node in 1m"
    assert docker("exec", web, "sh", "-c", "command -v node", check=False).returncode != 0


def test_a_package_is_compiled_and_the_image_has_its_library_and_no_compiler(rich: tuple[str, int, int]) -> None:
    """The other tests query the database with it."""
    code = "import psycopg2; from django.db.backends.postgresql.psycopg_any import is_psycopg3 as other; print(other)"
    assert docker("exec", rich[0], "python", "-c", code).stdout == "False\n"
    assert docker("exec", rich[0], "sh", "-c", "command -v cc gcc git", check=False).stdout == ""


def test_a_path_takes_what_the_manifest_says_and_no_other_does(rich: tuple[str, int, int]) -> None:
    with client(rich[2]) as visitor:
        uploaded = visitor.post("/upload/", content=b"x" * 15_000_000)
        refused = visitor.post("/admin/login/", content=b"x" * 1_200_000)
    assert (uploaded.status_code, uploaded.text) == (200, "15000000")
    assert (refused.status_code, refused.text) == (413, "Ours: too large")


def test_a_path_has_the_time_that_the_manifest_says_and_no_other_does(rich: tuple[str, int, int]) -> None:
    with client(rich[2]) as visitor:
        assert [visitor.get(path).status_code for path in ("/slow/", "/slow/but/")] == [504, 404]


def test_migrations_make_their_tables_in_the_first_schema(rich: tuple[str, int, int], site: Site) -> None:
    """Nothing but `migrate` ran, as in compose."""
    url = DATABASE_URL.replace("@db.test", "@127.0.0.1").removesuffix("preqly") + "rich"
    query = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'auth_%'"
    assert docker("exec", site.started[0], "psql", url, "-qAtXc", query).stdout == "reporting\n"


def test_the_applications_own_headers_are_left_alone(rich: tuple[str, int, int]) -> None:
    with client(rich[2]) as visitor:
        answer = visitor.get("/upload/")
    assert answer.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert answer.headers.get_list("permissions-policy") == ["geolocation=()"]
    assert answer.headers.get_list("reporting-endpoints") == ['main="/reports/"']


def test_an_event_passes_the_proxy_when_it_is_sent(rich: tuple[str, int, int]) -> None:
    began = time.monotonic()
    with client(rich[2]) as visitor, visitor.stream("GET", "/events/") as answer:
        arrived = [time.monotonic() - began for _ in answer.iter_raw()]
    assert arrived[0] < 1.5
    assert arrived[-1] > 2.5


def live(tls: int, path: str) -> ClientConnection:
    """A WebSocket through the proxy, whose client answers pings and sends none."""
    url = f"wss://localhost:{tls}{path}"
    return connect(url, ssl=TRUSTING, proxy=None, open_timeout=20, ping_interval=None)


def test_an_idle_websocket_outlives_the_time_limit_of_its_path_by_the_servers_pings(
    rich: tuple[str, int, int],
) -> None:
    """Without data the proxy ends it 5 s after the path's limit of 1 s."""
    with live(rich[2], "/slow/") as connection:
        with pytest.raises(TimeoutError):
            connection.recv(8)
        connection.send("hi")
        assert connection.recv(5) == "HI"


def test_metrics_count_the_requests_of_an_event_loop(rich: tuple[str, int, int]) -> None:
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9005/metrics').read().decode())"
    with client(rich[2]) as visitor:
        assert visitor.get("/admin/login/").status_code == 200
    found = docker("exec", rich[0], "python", "-c", code).stdout
    assert 'http_answers_total{method="GET",status="200",view="admin:login"} 1.0' in found


def test_a_websocket_is_closed_with_1012_at_a_stop_after_a_drain(rich: tuple[str, int, int]) -> None:
    web, _, tls = rich
    with live(tls, "/live/") as connection:
        docker("kill", "--signal", "TERM", web)
        connection.send("during the drain")
        assert connection.recv(5) == "DURING THE DRAIN"
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SERVICE_RESTART
