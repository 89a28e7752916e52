"""The images: their content, their start and their stop."""

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docker.applications import Build, copy_of_the_demo, staged
from tests.docker.site import ROOT, Site, client, docker, eventually

pytestmark = pytest.mark.containers
TARGETS = ("web", "proxy")
CANARY = "canary-5e1f0a77c3d94b2a"


def config(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]
    return found


def inside(image: str, script: str) -> str:
    """Output of a shell script in the image."""
    return docker("run", "--rm", "--entrypoint", "sh", image, "-c", script).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_declares_user_origin_and_health_check(built: dict[str, str], target: str) -> None:
    found = config(built[target])
    assert found["User"] == "10001:10001"
    assert found["Labels"]["org.opencontainers.image.revision"] == "0a1b2c3"
    assert found["Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/healthcheck"]
    assert found["Labels"]["org.opencontainers.image.base.name"]
    assert {"title", "description"} <= {name.rsplit(".", 1)[1] for name in found["Labels"]}
    assert not found["Entrypoint"]


def test_the_user_has_a_name_and_a_home_that_it_may_write_to(built: dict[str, str]) -> None:
    code = "import getpass, pathlib as p; (p.Path.home() / 'x').touch(); print(getpass.getuser())"
    assert docker("run", "--rm", "--read-only", "--tmpfs", "/tmp", built["web"], "python", "-c", code).stdout == "app\n"  # noqa: S108 - inside the container


def test_the_web_image_holds_the_certificate_authorities_of_rds(built: dict[str, str]) -> None:
    path = config(built["web"])["Labels"]["embedded-cloud.rds-ca-bundle"]
    bundle = (ROOT / "docker/rds/global-bundle.pem").read_text()
    assert docker("run", "--rm", built["web"], "cat", path).stdout == bundle


def test_an_upload_that_is_larger_than_tmp_finds_room(built: dict[str, str]) -> None:
    """The folder /tmp is in the memory of the task; hosting.toml may allow bodies that are larger."""
    code = "import tempfile as t; f = t.TemporaryFile(); f.write(bytes(3 << 20)); f.flush(); print(t.gettempdir())"
    small = ("--read-only", "--tmpfs", "/tmp:mode=1777,size=1m")  # noqa: S108 - inside the container
    assert docker("run", "--rm", *small, built["web"], "python", "-c", code).stdout == "/srv/uploads\n"


def test_nothing_secret_is_in_an_image(built: dict[str, str]) -> None:
    for image in built.values():
        history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).stdout
        assert not re.search(r"(SECRET_KEY|DATABASE_URL|PASSWORD|TOKEN)\s*=", history)
        assert not re.search(r"SECRET|DATABASE|PASSWORD|TOKEN", " ".join(config(image)["Env"]))


def test_no_installer_compiler_or_test_of_the_build_is_left(built: dict[str, str]) -> None:
    script = "ls /opt/venv/bin; find /app -name tests -type d; find / -xdev -name uv -type f 2>/dev/null || true"
    found = inside(built["web"], script)
    assert "gunicorn" in found
    assert not re.search(r"^pip|tests$|/uv$", found, re.M)
    assert inside(built["web"], "ls /build /root/.cache 2>/dev/null || true") == ""
    assert inside(built["web"], "command -v pip pip3 gcc cc || true") == ""


def test_the_installer_of_the_base_image_is_removed(base_images: dict[str, str], tmp_path: Path) -> None:
    stage = (ROOT / "docker/Dockerfile").read_text().partition(" AS web\n")[2]
    (removal,) = re.findall("^RUN rm -rf .*pip.*$", stage, re.M)
    # Not every base image has one.
    paths = ("bin/pip3.13", "lib/python3.13/ensurepip/__init__.py", "lib/python3.13/site-packages/pip/__init__.py")
    planted = " && ".join(f"install -D /dev/null /usr/local/{path}" for path in paths)
    image = "preqly-docker-tests/without-pip"
    (tmp_path / "Dockerfile").write_text(f"FROM {base_images['python']}\nUSER root\nRUN {planted}\n{removal}\n")
    docker("buildx", "build", "--load", "--tag", image, tmp_path)
    try:
        assert inside(image, "find /usr/local -name '*pip*'") == ""
    finally:
        docker("rmi", "--force", image)


def test_all_python_code_is_compiled(built: dict[str, str]) -> None:
    code = (
        "import importlib.util, pathlib\n"
        "for folder in ('/app', '/opt/venv/lib'):\n"
        "    for file in pathlib.Path(folder).rglob('*.py'):\n"
        "        if file.stat().st_size and not pathlib.Path(importlib.util.cache_from_source(file)).exists():\n"
        "            print(file)"
    )
    assert docker("run", "--rm", built["web"], "python", "-c", code).stdout == ""


def locked() -> dict[str, str]:
    """Version per package of the demo's lock and the platform's."""
    locks = (ROOT / "app/requirements.txt", ROOT / "packages/django-hosting/platform.txt")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", "\n".join(lock.read_text() for lock in reversed(locks)), re.M))


def test_exactly_the_locked_packages_of_application_and_platform_are_installed(built: dict[str, str]) -> None:
    code = (
        "import importlib.metadata as m, re, json;"
        "print(json.dumps({re.sub('[-_.]+', '-', d.name.lower()): d.version for d in m.distributions()}))"
    )
    found = json.loads(docker("run", "--rm", built["web"], "python", "-c", code).stdout)
    assert found.items() <= {**locked(), "django-hosting": found["django-hosting"]}.items()
    assert {"django", "gunicorn", "psycopg", "boto3"} <= set(found)
    assert not {"uvicorn", "uvloop", "websockets"} & set(found), "for ASGI only"


def test_the_image_lists_its_packages(built: dict[str, str]) -> None:
    found = json.loads(docker("run", "--rm", built["web"], "cat", "/usr/local/share/sbom/web.cdx.json").stdout)
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    listed = {component["purl"] for component in found["components"]}
    demo = re.findall(r"^([a-z0-9-]+)==([^ ]+) \\$", (ROOT / "app/requirements.txt").read_text(), re.M)
    assert {f"pkg:pypi/{name}@{version}" for name, version in demo} <= listed
    assert len(listed) > 10


def layers(image: str) -> list[str]:
    found: list[str] = json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image).stdout)
    return found


def test_a_change_of_code_ships_less_than_a_megabyte_and_no_forgotten_secret(build: Build, tmp_path: Path) -> None:
    app = copy_of_the_demo(tmp_path / "app")
    for forgotten in (".env", "core/.env", "db.sqlite3", "media/a.png", "id_rsa", "pip.conf", "terraform.tfstate"):
        (app / forgotten).parent.mkdir(exist_ok=True)
        (app / forgotten).write_text(CANARY)
    (app / "core/photo.jpg").write_bytes(os.urandom(9_500_000))
    (app / "core/fixture.json").write_text("[" + "1, " * 1_000_000)
    before, after = "preqly-docker-tests/before", "preqly-docker-tests/changed"
    try:
        build("web", "--load", "--tag", before, context=staged(app, tmp_path / "context"))
        with (app / "core/views.py").open("a") as code:
            code.write("\nCHANGED = True\n")
        context = staged(app, tmp_path / "context")
        build("web", "--load", "--tag", after, "--build-arg", "REVISION=fffffff", context=context)
        assert [layer for layer in layers(after) if layer not in layers(before)] == layers(after)[-1:]
        sizes = docker("history", "--human=false", "--format", "{{.Size}}", after).stdout.split()
        assert int(sizes[0]) < 1_000_000
        assert inside(after, "wc -c < /app/core/photo.jpg").strip() == "9500000"
        # Every layer and the history: everything that a pull fetches.
        saved = subprocess.run(
            ["bash", "-c", f"docker save {after} | grep --text --count {CANARY}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert saved.stdout.strip() == "0", "a secret file is in the image"
    finally:
        docker("image", "rm", before, after, check=False)


def test_the_application_is_healthy_and_cannot_write_its_code(site: Site) -> None:
    web = site.web(name="checked")
    assert eventually(lambda: docker("exec", web, "/usr/local/bin/healthcheck", check=False).returncode == 0)
    assert docker("exec", web, "cat", "/proc/1/cmdline").stdout.startswith("python\0-m\0django_hosting")
    assert docker("exec", web, "touch", "/app/new", check=False).returncode != 0


def test_a_proxy_is_healthy_without_an_application(site: Site) -> None:
    proxy, _, _ = site.proxy(UPSTREAM="127.0.0.1:9")
    assert eventually(lambda: docker("exec", proxy, "/usr/local/bin/healthcheck", check=False).returncode == 0)


def held_connection(address: str, port: int) -> socket.socket:
    """An idle keep-alive connection, after one answer."""
    connection = socket.create_connection((address, port), timeout=10)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 ")
    return connection


def seconds_to_exit(container: str, signal: str) -> float:
    began = time.monotonic()
    docker("kill", "--signal", signal, container)
    assert docker("wait", container).stdout.strip() == "0"
    return time.monotonic() - began


def test_the_application_stops_while_a_connection_idles(site: Site) -> None:
    web = site.web(name="stopping")
    assert eventually(lambda: docker("exec", web, "/usr/local/bin/healthcheck", check=False).returncode == 0)
    with held_connection(site.address(web), 8005):
        # Well below the 8 s that gunicorn gives a request; 3 s on an idle machine.
        assert seconds_to_exit(web, "TERM") < 5


@pytest.mark.parametrize("signal", ["TERM", "QUIT"])
def test_the_proxy_stops_while_a_connection_idles(site: Site, signal: str) -> None:
    proxy, _, _ = site.proxy(UPSTREAM="127.0.0.1:9")
    assert eventually(lambda: docker("exec", proxy, "/usr/local/bin/healthcheck", check=False).returncode == 0)
    with held_connection(site.address(proxy), 8080):
        assert seconds_to_exit(proxy, signal) < 5


def test_a_missing_variable_stops_the_application_with_one_line(site: Site) -> None:
    web = site.web(SECRET_KEY="")
    assert docker("wait", web).stdout.strip() != "0"
    logs = docker("logs", web)
    assert (logs.stdout + logs.stderr).splitlines() == [
        "Environment variable SECRET_KEY: is missing or empty. Example: SECRET_KEY=<64 random letters and digits>"
    ]


def test_a_database_with_an_unknown_certificate_authority_is_refused(site: Site) -> None:
    web = site.run(
        "web",
        *("--env", "SECRET_KEY=" + "k1" * 30, "--env", "ALLOWED_HOSTS=localhost"),
        *("--env", "DATABASE_URL=postgres://preqly:onlyfortests1@db.test:5432/preqly?sslmode=verify-full"),
        *("--env", "PGSSLROOTCERT=/etc/ssl/certs/rds-global-bundle.pem"),
        command=("python", "manage.py", "migrate", "--check"),
    )
    assert docker("wait", web).stdout.strip() == "76"
    assert "its certificate is not one that sslrootcert vouches for" in docker("logs", web).stderr


def test_log_lines_of_proxy_and_application_share_the_request_id(site: Site) -> None:
    web = site.web(name="logged", SSL_REDIRECT="false")
    proxy, _, tls = site.proxy(UPSTREAM="logged:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/healthz").status_code == 200)
        answer: httpx.Response = visitor.get("/nothing")
    found = answer.headers["x-request-id"]
    lines = [json.loads(line) for line in docker("logs", web).stdout.splitlines()]
    assert [line["message"] for line in lines if line["request_id"] == found] == ["Not Found: /nothing"]
    assert {line["release"] for line in lines} == {"r7"}
    assert found in docker("logs", proxy).stdout
