"""The site on one machine, from docker/compose.yaml: first start, data that survives a restart, more applications."""

import json
import re
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from embedded_cloud.testing.http_client import ask
from infra.application.discovery import find_application
from infra.application.manifest import Manifest, Release, Run
from infra.application.processes import Process
from local.compose import CONTEXT, PROCESSES, processes
from local.compose import services as declared
from tests.docker.compose import Compose, composed, free_ports
from tests.docker.site import ROOT, client, docker, eventually, write_certificates

pytestmark = pytest.mark.containers
IN_MEDIA = ("-C", "/srv/media")
TLS = {"TLS_CERTIFICATE": "/tls/db.pem", "TLS_KEY": "/tls/db.key"}
PORTS = free_ports()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the copy of the project."""
    return tmp_path_factory.mktemp("compose")


@pytest.fixture(scope="module")
def compose(base_images: dict[str, str], folder: Path) -> Iterator[Compose]:
    """The demo, with secrets of its own."""
    demo = find_application(ROOT / "app")
    run_for = Run(stop_seconds=12, start_grace_seconds=75)
    application = replace(demo, manifest=demo.manifest.model_copy(update={"run": run_for}))
    with composed(folder, application, base_images | TLS, PORTS) as found:
        (folder / "docker/secrets/environment").write_text("FEATURE=on\nALLOWED_HOSTS=another.example\n")
        secret = folder / "docker/secrets/database_url"
        # A password with characters that end other parts of a URL, and another port.
        secret.write_text(secret.read_text().replace("@db:5432", "%40%2F%25%23%3F:%5C%20%22$@db:5433"))
        write_certificates(folder / "docker/secrets/tls", "localhost")
        (folder / "docker/secrets/tls/db.key").chmod(0o644)
        yield found


@pytest.fixture(scope="module")
def services(compose: Compose) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(compose("config", "--format", "json"))["services"]
    return found


@pytest.fixture(scope="module")
def running(compose: Compose) -> None:
    compose("up", "--build", "--detach", "--wait")


def test_only_the_proxy_publishes_ports(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}
    assert [port["target"] for port in services["proxy"]["ports"]] == [8080, 8443]


def test_the_proxy_shares_no_network_with_the_database(services: dict[str, Any]) -> None:
    assert not set(services["proxy"]["networks"]) & set(services["db"]["networks"])


def test_every_service_is_hardened_and_limited(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"], name
        assert service["user"] in {"10001:10001", "postgres"}, name


def test_the_application_decides_how_long_it_starts_and_stops(services: dict[str, Any]) -> None:
    assert {services[name]["stop_grace_period"] for name in ("web", "proxy")} == {"12s"}
    assert services["web"]["healthcheck"]["start_period"] == "1m15s"
    assert services["migrate"]["environment"]["MIGRATION_SECONDS"] == "3600"
    # The demo has a schedule.
    assert services["scheduler"]["command"] == ["python", "-m", "django_hosting", "scheduler"]
    found: Any = declared(Manifest(release=Release(migration_seconds=60)))
    assert found["services"]["migrate"]["environment"] == {"MIGRATION_SECONDS": "60"}


def test_a_process_is_a_service_of_the_same_image_with_its_own_time_to_stop(
    compose: Compose, folder: Path, services: dict[str, Any]
) -> None:
    worker = Process(command=("celery", "worker"), stop_seconds=90, min_tasks=2, memory=1024)
    manifest = Manifest(run=Run(start_grace_seconds=40), processes={"worker": worker})
    file = folder / CONTEXT / PROCESSES
    before = file.read_text()
    try:
        file.write_text(json.dumps(processes(manifest)))
        found = json.loads(compose("config", "--format", "json"))["services"]["worker"]
    finally:
        file.write_text(before)
    for key in ("image", "secrets", "read_only", "cap_drop", "user", "depends_on", "volumes"):
        assert found[key] == services["web"][key], key
    assert found["command"] == ["python", "-m", "django_hosting", "process", "worker"]
    assert (found["stop_grace_period"], found["deploy"]["replicas"], found["init"]) == ("1m30s", 2, True)
    assert found["healthcheck"]["test"] == ["CMD", "/usr/local/bin/healthcheck-process", "40"]
    assert "ports" not in found


def test_no_secret_is_in_the_environment(services: dict[str, Any]) -> None:
    for name, service in services.items():
        secret = [key for key in service.get("environment", {}) if re.search("SECRET|DATABASE|PASSWORD|MAIL_URL", key)]
        assert all(key.endswith("_FILE") for key in secret), name


def test_the_applications_own_variables_reach_its_containers_and_the_others_win(services: dict[str, Any]) -> None:
    for name in ("web", "migrate"):
        assert services[name]["environment"]["FEATURE"] == "on"
        assert services[name]["environment"]["ALLOWED_HOSTS"] == "localhost"
    for name in ("proxy", "db"):
        assert "FEATURE" not in services[name]["environment"]


def test_secrets_are_made_once_and_differ(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        subprocess.run(["python3", ROOT / "docker/make_secrets.py", tmp_path / "secrets"], check=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir() if path.is_file()}

    first = make()
    assert make() == first
    assert re.fullmatch("[A-Za-z0-9]{64}", first["secret_key"])
    assert (first["secret_key_fallbacks"], first["email_url"], first["environment"]) == ("", "", "")
    assert re.fullmatch("postgres://preqly:[A-Za-z0-9]{32}@db:5432/preqly", first["database_url"])
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("running")
def test_the_site_answers_on_both_ports_with_the_given_certificate() -> None:
    served = ssl.get_server_certificate(("localhost", int(PORTS["HTTPS_PORT"])))
    assert "authority of a test" in str(x509.load_pem_x509_certificate(served.encode()).issuer)
    for scheme, name in (("http", "HTTP_PORT"), ("https", "HTTPS_PORT")):
        with client(int(PORTS[name]), scheme) as visitor:
            assert visitor.get("/api/movies/1").json()["title"] == "A Trip to the Moon"
            assert visitor.get("/readyz").status_code == 200


@pytest.mark.usefixtures("running")
def test_migrations_that_take_too_long_are_ended_and_named(compose: Compose) -> None:
    with pytest.raises(AssertionError, match="longer than migration_seconds in hosting"):
        compose("run", "--rm", "--no-deps", "--no-TTY", "--env", "MIGRATION_SECONDS=0.1", "migrate")


@pytest.mark.usefixtures("running")
def test_data_survives_new_containers(compose: Compose) -> None:
    manage = ("exec", "--no-TTY", "web", "python", "manage.py", "shell", "--verbosity", "0", "--command")
    compose(*manage, "from core.models import Movie; Movie.objects.filter(pk=1).update(title='Le Voyage')")
    compose(*manage, "from django.core.files.storage import default_storage as s; open(s.path('a.txt'), 'w').close()")
    compose("down", "--timeout", "5")
    compose("up", "--detach", "--wait")
    with client(int(PORTS["HTTPS_PORT"])) as visitor:
        assert visitor.get("/api/movies/1").json()["title"] == "Le Voyage"
    assert compose("exec", "--no-TTY", "proxy", "ls", "/srv/media").split() == ["a.txt"]


@pytest.mark.usefixtures("running")
def test_data_is_dumped_and_restored(compose: Compose, tmp_path: Path) -> None:
    manage = ("exec", "--no-TTY", "web", "python", "manage.py", "shell", "--verbosity", "0", "--command")
    compose(*manage, "from core.models import Movie; Movie.objects.filter(pk=2).update(title='As dumped')")
    compose("exec", "--no-TTY", "web", "touch", "/srv/media/dumped.txt")
    start_db = ("exec", "--no-TTY", "db", "sh", "/usr/local/bin/start-db")
    compose(*start_db, "dump", stdout=tmp_path / "rows")
    compose("exec", "--no-TTY", "proxy", "tar", "c", *IN_MEDIA, ".", stdout=tmp_path / "files")
    compose(*manage, "from core.models import Movie; Movie.objects.all().delete()")
    compose("exec", "--no-TTY", "web", "rm", "/srv/media/dumped.txt")
    compose(*start_db, "restore", stdin=tmp_path / "rows")
    compose("exec", "--no-TTY", "web", "tar", "x", *IN_MEDIA, stdin=tmp_path / "files")
    with client(int(PORTS["HTTPS_PORT"])) as visitor:
        assert visitor.get("/api/movies/2").json()["title"] == "As dumped"
    assert "dumped.txt" in compose("exec", "--no-TTY", "proxy", "ls", "/srv/media")


@pytest.fixture
def two_applications(running: None, compose: Compose) -> list[str]:
    """Ids of two containers of the application, after the proxy has found both by itself."""
    compose("up", "--detach", "--wait", "--scale", "web=2", "--no-recreate")
    proxy = compose("ps", "--quiet", "proxy").strip()

    def upstreams() -> set[str]:
        for _ in range(6):
            assert visitor.get("/api/movies/1").status_code == 200
        return {json.loads(line)["upstream"] for line in docker("logs", proxy).stdout.splitlines()[-6:]}

    with client(int(PORTS["HTTPS_PORT"])) as visitor:
        assert eventually(lambda: len(upstreams()) == 2), "requests go to both"
    return compose("ps", "--quiet", "web").split()


def test_a_second_application_shares_the_load_and_a_killed_one_costs_no_visit(two_applications: list[str]) -> None:
    answers: Counter[int] = Counter()
    over = threading.Event()

    def visit(address: str) -> None:
        with client(int(PORTS["HTTPS_PORT"])) as visitor:
            while not over.is_set():
                # A killed application may have sent half an answer: browsers repeat the request.
                answers[ask(visitor, address)[0].status_code] += 1

    with ThreadPoolExecutor(8) as pool:
        visits = [pool.submit(visit, address) for address in ("/", "/api/movies/1") * 4]
        try:
            assert eventually(lambda: answers.total() > 50)
            docker("kill", "--signal", "KILL", two_applications[0])
            before = answers.total()
            assert eventually(lambda: answers.total() > before + 200)
        finally:
            over.set()
    for finished in visits:
        finished.result()
    assert set(answers) == {200}, answers
