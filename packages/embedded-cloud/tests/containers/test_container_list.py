"""One list of containers for all agents, with an engine that only answers HTTP."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import Mock

import pytest

from embedded_cloud.agents.ecs.tasks.containers import observe
from embedded_cloud.config import LABEL, CloudConfig
from embedded_cloud.containers.container_list import ContainerList
from embedded_cloud.containers.docker_host import ROLE_LABEL, DockerHost, remove_container


class Engine(ThreadingHTTPServer):
    """Has two containers, a task's and a cache, and counts who asks for the list."""

    def __init__(self, cloud: str) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.lists = 0
        self.state = "running"
        own = {LABEL: cloud, "embedded-cloud.task": "t", "embedded-cloud.container": "web"}
        self.labels = [{**own, ROLE_LABEL: role} for role in ("task", "cache")]

    def entries(self) -> list[dict[str, Any]]:
        self.lists += 1
        common = {"Image": "image", "State": self.state, "Status": "Exited (3) 1 second ago"}
        return [
            {"Id": labels[ROLE_LABEL], "Names": [f"/x-{labels[ROLE_LABEL]}"], "Labels": labels, **common}
            for labels in self.labels
        ]


class Answers(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/version"):
            self._answer({"ApiVersion": "1.44", "MinAPIVersion": "1.24"})
        elif path.endswith("/containers/json"):
            self._answer(self.server.entries())
        else:
            self._answer({"Id": path.split("/")[-2], "Config": {}, "State": {}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer({"Id": "task"})

    def do_DELETE(self) -> None:
        self._answer({})

    def _answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def engine(config: CloudConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine(config.name)
    thread = threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{engine.server_port}")
    yield engine
    engine.shutdown()
    engine.server_close()


@pytest.fixture
def host(engine: Engine, config: CloudConfig) -> Iterator[DockerHost]:
    host = DockerHost(config)
    yield host
    host.close()


def test_agents_that_ask_side_by_side_share_one_request(host: DockerHost, engine: Engine) -> None:
    (cache,) = host.containers("cache")
    assert (cache.id, cache.name, cache.status, cache.labels) == ("cache", "x-cache", "running", engine.labels[1])
    assert [one.id for one in host.containers()] == ["task", "cache"]
    assert host.containers("registry") == host.containers(labels={"embedded-cloud.task": "other"}) == []
    assert list(observe(host)) == list(observe(host, "t")) == ["t"]
    assert observe(host, "other") == {}
    assert engine.lists == 1


def test_a_container_that_ends_by_itself_shows_at_the_next_poll(
    host: DockerHost, engine: Engine, config: CloudConfig
) -> None:
    assert observe(host)["t"].running == ["web"]
    engine.state = "exited"
    time.sleep(config.clocks.poll_seconds)
    assert observe(host)["t"].states["web"].exit_code == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda host: host.create("new", "image", "test", network_mode="none"),
        lambda host: host.containers("task")[0].start(),
        lambda host: host.containers("task")[0].restart(),
        lambda host: host.containers("task")[0].kill(),
        lambda host: host.client.api.start("task"),
        lambda host: host.client.api.kill("task", signal="SIGTERM"),
        lambda host: remove_container(host.containers("task")[0]),
    ],
    ids=["create", "start", "restart", "kill", "start by the API", "kill by the API", "remove"],
)
def test_a_change_by_this_process_shows_at_once(
    host: DockerHost, engine: Engine, change: Callable[[DockerHost], object]
) -> None:
    host.containers()
    change(host)
    engine.state = "exited"
    assert [one.status for one in host.containers()] == ["exited", "exited"]
    assert engine.lists == 2


def test_a_command_in_a_container_is_no_change(host: DockerHost, engine: Engine) -> None:
    host.containers()
    host.client.api.exec_create("task", ["true"])
    host.client.api.inspect_container("task")
    host.containers()
    assert engine.lists == 1


def test_a_change_while_the_list_is_under_way_is_not_lost() -> None:
    answers = iter(["before", "after"])
    response = Mock(request=Mock(method="POST", url="/containers/x/start"))

    def fetch() -> list[Any]:
        answer = next(answers)
        if answer == "before":
            listed.notice(response)
        return [answer]

    listed = ContainerList(fetch, seconds=60)
    assert [listed.read(), listed.read(), listed.read()] == [["before"], ["after"], ["after"]]


def test_a_list_that_fails_is_asked_for_again() -> None:
    answers = iter([OSError("engine"), ["container"]])

    def fetch() -> list[Any]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return list(answer)

    listed = ContainerList(fetch, seconds=60)
    with pytest.raises(OSError, match="engine"):
        listed.read()
    assert listed.read() == ["container"]
