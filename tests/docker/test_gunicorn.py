"""gunicorn's settings, compared with those of nginx and of the platform."""

import gc
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import KNOWN_SETTINGS
from gunicorn.workers import gthread

from django_hosting import application as described
from django_hosting import liveness

DOCKER = Path(__file__).parents[2] / "docker"

STOP_SECONDS = 20


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    # Fails if a new gunicorn has no such constant: then check how it stops.
    monkeypatch.setattr(gthread, "STOP_KEEPALIVE_LINGER", gthread.STOP_KEEPALIVE_LINGER)
    document = {"settings": "mysite.settings", "callable": "mysite.wsgi:application", "stop_seconds": STOP_SECONDS}
    (tmp_path / "application.json").write_text(json.dumps(document))
    variables = {described.VARIABLE: str(tmp_path / "application.json"), "WEB_CONCURRENCY": "3", "WEB_THREADS": "4"}
    set_by_the_file = ("METRICS_PORT", "PROMETHEUS_MULTIPROC_DIR", "DJANGO_SETTINGS_MODULE")
    for name, value in {**variables, **dict.fromkeys(set_by_the_file, "")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("django.conf.settings", SimpleNamespace(SECRET_KEY="read at the start"))
    described.application.cache_clear()
    yield runpy.run_module("django_hosting.gunicorn")
    described.application.cache_clear()
    gc.unfreeze()
    gc.enable()


def seconds_of(directive: str) -> int:
    """Value of a directive of nginx.conf."""
    (found,) = re.findall(rf"^\s*{directive} (\d+)s;", (DOCKER / "nginx/nginx.conf").read_text(), re.M)
    return int(found)


def test_processes_and_threads_come_from_the_environment(settings: dict[str, Any]) -> None:
    assert (settings["worker_class"], settings["workers"], settings["threads"]) == (
        "django_hosting.worker.Worker",
        3,
        4,
    )


def test_gunicorn_knows_every_setting(settings: dict[str, Any]) -> None:
    ours = {name for name in settings if name[0].islower()} - {
        "gc",
        "gthread",
        "os",
        "signal",
        "sys",
        "application",
        "settings",
        "use_settings",
    }
    assert ours <= {setting.name for setting in KNOWN_SETTINGS}


def test_garbage_collection_starts_after_the_code_is_loaded(settings: dict[str, Any]) -> None:
    assert not gc.isenabled()
    settings["when_ready"](None)
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_stop_ends_before_the_platform_kills(settings: dict[str, Any]) -> None:
    assert settings["graceful_timeout"] < STOP_SECONDS
    assert gthread.STOP_KEEPALIVE_LINGER <= 1


def test_gunicorn_keeps_connections_longer_than_the_proxy(settings: dict[str, Any]) -> None:
    assert settings["keepalive"] > seconds_of("keepalive_timeout")


def test_only_the_tmpfs_is_written_to_and_requests_are_logged_once(settings: dict[str, Any]) -> None:
    assert settings["worker_tmp_dir"] == "/tmp"  # noqa: S108
    assert settings["control_socket_disable"]
    assert settings["accesslog"] is None


def test_a_new_worker_takes_the_place_of_the_one_before(settings: dict[str, Any]) -> None:
    server = SimpleNamespace(WORKERS={})
    workers = [SimpleNamespace() for _ in range(4)]
    for number, worker in enumerate(workers[:3]):
        settings["pre_fork"](server, worker)
        server.WORKERS[number] = worker
    del server.WORKERS[1]
    settings["pre_fork"](server, workers[3])
    assert [worker.place for worker in workers] == [0, 1, 2, 1]


def test_the_proxy_does_not_reach_the_metrics_port(settings: dict[str, Any]) -> None:
    assert settings["bind"] == ["0.0.0.0:8005", "0.0.0.0:9005", "0.0.0.0:8006"]
    for file in [*(DOCKER / "nginx").iterdir(), *(DOCKER / "bin").iterdir(), DOCKER / "build/nginx.py"]:
        assert "9005" not in file.read_text(), file.name


def test_gunicorn_and_the_proxy_mean_the_same_port_for_health_checks(settings: dict[str, Any]) -> None:
    (port,) = re.findall(r"/:(\d+) max_fails/", (DOCKER / "bin/start-proxy").read_text())
    assert int(port) == liveness.PORT
    assert settings["bind"][2].endswith(f":{liveness.PORT}")
